// The control flow of a process as hardware sees it: which blocks take cycles, and where each goes at its end.
// Ownership: values. Threading: none. Errors: none.
#pragma once

#include <vector>

#include "hls/compiler/bind/binding.hpp"

namespace sluice::hlsc {

// Parallel to Process::blocks; without gates, which belong to the streams.
[[nodiscard]] std::vector<BlockBinding> bind_blocks(const Process& process, const ProcessSchedule& schedule);

// Which operand a phi takes when its block is entered from `from`, and what it is.
[[nodiscard]] std::size_t incoming_number(const Op& phi, BlockId from);
[[nodiscard]] OpId incoming_value(const Op& phi, BlockId from);

// What a phi of a pipelined block takes from the iteration before.
[[nodiscard]] OpId carried_value(const Op& phi, BlockId block);

}  // namespace sluice::hlsc
