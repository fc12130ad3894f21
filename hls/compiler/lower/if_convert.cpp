// Pass 14: the body of a pipelined loop to one block.
//
// Every block of an iteration gets a predicate; its operations run under it, its phis become selections. Predicates are
// kept short, because they sit on the recurrences that decide the II: a block that runs whenever its dominator does has
// the dominator's predicate, whatever happened in between, and a selection only looks at what was decided since the
// dominator of its block. All ways out of the loop become one exit: the loop goes on while no exit was taken, and
// behind it a block decides where to go. Combinations are 'logical' (select), so that a condition that is undefined
// where nobody asks for it does no harm.
#include <llvm/Analysis/LoopIterator.h>
#include <llvm/IR/ValueHandle.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <llvm/Transforms/Utils/LoopSimplify.h>
#include <llvm/Transforms/Utils/LoopUtils.h>

#include <algorithm>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/loops.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

// Conditions are made in the header, before its terminator; nothing stands for true.
using Condition = llvm::Value*;

class IfConverter {
 public:
  IfConverter(Analyses& analyses, llvm::Loop& loop)
      : analyses_(analyses),
        loop_(loop),
        header_(loop.getHeader()),
        old_end_(header_->getTerminator()),
        builder_(old_end_) {
    llvm::LoopBlocksRPO order(&loop);
    order.perform(&analyses.loops);
    order_.assign(order.begin(), order.end());
    for (std::size_t i = 0; i < order_.size(); ++i) {
      numbers_[order_[i]] = i;
    }
    find_postdominators();
  }

  void run() {
    for (llvm::BasicBlock* block : order_) {
      collect_edges(*block);
    }
    for (llvm::BasicBlock* block : order_) {
      if (block != header_) {
        move_up(*block);
      }
    }
    build_exit();
  }

 private:
  struct Edge {
    llvm::BasicBlock* from = nullptr;
    llvm::BasicBlock* to = nullptr;
    llvm::WeakTrackingVH condition;  // nothing: always; follows a phi to the selection that replaces it
    bool when = true;
  };

  bool is_inside(llvm::BasicBlock* block) const { return loop_.contains(block); }

  // Postdominators in one iteration, where leaving the loop and going round it are its two different ends.
  void find_postdominators() {
    std::size_t end = order_.size();
    postdominator_.assign(order_.size(), end);
    for (std::size_t i = order_.size(); i-- > 0;) {
      std::size_t common = end + 1;  // not known yet
      for (llvm::BasicBlock* next : llvm::successors(order_[i])) {
        std::size_t to = is_inside(next) && next != header_ ? numbers_.at(next) : end;
        while (common != end + 1 && common != to) {
          if (common < to) {
            common = postdominator_[common];
          } else {
            to = postdominator_[to];
          }
        }
        common = to;
      }
      postdominator_[i] = common == end + 1 ? end : common;
    }
  }

  bool postdominates(llvm::BasicBlock* block, llvm::BasicBlock* of) const {
    std::size_t target = numbers_.at(block);
    std::size_t at = numbers_.at(of);
    while (at < target) {
      at = postdominator_[at];
    }
    return at == target;
  }

  // Before anything moves: who goes where, and when.
  void collect_edges(llvm::BasicBlock& block) {
    llvm::Instruction* end = block.getTerminator();
    if (auto* branch = llvm::dyn_cast<llvm::BranchInst>(end)) {
      if (branch->isUnconditional() || branch->getSuccessor(0) == branch->getSuccessor(1)) {
        edges_.push_back({.from = &block, .to = branch->getSuccessor(0), .condition = nullptr, .when = true});
      } else {
        edges_.push_back(
            {.from = &block, .to = branch->getSuccessor(0), .condition = branch->getCondition(), .when = true});
        edges_.push_back(
            {.from = &block, .to = branch->getSuccessor(1), .condition = branch->getCondition(), .when = false});
      }
    }
  }

  Condition both(Condition a, Condition b) {
    if (a == nullptr || a == b) {
      return b;
    }
    return b == nullptr ? a : builder_.CreateLogicalAnd(a, b);
  }

  Condition either(Condition a, Condition b) {
    if (a == nullptr || b == nullptr) {
      return nullptr;
    }
    return a == b ? a : builder_.CreateLogicalOr(a, b);
  }

  Condition negate(llvm::Value* value) {
    llvm::WeakTrackingVH& known = negated_[value];
    if (known == nullptr) {
      known = builder_.CreateNot(value);
    }
    return known;
  }

