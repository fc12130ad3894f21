// Random commands of the vector unit over the whole range of their parameters, with memories that suit them.
#pragma once

#include "testbench/hls/unit/kernel_bench.hpp"

namespace sluice::test {

inline constexpr std::size_t kVectorCardLines = 4400;  // gammas, increments or a bias of the largest vector

// A command that check_command() accepts and the lines that it reads, freshly filled. Vectors have up to `max_elements`
// elements, mostly fewer.
[[nodiscard]] device::Command random_vector_command(device::Opcode opcode, std::uint32_t max_elements,
                                                    RandomVectors& random, UnitMemory& memory);

// kQuantise, kNorm, kRope, kActivation, kCombine or kBias.
[[nodiscard]] device::Opcode random_vector_opcode(RandomVectors& random);

}  // namespace sluice::test
