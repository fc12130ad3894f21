// Which `#pragma HLS` directives and options there are, and what becomes of each.
//
// Purpose: one table (pragma_table.cpp) says what the front end accepts, what it drops because nothing is left to do,
//   what it drops with a warning, and what it refuses with a next step. The parser and read_marker() only interpret it.
// Ownership: the table is static. Threading: none. Errors: find_directive() gives nullptr for an unknown name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::hlsc {

enum class Use : std::uint8_t {
  kLowered,    // stays in the marker, lower/ obeys it or reports that it can't
  kSatisfied,  // holds anyway: dropped silently
  kIgnored,    // a wish that changes no result and no port: dropped with a warning
  kRefused,    // an error
};

enum class OptionKind : std::uint8_t {
  kObject,  // name=EXPRESSION: its address
  kNumber,  // name=EXPRESSION: a constant of 32 bits
  kWord,    // name=WORD, one of `words`, or any where there are none
  kFlag,    // name
};

struct PragmaWord {
  std::string_view text;  // lower case
  Use use = Use::kLowered;
  std::string_view advice;  // where not kLowered: why, and what to write instead
};

struct PragmaOption {
  std::string_view name;  // lower case
  OptionKind kind = OptionKind::kFlag;
  Use use = Use::kLowered;
  bool required = false;
  bool bare = false;  // kWord: the word may stand without 'name='; it does so in the marker
  std::vector<PragmaWord> words;
};

struct PragmaDirective {
  std::string_view name;  // lower case
  Use use = Use::kLowered;
  std::string_view advice;  // where not kLowered
  std::vector<PragmaOption> options;
};

[[nodiscard]] std::span<const PragmaDirective> pragma_table();
[[nodiscard]] const PragmaDirective* find_directive(std::string_view name);
// The option that is written `name=...`, or the flag of that name; nullptr: none.
[[nodiscard]] const PragmaOption* find_option(const PragmaDirective& directive, std::string_view name);
// The option that a word standing alone is a value of.
[[nodiscard]] const PragmaOption* find_bare_option(const PragmaDirective& directive, std::string_view word);
[[nodiscard]] const PragmaWord* find_word(const PragmaOption& option, std::string_view word);

// The candidate with the fewest edits from `name`; empty where all differ in more than a third of their letters.
[[nodiscard]] std::string nearest(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace sluice::hlsc