  Condition edge_condition(const Edge& edge) {
    Condition condition = edge.condition;
    return condition == nullptr || edge.when ? condition : negate(condition);
  }

  llvm::BasicBlock* dominator(llvm::BasicBlock* block) const {
    return analyses_.dominators.getNode(block)->getIDom()->getBlock();
  }

  // Whether `block` is reached, given that its immediate dominator is.
  Condition since_dominator(llvm::BasicBlock* block) {
    auto found = since_dominator_.find(block);
    if (found != since_dominator_.end()) {
      return found->second;
    }
    llvm::BasicBlock* from = dominator(block);
    Condition result = nullptr;
    if (!postdominates(block, from)) {
      bool is_first = true;
      for (const Edge& edge : edges_) {
        if (edge.to == block) {
          Condition here = both(since(from, edge.from), edge_condition(edge));
          result = is_first ? here : either(result, here);
          is_first = false;
        }
      }
    }
    since_dominator_[block] = result;
    return result;
  }

  // Whether `block` is reached, given that its dominator `from` is.
  Condition since(llvm::BasicBlock* from, llvm::BasicBlock* block) {
    if (from == block) {
      return nullptr;
    }
    return both(since(from, dominator(block)), since_dominator(block));
  }

  Condition reached(llvm::BasicBlock* block) {
    auto found = reached_.find(block);
    if (found != reached_.end()) {
      return found->second;
    }
    Condition result = block == header_ ? nullptr : both(reached(dominator(block)), since_dominator(block));
    reached_[block] = result;
    return result;
  }

  void move_up(llvm::BasicBlock& block) {
    llvm::BasicBlock* from = dominator(&block);
    for (llvm::PHINode& phi : llvm::make_early_inc_range(block.phis())) {
      llvm::Value* value = nullptr;
      for (const Edge& edge : edges_) {
        if (edge.to != &block) {
          continue;
        }
        llvm::Value* incoming = phi.getIncomingValueForBlock(edge.from);
        if (value == nullptr || value == incoming) {
          value = incoming;
          continue;
        }
        Condition taken = both(since(from, edge.from), edge_condition(edge));
        value = taken == nullptr ? incoming : builder_.CreateSelect(taken, incoming, value);
      }
      if (!value->hasName() && llvm::isa<llvm::SelectInst>(value)) {
        value->takeName(&phi);
      }
      phi.replaceAllUsesWith(value);
      negated_.erase(&phi);  // another value may be made where it was
      phi.eraseFromParent();
    }
    Condition predicate = reached(&block);
    for (llvm::Instruction& instruction : llvm::make_early_inc_range(block)) {
      if (instruction.isTerminator()) {
        break;
      }
      std::optional<CallKind> kind = call_kind(instruction);
      if (kind && has_predicate(*kind) && predicate != nullptr) {
        instruction.setOperand(0, both(predicate, instruction.getOperand(0)));
      }
      instruction.moveBefore(old_end_);
    }
  }

  void build_exit() {
    Condition stay = nullptr;
    std::vector<std::pair<const Edge*, Condition>> exits;
    bool first_back = true;
    for (const Edge& edge : edges_) {
      Condition taken = both(reached(edge.from), edge_condition(edge));
      if (edge.to == header_) {
        stay = first_back ? taken : either(stay, taken);
        first_back = false;
      } else if (!is_inside(edge.to)) {
        exits.emplace_back(&edge, taken);
      }
    }
    llvm::BasicBlock* latch = loop_.getLoopLatch();
    for (llvm::PHINode& phi : header_->phis()) {
      phi.replaceIncomingBlockWith(latch, header_);
    }
    std::vector<llvm::BasicBlock*> targets;
    for (const auto& [edge, taken] : exits) {
      if (std::ranges::find(targets, edge->to) == targets.end()) {
        targets.push_back(edge->to);
      }
    }
    llvm::BasicBlock* after = targets.empty() ? nullptr : leave(targets, exits);
    if (after == nullptr) {  // runs for ever; the kernel IR wants an exit all the same
      after = llvm::BasicBlock::Create(header_->getContext(), "never", header_->getParent());
      new llvm::UnreachableInst(header_->getContext(), after);
    }
    builder_.CreateCondBr(stay == nullptr ? builder_.getTrue() : stay, header_, after);
    header_->back().setDebugLoc(old_end_->getDebugLoc());
    old_end_->eraseFromParent();
    drop_blocks();
  }

