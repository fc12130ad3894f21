// The rules for a single operation: numbers and widths of operands, what it refers to. Part of verify().
//
// Ownership: reads only. Threading: none. Errors: the first rule broken, in words, without naming the operation. Every
//   index of the operation that it looks at is checked first.
#pragma once

#include <optional>
#include <string>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

[[nodiscard]] std::optional<std::string> verify_op(const Kernel& kernel, const Process& process, const Op& op);

}  // namespace sluice::hlsc
