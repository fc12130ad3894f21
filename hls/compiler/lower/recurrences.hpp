// Which values of a pipelined block depend on themselves round the loop.
//
// Purpose: passes that change the shape of an expression ask what of it is on the path that decides the II.
// Ownership: refers to the block's instructions. Threading: none. Errors: none.
#pragma once

#include <llvm/IR/BasicBlock.h>
#include <llvm/IR/Instruction.h>

#include <map>

namespace sluice::hlsc {

// A number for each instruction of a block that is its own loop: two have the same one if each depends on the other.
// A phi depends on what comes round the loop.
using Recurrences = std::map<const llvm::Value*, int>;
[[nodiscard]] Recurrences find_recurrences(llvm::BasicBlock& block);

}  // namespace sluice::hlsc
