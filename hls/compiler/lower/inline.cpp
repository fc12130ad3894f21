// Pass 5: inlines every call but those of processes, and resolves reference parameters.
//
// A reference or pointer parameter is, as clang emits it, an alloca that holds a pointer. Promoting those allocas (and
// no others) makes every address a chain of GEPs from the object itself, so that the passes which look at objects see
// them, while arrays and structs still have the source's types.
#include <llvm/IR/Dominators.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/PassManager.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Transforms/IPO/AlwaysInliner.h>
#include <llvm/Transforms/IPO/GlobalDCE.h>
#include <llvm/Transforms/Utils/PromoteMemToReg.h>

#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {

void promote_pointers(llvm::Function& function) {
  std::vector<llvm::AllocaInst*> pointers;
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    auto* alloca = llvm::dyn_cast<llvm::AllocaInst>(&instruction);
    if (alloca != nullptr && alloca->getAllocatedType()->isPointerTy() && llvm::isAllocaPromotable(alloca)) {
      pointers.push_back(alloca);
    }
  }
  if (!pointers.empty()) {
    llvm::DominatorTree dominators(function);
    llvm::PromoteMemToReg(pointers, dominators);
  }
}

void inline_calls(Lowering& lowering) {
  llvm::Module& module = *lowering.compiled.module;
  for (llvm::Function& function : module) {
    if (function.isDeclaration()) {
      continue;
    }
    bool is_process = function.hasFnAttribute("sluice-process");
    function.setLinkage(is_process ? llvm::GlobalValue::ExternalLinkage : llvm::GlobalValue::InternalLinkage);
    function.setComdat(nullptr);
    if (!is_process) {
      function.addFnAttr(llvm::Attribute::AlwaysInline);
    }
  }
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
  llvm::ModulePassManager passes;
  passes.addPass(llvm::AlwaysInlinerPass(/*InsertLifetime=*/false));
  passes.addPass(llvm::GlobalDCEPass());
  passes.run(module, modules);
  for (llvm::Function& function : module) {
    if (!function.isDeclaration()) {
      promote_pointers(function);
    }
  }
}

}  // namespace sluice::hlsc
