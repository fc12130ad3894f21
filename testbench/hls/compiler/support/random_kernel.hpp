// Random kernels in IR: valid, ending, and with one result whatever the timing.
//
// Purpose: for tests of the back end: schedules that check_schedule() must accept, SystemVerilog that must do what the
//   interpreter does. They have pipelined loops (recurrences, shift registers, early exits, predicated accesses,
//   dependences of several distances), plain and nested loops, branches, all kinds of memories and ports, and in a
//   third of them two processes joined by streams. No result depends on 'any value': skipped results are replaced,
//   memories have contents, addresses are inside.
// Ownership: values. Threading: none. Errors: none; the same seed gives the same kernel everywhere.
#pragma once

#include <cstdint>
#include <optional>

#include "hls/compiler/ir/interpret.hpp"
#include "hls/compiler/ir/ir.hpp"
#include "hls/compiler/schedule/schedule.hpp"

namespace sluice::hlsc {

// Pipelined loops ask for an II of 1, which most of them can't have: see schedule_raising_ii().
[[nodiscard]] Kernel random_kernel(std::uint64_t seed);

// Words, scalars and arrays, more words than any random kernel reads.
[[nodiscard]] InterpreterInput random_input(const Kernel& kernel, std::uint64_t seed);

// Raises each loop's target_ii to the first that can be had; nothing if an operation fits no cycle.
[[nodiscard]] std::optional<Schedule> schedule_raising_ii(Kernel& kernel, const ScheduleOptions& options);

}  // namespace sluice::hlsc
