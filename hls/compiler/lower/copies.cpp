// Pass 8: memcpy and memset to accesses of elements.
//
// clang copies structs and initialises arrays as bytes. Left to LLVM these become loads and stores of unrelated widths;
// here each becomes accesses of the scalars that the object's type has. Few elements are written out, many become a
// loop. An array that only ever holds a constant (`const int c[8] = {...}` in a function) becomes that constant first.
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

constexpr std::uint64_t kWrittenOut = 64;  // elements
constexpr std::uint64_t kRegistersWrittenOut = 4096;

// The type of the object that an address means, as the source's type; nothing where only bytes are known.
llvm::Type* type_at(llvm::Value* address) {
  if (auto* alloca = llvm::dyn_cast<llvm::AllocaInst>(address)) {
    return alloca->getAllocatedType();
  }
  if (auto* global = llvm::dyn_cast<llvm::GlobalVariable>(address)) {
    return global->getValueType();
  }
  if (auto* gep = llvm::dyn_cast<llvm::GEPOperator>(address)) {
    return gep->getResultElementType();
  }
  return nullptr;
}

std::uint64_t count_scalars(llvm::Type* type) {
  if (auto* array = llvm::dyn_cast<llvm::ArrayType>(type)) {
    return array->getNumElements() * count_scalars(array->getElementType());
  }
  if (auto* structure = llvm::dyn_cast<llvm::StructType>(type)) {
    std::uint64_t sum = 0;
    for (llvm::Type* element : structure->elements()) {
      sum += count_scalars(element);
    }
    return sum;
  }
  return 1;
}

// Bytes of a type without the padding behind its last member.
std::uint64_t unpadded_size(llvm::Type* type, const llvm::DataLayout& layout) {
  auto* structure = llvm::dyn_cast<llvm::StructType>(type);
  if (structure == nullptr || structure->getNumElements() == 0) {
    return layout.getTypeAllocSize(type);
  }
  const unsigned last = structure->getNumElements() - 1;
  return layout.getStructLayout(structure)->getElementOffset(last).getFixedValue() +
         unpadded_size(structure->getElementType(last), layout);
}

// The first members of a struct, if they are `bytes` long: clang writes the padding behind the last one as a member.
llvm::Type* first_members(llvm::StructType& structure, std::uint64_t bytes, const llvm::DataLayout& layout) {
  const llvm::StructLayout* offsets = layout.getStructLayout(&structure);
  for (unsigned i = 1; i < structure.getNumElements(); ++i) {
    if (offsets->getElementOffset(i).getFixedValue() + unpadded_size(structure.getElementType(i), layout) == bytes) {
      return llvm::StructType::get(structure.getContext(), structure.elements().take_front(i + 1),
                                   structure.isPacked());
    }
  }
  return nullptr;
}

// The first member of `type`, at any depth, that is `bytes` long; clang leaves padding out where it copies what a
// function returned in registers.
llvm::Type* of_size(llvm::Type* type, std::uint64_t bytes, const llvm::DataLayout& layout) {
  while (type != nullptr && type->isSized() && layout.getTypeAllocSize(type) > bytes) {
    if (unpadded_size(type, layout) == bytes) {
      return type;
    }
    if (auto* array = llvm::dyn_cast<llvm::ArrayType>(type)) {
      std::uint64_t element = layout.getTypeAllocSize(array->getElementType());
      if (element < bytes && bytes % element == 0) {
        return llvm::ArrayType::get(array->getElementType(), bytes / element);
      }
      type = array->getElementType();
    } else if (auto* structure = llvm::dyn_cast<llvm::StructType>(type);
               structure != nullptr && structure->getNumElements() > 0) {
      if (llvm::Type* members = first_members(*structure, bytes, layout)) {
        return members;
      }
      type = structure->getElementType(0);
    } else {
      return nullptr;
    }
  }
  return type != nullptr && type->isSized() && layout.getTypeAllocSize(type) == bytes ? type : nullptr;
}

// What `bytes` bytes at an address are: the whole or the first member of the object there, or several elements of an
// array.
llvm::Type* type_of_copy(llvm::Value* address, std::uint64_t bytes, const llvm::DataLayout& layout) {
  llvm::Type* first = type_at(address);
  for (llvm::Value* at = address; at != nullptr;) {
    if (llvm::Type* type = of_size(type_at(at), bytes, layout)) {
      return type;
    }
    auto* gep = llvm::dyn_cast<llvm::GEPOperator>(at);
    at = gep != nullptr && gep->hasAllZeroIndices() ? gep->getPointerOperand() : nullptr;
  }
  const std::uint64_t size = first != nullptr && first->isSized() ? layout.getTypeAllocSize(first).getFixedValue() : 0;
  return size != 0 && size < bytes && bytes % size == 0 ? llvm::ArrayType::get(first, bytes / size) : nullptr;
}

