// Pass 19, on the kernel IR: values as narrow as they are known to be.
//
// Purpose: C++ counts in ints and masks afterwards; hardware pays for every bit in registers, carries and the tools'
//   time. narrow_operations() rebuilds each operation whose highest bits are known (known_bits.hpp) at the width of the
//   rest, with an extension behind it, which costs nothing and is repeated where it is used. Comparisons are made at
//   the width of what they compare. Results, order and memory accesses stay as they are.
// Ownership: changes the process; operations that are no longer used leave their blocks. Threading: none. Errors: none.
#pragma once

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

void narrow_operations(Process& process);

}  // namespace sluice::hlsc
