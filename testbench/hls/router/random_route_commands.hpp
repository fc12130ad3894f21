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

}  // namespace sluice::test
