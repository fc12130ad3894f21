// A kernel as text, for dumps and tests; parse.hpp reads it back. ir/README.md shows the form.
//
// Ownership: returns text. Threading: none. Errors: none; the kernel need not pass verify(), but its indices must be
// inside their vectors.
#pragma once

#include <string>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

[[nodiscard]] std::string print(const Kernel& kernel);

}  // namespace sluice::hlsc
