// Which bits of values are always zero, so that no mutant is made that these bits make the same as the original.
//
// Purpose: known_zeros() goes forwards once, from constants, extensions and shifts; of phis, loads and words from
// outside
//   nothing is known. Ownership: values. Threading: none. Errors: none.
#pragma once

#include <llvm/ADT/APInt.h>

#include <vector>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

// Parallel to Process::ops; of operations without a result 1 bit.
[[nodiscard]] std::vector<llvm::APInt> known_zeros(const Process& process);

}  // namespace sluice::hlsc
