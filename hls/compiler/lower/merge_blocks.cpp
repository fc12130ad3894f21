// Pass 17: blocks that only jump, and chains of blocks, become one block: each costs a cycle.
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <llvm/Transforms/Utils/Local.h>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {

namespace {

bool merge_once(llvm::Function& function) {
  bool changed = false;
  for (llvm::BasicBlock& block : llvm::make_early_inc_range(function)) {
    if (&block == &function.getEntryBlock()) {
      continue;
    }
    if (llvm::MergeBlockIntoPredecessor(&block)) {
      changed = true;
      continue;
    }
    auto* branch = llvm::dyn_cast<llvm::BranchInst>(block.getTerminator());
    if (branch != nullptr && branch->isUnconditional() && branch->getSuccessor(0) != &block &&
        block.getFirstNonPHI() == branch) {
      changed |= llvm::TryToSimplifyUncondBranchFromEmptyBlock(&block);
    }
  }
  return changed;
}

}  // namespace

void merge_blocks(llvm::Function& function) {
  bool changed = true;
  while (changed) {
    changed = merge_once(function);
    // A branch whose two ways have come to be one.
    for (llvm::BasicBlock& block : function) {
      changed |= llvm::ConstantFoldTerminator(&block, /*DeleteDeadConditions=*/true);
    }
  }
}

}  // namespace sluice::hlsc
