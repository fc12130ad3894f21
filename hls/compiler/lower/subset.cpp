// Pass 1: what kernels can't do, said in the source's terms before any pass changes what there is to see.
#include <llvm/ADT/StringSwitch.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>

#include <map>

#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

bool is_known_function(const llvm::Function& function) {
  const std::string name = llvm::demangle(function.getName());
  return is_failed_assertion(function) || is_output_function(function) || function.isIntrinsic() ||
         llvm::StringRef(name).contains("sluice_hls");
}

std::string undefined_function(const llvm::Function& function) {
  const std::string name = llvm::demangle(function.getName());
  const llvm::StringRef symbol = function.getName();
  if (symbol == "malloc" || symbol == "calloc" || symbol == "realloc" || symbol == "free" ||
      symbol.starts_with("_Znw") || symbol.starts_with("_Zna") || symbol.starts_with("_Zdl") ||
      symbol.starts_with("_Zda")) {
    return "memory can't be allocated while running ('" + name + "'); declare an array of the largest size";
  }
  if (symbol.starts_with("__cxa_guard")) {
    return "a static whose initial value is computed at run time; initialise it with a constant";
  }
  if (symbol.starts_with("__cxa") || symbol.starts_with("_Unwind")) {
    return "exceptions are not supported";
  }
  return "'" + name + "' is called but has no body in this file; include its definition";
}

class SubsetChecker {
 public:
  SubsetChecker(Lowering& lowering, llvm::Function& function) : lowering_(lowering), function_(function) {}

  void run() {
    if (function_.isVarArg()) {
      error(*function_.getEntryBlock().getTerminator(),
            "functions with a variable number of arguments are not supported");
    }
    for (llvm::Instruction& instruction : llvm::instructions(function_)) {
      check(instruction);
    }
  }

 private:
  void error(const llvm::Instruction& at, std::string message) {
    lowering_.error(at.getDebugLoc(), std::move(message));
  }

  static bool is_float(llvm::Type* type) { return type->isFPOrFPVectorTy(); }

  void check(llvm::Instruction& instruction) {
    if (auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction)) {
      check_call(*call);
    } else if (auto* alloca = llvm::dyn_cast<llvm::AllocaInst>(&instruction);
               alloca != nullptr && !alloca->isStaticAlloca()) {
      if (alloca->isArrayAllocation()) {
        error(instruction, "an array whose size is not constant; declare the largest size");
      }
    } else if (llvm::isa<llvm::LandingPadInst>(instruction) || llvm::isa<llvm::ResumeInst>(instruction)) {
      error(instruction, "exceptions are not supported");
    } else if (instruction.isAtomic()) {
      error(instruction, "atomic operations are not supported; a kernel's processes share streams only");
    } else if (llvm::isa<llvm::IntToPtrInst>(instruction) || llvm::isa<llvm::PtrToIntInst>(instruction)) {
      error(instruction, "pointers can't be numbers; use indices into arrays");
    }
    bool floats = is_float(instruction.getType());
    for (llvm::Value* operand : instruction.operands()) {
      floats |= is_float(operand->getType());
    }
    if (floats && !said_float_) {
      said_float_ = true;
      error(instruction, "floating point is not supported; use fixed point in ap_int");
    }
  }

  void check_call(llvm::CallBase& call) {
    if (call.isInlineAsm()) {
      error(call, "inline assembly is not supported");
      return;
    }
    const llvm::Function* callee = call.getCalledFunction();
    if (callee == nullptr) {
      error(
          call,
          "a call through a pointer (a function pointer or a virtual function) is not supported; call the function by "
          "its name, or use a template");
      return;
    }
    if (callee->isDeclaration() && !is_known_function(*callee) && !read_marker(call)) {
      error(call, undefined_function(*callee));
    }
  }

  Lowering& lowering_;
  llvm::Function& function_;
  bool said_float_ = false;
};

// Reports the calls that close a cycle of calls.
class RecursionFinder {
 public:
  explicit RecursionFinder(Lowering& lowering) : lowering_(lowering) {}

  void visit(llvm::Function& function) {
    states_[&function] = State::kOpen;
    for (llvm::Instruction& instruction : llvm::instructions(function)) {
      auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
      llvm::Function* callee = call == nullptr ? nullptr : call->getCalledFunction();
      if (callee == nullptr || callee->isDeclaration()) {
        continue;
      }
      auto state = states_.find(callee);
      if (state == states_.end()) {
        visit(*callee);
      } else if (state->second == State::kOpen) {
        lowering_.error(call->getDebugLoc(), "recursion: '" + function_name(*callee) +
                                                 "' calls itself; write a loop, or a template that ends");
      }
    }
    states_[&function] = State::kDone;
  }

  [[nodiscard]] bool is_new(const llvm::Function& function) const { return !states_.contains(&function); }

 private:
  enum class State : std::uint8_t { kOpen, kDone };
  Lowering& lowering_;
  std::map<const llvm::Function*, State> states_;
};

}  // namespace

void check_subset(Lowering& lowering) {
  RecursionFinder recursion(lowering);
  for (llvm::Function& function : *lowering.compiled.module) {
    if (function.isDeclaration()) {
      continue;
    }
    SubsetChecker(lowering, function).run();
    if (recursion.is_new(function)) {
      recursion.visit(function);
    }
  }
}

}  // namespace sluice::hlsc
