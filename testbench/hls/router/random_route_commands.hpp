// Random route commands over the whole range of their parameters, with memories that suit them.
#pragma once

#include "testbench/hls/unit/kernel_bench.hpp"

namespace sluice::test {

inline constexpr std::size_t kRouteCardLines = 64;

// A command that check_command() accepts; logits and bias are freshly filled. `rule` as RouteOperand::rule.
[[nodiscard]] device::Command random_route_command(std::uint32_t rule, RandomVectors& random, UnitMemory& memory);

[[nodiscard]] device::Command route_command(const device::RouteOperand& operand);

// A command for the counters, which is no command of the queue.
[[nodiscard]] device::Command counters_command(std::uint32_t output_line, bool clear);

// Asks for one expert more than there are in the groups that stay, or for one of none: check_command() refuses it, but
// the kernel still has one answer. Group 0, whose expert 0 fills the last place, never stays, since no expert may be
// selected twice.
[[nodiscard]] device::Command short_route_command(RandomVectors& random, UnitMemory& memory);

}  // namespace sluice::test
