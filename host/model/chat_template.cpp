#include "host/model/chat_template.hpp"

#include <fmt/format.h>

#include <utility>

#include "host/model/json.hpp"
#include "host/model/mapped_file.hpp"
#include "host/model/tokenizers/sluice_tokenizers.h"
#include "host/model/tokenizers/text_buffer.hpp"

namespace sluice {
namespace {

using nlohmann::json;

// The engine's stack is sized for templates up to this; the largest published ones have some ten thousand bytes.
constexpr std::size_t kMaxTemplateBytes = 262'144;
constexpr std::uint64_t kMaxConfigBytes = 64'000'000;  // tokenizer_config.json may list every added token

Error invalid(std::string message) { return {ErrorCode::kInvalidInput, std::move(message)}; }

// A file's text, empty if there is no such file.
Result<std::string> read_if_there(const std::filesystem::path& path) {
  Result<std::string> text = read_small_file(path, kMaxConfigBytes);
  if (!text.ok() && text.error().code() == ErrorCode::kNotFound) {
    return std::string();
  }
  return text;
}

Result<json> parse_config(std::string_view text) {
  SLUICE_ASSIGN_OR_RETURN(json config, parse_json(text.empty() ? "{}" : text, JsonLimits{}));
  if (!config.is_object()) {
    return invalid("is not a JSON object");
  }
  return config;
}

// A token is given by its name or by an object that describes it; empty if it is not given.
Result<std::string> special_token(const json& config, const char* key) {
  const json* value = JsonFields(config, "").find(key);
  if (value != nullptr && value->is_object()) {
    return JsonFields(*value, fmt::format("{}.", key)).text("content");
  }
  return value == nullptr ? std::string() : JsonFields(config, "").text(key);
}

// The template among those of tokenizer_config.json; empty if there is none.
Result<std::string> template_in(const json& config) {
  const JsonFields fields(config, "");
  const json* value = fields.find("chat_template");
  if (value == nullptr) {
    return std::string();
  }
  if (!value->is_array()) {
    return fields.text("chat_template");
  }
  for (const json& entry : *value) {
    const JsonFields named(entry, "chat_template[].");
    if (!entry.is_object()) {
      return fields.wrong("chat_template", *value, "a string, or a list of objects with name and template");
    }
    SLUICE_ASSIGN_OR_RETURN(const std::string name, named.text("name"));
    if (name == "default") {
      return named.text("template");
    }
  }
  return invalid("chat_template: none of its templates is named \"default\"");
}

const std::uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

}  // namespace

void ChatTemplate::Free::operator()(sluice_chat_template* chat_template) const {
  sluice_chat_template_free(chat_template);
}

Result<std::optional<ChatTemplate>> ChatTemplate::load(const std::filesystem::path& directory) {
  const std::filesystem::path config_path = directory / "tokenizer_config.json";
  const std::filesystem::path template_path = directory / "chat_template.jinja";
  SLUICE_ASSIGN_OR_RETURN(const std::string config, read_if_there(config_path));
  SLUICE_ASSIGN_OR_RETURN(std::string source, read_if_there(template_path));
  const std::filesystem::path& origin = source.empty() ? config_path : template_path;
  if (source.empty()) {
    Result<json> parsed = parse_config(config);
    Result<std::string> found = parsed.ok() ? template_in(parsed.value()) : parsed.error();
    if (!found.ok()) {
      return found.error().within(origin.string());
    }
    source = std::move(found).value();
  }
  if (source.empty()) {
    return std::optional<ChatTemplate>();
  }
  Result<ChatTemplate> made = from_source(source, config);
  if (!made.ok()) {
    return made.error().within(origin.string());
  }
  return std::optional(std::move(made).value());
}

Result<ChatTemplate> ChatTemplate::from_source(std::string_view source, std::string_view tokenizer_config) {
  SLUICE_ASSIGN_OR_RETURN(const json config, parse_config(tokenizer_config));
  if (source.size() > kMaxTemplateBytes) {
    return invalid(fmt::format("chat template: {} bytes; at most {} are supported", source.size(), kMaxTemplateBytes));
  }
  TextBuffer error;
  ChatTemplate made(sluice_chat_template_new(bytes_of(source), source.size(), error.get()));
  if (made.template_ == nullptr) {
    return invalid(error.str()).within("chat template");
  }
  SLUICE_ASSIGN_OR_RETURN(made.begin_token_, special_token(config, "bos_token"));
  SLUICE_ASSIGN_OR_RETURN(made.end_token_, special_token(config, "eos_token"));
  return made;
}

Result<std::string> ChatTemplate::render(std::span<const ChatMessage> messages, const std::tm& now) const {
  // As in transformers, what is not given is null, but for special tokens, which are then undefined.
  json variables = {
      {"messages", json::array()}, {"tools", nullptr}, {"documents", nullptr}, {"add_generation_prompt", true}};
  for (const ChatMessage& message : messages) {
    variables["messages"].push_back({{"role", message.role}, {"content", message.content}});
  }
  if (!begin_token_.empty()) {
    variables["bos_token"] = begin_token_;
  }
  if (!end_token_.empty()) {
    variables["eos_token"] = end_token_;
  }
  const std::string text = variables.dump(-1, ' ', false, json::error_handler_t::replace);
  const std::string time = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", now.tm_year + 1900, now.tm_mon + 1,
                                       now.tm_mday, now.tm_hour, now.tm_min, now.tm_sec);
  TextBuffer rendered;
  TextBuffer error;
  if (!sluice_chat_template_render(template_.get(), bytes_of(text), text.size(), bytes_of(time), time.size(),
                                   rendered.get(), error.get())) {
    return invalid(error.str()).within("chat template");
  }
  return rendered.str();
}

}  // namespace sluice
