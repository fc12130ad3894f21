// Where a chat's turns come from: a person at a terminal, or lines of a file or pipe.
//
// Ownership: the terminal's line editor, whose settings it restores. Threading: one thread, with cli/interrupt's
// signals caught. Errors: kIo where standard input cannot be read, kInvalidInput for a line that is too long.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "host/base/result.hpp"

namespace sluice::cli {

class ChatInput {
 public:
  virtual ~ChatInput() = default;
  // The next turn in UTF-8, invalid bytes replaced; nothing at the end of the input or when the program is asked to
  // end.
  [[nodiscard]] virtual Result<std::optional<std::string>> next() = 0;
};

// Each line of standard input is a turn; an interrupt ends the input.
[[nodiscard]] std::unique_ptr<ChatInput> plain_input();

// Lines edited at the terminal, with a history that is kept in a file (chat_history). Several pasted lines are one turn
// where the terminal brackets what it pastes. Ctrl-C clears the line, once more on an empty one ends the input.
[[nodiscard]] std::unique_ptr<ChatInput> terminal_input();

}  // namespace sluice::cli
