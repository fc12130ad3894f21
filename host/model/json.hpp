// JSON from files that nobody vouches for.
//
// Purpose: parse_json() turns text into a document with bounded depth and size and without repeated keys (most parsers
//   silently keep one of them); JsonFields reads the fields of an object with their type and range checked.
// Ownership: JsonFields refers to the document it was made from. Threading: plain values.
// Errors: kInvalidInput with one line that names the key, what it is and what is supported; no exceptions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/result.hpp"

namespace sluice {

struct JsonLimits {
  std::size_t max_depth = 16;          // objects and lists inside one another
  std::size_t max_values = 1'000'000;  // values of all kinds; bounds the memory that the document takes
};

Result<nlohmann::json> parse_json(std::string_view text, const JsonLimits& limits);

// `text` in double quotes for a message: control characters escaped, long text cut, so that the message stays one line.
std::string in_quotes(std::string_view text);

// What a JSON value is, for a message: `"abc"`, `-3`, `null`, `a list`, `an object`.
std::string summary(const nlohmann::json& value);

struct IntegerRange {
  std::int64_t min;
  std::int64_t max;
};

struct NumberRange {
  double min;
  double max;
};

class JsonFields {
 public:
  // `where` goes in front of a key in messages: "rope_scaling." or "".
  JsonFields(const nlohmann::json& object, std::string where) : object_(&object), where_(std::move(where)) {}

  // The value of `key`, or null pointer if it is missing or null: the two mean the same in these files.
  [[nodiscard]] const nlohmann::json* find(std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  [[nodiscard]] const nlohmann::json& object() const { return *object_; }

  // Each fails if the key is missing, of another type or out of range (the range's ends are allowed).
  [[nodiscard]] Result<std::int64_t> integer(std::string_view key, IntegerRange range) const;
  [[nodiscard]] Result<double> number(std::string_view key, NumberRange range) const;
  [[nodiscard]] Result<bool> flag(std::string_view key) const;
  [[nodiscard]] Result<std::string> text(std::string_view key) const;
  [[nodiscard]] Result<JsonFields> fields(std::string_view key) const;
  // One whole number or a list of them, at most `max_count`.
  [[nodiscard]] Result<std::vector<std::int64_t>> integers(std::string_view key, IntegerRange range,
                                                           std::size_t max_count) const;

  // The same, but a missing key or null gives `fallback`.
  [[nodiscard]] Result<std::int64_t> integer_or(std::string_view key, IntegerRange range, std::int64_t fallback) const;
  [[nodiscard]] Result<double> number_or(std::string_view key, NumberRange range, double fallback) const;
  [[nodiscard]] Result<bool> flag_or(std::string_view key, bool fallback) const;

  // Fails unless `key` is missing, null or equal to `only`: for settings that this program does not vary.
  [[nodiscard]] Status only_if_present(std::string_view key, const nlohmann::json& only) const;

  // The error for a value of `key` that is not `supported` ("whole numbers from 1 to 8").
  [[nodiscard]] Error wrong(std::string_view key, const nlohmann::json& value, std::string_view supported) const;
  [[nodiscard]] Error missing(std::string_view key) const;

 private:
  const nlohmann::json* object_;
  std::string where_;
};

}  // namespace sluice
