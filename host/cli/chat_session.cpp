#include "host/cli/chat_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sluice::cli {

Conversation::Conversation(const Tokenizer& tokenizer, const std::optional<ChatTemplate>& chat_template,
                           std::string system, const std::tm& start)
    : tokenizer_(tokenizer), template_(chat_template), start_(start) {
  if (!system.empty()) {
    add("system", std::move(system));
  }
  first_turn_ = messages_.size();
}

std::optional<std::string> Conversation::take_back() {
  while (messages_.size() > first_turn_) {
    const ChatMessage message = std::move(messages_.back());
    messages_.pop_back();
    if (message.role == "user") {
      return message.content;
    }
  }
  return std::nullopt;
}

std::string Conversation::plain_text() const {
  std::string text;
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    text += i > 0 && messages_[i].role == "user" ? "\n" : "";
    text += messages_[i].content;
  }
  return text;
}

Result<std::vector<std::int32_t>> Conversation::tokens() const {
  if (!template_) {
    return tokenizer_.encode(plain_text(), /*add_special_tokens=*/true);
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string text, template_->render(messages_, start_));
  return tokenizer_.encode(text, /*add_special_tokens=*/false);
}

ChatSession::ChatSession(engine::Engine& engine, const Tokenizer& tokenizer, Conversation conversation,
                         engine::GenerateOptions generation, std::vector<std::string> stops)
    : tokenizer_(tokenizer),
      conversation_(std::move(conversation)),
      generation_(std::move(generation)),
      stops_(std::move(stops)),
      sequence_(engine),
      context_tokens_(engine.max_tokens()),
      seed_(generation_.sampling.seed) {}

Result<Reply> ChatSession::say(std::string text, const TextOutput::Show& show) {
  generation_.sampling.seed = seed_;
  conversation_.add("user", std::move(text));
  return reply(show);
}

Result<Reply> ChatSession::say_again(const TextOutput::Show& show) {
  std::optional<std::string> text = conversation_.take_back();
  if (!text) {
    return Error(ErrorCode::kInvalidInput, "there is no turn to repeat");
  }
  ++generation_.sampling.seed;
  conversation_.add("user", *std::move(text));
  return reply(show);
}

Result<Reply> ChatSession::reply(const TextOutput::Show& show) {
  const auto take_back = [this](const Error& error) {
    (void)conversation_.take_back();
    return error;
  };
  const Result<std::vector<std::int32_t>> tokens = conversation_.tokens();
  if (!tokens.ok()) {
    return take_back(tokens.error());
  }
  const std::size_t length = tokens.value().size();
  if (const Status room = check_room(length, context_tokens_); !room.ok()) {
    return take_back(room.error());
  }
  engine::GenerateOptions options = generation_;
  options.max_tokens = std::min(options.max_tokens, static_cast<std::uint32_t>(context_tokens_ - length));
  TextOutput output(tokenizer_, stops_, show);
  Result<engine::Generated> generated =
      sequence_.generate(tokens.value(), options, [&output](std::int32_t token) { return output.push(token); });
  if (!generated.ok()) {
    return take_back(generated.error());
  }
  SLUICE_RETURN_IF_ERROR(output.finish());
  conversation_.add("assistant", output.text());
  Reply out{output.text(), std::move(generated).value(), length, sequence_.reused()};
  out.context_full =
      out.generated.finish == engine::Finish::kLength && out.generated.tokens.size() < generation_.max_tokens;
  return out;
}

Status check_room(std::size_t tokens, std::uint64_t limit) {
  if (tokens == 0) {
    return Error(ErrorCode::kInvalidInput, "there is nothing to reply to: the text has no tokens");
  }
  if (tokens >= limit) {
    return Error(ErrorCode::kInvalidInput,
                 fmt::format("the context is full: the conversation has {} tokens with this turn, and a reply must fit "
                             "into {} with them",
                             tokens, limit));
  }
  return {};
}

}  // namespace sluice::cli
