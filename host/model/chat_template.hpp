// A model's chat template: a conversation as the text that the model was trained to go on from.
//
// Purpose: what transformers' apply_chat_template() makes, from the same files: chat_template.jinja, or chat_template
// in
//   tokenizer_config.json (a string, or a list of named ones of which "default" counts), with the begin and end tokens
//   of the latter. Jinja by the minijinja crate (tokenizers/).
// Ownership: a move-only owner. Threading: may be used by several threads.
// Errors: kInvalidInput, one line, for a damaged file, a template that does not compile, one that refuses a
//   conversation (its raise_exception) and one that would take too much work or memory: templates come with a model
//   that nobody vouches for.
#pragma once

#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "host/base/result.hpp"

struct sluice_chat_template;

namespace sluice {

struct ChatMessage {
  std::string role;  // "system", "user", "assistant"
  std::string content;

  bool operator==(const ChatMessage&) const = default;
};

class ChatTemplate {
 public:
  // That of a model directory, nothing if it has none.
  static Result<std::optional<ChatTemplate>> load(const std::filesystem::path& directory);
  // From the source and the text of a tokenizer_config.json (for its begin and end tokens), which may be empty.
  static Result<ChatTemplate> from_source(std::string_view source, std::string_view tokenizer_config);

  // The conversation as text that ends where the assistant's next message begins. It names the special tokens itself:
  // tokenize it without adding any. `now` is local time, for templates that name the date.
  [[nodiscard]] Result<std::string> render(std::span<const ChatMessage> messages, const std::tm& now) const;

  // tokenizer_config.json's end token, which ends a message, though config.json may name another; empty if none.
  [[nodiscard]] const std::string& end_token() const { return end_token_; }

 private:
  struct Free {
    void operator()(sluice_chat_template* chat_template) const;
  };
  explicit ChatTemplate(sluice_chat_template* handle) : template_(handle) {}

  std::unique_ptr<sluice_chat_template, Free> template_;
  std::string begin_token_;
  std::string end_token_;
};

}  // namespace sluice
