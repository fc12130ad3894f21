// Moves operations later where that costs nothing and saves registers between stages.
//
// Purpose: two kinds, after the cycles of all others are known. Wires that widen (extensions) go to their first user:
//   the narrow operand is kept from stage to stage instead of the result. A pipelined block's phi goes to its first
//   user, as far as its window reaches: until then its register holds the value.
// Ownership: a placement in, a placement out. Threading: none. Errors: none.
#pragma once

#include "hls/compiler/schedule/constraints.hpp"
#include "hls/compiler/schedule/placement.hpp"

namespace sluice::hlsc {

[[nodiscard]] Placement sink(const Problem& problem, Placement placement);

}  // namespace sluice::hlsc
