// Pass 11b: LOOP_FLATTEN: an outer loop and the pipelined loop in it become one pipelined loop.
//
// What stands between two runs of the inner loop (the rest of the outer body, the outer test, the start of the inner
// loop) is copied behind the inner loop's exit, and goes straight to its header: what results is one loop, whose
// iterations are those of the inner loop, and what was between runs under a predicate. That works for nests that are
// not perfect, too; an inner loop that has no iteration for once costs one. Values are kept in variables meanwhile;
// SROA makes phis of them again.
#include <llvm/IR/InstIterator.h>
#include <llvm/Transforms/Utils/Cloning.h>
#include <llvm/Transforms/Utils/Local.h>
#include <llvm/Transforms/Utils/LoopSimplify.h>

#include <algorithm>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/loops.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

class Flattener {
 public:
  Flattener(Lowering& lowering, llvm::Function& function) : lowering_(lowering), function_(function) {}

  // Flattens one nest. Whether there was one to flatten.
  bool run_once() {
    Analyses analyses(function_);
    for (llvm::Loop* inner : analyses.loops.getLoopsInPreorder()) {
      std::optional<std::size_t> number = directives_of(lowering_, *inner);
      if (!number || !lowering_.loops[*number].flatten) {
        continue;
      }
      LoopDirectives& directives = lowering_.loops[*number];
      if (std::string obstacle = what_hinders(*inner, directives); !obstacle.empty()) {
        // A nest is flattened as far up as it can be.
        if (directives.depth != kFlattened) {
          lowering_.error(directives.location,
                          "LOOP_FLATTEN of loop '" + directives.name + "' can't be honoured: " + obstacle);
        }
        directives.flatten = false;
        continue;
      }
      flatten(analyses, *inner, *inner->getParentLoop(), *number);
      return true;
    }
    return false;
  }

 private:
  static constexpr int kFlattened = 0;  // LoopDirectives::depth of what became one loop

  std::string name_of(const llvm::Loop& loop) const {
    std::optional<std::size_t> number = directives_of(lowering_, loop);
    return number ? "the loop '" + lowering_.loops[*number].name + "'" : "another loop";
  }

  std::string what_hinders(const llvm::Loop& inner, const LoopDirectives& directives) const {
    if (!inner.isInnermost()) {
      return "put it into the innermost, " + name_of(*inner.getSubLoops().front());
    }
    if (!directives.pipeline_ii) {
      return "the loop has no PIPELINE";
    }
    if (inner.getParentLoop() == nullptr) {
      return "there is no loop around it";
    }
    for (const llvm::Loop* other : inner.getParentLoop()->getSubLoops()) {
      if (other != &inner) {
        return "the loop around it also has " + name_of(*other);
      }
    }
    return {};
  }

  void flatten(Analyses& analyses, llvm::Loop& inner, llvm::Loop& outer, std::size_t number) {
    for (llvm::Loop* loop : {&outer, &inner}) {
      llvm::simplifyLoop(loop, &analyses.dominators, &analyses.loops, &analyses.evolution, &analyses.assumptions,
                         nullptr, false);
    }
    llvm::BasicBlock* header = inner.getHeader();
    std::vector<llvm::BasicBlock*> between;  // of the outer loop, in no inner one
    for (llvm::BasicBlock* block : outer.blocks()) {
      if (!inner.contains(block)) {
        between.push_back(block);
      }
    }
    // What remains of the outer loop's own directive must not be taken for this loop's.
    erase_markers(between);
    const std::uint64_t trips = std::uint64_t{analyses.evolution.getSmallConstantTripCount(&inner)} *
                                analyses.evolution.getSmallConstantTripCount(&outer);
    repeat_addresses(outer);
    demote(outer);
    copy_behind(between, inner, header, outer.getHeader());
    LoopDirectives& directives = lowering_.loops[number];
    directives.depth = kFlattened;
    directives.min_trips = directives.max_trips = trips == 0 ? std::nullopt : std::optional(trips);
  }

  static void erase_markers(const std::vector<llvm::BasicBlock*>& blocks) {
    for (llvm::BasicBlock* block : blocks) {
      for (llvm::Instruction& instruction : llvm::make_early_inc_range(*block)) {
        if (call_kind(instruction) == CallKind::kLoop) {
          instruction.eraseFromParent();
        }
      }
    }
  }

  // An address that another block uses is computed there again, so that it stays a GEP of its array.
  void repeat_addresses(llvm::Loop& outer) {
    std::vector<llvm::GetElementPtrInst*> addresses;
    for (llvm::BasicBlock& block : function_) {
      for (llvm::Instruction& instruction : block) {
        if (auto* gep = llvm::dyn_cast<llvm::GetElementPtrInst>(&instruction);
            gep != nullptr && outer.contains(&block)) {
          addresses.push_back(gep);
        }
      }
    }
    // A block's last first: a copied address may make another one leave its block.
    for (bool again = true; again;) {
      again = false;
      for (llvm::GetElementPtrInst* gep : llvm::reverse(addresses)) {
        std::vector<llvm::Use*> uses;
        for (llvm::Use& use : gep->uses()) {
          auto* user = llvm::cast<llvm::Instruction>(use.getUser());
          if (user->getParent() != gep->getParent() && !llvm::isa<llvm::PHINode>(user)) {
            uses.push_back(&use);
          }
        }
        for (llvm::Use* use : uses) {
          auto* copy = llvm::cast<llvm::GetElementPtrInst>(gep->clone());
          copy->insertBefore(llvm::cast<llvm::Instruction>(use->getUser()));
          use->set(copy);
          again = true;
        }
      }
    }
  }