  // Values that leave the loop are selected in it; with several targets a chain of blocks behind it decides.
  llvm::BasicBlock* leave(const std::vector<llvm::BasicBlock*>& targets,
                          const std::vector<std::pair<const Edge*, Condition>>& exits) {
    std::vector<llvm::Value*> taken_to(targets.size(), nullptr);
    std::vector<llvm::BasicBlock*> deciders(targets.size(), header_);
    for (std::size_t i = 0; targets.size() > 1 && i + 1 < targets.size(); ++i) {
      deciders[i] = llvm::BasicBlock::Create(header_->getContext(), "left", header_->getParent(), targets[0]);
    }
    if (targets.size() > 1) {
      deciders.back() = deciders[targets.size() - 2];
    }
    for (std::size_t i = 0; i < targets.size(); ++i) {
      bool is_first = true;
      Condition any = nullptr;
      for (const auto& [edge, taken] : exits) {
        if (edge->to == targets[i]) {
          any = is_first ? taken : either(any, taken);
          is_first = false;
        }
      }
      taken_to[i] = any == nullptr ? builder_.getTrue() : any;
      for (llvm::PHINode& phi : targets[i]->phis()) {
        llvm::Value* value = nullptr;
        for (const auto& [edge, taken] : exits) {
          if (edge->to == targets[i]) {
            llvm::Value* incoming = phi.getIncomingValueForBlock(edge->from);
            value = value == nullptr || value == incoming || taken == nullptr
                        ? incoming
                        : builder_.CreateSelect(taken, incoming, value);
          }
        }
        for (const auto& [edge, taken] : exits) {
          if (edge->to == targets[i] && phi.getBasicBlockIndex(edge->from) >= 0) {
            phi.removeIncomingValue(edge->from, false);
          }
        }
        phi.addIncoming(value, deciders[i]);
      }
    }
    for (std::size_t i = 0; i + 1 < targets.size(); ++i) {
      llvm::IRBuilder<> decide(deciders[i]);
      decide.SetCurrentDebugLocation(old_end_->getDebugLoc());
      decide.CreateCondBr(taken_to[i], targets[i], i + 2 < targets.size() ? deciders[i + 1] : targets[i + 1]);
    }
    return targets.size() > 1 ? deciders[0] : targets[0];
  }

  void drop_blocks() {
    std::vector<llvm::BasicBlock*> dead;
    for (llvm::BasicBlock* block : order_) {
      if (block != header_) {
        dead.push_back(block);
      }
    }
    for (llvm::BasicBlock* block : dead) {
      block->dropAllReferences();
    }
    for (llvm::BasicBlock* block : dead) {
      block->eraseFromParent();
    }
  }

  Analyses& analyses_;
  llvm::Loop& loop_;
  llvm::BasicBlock* header_;
  llvm::Instruction* old_end_;
  llvm::IRBuilder<> builder_;
  std::vector<llvm::BasicBlock*> order_;
  std::map<const llvm::BasicBlock*, std::size_t> numbers_;
  std::vector<std::size_t> postdominator_;
  std::vector<Edge> edges_;
  // A condition may be a phi that a selection replaces later.
  std::map<const llvm::Value*, llvm::WeakTrackingVH> negated_;
  std::map<const llvm::BasicBlock*, llvm::WeakTrackingVH> since_dominator_, reached_;
};

// The next loop to convert; nothing where all are.
llvm::Loop* find_loop(Lowering& lowering, Analyses& analyses) {
  for (llvm::Loop* loop : analyses.loops.getLoopsInPreorder()) {
    std::optional<std::size_t> number = directives_of(lowering, *loop);
    bool is_asked = number && lowering.loops[*number].pipeline_ii && loop->isInnermost();
    if (is_asked && (loop->getNumBlocks() > 1 || loop->hasNoExitBlocks())) {
      return loop;
    }
  }
  return nullptr;
}

}  // namespace

void if_convert(Lowering& lowering, llvm::Function& function) {
  for (;;) {
    Analyses analyses(function);
    llvm::Loop* loop = find_loop(lowering, analyses);
    if (loop == nullptr) {
      return;
    }
    llvm::simplifyLoop(loop, &analyses.dominators, &analyses.loops, &analyses.evolution, &analyses.assumptions, nullptr,
                       false);
    llvm::formLCSSARecursively(*loop, analyses.dominators, &analyses.loops, &analyses.evolution);
    IfConverter(analyses, *loop).run();
  }
}

}  // namespace sluice::hlsc
