#include "host/model/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <unordered_set>

namespace sluice {
namespace {

using nlohmann::json;

// First pass over a text: syntax, depth, number of values and repeated keys, without building anything.
class Inspector : public nlohmann::json_sax<json> {
 public:
  explicit Inspector(const JsonLimits& limits) : limits_(limits) {}

  [[nodiscard]] const std::string& problem() const { return problem_; }

  bool null() override { return count(); }
  bool boolean(bool) override { return count(); }
  bool number_integer(number_integer_t) override { return count(); }
  bool number_unsigned(number_unsigned_t) override { return count(); }
  bool number_float(number_float_t, const string_t&) override { return count(); }
  bool string(string_t&) override { return count(); }
  bool binary(binary_t&) override { return count(); }
  bool start_object(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override {
    if (!keys_.back().insert(name).second) {
      return refuse(fmt::format("key {} occurs twice in one object", in_quotes(name)));
    }
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return refuse(fmt::format("not valid JSON at byte {}", position));
  }

 private:
  bool refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }
  bool count() {
    return ++values_ <= limits_.max_values || refuse(fmt::format("more than {} JSON values", limits_.max_values));
  }
  bool enter() {
    keys_.emplace_back();
    if (keys_.size() > limits_.max_depth) {
      return refuse(fmt::format("JSON nested deeper than {} levels", limits_.max_depth));
    }
    return count();
  }
  bool leave() {
    keys_.pop_back();
    return true;
  }

  JsonLimits limits_;
  std::size_t values_ = 0;
  std::vector<std::unordered_set<std::string>> keys_;  // one set an open object or list
  std::string problem_;
};

}  // namespace

Result<json> parse_json(std::string_view text, const JsonLimits& limits) {
  Inspector inspector(limits);
  if (!json::sax_parse(text.begin(), text.end(), &inspector)) {
    return Error(ErrorCode::kInvalidInput, inspector.problem());
  }
  json document = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) {
    return Error(ErrorCode::kInvalidInput, "not valid JSON");
  }
  return document;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMaxShown = 96;
  std::size_t shown = std::min(text.size(), kMaxShown);
  while (shown < text.size() && shown > 0 && (static_cast<unsigned char>(text[shown]) & 0xc0) == 0x80) {
    --shown;  // not in the middle of a character
  }
  std::string result = "\"";
  for (std::size_t i = 0; i < shown; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += text[i];
    }
  }
  return result + (shown < text.size() ? "...\"" : "\"");
}

std::string summary(const json& value) {
  if (value.is_string()) {
    return in_quotes(value.get_ref<const std::string&>());
  }
  if (value.is_array()) {
    return "a list";
  }
  if (value.is_object()) {
    return "an object";
  }
  return value.dump();
}

Error JsonFields::wrong(std::string_view key, const json& value, std::string_view supported) const {
  return {ErrorCode::kInvalidInput, fmt::format("{}{} is {}; supported: {}", where_, key, summary(value), supported)};
}

Error JsonFields::missing(std::string_view key) const {
  return {ErrorCode::kInvalidInput, fmt::format("{}{} is missing", where_, key)};
}

const json* JsonFields::find(std::string_view key) const {
  const auto found = object_->find(key);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

namespace {

bool is_integer_in(const json& value, IntegerRange range) {
  if (!value.is_number_integer()) {
    return false;
  }
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return false;
  }
  const auto number = value.get<std::int64_t>();
  return number >= range.min && number <= range.max;
}

std::string whole_numbers(IntegerRange range) {
  return range.min == range.max ? fmt::format("{}", range.min)
                                : fmt::format("whole numbers from {} to {}", range.min, range.max);
}

}  // namespace

Result<std::int64_t> JsonFields::integer(std::string_view key, IntegerRange range) const {
  const json* value = find(key);
  if (value == nullptr) {
    return missing(key);
  }
  if (!is_integer_in(*value, range)) {
    return wrong(key, *value, whole_numbers(range));
  }
  return value->get<std::int64_t>();
}

Result<double> JsonFields::number(std::string_view key, NumberRange range) const {
  const json* value = find(key);
  if (value == nullptr) {
    return missing(key);
  }
  const double number = value->is_number() ? value->get<double>() : std::numeric_limits<double>::quiet_NaN();
  if (!(number >= range.min && number <= range.max)) {
    return wrong(key, *value, fmt::format("numbers from {} to {}", range.min, range.max));
  }
  return number;
}

Result<bool> JsonFields::flag(std::string_view key) const {
  const json* value = find(key);
  if (value == nullptr) {
    return missing(key);
  }
  if (!value->is_boolean()) {
    return wrong(key, *value, "true and false");
  }
  return value->get<bool>();
}

Result<std::string> JsonFields::text(std::string_view key) const {
  const json* value = find(key);
  if (value == nullptr) {
    return missing(key);
  }
  if (!value->is_string()) {
    return wrong(key, *value, "text");
  }
  return value->get_ref<const std::string&>();
}

Result<JsonFields> JsonFields::fields(std::string_view key) const {
  const json* value = find(key);
  if (value == nullptr) {
    return missing(key);
  }
  if (!value->is_object()) {
    return wrong(key, *value, "an object");
  }
  return JsonFields(*value, fmt::format("{}{}.", where_, key));
}

Result<std::vector<std::int64_t>> JsonFields::integers(std::string_view key, IntegerRange range,
                                                       std::size_t max_count) const {
  const json* value = find(key);
  if (value == nullptr) {
    return missing(key);
  }
  const std::string supported = fmt::format("{} or a list of at most {} of them", whole_numbers(range), max_count);
  const json list = value->is_array() ? *value : json::array({*value});
  if (list.size() > max_count) {
    return wrong(key, *value, supported);
  }
  std::vector<std::int64_t> numbers;
  for (const json& entry : list) {
    if (!is_integer_in(entry, range)) {
      return wrong(key, entry, supported);
    }
    numbers.push_back(entry.get<std::int64_t>());
  }
  return numbers;
}

Result<std::int64_t> JsonFields::integer_or(std::string_view key, IntegerRange range, std::int64_t fallback) const {
  return has(key) ? integer(key, range) : Result<std::int64_t>(fallback);
}

Result<double> JsonFields::number_or(std::string_view key, NumberRange range, double fallback) const {
  return has(key) ? number(key, range) : Result<double>(fallback);
}

Result<bool> JsonFields::flag_or(std::string_view key, bool fallback) const {
  return has(key) ? flag(key) : Result<bool>(fallback);
}

Status JsonFields::only_if_present(std::string_view key, const json& only) const {
  const json* value = find(key);
  if (value != nullptr && *value != only) {
    return Error(ErrorCode::kUnsupported, wrong(key, *value, summary(only)).message());
  }
  return {};
}

}  // namespace sluice
