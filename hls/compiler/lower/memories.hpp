// The memories of a process while its accesses are rewritten: which object and element each access means.
//
// Purpose: shared by the steps of pass 13: accesses.cpp finds what every load and store means, widths.cpp how wide
//   elements are, memories.cpp makes the memories and their banks, bank_access.cpp the calls that replace the accesses.
// Ownership: refers to LLVM values of one function. Threading: none. Errors: Lowering::error.
#pragma once

#include <llvm/IR/Constants.h>
#include <llvm/IR/Instructions.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hls/compiler/lower/array_layout.hpp"
#include "hls/compiler/lower/loops.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {

// How one dimension of an array is spread over banks.
struct BankedDimension {
  Partition::Kind kind = Partition::Kind::kBlock;
  std::uint64_t count = 0;     // elements
  std::uint64_t banks = 1;     // 1: not partitioned
  std::uint64_t per_bank = 0;  // elements of a bank
};

struct LeafMemories {
  unsigned width = 0;
  bool is_signed = false;     // loads extend by the sign
  bool is_registers = false;  // complete in every dimension: one register file
  std::vector<BankedDimension> dimensions;
  std::vector<MemoryId> banks;  // row-major over the dimensions' banks
  std::uint64_t bank_depth = 0;
};

struct ArrayObject {
  llvm::Value* base = nullptr;
  std::string name;
  llvm::DebugLoc location;
  const ObjectDirectives* directives = nullptr;
  const Parameter* parameter = nullptr;  // an array argument
  const llvm::GlobalVariable* global = nullptr;
  ArrayLayout layout;
  std::vector<LeafMemories> leaves;  // parallel to layout
};

// One thing that an access may mean; several where the address is selected.
struct AccessPlace {
  llvm::Value* predicate = nullptr;  // nothing: always
  std::size_t object = 0;
  Element element;
};

struct Access {
  llvm::Instruction* instruction = nullptr;  // load or store
  std::vector<AccessPlace> places;
};

[[nodiscard]] inline unsigned access_bits(const Access& access) {
  auto* store = llvm::dyn_cast<llvm::StoreInst>(access.instruction);
  llvm::Type* type = store == nullptr ? access.instruction->getType() : store->getValueOperand()->getType();
  return type->getIntegerBitWidth();
}

struct ProcessMemories {
  std::vector<ArrayObject> objects;
  std::vector<Access> accesses;
};

// Finds objects and accesses; may add integer phis for addresses that are phis.
[[nodiscard]] ProcessMemories find_accesses(Lowering& lowering, const ProcessPlan& plan, Analyses& analyses);

void choose_widths(ProcessMemories& memories, llvm::Function& function);

// The value of an element at power-up; nothing where it is any.
[[nodiscard]] std::optional<llvm::APInt> initial_value(const ArrayObject& object, const Leaf& leaf,
                                                       std::uint64_t element, const llvm::DataLayout& layout);

void create_memories(Lowering& lowering, ProcessMemories& memories, const llvm::DataLayout& layout, Process& process);

void replace_access(const ProcessMemories& memories, const Access& access, llvm::ScalarEvolution& evolution);

}  // namespace sluice::hlsc