class CopyExpander {
 public:
  CopyExpander(Lowering& lowering, llvm::Function& function)
      : lowering_(lowering), function_(function), layout_(function.getParent()->getDataLayout()) {}

  void run() {
    std::vector<llvm::MemIntrinsic*> copies;
    for (llvm::Instruction& instruction : llvm::instructions(function_)) {
      if (auto* copy = llvm::dyn_cast<llvm::MemIntrinsic>(&instruction)) {
        copies.push_back(copy);
      }
    }
    std::erase_if(copies, [this](llvm::MemIntrinsic* copy) { return become_constant(*copy); });
    for (llvm::MemIntrinsic* copy : copies) {
      expand(*copy);
    }
  }

 private:
  // Whether the copy was all that ever wrote an alloca, which now is the constant.
  bool become_constant(llvm::MemIntrinsic& copy) {
    auto* transfer = llvm::dyn_cast<llvm::MemCpyInst>(&copy);
    if (transfer == nullptr) {
      return false;
    }
    auto* alloca = llvm::dyn_cast<llvm::AllocaInst>(transfer->getRawDest());
    auto* constant = llvm::dyn_cast<llvm::GlobalVariable>(transfer->getRawSource());
    auto* length = llvm::dyn_cast<llvm::ConstantInt>(transfer->getLength());
    if (alloca == nullptr || constant == nullptr || !constant->isConstant() || length == nullptr ||
        layout_.getTypeAllocSize(alloca->getAllocatedType()) != length->getZExtValue() || !only_read(*alloca, &copy)) {
      return false;
    }
    auto directives = lowering_.objects.find(object_key(*alloca));
    if (directives != lowering_.objects.end()) {
      lowering_.objects[object_key(*constant)] = directives->second;
    }
    alloca->replaceAllUsesWith(constant);
    alloca->eraseFromParent();
    copy.eraseFromParent();
    return true;
  }

  static bool only_read(llvm::Value& address, llvm::Instruction* but) {
    for (llvm::User* user : address.users()) {
      if (user == but || llvm::isa<llvm::LoadInst>(user)) {
        continue;
      }
      if (auto* copy = llvm::dyn_cast<llvm::MemCpyInst>(user); copy != nullptr && copy->getRawDest() != &address) {
        continue;
      }
      if (!llvm::isa<llvm::GetElementPtrInst>(user) || !only_read(*user, nullptr)) {
        return false;
      }
    }
    return true;
  }

  void expand(llvm::MemIntrinsic& copy) {
    auto* length = llvm::dyn_cast<llvm::ConstantInt>(copy.getLength());
    auto* transfer = llvm::dyn_cast<llvm::MemTransferInst>(&copy);
    auto* set = llvm::dyn_cast<llvm::MemSetInst>(&copy);
    if (length == nullptr) {
      lowering_.error(copy.getDebugLoc(), "a copy of a length that is not constant; write a loop over the elements");
      return;
    }
    std::uint64_t bytes = length->getZExtValue();
    llvm::Type* type = type_of_copy(copy.getRawDest(), bytes, layout_);
    if (transfer != nullptr) {
      llvm::Type* source = type_of_copy(transfer->getRawSource(), bytes, layout_);
      if (type == nullptr || (source != nullptr && count_scalars(source) > count_scalars(type))) {
        type = source;
      }
    }
    if (bytes != 0 && (type == nullptr || (set != nullptr && !llvm::isa<llvm::ConstantInt>(set->getValue())))) {
      lowering_.error(copy.getDebugLoc(),
                      "a copy of bytes whose type is not known; assign the elements, or the struct, instead");
      return;
    }
    insert_ = &copy;
    if (bytes != 0) {
      value_ = set == nullptr ? nullptr : llvm::cast<llvm::ConstantInt>(set->getValue());
      limit_ = written_out(copy);
      copy_value(type, copy.getRawDest(), transfer == nullptr ? nullptr : transfer->getRawSource());
    }
    copy.eraseFromParent();
  }

  std::uint64_t written_out(llvm::MemIntrinsic& copy) const {
    llvm::Value* object = copy.getRawDest()->stripInBoundsOffsets();
    auto directives = lowering_.objects.find(object_key(*object));
    bool partitioned = directives != lowering_.objects.end() && !directives->second.partitions.empty();
    return partitioned ? kRegistersWrittenOut : kWrittenOut;
  }