  // Phis, then every value that leaves its block, become variables.
  void demote(llvm::Loop& outer) {
    std::vector<llvm::PHINode*> phis;
    for (llvm::BasicBlock& block : function_) {
      for (llvm::PHINode& phi : block.phis()) {
        phis.push_back(&phi);
      }
    }
    for (llvm::PHINode* phi : phis) {
      llvm::DemotePHIToStack(phi);
    }
    std::vector<llvm::Instruction*> values;
    for (llvm::BasicBlock& block : function_) {
      for (llvm::Instruction& instruction : block) {
        if (outer.contains(&block) && !instruction.getType()->isPointerTy() &&
            instruction.isUsedOutsideOfBlock(&block)) {
          values.push_back(&instruction);
        }
      }
    }
    for (llvm::Instruction* value : values) {
      llvm::DemoteRegToStack(*value);
    }
  }

  using Blocks = std::vector<llvm::BasicBlock*>;

  Blocks copy_of(const Blocks& blocks, llvm::ValueToValueMapTy& map) {
    Blocks copies;
    for (llvm::BasicBlock* block : blocks) {
      llvm::BasicBlock* copy = llvm::CloneBasicBlock(block, map, ".again", &function_);
      map[block] = copy;
      copies.push_back(copy);
    }
    for (llvm::BasicBlock* copy : copies) {
      for (llvm::Instruction& instruction : *copy) {
        llvm::RemapInstruction(&instruction, map, llvm::RF_IgnoreMissingLocals | llvm::RF_NoModuleLevelChanges);
      }
    }
    return copies;
  }

  static void redirect(const Blocks& blocks, llvm::BasicBlock* from, llvm::BasicBlock* to) {
    for (llvm::BasicBlock* block : blocks) {
      block->getTerminator()->replaceSuccessorWith(from, to);
    }
  }

  // Exits of the inner loop into `between` go to a copy of it, which goes on in a second copy where the outer loop
  // would begin again. There the edge to the inner header closes the loop. Where the inner loop has no iteration, the
  // second copy comes to the outer loop's next, and that needs an iteration of the one loop, which begins there.
  void copy_behind(const Blocks& between, llvm::Loop& inner, llvm::BasicBlock* header, llvm::BasicBlock* outer_header) {
    llvm::ValueToValueMapTy to_rest, to_start;
    const Blocks rest = copy_of(between, to_rest);
    const Blocks start = copy_of(between, to_start);
    auto* rest_header = llvm::cast<llvm::BasicBlock>(to_rest[outer_header]);
    auto* start_header = llvm::cast<llvm::BasicBlock>(to_start[outer_header]);
    for (llvm::BasicBlock* block : inner.blocks()) {
      llvm::Instruction* end = block->getTerminator();
      for (unsigned i = 0; i < end->getNumSuccessors(); ++i) {
        auto found = to_rest.find(end->getSuccessor(i));
        if (end->getSuccessor(i) != header && found != to_rest.end()) {
          end->setSuccessor(i, llvm::cast<llvm::BasicBlock>(found->second));
        }
      }
    }
    llvm::LLVMContext& context = function_.getContext();
    llvm::BasicBlock* head = llvm::BasicBlock::Create(context, "head", &function_);
    // One way back, so that LLVM does not take the loop apart again.
    llvm::BasicBlock* latch = llvm::BasicBlock::Create(context, "next", &function_);
    llvm::BranchInst::Create(head, latch);
    llvm::IRBuilder<> builder(&*function_.getEntryBlock().getFirstInsertionPt());
    llvm::AllocaInst* is_empty = builder.CreateAlloca(builder.getInt1Ty());
    builder.CreateStore(builder.getFalse(), is_empty);
    auto empty_iteration = [&](llvm::BasicBlock* to) {
      llvm::BasicBlock* block = llvm::BasicBlock::Create(context, "empty", &function_);
      builder.SetInsertPoint(block);
      builder.CreateStore(builder.getTrue(), is_empty);
      builder.CreateBr(to);
      return block;
    };
    redirect(rest, rest_header, start_header);
    redirect(start, start_header, empty_iteration(latch));
    redirect(between, outer_header, empty_iteration(head));
    redirect(rest, header, latch);
    redirect(start, header, latch);
    redirect(inner.getBlocksVector(), header, latch);
    redirect(between, header, head);
    builder.SetInsertPoint(head);
    llvm::Value* begins_outer = builder.CreateLoad(builder.getInt1Ty(), is_empty);
    builder.CreateStore(builder.getFalse(), is_empty);
    builder.CreateCondBr(begins_outer, start_header, header);
    // The originals now only run before the first iteration: what was their way round is gone with the exits.
    llvm::removeUnreachableBlocks(function_);
  }

  Lowering& lowering_;
  llvm::Function& function_;
};

}  // namespace

void flatten_loops(Lowering& lowering, llvm::Function& function) {
  Flattener flattener(lowering, function);
  while (!lowering.diagnostics.failed() && flattener.run_once()) {
    optimise_between(function);
  }
}

}  // namespace sluice::hlsc
