#include "hls/compiler/frontend/static_streams.hpp"

#include <llvm/ADT/STLExtras.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/ReplaceConstant.h>

#include <vector>

namespace sluice::hlsc {
namespace {

bool is_stream(llvm::Type* type) {
  while (auto* array = llvm::dyn_cast<llvm::ArrayType>(type)) {
    type = array->getElementType();
  }
  auto* record = llvm::dyn_cast<llvm::StructType>(type);
  return record != nullptr && record->hasName() && record->getName().starts_with("class.hls::stream");
}

// Of all uses of `global`; nullptr: of several functions, or outside of code.
llvm::Function* only_function(const llvm::GlobalVariable& global) {
  llvm::Function* function = nullptr;
  for (const llvm::User* user : global.users()) {
    const auto* instruction = llvm::dyn_cast<llvm::Instruction>(user);
    if (instruction == nullptr || (function != nullptr && instruction->getFunction() != function)) {
      return nullptr;
    }
    function = const_cast<llvm::Function*>(instruction->getFunction());
  }
  return function;
}

// The guard always says that the constructor has not run.
void open_guard(llvm::GlobalVariable& guard) {
  for (llvm::User* user : llvm::make_early_inc_range(guard.users())) {
    if (auto* load = llvm::dyn_cast<llvm::LoadInst>(user)) {
      load->replaceAllUsesWith(llvm::ConstantInt::get(load->getType(), 0));
    }
    llvm::cast<llvm::Instruction>(user)->eraseFromParent();
  }
  guard.eraseFromParent();
}

// With the name and the place of the source's variable.
llvm::AllocaInst* make_local(const llvm::GlobalVariable& global, llvm::Function& function) {
  llvm::IRBuilder<> builder(&function.getEntryBlock(), function.getEntryBlock().begin());
  auto* local = builder.CreateAlloca(global.getValueType(), nullptr, global.getName());
  llvm::SmallVector<llvm::DIGlobalVariableExpression*, 1> described;
  global.getDebugInfo(described);
  if (!described.empty()) {
    const llvm::DIGlobalVariable* variable = described.front()->getVariable();
    local->setName(variable->getName());
    local->setDebugLoc(llvm::DILocation::get(function.getContext(), variable->getLine(), 0, function.getSubprogram()));
  }
  return local;
}

}  // namespace

void make_streams_local(llvm::Module& module) {
  std::vector<llvm::GlobalVariable*> streams;
  for (llvm::GlobalVariable& global : module.globals()) {
    if (is_stream(global.getValueType()) && global.getName().starts_with("_Z")) {
      streams.push_back(&global);
    }
  }
  for (llvm::GlobalVariable* stream : streams) {
    llvm::convertUsersOfConstantsToInstructions(stream);
    llvm::GlobalVariable* guard = module.getNamedGlobal("_ZGV" + stream->getName().substr(2).str());
    llvm::Function* function = guard == nullptr ? nullptr : only_function(*stream);
    if (function == nullptr || only_function(*guard) != function) {
      continue;
    }
    stream->replaceAllUsesWith(make_local(*stream, *function));
    stream->eraseFromParent();
    open_guard(*guard);
  }
}

}  // namespace sluice::hlsc