  void copy_value(llvm::Type* type, llvm::Value* to, llvm::Value* from) {
    llvm::IRBuilder<> builder(insert_);
    if (auto* structure = llvm::dyn_cast<llvm::StructType>(type)) {
      for (unsigned i = 0; i < structure->getNumElements(); ++i) {
        builder.SetInsertPoint(insert_);
        llvm::Value* source = from == nullptr ? nullptr : builder.CreateStructGEP(type, from, i);
        copy_value(structure->getElementType(i), builder.CreateStructGEP(type, to, i), source);
      }
    } else if (auto* array = llvm::dyn_cast<llvm::ArrayType>(type)) {
      copy_array(*array, to, from);
    } else {
      llvm::Value* value =
          from != nullptr
              ? static_cast<llvm::Value*>(builder.CreateLoad(type, from))
              : llvm::ConstantInt::get(type, llvm::APInt::getSplat(type->getIntegerBitWidth(), value_->getValue()));
      builder.CreateStore(value, to);
    }
  }

  void copy_array(llvm::ArrayType& type, llvm::Value* to, llvm::Value* from) {
    if (count_scalars(&type) > limit_) {
      copy_loop(type, to, from);
      return;
    }
    for (std::uint64_t i = 0; i < type.getNumElements(); ++i) {
      llvm::IRBuilder<> builder(insert_);
      llvm::Value* source = from == nullptr ? nullptr : builder.CreateConstInBoundsGEP2_64(&type, from, 0, i);
      copy_value(type.getElementType(), builder.CreateConstInBoundsGEP2_64(&type, to, 0, i), source);
    }
  }

  void copy_loop(llvm::ArrayType& type, llvm::Value* to, llvm::Value* from) {
    llvm::Instruction* after = insert_;
    llvm::BasicBlock* before = after->getParent();
    llvm::BasicBlock* rest = llvm::SplitBlock(before, after->getIterator());
    llvm::BasicBlock* body = llvm::BasicBlock::Create(function_.getContext(), "copy", &function_, rest);
    before->getTerminator()->setSuccessor(0, body);
    llvm::IRBuilder<> builder(body);
    builder.SetCurrentDebugLocation(after->getDebugLoc());
    // As wide as it must be: one of 64 bits would not go round in a short cycle.
    llvm::IntegerType* counter_type = builder.getIntNTy(llvm::Log2_64(type.getNumElements()) + 2);
    llvm::PHINode* counter = builder.CreatePHI(counter_type, 2, "copied");
    counter->addIncoming(llvm::ConstantInt::get(counter_type, 0), before);
    mark_loop(builder, count_scalars(type.getElementType()) == 1);
    llvm::Value* next = builder.CreateAdd(counter, llvm::ConstantInt::get(counter_type, 1));
    llvm::Value* end = llvm::ConstantInt::get(counter_type, type.getNumElements());
    insert_ = builder.CreateCondBr(builder.CreateICmpEQ(next, end), rest, body);
    builder.SetInsertPoint(insert_);
    llvm::Value* indices[] = {builder.getInt64(0), builder.CreateZExt(counter, builder.getInt64Ty())};
    llvm::Value* source = from == nullptr ? nullptr : builder.CreateInBoundsGEP(&type, from, indices);
    copy_value(type.getElementType(), builder.CreateInBoundsGEP(&type, to, indices), source);
    counter->addIncoming(next, insert_->getParent());
    insert_ = after;
  }

  void mark_loop(llvm::IRBuilder<>& builder, bool pipelined) {
    LoopDirectives directives;
    directives.location = builder.getCurrentDebugLocation();
    directives.name = "copy_" + std::to_string(lowering_.location(directives.location).line);
    directives.depth = 1000;
    if (pipelined) {
      directives.pipeline_ii = 1;
      directives.ii_may_be_larger = true;
    }
    create_call(builder, CallKind::kLoop, builder.getVoidTy(),
                {builder.getInt32(static_cast<std::uint32_t>(lowering_.loops.size()))});
    lowering_.loops.push_back(directives);
  }

  Lowering& lowering_;
  llvm::Function& function_;
  const llvm::DataLayout& layout_;
  llvm::Instruction* insert_ = nullptr;
  const llvm::ConstantInt* value_ = nullptr;
  std::uint64_t limit_ = kWrittenOut;
};

}  // namespace

void expand_copies(Lowering& lowering, llvm::Function& function) { CopyExpander(lowering, function).run(); }

}  // namespace sluice::hlsc
