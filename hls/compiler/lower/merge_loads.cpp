// Pass 14a: loads that read what an earlier load of the block has read become that load.
//
// LLVM merges equal calls, but only where nothing between them may write any memory, and a store of one array does not
// write another. Unrolled loops under a condition (`i < rows ? a[i][k] : 0` for each column) repeat loads in branches
// of their own, which if-conversion brings together in one block.
#include <map>
#include <tuple>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

void merge(llvm::BasicBlock& block) {
  using Place = std::tuple<std::uint64_t, llvm::Value*, llvm::Type*>;  // memory, address
  std::map<Place, std::vector<llvm::CallInst*>> known;
  for (llvm::Instruction& instruction : llvm::make_early_inc_range(block)) {
    const std::optional<CallKind> kind = call_kind(instruction);
    if (kind != CallKind::kLoad && kind != CallKind::kStore) {
      continue;
    }
    auto& call = llvm::cast<llvm::CallInst>(instruction);
    const auto memory = llvm::cast<llvm::ConstantInt>(call.getArgOperand(1))->getZExtValue();
    if (kind == CallKind::kStore) {
      std::erase_if(known, [memory](const auto& entry) { return std::get<0>(entry.first) == memory; });
      continue;
    }
    std::vector<llvm::CallInst*>& loads = known[{memory, call.getArgOperand(3), call.getType()}];
    llvm::CallInst* same = nullptr;
    for (llvm::CallInst* load : loads) {
      auto* always = llvm::dyn_cast<llvm::ConstantInt>(load->getArgOperand(0));
      if (load->getArgOperand(0) == call.getArgOperand(0) || (always != nullptr && always->isOne())) {
        same = load;
      }
    }
    if (same == nullptr) {
      loads.push_back(&call);
    } else {
      call.replaceAllUsesWith(same);
      call.eraseFromParent();
    }
  }
}

}  // namespace

void merge_loads(llvm::Function& function) {
  for (llvm::BasicBlock& block : function) {
    merge(block);
  }
}

}  // namespace sluice::hlsc
