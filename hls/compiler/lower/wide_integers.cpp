// Pass 2, first step: members of 129 to 192, 257 to 320, ... bits become integers again.
//
// clang keeps a `_BitInt` in memory as an integer where LLVM's size of that type is the ABI's, and else as an array of
// bytes: a multiple of 8 bytes that is no multiple of 16. Accesses are of the integer all the same. As bytes such a
// member would be an array, and a copy of its struct would copy each byte. With a data layout that aligns wide integers
// as the ABI does, the types are made again with the integer in place of the bytes; all offsets stay.
#include <llvm/Analysis/ConstantFolding.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>

#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

// The struct of hls/include whose only member is the number.
constexpr const char* kNumberStruct = "ap_int_base";

bool is_bytes(llvm::Type* type) {
  auto* bytes = llvm::dyn_cast<llvm::ArrayType>(type);
  return bytes != nullptr && bytes->getElementType()->isIntegerTy(8);
}

bool holds_number(const llvm::StructType& type) {
  if (!type.hasName() || !type.getName().contains(kNumberStruct) || type.getNumElements() != 1) {
    return false;
  }
  return is_bytes(type.getElementType(0));
}

// The number that so many bytes are.
llvm::Type* number_of(llvm::Type* bytes) {
  return llvm::IntegerType::get(bytes->getContext(), static_cast<unsigned>(8 * bytes->getArrayNumElements()));
}

llvm::Type* whole(llvm::Type* type) { return is_bytes(type) ? number_of(type) : type; }

// Whether an object of bytes is a number without a struct around it: then something accesses it as a whole, or passes
// it as a value. An array of characters is no value.
bool is_used_as_number(const llvm::AllocaInst& alloca) {
  for (const llvm::User* user : alloca.users()) {
    llvm::Type* accessed = nullptr;
    if (const auto* store = llvm::dyn_cast<llvm::StoreInst>(user);
        store != nullptr && store->getPointerOperand() == &alloca) {
      accessed = store->getValueOperand()->getType();
    } else if (llvm::isa<llvm::LoadInst>(user)) {
      accessed = user->getType();
    } else if (const auto* call = llvm::dyn_cast<llvm::CallBase>(user)) {
      for (unsigned i = 0; i < call->arg_size(); ++i) {
        llvm::Type* value = call->isByValArgument(i) ? call->getParamByValType(i) : call->getParamStructRetType(i);
        accessed = call->getArgOperand(i) == &alloca && value != nullptr ? whole(value) : accessed;
      }
    }
    if (accessed != nullptr && accessed->isIntegerTy() && accessed->getIntegerBitWidth() > 128) {
      return true;
    }
  }
  return false;
}

class WideIntegers {
 public:
  explicit WideIntegers(llvm::Module& module) : module_(module), layout_(module.getDataLayout()) {}

  void run() {
    std::vector<llvm::GlobalVariable*> globals;
    for (llvm::GlobalVariable& global : module_.globals()) {
      if (mapped(global.getValueType()) != global.getValueType()) {
        globals.push_back(&global);
      }
    }
    for (llvm::GlobalVariable* global : globals) {
      replace(*global);
    }
    for (llvm::Function& function : module_) {
      function.setAttributes(mapped(function.getAttributes(), function.arg_size()));
      for (llvm::Instruction& instruction : llvm::instructions(function)) {
        rewrite(instruction);
      }
    }
  }

 private:
  llvm::Type* mapped(llvm::Type* type) {
    if (auto* array = llvm::dyn_cast<llvm::ArrayType>(type)) {
      return llvm::ArrayType::get(mapped(array->getElementType()), array->getNumElements());
    }
    auto* structure = llvm::dyn_cast<llvm::StructType>(type);
    if (structure == nullptr || structure->isOpaque()) {
      return type;
    }
    if (auto known = known_.find(structure); known != known_.end()) {
      return known->second;
    }
    llvm::Type* made = make(*structure);
    known_[structure] = made;
    return made;
  }

