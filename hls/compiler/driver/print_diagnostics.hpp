// Diagnostics as text, as clang prints them, or as JSON.
//
// Ownership: returns text. Threading: none. Errors: none.
#pragma once

#include <string>

#include "hls/compiler/base/diagnostic.hpp"
#include "hls/compiler/driver/source_lines.hpp"

namespace sluice::hlsc {

// FILE:LINE:COLUMN: error: MESSAGE, the source's line and a caret; at the end how many there were.
[[nodiscard]] std::string diagnostics_text(const Diagnostics& diagnostics, SourceLines& sources);

// One object a line: severity, file, line, column (0: none), message.
[[nodiscard]] std::string diagnostics_json(const Diagnostics& diagnostics);

}  // namespace sluice::hlsc
