// Pass 7: parameters of a process that are values or outputs become calls.
//
// A scalar becomes sluice.scalar of its declared width, extended to what the x86 ABI passed. An output (a pointer or
// reference to a scalar, or the return value) becomes local variables and one sluice.output at every return: the last
// value stored, whether any was, and apart from these what the kernel reads back, whose content before the first store
// is sluice.unwritten: build.cpp reports it where it is still used. Streams and arrays stay pointers.
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

unsigned memory_bits(unsigned width) {
  for (unsigned bits : {8U, 16U, 32U, 64U}) {
    if (width <= bits) {
      return bits;
    }
  }
  return (width + 63) / 64 * 64;
}

class ArgumentRewriter {
 public:
  ArgumentRewriter(Lowering& lowering, llvm::Function& function)
      : lowering_(lowering), function_(function), entry_(&*function.getEntryBlock().getFirstNonPHIOrDbgOrAlloca()) {}

  void rewrite(llvm::Argument& argument, const ArgumentBinding& binding) {
    switch (binding.kind) {
      case ArgumentBinding::Kind::kScalar:
        scalar(argument, binding);
        break;
      case ArgumentBinding::Kind::kOutput:
        output(argument, lowering_.compiled.parameters[static_cast<std::size_t>(binding.parameter)], binding.parameter);
        break;
      case ArgumentBinding::Kind::kResult:
        output(argument, *lowering_.compiled.result, -1);
        break;
      case ArgumentBinding::Kind::kStream:
      case ArgumentBinding::Kind::kArray:
        break;
    }
  }

  void rewrite_result() {
    const Parameter& result = *lowering_.compiled.result;
    if (result.in_memory) {
      return;  // written through an argument
    }
    for (llvm::ReturnInst* ret : returns()) {
      llvm::IRBuilder<> builder(ret);
      llvm::Value* value = ret->getReturnValue();
      if (auto* type = llvm::dyn_cast<llvm::StructType>(value->getType())) {
        llvm::Value* joined = nullptr;
        unsigned bits = 0;
        llvm::Type* wide = builder.getIntNTy(64 * type->getNumElements());
        for (unsigned i = 0; i < type->getNumElements(); ++i) {
          llvm::Value* piece = builder.CreateZExt(builder.CreateExtractValue(value, i), wide);
          joined = joined == nullptr ? piece : builder.CreateOr(joined, builder.CreateShl(piece, bits));
          bits += type->getElementType(i)->getIntegerBitWidth();
        }
        value = joined;
      }
      value = builder.CreateTrunc(value, builder.getIntNTy(result.width));
      create_call(builder, CallKind::kOutput, builder.getVoidTy(),
                  {builder.getTrue(), builder.getInt32(output_index(-1)), value});
      ret->setOperand(0, llvm::PoisonValue::get(ret->getReturnValue()->getType()));
    }
  }

 private:
  std::vector<llvm::ReturnInst*> returns() {
    std::vector<llvm::ReturnInst*> result;
    for (llvm::BasicBlock& block : function_) {
      if (auto* ret = llvm::dyn_cast<llvm::ReturnInst>(block.getTerminator())) {
        result.push_back(ret);
      }
    }
    return result;
  }

  // Index into Kernel::outputs; lower.cpp fills them in the order of the parameters, the return value last.
  std::uint32_t output_index(int parameter) const {
    std::uint32_t index = 0;
    for (std::size_t i = 0; i < lowering_.compiled.parameters.size(); ++i) {
      if (static_cast<int>(i) == parameter) {
        return index;
      }
      index += lowering_.compiled.parameters[i].kind == Parameter::Kind::kScalarPointer ? 1 : 0;
    }
    return index;
  }

  std::uint32_t scalar_index(int parameter) const {
    std::uint32_t index = 0;
    for (int i = 0; i < parameter; ++i) {
      index += lowering_.compiled.parameters[static_cast<std::size_t>(i)].kind == Parameter::Kind::kScalar ? 1 : 0;
    }
    return index;
  }

