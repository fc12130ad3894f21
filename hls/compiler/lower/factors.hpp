// Numbers that divide a value for certain, and the value divided by one.
//
// Purpose: LLVM may count an address in bytes (`condition ? 0 : 180`); an index counts elements of 12.
// Ownership: what is built belongs to the function. Threading: none. Errors: none.
#pragma once

#include <llvm/Analysis/ScalarEvolution.h>

#include <cstdint>

namespace sluice::hlsc {

// The largest that is known: of constants, selects and phis of constants, sums and products; else a power of two. 0:
// the value is 0.
[[nodiscard]] std::uint64_t known_factor(llvm::Value& value, llvm::ScalarEvolution& evolution);

// value / factor, for one that divides known_factor(); built before `before`, phis beside the value's.
[[nodiscard]] llvm::Value* divide_exactly(llvm::Value& value, std::uint64_t factor, llvm::Instruction& before);

}  // namespace sluice::hlsc
