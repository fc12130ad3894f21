// One small change of a kernel, as the emitter builds it in beside the original.
//
// Purpose: what choose_mutants() (mutate.hpp) hands to emit/ and to reports. A mutant changes what a scheduled
// operation
//   computes, never when: schedule, binding and structure stay the original's. Its number is its place in the list plus
//   one; 0 is no mutant.
// Ownership: values; ids are those of the kernel. Threading: none. Errors: none.
#pragma once

#include <llvm/ADT/APInt.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

enum class MutantPlace : std::uint8_t {
  kOperation,  // `op` computes what `replacement` would, from the same operands
  kOperand,    // `op` takes `patch` of one operand
  kPredicate,  // of the access `op`: `decision`
  kBranch,     // of the branches on the value `op`: `decision`
  kContents,   // word `element` of `memory` has the bits of `patch.by` flipped
};

enum class Decision : std::uint8_t { kTrue, kFalse, kNegated };

struct Patch {
  std::size_t operand = 0;
  bool flips = false;  // operand ^ by, else operand + by
  llvm::APInt by{1, 0};
};

struct Mutant {
  MutantPlace place = MutantPlace::kOperation;
  int process = 0;
  std::string_view rule;  // the row of README's table it comes from
  std::string text;       // "add becomes sub"
  Location location;
  OpId op = OpId::kNone;
  Op replacement;
  Patch patch;
  Decision decision = Decision::kTrue;
  MemoryId memory = MemoryId::kNone;
  std::uint64_t element = 0;
};

}  // namespace sluice::hlsc