  void scalar(llvm::Argument& argument, const ArgumentBinding& binding) {
    const Parameter& parameter = lowering_.compiled.parameters[static_cast<std::size_t>(binding.parameter)];
    llvm::IRBuilder<> builder(entry_);
    llvm::Value* value = create_call(builder, CallKind::kScalar, builder.getIntNTy(parameter.width),
                                     {builder.getInt32(scalar_index(binding.parameter))});
    value->setName(parameter.name);
    auto extend = [&](unsigned bits) {
      llvm::Type* type = builder.getIntNTy(bits);
      return parameter.is_signed ? builder.CreateSExtOrTrunc(value, type) : builder.CreateZExtOrTrunc(value, type);
    };
    if (parameter.in_memory) {
      llvm::Type* type = builder.getIntNTy(memory_bits(parameter.width));
      llvm::AllocaInst* copy = builder.CreateAlloca(type, nullptr, parameter.name);
      builder.CreateStore(extend(type->getIntegerBitWidth()), copy);
      argument.replaceAllUsesWith(copy);
      return;
    }
    unsigned bits = argument.getType()->getIntegerBitWidth();
    unsigned low = static_cast<unsigned>(binding.piece) * bits;
    llvm::Value* all = extend(std::max(low + bits, parameter.width));
    llvm::Value* piece = low == 0 ? all : builder.CreateLShr(all, low);
    argument.replaceAllUsesWith(builder.CreateTrunc(piece, argument.getType()));
  }

  void output(llvm::Argument& argument, const Parameter& parameter, int number) {
    llvm::IRBuilder<> builder(entry_);
    llvm::Type* type = builder.getIntNTy(memory_bits(parameter.width));
    llvm::Value* index = builder.getInt32(output_index(number));
    llvm::AllocaInst* last = builder.CreateAlloca(type, nullptr, parameter.name);
    llvm::AllocaInst* stored = builder.CreateAlloca(builder.getInt1Ty());
    llvm::AllocaInst* read_back = builder.CreateAlloca(type, nullptr, parameter.name);
    builder.CreateStore(builder.getFalse(), stored);
    builder.CreateStore(llvm::ConstantInt::get(type, 0), last);
    llvm::CallInst* unwritten = create_call(builder, CallKind::kUnwritten, type, {index});
    if (llvm::DISubprogram* scope = argument.getParent()->getSubprogram()) {
      unwritten->setDebugLoc(llvm::DILocation::get(argument.getContext(), static_cast<unsigned>(parameter.line),
                                                   static_cast<unsigned>(parameter.column), scope));
    }
    builder.CreateStore(unwritten, read_back);
    split_accesses(argument, argument, *last, *stored, *read_back);
    argument.replaceAllUsesWith(read_back);
    for (llvm::ReturnInst* ret : returns()) {
      llvm::IRBuilder<> at_return(ret);
      llvm::Value* value =
          at_return.CreateTrunc(at_return.CreateLoad(type, last), at_return.getIntNTy(parameter.width));
      create_call(at_return, CallKind::kOutput, at_return.getVoidTy(),
                  {at_return.CreateLoad(at_return.getInt1Ty(), stored), index, value});
    }
  }

  // Doubles every store through `pointer` (at offset 0 of the argument: a scalar has no other) into `last`.
  void split_accesses(llvm::Argument& argument, llvm::Value& pointer, llvm::AllocaInst& last, llvm::AllocaInst& stored,
                      llvm::AllocaInst& read_back) {
    std::vector<llvm::User*> users(pointer.users().begin(), pointer.users().end());
    for (llvm::User* user : users) {
      if (auto* gep = llvm::dyn_cast<llvm::GetElementPtrInst>(user)) {
        split_accesses(argument, *gep, last, stored, read_back);
        continue;
      }
      llvm::IRBuilder<> builder(function_.getContext());
      if (auto* store = llvm::dyn_cast<llvm::StoreInst>(user);
          store != nullptr && store->getPointerOperand() == &pointer) {
        builder.SetInsertPoint(store);
        builder.CreateStore(store->getValueOperand(), &last);
        builder.CreateStore(builder.getTrue(), &stored);
      } else if (auto* copy = llvm::dyn_cast<llvm::MemCpyInst>(user);
                 copy != nullptr && copy->getRawDest() == &pointer) {
        builder.SetInsertPoint(copy);
        builder.CreateStore(builder.CreateLoad(last.getAllocatedType(), copy->getRawSource()), &last);
        builder.CreateStore(builder.getTrue(), &stored);
      }
    }
  }

  Lowering& lowering_;
  llvm::Function& function_;
  llvm::Instruction* entry_;
};

}  // namespace

void rewrite_arguments(Lowering& lowering, const ProcessPlan& plan) {
  ArgumentRewriter rewriter(lowering, *plan.function);
  for (std::size_t i = 0; i < plan.arguments.size(); ++i) {
    rewriter.rewrite(*plan.function->getArg(static_cast<unsigned>(i)), plan.arguments[i]);
  }
  if (lowering.compiled.result) {
    rewriter.rewrite_result();
  }
}

}  // namespace sluice::hlsc
