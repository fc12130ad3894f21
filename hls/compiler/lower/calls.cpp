#include "hls/compiler/lower/calls.hpp"

#include <llvm/ADT/StringSwitch.h>

#include <array>
#include <string>

namespace sluice::hlsc {
namespace {

constexpr llvm::StringLiteral kPrefix = "sluice.";
constexpr std::array<llvm::StringLiteral, 14> kNames = {"read",  "write",     "read_nb", "write_nb", "empty",
                                                        "full",  "depth",     "scalar",  "output",   "load",
                                                        "store", "unwritten", "loop",    "object"};

llvm::MemoryEffects effects(CallKind kind) {
  switch (kind) {
    case CallKind::kScalar:
    case CallKind::kUnwritten:
      return llvm::MemoryEffects::none();
    case CallKind::kLoad:
      return llvm::MemoryEffects::inaccessibleMemOnly(llvm::ModRefInfo::Ref);
    default:
      return llvm::MemoryEffects::inaccessibleMemOnly();
  }
}

}  // namespace

std::optional<CallKind> call_kind(const llvm::Instruction& instruction) {
  const auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
  if (call == nullptr || call->getCalledFunction() == nullptr) {
    return std::nullopt;
  }
  llvm::StringRef name = call->getCalledFunction()->getName();
  if (!name.consume_front(kPrefix)) {
    return std::nullopt;
  }
  name = name.split('.').first;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (name == kNames[i]) {
      return static_cast<CallKind>(i);
    }
  }
  return std::nullopt;
}

bool has_predicate(CallKind kind) {
  switch (kind) {
    case CallKind::kDepth:
    case CallKind::kScalar:
    case CallKind::kUnwritten:
    case CallKind::kLoop:
    case CallKind::kObject:
      return false;
    default:
      return true;
  }
}

llvm::CallInst* create_call(llvm::IRBuilder<>& builder, CallKind kind, llvm::Type* result,
                            llvm::ArrayRef<llvm::Value*> operands) {
  llvm::Module& module = *builder.GetInsertBlock()->getModule();
  std::string name = (kPrefix + kNames[static_cast<std::size_t>(kind)]).str();
  llvm::SmallVector<llvm::Type*, 6> types;
  if (!result->isVoidTy()) {
    name += ".i" + std::to_string(result->getIntegerBitWidth());
  }
  for (llvm::Value* operand : operands) {
    types.push_back(operand->getType());
    if (operand->getType()->isIntegerTy()) {
      name += "." + std::to_string(operand->getType()->getIntegerBitWidth());
    }
  }
  llvm::FunctionCallee callee = module.getOrInsertFunction(name, llvm::FunctionType::get(result, types, false));
  auto* function = llvm::cast<llvm::Function>(callee.getCallee());
  function->setMemoryEffects(effects(kind));
  function->setDoesNotThrow();
  function->setWillReturn();
  return builder.CreateCall(callee, operands);
}

}  // namespace sluice::hlsc
