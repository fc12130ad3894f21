// Pass 15: chains of an associative operation to trees, in pipelined blocks.
//
// a + b + c + d takes three additions one after the other as written and two as a tree. A chain that goes round through
// a phi of the loop is a recurrence: there what comes from the phi must be the last operand, so that the recurrence is
// one operation whatever the rest costs; even where parts of the chain are used elsewhere, as in a prefix sum, which
// then keep a chain of their own. It runs before minima and maxima are taken apart, which are chains too.
#include <llvm/IR/Dominators.h>
#include <llvm/IR/IntrinsicInst.h>

#include <algorithm>
#include <map>
#include <vector>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/loops.hpp"
#include "hls/compiler/lower/passes.hpp"
#include "hls/compiler/lower/recurrences.hpp"

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

constexpr std::size_t kLongestCopied = 64;

class Balancer {
 public:
  explicit Balancer(llvm::BasicBlock& block) : block_(block), recurrences_(find_recurrences(block)) {}

  void run() {
    for (llvm::Instruction& instruction : block_) {
      note_depth(instruction);
    }
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
  // Operations after the block's start, phis and loads not counted.
  int depth(llvm::Value* value) const {
    auto found = depths_.find(value);
    return found == depths_.end() ? 0 : found->second;
  }

  void note_depth(llvm::Instruction& instruction) {
    int result = 0;
    if (!llvm::isa<llvm::PHINode>(instruction)) {
      for (llvm::Value* operand : instruction.operands()) {
        result = std::max(result, depth(operand) + 1);
      }
    }
    depths_[&instruction] = result;
  }

  bool is_on_recurrence_of(const llvm::Value* value, const llvm::Instruction& root) const {
    auto found = recurrences_.find(value);
    return found != recurrences_.end() && found->second == recurrences_.at(&root);
  }

  bool is_inner(const llvm::Instruction& instruction) const {
    if (!instruction.hasOneUse()) {
      return false;
    }
    auto* user = llvm::dyn_cast<llvm::Instruction>(*instruction.user_begin());
    return user != nullptr && user->getParent() == &block_ && chain_kind(*user) == chain_kind(instruction);
  }

  void balance(llvm::Instruction& root) {
    std::vector<llvm::Value*> operands;
    std::vector<llvm::Instruction*> chain;
    collect(root, root, goes_round(root), operands, chain);
    if (operands.size() < 3) {
      return;
    }
    // Combine what is ready first, as long as there is more than one; values of recurrences wait for the end.
    auto later = [this, &root](llvm::Value* a, llvm::Value* b) {
      return std::pair(is_on_recurrence_of(a, root), depth(a)) > std::pair(is_on_recurrence_of(b, root), depth(b));
    };
    llvm::IRBuilder<> builder(&root);
    std::vector<llvm::Value*> leaves;  // latest first
    for (llvm::Value* operand : operands) {
      leaves.insert(std::ranges::upper_bound(leaves, operand, later), operand);
    }
    while (leaves.size() > 1) {
      llvm::Value* a = leaves.back();
      leaves.pop_back();
      llvm::Value* b = leaves.back();
      leaves.pop_back();
      llvm::Value* both = combine(builder, root, a, b);
      if (auto* instruction = llvm::dyn_cast<llvm::Instruction>(both)) {
        if (is_on_recurrence_of(a, root) || is_on_recurrence_of(b, root)) {
          recurrences_[instruction] = recurrences_.at(&root);
        }
        note_depth(*instruction);
      }
      leaves.insert(std::ranges::upper_bound(leaves, both, later), both);
    }
    leaves.front()->takeName(&root);
    root.replaceAllUsesWith(leaves.front());
    for (llvm::Instruction* dead : chain) {
      if (dead->use_empty()) {
        dead->eraseFromParent();
      }
    }
  }

  // Whether the next iteration waits for it.
  bool goes_round(const llvm::Instruction& root) const {
    return llvm::any_of(root.users(), [&](const llvm::User* user) {
      auto* phi = llvm::dyn_cast<llvm::PHINode>(user);
      return phi != nullptr && phi->getParent() == &block_ && is_on_recurrence_of(phi, root);
    });
  }

  // `through`: parts of the recurrence belong to the chain even if something else uses them, which keeps them.
  void collect(llvm::Instruction& root, llvm::Instruction& at, bool through, std::vector<llvm::Value*>& leaves,
               std::vector<llvm::Instruction*>& chain) {
    chain.push_back(&at);
    for (unsigned i = 0; i < 2; ++i) {
      auto* operand = llvm::dyn_cast<llvm::Instruction>(at.getOperand(i));
      const bool belongs =
          operand != nullptr &&
          (operand->hasOneUse() || (through && chain.size() < kLongestCopied && is_on_recurrence_of(operand, root)));
      if (belongs && operand->getParent() == &block_ && chain_kind(*operand) == chain_kind(root)) {
        collect(root, *operand, through, leaves, chain);
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
  std::map<const llvm::Value*, int> depths_;
  Recurrences recurrences_;
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
