#include "hls/compiler/lower/loops.hpp"

#include <llvm/IR/DebugInfoMetadata.h>

#include <tuple>

#include "hls/compiler/lower/calls.hpp"

namespace sluice::hlsc {
namespace {

int inline_depth(const llvm::DebugLoc& location) {
  int depth = 0;
  for (const llvm::DILocation* place = location.get(); place != nullptr; place = place->getInlinedAt()) {
    ++depth;
  }
  return depth;
}

}  // namespace

Analyses::Analyses(llvm::Function& function)
    : library_impl(llvm::Triple()),
      library(library_impl, &function),
      target(function.getParent()->getDataLayout()),
      assumptions(function, &target),
      dominators(function),
      loops(dominators),
      evolution(function, library, assumptions, dominators, loops) {
  library_impl.disableAllFunctions();
}

std::optional<std::size_t> directives_of(const Lowering& lowering, const llvm::Loop& loop) {
  // An inner loop that dissolved has left its number in this one's blocks; the outermost is this loop's own.
  std::optional<std::tuple<int, int, std::size_t>> best;
  for (const llvm::BasicBlock* block : loop.blocks()) {
    for (const llvm::Instruction& instruction : *block) {
      if (call_kind(instruction) != CallKind::kLoop) {
        continue;
      }
      bool is_own = true;
      for (const llvm::Loop* inner : loop) {
        is_own &= !inner->contains(block);
      }
      if (!is_own) {
        continue;
      }
      auto number = llvm::cast<llvm::ConstantInt>(instruction.getOperand(0))->getZExtValue();
      std::tuple<int, int, std::size_t> candidate(inline_depth(instruction.getDebugLoc()), lowering.loops[number].depth,
                                                  number);
      if (!best || candidate < *best) {
        best = candidate;
      }
    }
  }
  if (!best) {
    return std::nullopt;
  }
  return std::get<2>(*best);
}

bool is_inside_pipeline(const Lowering& lowering, const llvm::Loop& loop) {
  std::optional<std::size_t> own = directives_of(lowering, loop);
  if (own && lowering.loops[*own].dissolve) {
    return true;
  }
  for (const llvm::Loop* outer = loop.getParentLoop(); outer != nullptr; outer = outer->getParentLoop()) {
    std::optional<std::size_t> number = directives_of(lowering, *outer);
    if (number && (lowering.loops[*number].pipeline_ii || lowering.loops[*number].dissolve)) {
      return true;
    }
  }
  return false;
}

}  // namespace sluice::hlsc
