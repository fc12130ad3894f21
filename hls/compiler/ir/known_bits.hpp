// What is known of a value's bits before the kernel runs.
//
// Purpose: known_bits() follows constants, masks, shifts and extensions forward through a process, loops included: it
//   starts with nothing known to be possible of a phi and adds what comes round until nothing changes. For passes that
//   make values as narrow as they are.
// Algorithm: LLVM's KnownBits, operation by operation (llvm/Support/KnownBits.h); the fixpoint is the usual optimistic
//   one, which gives up a phi that still changes after some rounds. A counter that goes round while it is below a value
//   keeps that value's width.
// Ownership: values. Threading: none. Errors: none.
#pragma once

#include <llvm/Support/KnownBits.h>

#include <vector>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

struct ValueFacts {
  llvm::KnownBits bits;    // of the operation's width; of width 0 without a result
  unsigned sign_bits = 1;  // so many of the highest bits are equal; 1 says nothing

  // Bits that hold the value: the others are its zero or sign extension. 0: the value is 0.
  [[nodiscard]] unsigned unsigned_width() const { return bits.getBitWidth() - bits.countMinLeadingZeros(); }
  [[nodiscard]] unsigned signed_width() const { return bits.getBitWidth() - sign_bits + 1; }
};

// Parallel to Process::ops.
[[nodiscard]] std::vector<ValueFacts> known_bits(const Process& process);

}  // namespace sluice::hlsc
