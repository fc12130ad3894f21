// Passes 10, 12 and 16: LLVM's own passes, chosen for hardware.
//
// What is left out matters as much as what is in: nothing that duplicates code for a branch predictor (jump threading),
// recognises loops as library calls, vectorises, turns switches into tables, sinks common instructions (it makes
// pointers into phis) or rewrites induction variables for addressing.
#include <llvm/IR/PassManager.h>
#include <llvm/Passes/PassBuilder.h>

#include "hls/compiler/base/check.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

constexpr const char* kSimplifyCfg =
    "simplifycfg<bonus-inst-threshold=8;no-forward-switch-cond;no-switch-range-to-icmp;no-switch-to-lookup;keep-loops;"
    "no-hoist-common-insts;no-sink-common-insts;speculate-blocks;simplify-cond-branch>";

constexpr const char* kCombine = "instcombine<no-verify-fixpoint>";

void run(llvm::Function& function, const std::string& pipeline) {
  llvm::PassBuilder builder;
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  llvm::FunctionPassManager passes;
  if (llvm::Error error = builder.parsePassPipeline(passes, pipeline)) {
    fail(llvm::toString(std::move(error)));
  }
  passes.run(function, functions);
}

std::string clean() { return std::string("sroa<modify-cfg>,early-cse<memssa>,") + kCombine + "," + kSimplifyCfg; }

}  // namespace

void optimise_early(llvm::Function& function) {
  run(function, clean() + ",loop-simplify,lcssa,loop(loop-rotate<header-duplication;no-prepare-for-lto>)," + clean());
}

void optimise_between(llvm::Function& function) { run(function, clean() + ",sccp," + clean()); }

void optimise_late(llvm::Function& function) {
  run(function, clean() + ",loop-simplify,lcssa,loop-mssa(licm<allowspeculation>)," +
                    "gvn<no-pre;no-load-pre;no-split-backedge-load-pre;memdep>,dse,sccp,correlated-propagation," +
                    clean() + ",bdce,adce,loop-simplify,lcssa");
}

void optimise_values(llvm::Function& function) {
  run(function,
      std::string("early-cse,") + kCombine + ",early-cse,correlated-propagation,bdce,adce," + kCombine + ",adce");
}

void lower_switches(llvm::Function& function) { run(function, "lower-switch"); }

}  // namespace sluice::hlsc
