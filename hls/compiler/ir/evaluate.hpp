// What an operation without side effects computes: the one definition of the IR's arithmetic.
//
// Purpose: for the interpreter and for constant folding. Not for phis, loads, streams and scalars.
// Ownership: values. Threading: none. Errors: another kind, or operands that verify() would refuse, is a failed check.
#pragma once

#include <llvm/ADT/APInt.h>

#include <span>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

[[nodiscard]] llvm::APInt evaluate(const Op& op, std::span<const llvm::APInt* const> operands);

}  // namespace sluice::hlsc
