// Which bits of values can matter at all: queues carry no others, and no mutant changes others only.
//
// Purpose: demanded_bits() goes backwards from what can be seen; demanded_of_operand() says what one operation asks of
//   one of its operands. A bit that is not demanded changes nothing; one that is may still change nothing.
// Ownership: values. Threading: none. Errors: none.
#pragma once

#include <llvm/ADT/APInt.h>

#include <cstddef>
#include <vector>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

// Parallel to Process::ops; of operations without a result 1 bit, set if they do something.
[[nodiscard]] std::vector<llvm::APInt> demanded_bits(const Process& process);

[[nodiscard]] llvm::APInt demanded_of_operand(const Process& process, const Op& op, std::size_t operand,
                                              const llvm::APInt& of_result);

}  // namespace sluice::hlsc
