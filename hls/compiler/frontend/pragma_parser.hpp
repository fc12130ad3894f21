// The tokens of one `#pragma HLS` line to the text and values of its marker.
//
// Purpose: parse_pragma() knows the grammar (options in any order, in both of Vitis' spellings); what exists is in
//   pragma_table.hpp.
// Ownership: values; tokens refer to clang's source manager. Threading: none. Errors: custom diagnostics of the
//   preprocessor's engine at the offending token, and nothing returned.
#pragma once

#include <clang/Lex/Preprocessor.h>

#include <optional>
#include <string>
#include <vector>

namespace sluice::hlsc {

struct PragmaValue {
  bool is_object = false;  // else a number
  std::vector<clang::Token> tokens;
};

struct ParsedPragma {
  std::string text;  // of the marker, "unroll factor=%"; empty: nothing is left to do, no marker
  std::vector<PragmaValue> values;
};

// `tokens` are those after `HLS`, without the end of the directive.
[[nodiscard]] std::optional<ParsedPragma> parse_pragma(clang::Preprocessor& preprocessor,
                                                       clang::SourceLocation location,
                                                       const std::vector<clang::Token>& tokens);

}  // namespace sluice::hlsc
