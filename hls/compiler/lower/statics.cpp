// Pass 12a: a static that is only accessed at constant places lives in variables while the process runs.
//
// It is read into a local copy at the start and written back at every return; SROA makes values of the copy, so that a
// delay line or an accumulator in a pipelined loop is phis, which the scheduler sees through, and not a memory.
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/ReplaceConstant.h>

#include "hls/compiler/lower/array_layout.hpp"
#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

constexpr std::uint64_t kMostElements = 4096;

bool is_accessed_at_constants(llvm::Value& address, llvm::Function& function) {
  for (llvm::User* user : address.users()) {
    auto* instruction = llvm::dyn_cast<llvm::Instruction>(user);
    if (instruction == nullptr || instruction->getFunction() != &function) {
      return false;
    }
    auto* store = llvm::dyn_cast<llvm::StoreInst>(instruction);
    if (llvm::isa<llvm::LoadInst>(instruction) || (store != nullptr && store->getPointerOperand() == &address)) {
      continue;
    }
    auto* gep = llvm::dyn_cast<llvm::GetElementPtrInst>(instruction);
    if (gep == nullptr || !gep->hasAllConstantIndices() || !is_accessed_at_constants(*gep, function)) {
      return false;
    }
  }
  return true;
}

void copy(llvm::IRBuilder<>& builder, const ArrayLayout& layout, llvm::Value* to, llvm::Value* from) {
  for (const Leaf& leaf : layout) {
    llvm::Type* type = builder.getIntNTy(leaf.memory_bits);
    for (std::uint64_t element = 0; element < leaf.count(); ++element) {
      auto offset = static_cast<std::uint64_t>(leaf.offset_bytes);
      std::uint64_t rest = element;
      for (std::size_t i = leaf.dimensions.size(); i-- > 0;) {
        offset += rest % leaf.dimensions[i].count * static_cast<std::uint64_t>(leaf.dimensions[i].stride_bytes);
        rest /= leaf.dimensions[i].count;
      }
      llvm::Value* value =
          builder.CreateLoad(type, builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), from, offset));
      builder.CreateStore(value, builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), to, offset));
    }
  }
}

void localise(llvm::GlobalVariable& global, llvm::Function& function, const ArrayLayout& layout,
              const std::string& name) {
  llvm::IRBuilder<> builder(&*function.getEntryBlock().getFirstInsertionPt());
  llvm::AllocaInst* local = builder.CreateAlloca(global.getValueType(), nullptr, name);
  global.replaceAllUsesWith(local);
  copy(builder, layout, local, &global);
  for (llvm::BasicBlock& block : function) {
    if (llvm::isa<llvm::ReturnInst>(block.getTerminator())) {
      llvm::IRBuilder<> at_return(block.getTerminator());
      copy(at_return, layout, &global, local);
    }
  }
}

}  // namespace

void localise_statics(Lowering& lowering, llvm::Function& function) {
  for (llvm::GlobalVariable& global : function.getParent()->globals()) {
    if (global.isConstant() || !global.hasInitializer()) {
      continue;
    }
    llvm::convertUsersOfConstantsToInstructions({&global}, &function);
    const ArrayLayout layout = layout_of(global.getValueType(), function.getParent()->getDataLayout());
    std::uint64_t elements = 0;
    for (const Leaf& leaf : layout) {
      elements += leaf.count();
    }
    if (global.use_empty() || elements > kMostElements || !is_accessed_at_constants(global, function)) {
      continue;
    }
    localise(global, function, layout, object_name(lowering, global));
    lowering.objects[object_key(global)].partitions = {
        {.kind = Partition::Kind::kComplete, .factor = 0, .dimension = 0}};
  }
}

}  // namespace sluice::hlsc
