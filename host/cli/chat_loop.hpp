// The turns of a chat, one after another, and the commands that a person has beside them.
//
// Ownership: borrows session and input. Threading: one thread, with cli/interrupt's signals caught. Errors: of streams
// and device, and by lines also those of a turn; at a terminal the latter are said and the session goes on.
#pragma once

#include <string>

#include "host/cli/chat_input.hpp"
#include "host/cli/chat_session.hpp"

namespace sluice::cli {

struct ChatLoopOptions {
  bool verbose = false;
  bool json = false;
  std::string device;
};

// Replies are shown as they come; control characters of a reply do not reach the terminal.
[[nodiscard]] Status chat_at_terminal(ChatSession& session, ChatInput& input, const ChatLoopOptions& options);

// Each reply and a line break, or one JSON object a turn: text, tokens (ids), num_tokens, prompt_tokens, reused_tokens,
// finish, device and tokens_per_second. An interrupt ends the reply and the input.
[[nodiscard]] Status chat_by_lines(ChatSession& session, ChatInput& input, const ChatLoopOptions& options);

}  // namespace sluice::cli
