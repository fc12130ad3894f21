// Pass 15: chains of an associative operation to trees, in pipelined blocks.
//
// a + b + c + d takes three additions one after the other as written and two as a tree. A chain that goes round through a
// phi of the loop is a recurrence: there the phi's value must be the last operand, so that the recurrence is one
// operation whatever the rest costs. Minima and maxima are not chains yet when this runs on their intrinsics.
#include <llvm/IR/Dominators.h>
#include <llvm/IR/IntrinsicInst.h>

#include <algorithm>
#include <map>
#include <set>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/loops.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

// What makes two operations one chain: the opcode, or the intrinsic; 0 where it is not associative and commutative.
unsigned chain_kind(const llvm::Instruction& instruction) {
  if (!instruction.getType()->isIntegerTy()) {
    return 0;
  }
  if (auto* operation = llvm::dyn_cast<llvm::BinaryOperator>(&instruction)) {
    return operation->isAssociative() && operation->isCommutative() ? operation->getOpcode() : 0;
  }
  auto* intrinsic = llvm::dyn_cast<llvm::MinMaxIntrinsic>(&instruction);
  return intrinsic == nullptr ? 0 : 1000 + static_cast<unsigned>(intrinsic->getIntrinsicID());
}

class Balancer {
 public:
  explicit Balancer(llvm::BasicBlock& block) : block_(block) {}

  void run() {
    find_depths();
    std::vector<llvm::Instruction*> roots;
    for (llvm::Instruction& instruction : block_) {
      if (chain_kind(instruction) != 0 && !is_inner(instruction)) {
        roots.push_back(&instruction);
      }
    }
    for (llvm::Instruction* root : roots) {
      balance(*root);
    }
  }

 private:
  // Operations after the block's start; and whether the value depends on a phi of the block.
  struct Depth {
    int operations = 0;
    bool is_recurrent = false;
  };

  Depth depth(llvm::Value* value) const {
    auto found = depths_.find(value);
    return found == depths_.end() ? Depth() : found->second;
  }

  void note_depth(llvm::Instruction& instruction) {
    Depth result;
    result.is_recurrent = llvm::isa<llvm::PHINode>(instruction);
    if (!result.is_recurrent) {
      for (llvm::Value* operand : instruction.operands()) {
        const Depth below = depth(operand);
        result.operations = std::max(result.operations, below.operations + 1);
        result.is_recurrent |= below.is_recurrent && feeds_phi_.contains(&instruction);
      }
    }
    depths_[&instruction] = result;
  }

  // Which values reach a phi of this block round the loop: those on recurrences.
  void find_depths() {
    std::vector<llvm::Value*> work;
    for (llvm::PHINode& phi : block_.phis()) {
      work.push_back(phi.getIncomingValueForBlock(&block_));
    }
    while (!work.empty()) {
      auto* instruction = llvm::dyn_cast<llvm::Instruction>(work.back());
      work.pop_back();
      if (instruction == nullptr || instruction->getParent() != &block_ || llvm::isa<llvm::PHINode>(instruction) ||
          !feeds_phi_.insert(instruction).second) {
        continue;
      }
      work.insert(work.end(), instruction->value_op_begin(), instruction->value_op_end());
    }
    for (llvm::Instruction& instruction : block_) {
      note_depth(instruction);
    }
  }

  bool is_inner(const llvm::Instruction& instruction) const {
    if (!instruction.hasOneUse()) {
      return false;
    }
    auto* user = llvm::dyn_cast<llvm::Instruction>(*instruction.user_begin());
    return user != nullptr && user->getParent() == &block_ && chain_kind(*user) == chain_kind(instruction);
  }

  void balance(llvm::Instruction& root) {
    std::vector<llvm::Value*> leaves;
    std::vector<llvm::Instruction*> chain;
    collect(root, root, leaves, chain);
    if (leaves.size() < 3) {
      return;
    }
    // Combine what is ready first, as long as there is more than one; values of recurrences wait for the end.
    auto later = [this](llvm::Value* a, llvm::Value* b) {
      const Depth first = depth(a);
      const Depth second = depth(b);
      return std::pair(first.is_recurrent, first.operations) > std::pair(second.is_recurrent, second.operations);
    };
    llvm::IRBuilder<> builder(&root);
    std::ranges::stable_sort(leaves, later);
    while (leaves.size() > 1) {
      llvm::Value* a = leaves.back();
      leaves.pop_back();
      llvm::Value* b = leaves.back();
      leaves.pop_back();
      llvm::Value* both = combine(builder, root, a, b);
      if (auto* instruction = llvm::dyn_cast<llvm::Instruction>(both)) {
        if (feeds_phi_.contains(&root)) {
          feeds_phi_.insert(instruction);
        }
        note_depth(*instruction);
      }
      leaves.insert(std::ranges::upper_bound(leaves, both, later), both);
    }
    leaves.front()->takeName(&root);
    root.replaceAllUsesWith(leaves.front());
    for (llvm::Instruction* dead : chain) {
      dead->eraseFromParent();
    }
  }

  void collect(llvm::Instruction& root, llvm::Instruction& at, std::vector<llvm::Value*>& leaves, std::vector<llvm::Instruction*>& chain) {
    chain.push_back(&at);
    for (unsigned i = 0; i < 2; ++i) {
      auto* operand = llvm::dyn_cast<llvm::Instruction>(at.getOperand(i));
      if (operand != nullptr && operand->getParent() == &block_ && operand->hasOneUse() &&
          chain_kind(*operand) == chain_kind(root)) {
        collect(root, *operand, leaves, chain);
      } else {
        leaves.push_back(at.getOperand(i));
      }
    }
  }

  static llvm::Value* combine(llvm::IRBuilder<>& builder, llvm::Instruction& root, llvm::Value* a, llvm::Value* b) {
    if (auto* operation = llvm::dyn_cast<llvm::BinaryOperator>(&root)) {
      return builder.CreateBinOp(operation->getOpcode(), a, b);
    }
    return builder.CreateBinaryIntrinsic(llvm::cast<llvm::IntrinsicInst>(root).getIntrinsicID(), a, b);
  }

  llvm::BasicBlock& block_;
  std::map<const llvm::Value*, Depth> depths_;
  std::set<const llvm::Value*> feeds_phi_;
};

}  // namespace

void balance_chains(llvm::Function& function) {
  for (llvm::BasicBlock& block : function) {
    if (llvm::is_contained(llvm::successors(&block), &block)) {
      Balancer(block).run();
    }
  }
}

}  // namespace sluice::hlsc
