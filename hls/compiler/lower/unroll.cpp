// Pass 11: unrolls what UNROLL and PIPELINE ask for.
//
// A loop inside a pipelined one, or with UNROLL, is unrolled whole and needs a constant trip count; UNROLL factor=N
// makes N copies an iteration, with a second loop for the rest where the count is no multiple. Inner loops go first; a
// loop whose count depends on the loop around waits until that is unrolled and the values are folded.
#include <llvm/Analysis/OptimizationRemarkEmitter.h>
#include <llvm/Transforms/Utils/LoopSimplify.h>
#include <llvm/Transforms/Utils/LoopUtils.h>
#include <llvm/Transforms/Utils/UnrollLoop.h>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/loops.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

constexpr unsigned kMostTrips = 65536;

class Unroller {
 public:
  Unroller(Lowering& lowering, llvm::Function& function) : lowering_(lowering), function_(function) {}

  void run() {
    while (unroll_whole_once()) {
      optimise_between(function_);
    }
    report_left();
    if (!lowering_.diagnostics.failed() && unroll_by_factors()) {
      optimise_between(function_);
    }
  }

 private:
  bool is_wanted_whole(const llvm::Loop& loop) const {
    if (is_inside_pipeline(lowering_, loop)) {
      return true;
    }
    std::optional<std::size_t> number = directives_of(lowering_, loop);
    return number && lowering_.loops[*number].unroll_factor == 0;
  }

  static unsigned trip_count(Analyses& analyses, llvm::Loop& loop) {
    unsigned exact = analyses.evolution.getSmallConstantTripCount(&loop);
    unsigned most = exact != 0 ? exact : analyses.evolution.getSmallConstantMaxTripCount(&loop);
    return most <= kMostTrips ? most : 0;
  }

  // Unrolls all that can be with the values known now. Whether there was one.
  bool unroll_whole_once() {
    Analyses analyses(function_);
    bool changed = false;
    for (bool again = true; again;) {
      again = false;
      llvm::SmallVector<llvm::Loop*, 8> order = analyses.loops.getLoopsInPreorder();
      // Innermost loops, then any.
      for (bool innermost : {true, false}) {
        for (llvm::Loop* loop : llvm::reverse(order)) {
          if ((innermost && !loop->isInnermost()) || !is_wanted_whole(*loop)) {
            continue;
          }
          if (unsigned trips = trip_count(analyses, *loop); trips != 0 && unroll(analyses, *loop, trips, false)) {
            changed = again = true;
            break;
          }
        }
        if (again) {
          break;
        }
      }
    }
    return changed;
  }

  bool unroll(Analyses& analyses, llvm::Loop& loop, unsigned count, bool by_factor) {
    llvm::simplifyLoop(&loop, &analyses.dominators, &analyses.loops, &analyses.evolution, &analyses.assumptions,
                       nullptr, false);
    llvm::formLCSSARecursively(loop, analyses.dominators, &analyses.loops, &analyses.evolution);
    if (!by_factor) {
      erase_own_markers(loop);
    }
    llvm::UnrollLoopOptions options{};
    options.Count = count;
    options.Force = true;
    options.Runtime = by_factor;
    options.AllowExpensiveTripCount = true;
    options.UnrollRemainder = false;
    options.ForgetAllSCEV = false;
    llvm::OptimizationRemarkEmitter remarks(&function_);
    return llvm::UnrollLoop(&loop, options, &analyses.loops, &analyses.evolution, &analyses.dominators,
                            &analyses.assumptions, &analyses.target, &remarks,
                            /*PreserveLCSSA=*/true) != llvm::LoopUnrollResult::Unmodified;
  }

  void erase_own_markers(llvm::Loop& loop) {
    for (llvm::BasicBlock* block : loop.blocks()) {
      bool is_own = std::ranges::none_of(loop, [&](const llvm::Loop* inner) { return inner->contains(block); });
      for (llvm::Instruction& instruction : llvm::make_early_inc_range(*block)) {
        if (is_own && call_kind(instruction) == CallKind::kLoop) {
          auto number = llvm::cast<llvm::ConstantInt>(instruction.getOperand(0))->getZExtValue();
          lowering_.loops[number].honoured = true;
          instruction.eraseFromParent();
        }
      }
    }
  }

  void report_left() {
    Analyses analyses(function_);
    for (llvm::Loop* loop : analyses.loops.getLoopsInPreorder()) {
      if (!is_wanted_whole(*loop)) {
        continue;
      }
      bool asked = !is_inside_pipeline(lowering_, *loop);
      std::optional<std::size_t> number = directives_of(lowering_, *loop);
      llvm::DebugLoc place = number ? lowering_.loops[*number].location : loop->getStartLoc();
      std::string name = number ? "loop '" + lowering_.loops[*number].name + "'" : "a loop";
      lowering_.error(place,
                      name + " can't be unrolled" + (asked ? "" : " inside a pipelined loop") +
                          ": how often it runs is not constant; give it a constant bound and a break, or pipeline "
                          "the inner loop");
    }
  }

  bool unroll_by_factors() {
    bool changed = false;
    for (bool again = true; again;) {
      again = false;
      Analyses analyses(function_);
      const llvm::SmallVector<llvm::Loop*, 8> order = analyses.loops.getLoopsInPreorder();
      for (llvm::Loop* loop : llvm::reverse(order)) {
        std::optional<std::size_t> number = directives_of(lowering_, *loop);
        if (!number || lowering_.loops[*number].unroll_factor.value_or(1) < 2) {
          continue;
        }
        auto factor = static_cast<unsigned>(*lowering_.loops[*number].unroll_factor);
        renumber(*loop, *number);
        if (!unroll(analyses, *loop, factor, true)) {
          lowering_.error(lowering_.loops[*number].location,
                          "loop '" + lowering_.loops[*number].name + "' can't be unrolled by a factor");
        }
        changed = again = true;
        break;
      }
    }
    return changed;
  }

  // The copies of the loop are not to be unrolled again.
  void renumber(llvm::Loop& loop, std::size_t number) {
    LoopDirectives done = lowering_.loops[number];
    done.unroll_factor.reset();
    lowering_.loops[number].honoured = true;
    llvm::IRBuilder<> builder(function_.getContext());
    for (llvm::BasicBlock* block : loop.blocks()) {
      for (llvm::Instruction& instruction : *block) {
        if (call_kind(instruction) == CallKind::kLoop &&
            llvm::cast<llvm::ConstantInt>(instruction.getOperand(0))->getZExtValue() == number) {
          instruction.setOperand(0, builder.getInt32(static_cast<std::uint32_t>(lowering_.loops.size())));
        }
      }
    }
    lowering_.loops.push_back(std::move(done));
  }

  Lowering& lowering_;
  llvm::Function& function_;
};

}  // namespace

void unroll_loops(Lowering& lowering, llvm::Function& function) { Unroller(lowering, function).run(); }

}  // namespace sluice::hlsc
