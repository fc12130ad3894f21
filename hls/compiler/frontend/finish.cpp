#include "hls/compiler/frontend/finish.hpp"

#include <llvm/IR/Constants.h>
#include <llvm/IR/DebugInfo.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/DebugProgramInstruction.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/PassInstrumentation.h>
#include <llvm/IR/PassManager.h>
#include <llvm/Transforms/IPO/GlobalDCE.h>
#include <llvm/Transforms/IPO/Internalize.h>

#include "hls/compiler/frontend/marker_names.hpp"
#include "hls/compiler/frontend/static_streams.hpp"

namespace sluice::hlsc {
namespace {

void erase_global(llvm::Module& module, llvm::StringRef name) {
  if (llvm::GlobalVariable* global = module.getNamedGlobal(name)) {
    global->eraseFromParent();
  }
}

// Everything that `root` refers to, through constants, code and initialisers.
void reach(llvm::Value* root, std::set<llvm::Value*>& reached) {
  std::vector<llvm::Value*> pending = {root};
  while (!pending.empty()) {
    llvm::Value* value = pending.back();
    pending.pop_back();
    if (!reached.insert(value).second) {
      continue;
    }
    if (auto* function = llvm::dyn_cast<llvm::Function>(value)) {
      for (llvm::Instruction& instruction : llvm::instructions(*function)) {
        for (llvm::Value* operand : instruction.operands()) {
          if (llvm::isa<llvm::Constant>(operand)) {
            pending.push_back(operand);
          }
        }
      }
    } else if (auto* user = llvm::dyn_cast<llvm::Constant>(value)) {
      pending.insert(pending.end(), user->op_begin(), user->op_end());
    }
  }
}

void place_allocas(llvm::Function& function) {
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    for (llvm::DbgVariableRecord& record : llvm::filterDbgVars(instruction.getDbgRecordRange())) {
      auto* alloca = record.isDbgDeclare() ? llvm::dyn_cast_or_null<llvm::AllocaInst>(record.getAddress()) : nullptr;
      if (alloca != nullptr && record.getDebugLoc()) {
        alloca->setDebugLoc(llvm::DILocation::get(function.getContext(), record.getVariable()->getLine(),
                                                  record.getDebugLoc().getCol(), record.getDebugLoc().getScope()));
      }
    }
  }
}

// A marker's argument that is a pointer variable becomes what the variable holds.
void follow_pointers(llvm::Function& marker) {
  for (llvm::User* user : marker.users()) {
    auto* call = llvm::dyn_cast<llvm::CallInst>(user);
    for (unsigned i = 1; call != nullptr && i < call->arg_size(); ++i) {
      auto* variable = llvm::dyn_cast<llvm::AllocaInst>(call->getArgOperand(i));
      if (variable != nullptr && variable->getAllocatedType()->isPointerTy()) {
        llvm::IRBuilder<> builder(call);
        call->setArgOperand(i, builder.CreateLoad(variable->getAllocatedType(), variable, variable->getName()));
      }
    }
  }
}

}  // namespace

std::set<std::string> touched_by_constructors(llvm::Module& module) {
  std::set<std::string> touched;
  if (llvm::GlobalVariable* constructors = module.getNamedGlobal("llvm.global_ctors")) {
    std::set<llvm::Value*> reached;
    reach(constructors, reached);
    for (llvm::Value* value : reached) {
      if (llvm::isa<llvm::GlobalVariable>(value)) {
        touched.insert(value->getName().str());
      }
    }
  }
  return touched;
}

void finish_module(llvm::Module& module, const std::string& top_symbol) {
  for (const char* list : {"llvm.global_ctors", "llvm.global_dtors", "llvm.used", "llvm.compiler.used"}) {
    erase_global(module, list);
  }
  llvm::Function* marker = module.getFunction(kMarkerFunction);
  if (marker != nullptr) {
    marker->deleteBody();
    marker->setComdat(nullptr);
    follow_pointers(*marker);
  }
  for (llvm::Function& function : module) {
    place_allocas(function);
  }
  make_streams_local(module);
  // A static or inline function is a top like any other.
  llvm::Function* top = module.getFunction(top_symbol);
  top->setLinkage(llvm::GlobalValue::ExternalLinkage);
  top->setComdat(nullptr);
  llvm::ModuleAnalysisManager analyses;
  llvm::PassInstrumentationCallbacks callbacks;
  analyses.registerPass([&] { return llvm::PassInstrumentationAnalysis(&callbacks); });
  llvm::InternalizePass([&](const llvm::GlobalValue& value) {
    return value.getName() == top_symbol;
  }).run(module, analyses);
  llvm::GlobalDCEPass().run(module, analyses);
  llvm::stripNonLineTableDebugInfo(module);
}

std::vector<std::string> remaining_run_time_initialised(const llvm::Module& module,
                                                        const std::set<std::string>& candidates,
                                                        const std::set<std::string>& touched) {
  std::vector<std::string> remaining;
  for (const llvm::GlobalVariable& global : module.globals()) {
    std::string name = global.getName().str();
    bool is_guarded = name.starts_with("_Z") && module.getNamedGlobal("_ZGV" + name.substr(2)) != nullptr;
    if (candidates.contains(name) && (is_guarded || touched.contains(name))) {
      remaining.push_back(std::move(name));
    }
  }
  return remaining;
}

}  // namespace sluice::hlsc
