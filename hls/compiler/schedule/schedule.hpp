// When each operation of a kernel happens: modulo scheduling with chaining.
//
// Purpose: schedule() gives every operation of every block a cycle counted from the block's start and a start time in
//   that cycle, so that chains of operations fit the clock by the target's delay table (target.hpp; modelled, not
//   measured). A pipelined block starts an iteration every `ii` cycles; other blocks run once from cycle 0 to
//   cycles - 1.
// Rules (proved again by check_schedule(), independently of how the schedule was found):
//   - a value is used no earlier than it is ready; across an iteration by a phi: in the window
//     ready + 1 - ii <= cycle of the phi's register update <= ready;
//   - memory dependences, stream order and the loop's exit decision hold for all iterations;
//   - no cycle (modulo ii) uses more ports of a memory or of a stream than there are, except by operations whose
//     predicates exclude each other.
// Ownership: values, parallel to the kernel's vectors. Threading: none. Errors: an II above the asked one is an error
//   that names the recurrence (its operations with lines) or the port that forces it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hls/compiler/base/diagnostic.hpp"
#include "hls/compiler/ir/ir.hpp"
#include "hls/compiler/schedule/target.hpp"

namespace sluice::hlsc {

struct OpTime {
  int cycle = 0;        // in which its operands are read
  int latency = 0;      // its result is in a register `latency` cycles later; 0: combinational in `cycle`
  double start_ns = 0;  // in `cycle`
  double ready_ns = 0;  // in cycle + latency: when the result settles
  int port = -1;        // which port of its memory (reads first, then writes, then read-writes)
};

struct BlockSchedule {
  int cycles = 1;                    // of one iteration of a pipelined block (its depth), of the whole block otherwise
  int ii = 0;                        // 0: not pipelined
  std::string ii_limit;              // what keeps ii from being smaller, in words; empty at ii = 1
  std::vector<OpId> critical_chain;  // operations of the longest combinational path, in order
  double critical_ns = 0;
};

struct ProcessSchedule {
  std::vector<OpTime> ops;            // parallel to Process::ops; meaningless for constants and scalars
  std::vector<BlockSchedule> blocks;  // parallel to Process::blocks
};

struct Schedule {
  double clock_ns = 0;
  std::string target;
  std::vector<ProcessSchedule> processes;  // parallel to Kernel::processes
};

// Faults that tests plant into the scheduler or the emitter, to prove that the tests see them. Never set otherwise.
enum class PlantedFault : std::uint8_t {
  kNone,
  kPhiWindow,
  kBackEdgeDistance,
  kMemoryReadAfterWrite,
  kDroppedPredicate,
  kPortOverUse,
  kWrongWriteStage,
  kMissingStall,
  kWrongTripCount,
  kFifoDepth,
  kSignExtension,
};

struct ScheduleOptions {
  const Target* target = nullptr;
  double clock_ns = 4.0;
  double uncertainty_ns = 0.5;  // kept free in every cycle for routing and skew
  PlantedFault fault = PlantedFault::kNone;
};

[[nodiscard]] std::optional<Schedule> schedule(const Kernel& kernel, const ScheduleOptions& options,
                                               Diagnostics& diagnostics);

// The first rule that a schedule breaks, in words; nothing if it keeps all.
[[nodiscard]] std::optional<std::string> check_schedule(const Kernel& kernel, const Schedule& schedule,
                                                        const ScheduleOptions& options);

}  // namespace sluice::hlsc
