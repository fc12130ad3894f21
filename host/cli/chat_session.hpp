// A conversation and the sequence that holds it.
//
// Purpose: what is said, as the text that the model goes on from (by its chat template, or without one as plain text),
//   and the replies. The sequence keeps its KV from turn to turn; only what is new in the text is fed.
// Ownership: Conversation borrows tokenizer and template, ChatSession the conversation's parts and the engine.
// Threading: one thread; an interrupt flag may be set from a signal handler.
// Errors: kInvalidInput where the turn is at fault (its template refuses it, the context is full): the turn is then not
//   in the conversation, which can go on. Any other error ends it.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "host/cli/text_output.hpp"
#include "host/engine/kept_sequence.hpp"
#include "host/model/chat_template.hpp"
#include "host/model/tokenizer.hpp"

namespace sluice::cli {

// Without a template the text is the system text and a line break (if there is one), then all turns with a line break
// between them; a turn is what the user typed and, straight after it, the reply.
class Conversation {
 public:
  Conversation(const Tokenizer& tokenizer, const std::optional<ChatTemplate>& chat_template, std::string system,
               const std::tm& start);

  [[nodiscard]] const std::vector<ChatMessage>& messages() const { return messages_; }
  void add(std::string role, std::string content) { messages_.push_back({std::move(role), std::move(content)}); }

  // Forgets everything but the system message.
  void reset() { messages_.resize(first_turn_); }
  // Takes back the latest turn and returns what the user said; nothing if there is no turn.
  std::optional<std::string> take_back();

  // Everything said, as tokens that the assistant's next message goes on from.
  [[nodiscard]] Result<std::vector<std::int32_t>> tokens() const;

 private:
  [[nodiscard]] std::string plain_text() const;

  const Tokenizer& tokenizer_;
  const std::optional<ChatTemplate>& template_;
  std::tm start_;  // a template that names the time gets this one, so that earlier turns stay as they were
  std::vector<ChatMessage> messages_;
  std::size_t first_turn_;
};

struct Reply {
  std::string text;
  engine::Generated generated;
  std::size_t prompt_tokens = 0;  // of the whole text before the reply
  std::size_t reused_tokens = 0;  // of these, not fed again
  bool context_full = false;      // the context ended the reply
};

class ChatSession {
 public:
  // generation.max_tokens is that of a reply.
  ChatSession(engine::Engine& engine, const Tokenizer& tokenizer, Conversation conversation,
              engine::GenerateOptions generation, std::vector<std::string> stops);

  // A turn. The reply goes to `show` (if there is one) as it comes.
  [[nodiscard]] Result<Reply> say(std::string text, const TextOutput::Show& show);
  // The latest turn once more with another seed (the next); kInvalidInput if there is no turn.
  [[nodiscard]] Result<Reply> say_again(const TextOutput::Show& show);

  [[nodiscard]] Conversation& conversation() { return conversation_; }

 private:
  [[nodiscard]] Result<Reply> reply(const TextOutput::Show& show);

  const Tokenizer& tokenizer_;
  Conversation conversation_;
  engine::GenerateOptions generation_;
  std::vector<std::string> stops_;
  engine::KeptSequence sequence_;
  std::uint32_t context_tokens_;
  std::uint64_t seed_;
};

// kInvalidInput unless a text of `tokens` leaves room for a reply in a context of `limit`.
[[nodiscard]] Status check_room(std::size_t tokens, std::uint64_t limit);

}  // namespace sluice::cli
