// How many cycles a process takes from its first block to its return, while no stream stops it.
//
// Purpose: shortest and longest way through the blocks, loops by their trip counts. Ownership: values.
// Threading: none. Errors: none; unknown where a loop's trips are.
#pragma once

#include <cstdint>
#include <optional>

#include "hls/compiler/ir/ir.hpp"
#include "hls/compiler/schedule/schedule.hpp"

namespace sluice::hlsc {

struct Latency {
  std::optional<std::uint64_t> min, max;  // cycles
};

[[nodiscard]] Latency latency_of(const Process& process, const ProcessSchedule& schedule);

}  // namespace sluice::hlsc
