// Whether a kernel keeps every rule that ir.hpp states about its structure.
//
// Purpose: run after lower/ and after any change of a kernel, and by the text parser; the back end relies on it. Beyond
//   the comments of ir.hpp:
//   - every block can be reached from the entry, and a branch has two different targets;
//   - constants and scalars are in no block's list, every other used operation is in exactly one;
//   - a value is defined before it is used: earlier in the block, or in a block that dominates (a phi: its incoming
//   block);
//   - a stream has one reading and one writing process at most, and they differ; an external memory is one process's;
//   - an output scalar is written by one process.
// Ownership: reads only. Threading: none. Errors: the first rule broken, in words.
#pragma once

#include <optional>
#include <string>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

[[nodiscard]] std::optional<std::string> verify(const Kernel& kernel);

}  // namespace sluice::hlsc
