// Which directives a loop has, and LLVM's analyses of a function, for the passes that change loops.
//
// Purpose: Analyses computes what LoopInfo's users need and nothing more; a pass that changed the function makes a new
//   one. Ownership: Analyses refers to its function. Threading: none. Errors: none.
#pragma once

#include <llvm/Analysis/AssumptionCache.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/Analysis/TargetTransformInfo.h>
#include <llvm/IR/Dominators.h>

#include <optional>

#include "hls/compiler/lower/context.hpp"

namespace sluice::hlsc {

struct Analyses {
  explicit Analyses(llvm::Function& function);

  llvm::TargetLibraryInfoImpl library_impl;
  llvm::TargetLibraryInfo library;
  llvm::TargetTransformInfo target;
  llvm::AssumptionCache assumptions;
  llvm::DominatorTree dominators;
  llvm::LoopInfo loops;
  llvm::ScalarEvolution evolution;
};

// Index into Lowering::loops; nothing for a loop that LLVM made.
[[nodiscard]] std::optional<std::size_t> directives_of(const Lowering& lowering, const llvm::Loop& loop);

// Whether a loop around this one is to be one pipelined block, so that this one must go.
[[nodiscard]] bool is_inside_pipeline(const Lowering& lowering, const llvm::Loop& loop);

}  // namespace sluice::hlsc