  llvm::Type* make(llvm::StructType& structure) {
    if (holds_number(structure)) {
      return llvm::StructType::get(number_of(structure.getElementType(0)));
    }
    std::vector<llvm::Type*> elements;
    bool changed = false;
    for (llvm::Type* element : structure.elements()) {
      elements.push_back(mapped(element));
      changed |= elements.back() != element;
    }
    return changed ? llvm::StructType::get(module_.getContext(), elements, structure.isPacked()) : &structure;
  }

  // What `type` holds at `offset` in a constant of the type that was.
  llvm::Constant* constant_at(llvm::Constant& whole, llvm::Type* type, std::uint64_t offset) {
    std::vector<llvm::Constant*> elements;
    if (auto* array = llvm::dyn_cast<llvm::ArrayType>(type)) {
      std::uint64_t stride = layout_.getTypeAllocSize(array->getElementType());
      for (std::uint64_t i = 0; i < array->getNumElements(); ++i) {
        elements.push_back(constant_at(whole, array->getElementType(), offset + i * stride));
      }
      return llvm::ConstantArray::get(array, elements);
    }
    if (auto* structure = llvm::dyn_cast<llvm::StructType>(type)) {
      const llvm::StructLayout* places = layout_.getStructLayout(structure);
      for (unsigned i = 0; i < structure->getNumElements(); ++i) {
        elements.push_back(constant_at(whole, structure->getElementType(i), offset + places->getElementOffset(i)));
      }
      return llvm::ConstantStruct::get(structure, elements);
    }
    llvm::Constant* value = llvm::ConstantFoldLoadFromConst(&whole, type, llvm::APInt(64, offset), layout_);
    return value == nullptr ? llvm::UndefValue::get(type) : value;
  }

  void replace(llvm::GlobalVariable& global) {
    llvm::Type* type = mapped(global.getValueType());
    llvm::Constant* initial = nullptr;
    if (global.hasInitializer()) {
      initial = global.getInitializer()->isNullValue() ? llvm::Constant::getNullValue(type)
                                                       : constant_at(*global.getInitializer(), type, 0);
    }
    auto* made =
        new llvm::GlobalVariable(module_, type, global.isConstant(), global.getLinkage(), initial, "", &global);
    made->copyAttributesFrom(&global);
    made->copyMetadata(&global, 0);
    made->takeName(&global);
    global.replaceAllUsesWith(made);
    global.eraseFromParent();
  }

  llvm::AttributeList mapped(llvm::AttributeList attributes, std::size_t parameters) {
    for (unsigned i = 0; i < parameters; ++i) {
      for (llvm::Attribute::AttrKind kind : {llvm::Attribute::ByVal, llvm::Attribute::StructRet}) {
        llvm::Attribute attribute = attributes.getParamAttr(i, kind);
        if (attribute.isValid()) {
          llvm::Type* value = attribute.getValueAsType();
          value = is_bytes(value) ? number_of(value) : mapped(value);
          attributes = attributes.replaceAttributeTypeAtIndex(module_.getContext(),
                                                              i + llvm::AttributeList::FirstArgIndex, kind, value);
        }
      }
    }
    return attributes;
  }

  void rewrite(llvm::Instruction& instruction) {
    if (auto* alloca = llvm::dyn_cast<llvm::AllocaInst>(&instruction)) {
      llvm::Type* type = alloca->getAllocatedType();
      alloca->setAllocatedType(is_bytes(type) && is_used_as_number(*alloca) ? number_of(type) : mapped(type));
    } else if (auto* gep = llvm::dyn_cast<llvm::GetElementPtrInst>(&instruction)) {
      gep->setSourceElementType(mapped(gep->getSourceElementType()));
      gep->setResultElementType(mapped(gep->getResultElementType()));
    } else if (auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction)) {
      call->setAttributes(mapped(call->getAttributes(), call->arg_size()));
    }
  }

  llvm::Module& module_;
  const llvm::DataLayout& layout_;
  llvm::DenseMap<llvm::StructType*, llvm::Type*> known_;
};

}  // namespace

void restore_wide_integers(llvm::Module& module) { WideIntegers(module).run(); }

}  // namespace sluice::hlsc
