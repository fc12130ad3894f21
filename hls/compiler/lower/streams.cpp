// Pass 4: stream functions to words.
//
// The functions of hls_stream.h pass a payload by its address, which the x86 ABI and SROA would turn into loads and
// stores of unrelated widths. Here each becomes a call that moves one word of the payload's declared bits, with a store
// (or load) for each field at its offset in memory, extended to the width that memory has. It runs before inlining, so
// that the address is still the source's variable.
#include <llvm/Demangle/Demangle.h>
#include <llvm/IR/InstIterator.h>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

llvm::Value* field_address(llvm::IRBuilder<>& builder, llvm::Value* base, const PackedField& field) {
  return field.offset_bytes == 0 ? base
                                 : builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), base, field.offset_bytes);
}

llvm::Value* extend(llvm::IRBuilder<>& builder, llvm::Value* value, const PackedField& field) {
  llvm::Type* memory = builder.getIntNTy(field.memory_bits);
  return field.is_signed ? builder.CreateSExt(value, memory) : builder.CreateZExt(value, memory);
}

llvm::Value* extract(llvm::IRBuilder<>& builder, llvm::Value* word, const PackedField& field) {
  llvm::Value* low = field.low == 0 ? word : builder.CreateLShr(word, field.low);
  return builder.CreateTrunc(low, builder.getIntNTy(field.width));
}

void store_fields(llvm::IRBuilder<>& builder, llvm::Value* word, llvm::Value* memory, const PayloadLayout& layout) {
  for (const PackedField& field : layout.fields) {
    llvm::Value* bits = extract(builder, word, field);
    bits->setName(field.name);
    builder.CreateAlignedStore(extend(builder, bits, field), field_address(builder, memory, field), llvm::Align(1));
  }
}

// As store_fields, but a word that did not come leaves memory as it was.
void store_fields_if(llvm::IRBuilder<>& builder, llvm::Value* condition, llvm::Value* word, llvm::Value* memory,
                     const PayloadLayout& layout) {
  for (const PackedField& field : layout.fields) {
    llvm::Value* address = field_address(builder, memory, field);
    llvm::Value* before = builder.CreateAlignedLoad(builder.getIntNTy(field.memory_bits), address, llvm::Align(1));
    llvm::Value* after = extend(builder, extract(builder, word, field), field);
    builder.CreateAlignedStore(builder.CreateSelect(condition, after, before), address, llvm::Align(1));
  }
}

llvm::Value* load_word(llvm::IRBuilder<>& builder, llvm::Value* memory, const PayloadLayout& layout) {
  llvm::Type* word_type = builder.getIntNTy(layout.width);
  llvm::Value* word = nullptr;
  for (const PackedField& field : layout.fields) {
    llvm::Value* bits = builder.CreateAlignedLoad(builder.getIntNTy(field.memory_bits),
                                                  field_address(builder, memory, field), llvm::Align(1));
    bits = builder.CreateZExt(builder.CreateTrunc(bits, builder.getIntNTy(field.width)), word_type);
    bits = field.low == 0 ? bits : builder.CreateShl(bits, field.low);
    word = word == nullptr ? bits : builder.CreateOr(word, bits);
  }
  return word == nullptr ? llvm::ConstantInt::get(word_type, 0) : word;
}

// The layout's key goes along, for streams that no parameter describes.
llvm::CallInst* moving_call(llvm::IRBuilder<>& builder, CallKind kind, llvm::Type* result,
                            llvm::ArrayRef<llvm::Value*> operands, llvm::StringRef function) {
  llvm::CallInst* call = create_call(builder, kind, result, operands);
  llvm::LLVMContext& context = builder.getContext();
  call->setMetadata(kPayloadMetadata, llvm::MDNode::get(context, llvm::MDString::get(context, function)));
  return call;
}

void expand_payload_call(llvm::CallInst& call, llvm::StringRef operation, const PayloadLayout& layout) {
  llvm::IRBuilder<> builder(&call);
  const llvm::StringRef function = call.getCalledFunction()->getName();
  llvm::Value* stream = call.getArgOperand(0);
  llvm::Value* memory = call.getArgOperand(1);
  llvm::Type* word_type = builder.getIntNTy(layout.width);
  if (operation == "stream_read") {
    llvm::Value* word = moving_call(builder, CallKind::kRead, word_type, {builder.getTrue(), stream}, function);
    store_fields(builder, word, memory, layout);
  } else if (operation == "stream_write") {
    llvm::Value* word = load_word(builder, memory, layout);
    moving_call(builder, CallKind::kWrite, builder.getVoidTy(), {builder.getTrue(), stream, word}, function);
  } else if (operation == "stream_read_nb") {
    llvm::Value* both = moving_call(builder, CallKind::kReadNb, builder.getIntNTy(layout.width + 1),
                                    {builder.getTrue(), stream}, function);
    llvm::Value* was_there = builder.CreateTrunc(builder.CreateLShr(both, layout.width), builder.getInt1Ty());
    store_fields_if(builder, was_there, builder.CreateTrunc(both, word_type), memory, layout);
    call.replaceAllUsesWith(was_there);
  } else {
    llvm::Value* word = load_word(builder, memory, layout);
    call.replaceAllUsesWith(
        moving_call(builder, CallKind::kWriteNb, builder.getInt1Ty(), {builder.getTrue(), stream, word}, function));
  }
}

void expand_plain_call(llvm::CallInst& call, llvm::StringRef operation) {
  llvm::IRBuilder<> builder(&call);
  llvm::Value* stream = call.getArgOperand(0);
  if (operation == "stream_depth") {
    create_call(builder, CallKind::kDepth, builder.getVoidTy(), {stream, call.getArgOperand(1)});
    return;
  }
  CallKind kind = operation == "stream_empty" ? CallKind::kEmpty : CallKind::kFull;
  call.replaceAllUsesWith(create_call(builder, kind, builder.getInt1Ty(), {builder.getTrue(), stream}));
}

// "stream_read" of sluice_hls::stream_read<T>(void const*, T*); empty for other functions.
std::string stream_operation(const llvm::Function& function) {
  std::string demangled = llvm::demangle(function.getName());
  llvm::StringRef text(demangled);
  std::size_t at = text.find("sluice_hls::stream_");
  if (!function.isDeclaration() || at == llvm::StringRef::npos) {
    return {};
  }
  return text.drop_front(at + std::string_view("sluice_hls::").size()).split('<').first.split('(').first.str();
}

}  // namespace

void expand_streams(Lowering& lowering) {
  for (llvm::Function& function : llvm::make_early_inc_range(*lowering.compiled.module)) {
    std::string operation = stream_operation(function);
    if (operation.empty()) {
      continue;
    }
    auto layout = lowering.compiled.payloads.find(function.getName().str());
    for (llvm::User* user : llvm::make_early_inc_range(function.users())) {
      auto* call = llvm::cast<llvm::CallInst>(user);
      if (layout != lowering.compiled.payloads.end()) {
        expand_payload_call(*call, operation, layout->second);
      } else {
        expand_plain_call(*call, operation);
      }
      call->eraseFromParent();
    }
    function.eraseFromParent();
  }
}

}  // namespace sluice::hlsc
