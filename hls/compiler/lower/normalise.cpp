// Pass 2: makes the module one that LLVM's passes treat as hardware.
//
// The data layout keeps memory's sizes and alignments but has no native integer widths and no target: instcombine then
// never widens i17 to i64. Everything that only guides a CPU's code generator goes: TBAA, lifetimes, attributes, loop
// metadata (`llvm.loop.mustprogress` lets LLVM delete loops that wait for a stream).
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>

#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {

bool is_failed_assertion(const llvm::Function& function) { return function.getName() == "__assert_fail"; }

bool is_output_function(const llvm::Function& function) {
  return function.getName() == "printf" || function.getName() == "puts" || function.getName() == "putchar";
}

namespace {

bool is_decoration(const llvm::Instruction& instruction) {
  const auto* intrinsic = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction);
  if (intrinsic == nullptr) {
    return false;
  }
  switch (intrinsic->getIntrinsicID()) {
    case llvm::Intrinsic::lifetime_start:
    case llvm::Intrinsic::lifetime_end:
    case llvm::Intrinsic::assume:
    case llvm::Intrinsic::experimental_noalias_scope_decl:
    case llvm::Intrinsic::stacksave:
    case llvm::Intrinsic::stackrestore:
    case llvm::Intrinsic::dbg_declare:
    case llvm::Intrinsic::dbg_value:
    case llvm::Intrinsic::dbg_label:
      return true;
    default:
      return false;
  }
}

// What is only of use to someone who watches a program run. Behind a failed assertion control does not go on, so that
// it stays a promise to LLVM.
bool is_talk(Lowering& lowering, const llvm::Instruction& instruction) {
  const auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
  const llvm::Function* callee = call == nullptr ? nullptr : call->getCalledFunction();
  if (callee == nullptr || !(is_failed_assertion(*callee) || is_output_function(*callee))) {
    return false;
  }
  if (is_output_function(*callee)) {
    lowering.warning(call->getDebugLoc(), "'" + callee->getName().str() + "' is ignored: hardware prints nothing");
  }
  return true;
}

// __builtin_expect and the like: their first operand is what they give.
bool is_hint(const llvm::Instruction& instruction) {
  const auto* intrinsic = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction);
  return intrinsic != nullptr && (intrinsic->getIntrinsicID() == llvm::Intrinsic::expect ||
                                  intrinsic->getIntrinsicID() == llvm::Intrinsic::expect_with_probability);
}

// A function that returns a plain _BitInt(91) has a local i91 that it stores as such and loads as two i64, as the ABI
// wants for more than 64 bits. SROA would not split that: let every such access be of memory's width.
constexpr unsigned kWordBits = 64;

unsigned memory_bits(unsigned bits) { return (bits + kWordBits - 1) / kWordBits * kWordBits; }

void widen_access(llvm::Instruction& instruction) {
  auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction);
  auto* load = llvm::dyn_cast<llvm::LoadInst>(&instruction);
  if (store == nullptr && load == nullptr) {
    return;
  }
  auto* type = llvm::dyn_cast<llvm::IntegerType>(llvm::getLoadStoreType(&instruction));
  if (type == nullptr || type->getBitWidth() <= kWordBits || type->getBitWidth() % kWordBits == 0) {
    return;
  }
  llvm::IRBuilder<> builder(&instruction);
  llvm::Type* wide = builder.getIntNTy(memory_bits(type->getBitWidth()));
  if (store != nullptr) {
    store->setOperand(0, builder.CreateZExt(store->getValueOperand(), wide));
    return;
  }
  llvm::Value* loaded = builder.CreateAlignedLoad(wide, load->getPointerOperand(), load->getAlign(), load->getName());
  load->replaceAllUsesWith(builder.CreateTrunc(loaded, type));
  load->eraseFromParent();
}

void normalise_function(Lowering& lowering, llvm::Function& function) {
  for (llvm::Instruction& instruction : llvm::make_early_inc_range(llvm::instructions(function))) {
    if (is_decoration(instruction) || is_talk(lowering, instruction)) {
      if (!instruction.getType()->isVoidTy()) {
        instruction.replaceAllUsesWith(llvm::Constant::getNullValue(instruction.getType()));
      }
      instruction.eraseFromParent();
      continue;
    }
    if (is_hint(instruction)) {
      instruction.replaceAllUsesWith(instruction.getOperand(0));
      instruction.eraseFromParent();
      continue;
    }
    instruction.dropUnknownNonDebugMetadata({llvm::LLVMContext::MD_loop});  // where a loop starts; markers.cpp drops it
    instruction.dropDbgRecords();
    widen_access(instruction);
  }
}

}  // namespace

void normalise(Lowering& lowering) {
  llvm::Module& module = *lowering.compiled.module;
  // Wider integers are aligned as the ABI aligns _BitInt.
  module.setDataLayout("e-m:e-p:64:64-i64:64-i128:128-i8192:64-S128");
  module.setTargetTriple("");
  restore_wide_integers(module);
  for (llvm::Function& function : module) {
    function.setAttributes(llvm::AttributeList::get(module.getContext(), llvm::AttributeSet(),
                                                    function.getAttributes().getRetAttrs(), [&] {
                                                      llvm::SmallVector<llvm::AttributeSet, 8> parameters;
                                                      for (unsigned i = 0; i < function.arg_size(); ++i) {
                                                        parameters.push_back(function.getAttributes().getParamAttrs(i));
                                                      }
                                                      return parameters;
                                                    }()));
    function.setDoesNotThrow();
    if (!function.isDeclaration()) {
      normalise_function(lowering, function);
    }
  }
}

}  // namespace sluice::hlsc
