// A kernel run by its schedule, cycle by cycle, as schedule/README.md says the hardware does it.
//
// Purpose: finds what check_schedule() forgets to check, without SystemVerilog: registers of phis are overwritten when
//   they are, loads see what is stored before their cycle, iterations overlap, and bubbles come at random. Processes
//   run one after the other, with unbounded streams between them, so kernels must not have circles of streams.
// Ownership: values. Threading: none. Errors: InterpreterResult::uncovered
//   where a phi's register does not hold what its window promises.
#pragma once

#include <cstdint>

#include "hls/compiler/ir/interpret.hpp"
#include "hls/compiler/ir/ir.hpp"
#include "hls/compiler/schedule/schedule.hpp"

namespace sluice::hlsc {

// As interpret(), from power-up. `bubble_percent`: how often an iteration is not started when it could be.
[[nodiscard]] InterpreterResult run_scheduled(const Kernel& kernel, const Schedule& schedule,
                                              const InterpreterInput& input, int bubble_percent, std::uint64_t seed);

}  // namespace sluice::hlsc
