// sluice_vector against the reference of hls/unit, natively.
#include "hls/vector/vector_kernel.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "hls/unit/lines.hpp"
#include "testbench/hls/unit/kernel_bench.hpp"
#include "testbench/hls/vector/random_vector_commands.hpp"

using namespace sluice;
using namespace sluice::test;
using device::Command;
using device::Opcode;

namespace {

void run_random(Opcode opcode, std::uint32_t seed, int commands, std::uint32_t max_elements) {
  std::mt19937 generator(seed);
  RandomVectors random(generator);
  UnitMemory memory(kVectorCardLines);
  for (int i = 0; i < commands; ++i) {
    const Command command = random_vector_command(opcode, max_elements, random, memory);
    INFO("seed " << seed << " command " << i);
    if (opcode != Opcode::kBias) {  // which is no command of its own
      const sluice::hls::CommandError bad =
          sluice::hls::check_command(command, device::Queue::kCompute, kVectorCardLines);
      CAPTURE(static_cast<int>(bad.fault), bad.detail);
      REQUIRE(bad.fault == device::Fault::kNone);
    }
    const KernelRun run = run_kernel(sluice_vector, memory, command);
    REQUIRE(run.error == "");
    REQUIRE(difference(run_reference(memory, command), run.writes) == "");
  }
}

}  // namespace

TEST_CASE("the vector kernel quantises as the reference", "[vector_kernel]") {
  run_random(Opcode::kQuantise, 1, 300, 4000);
}
TEST_CASE("the vector kernel norms as the reference", "[vector_kernel]") { run_random(Opcode::kNorm, 2, 300, 4000); }
TEST_CASE("the vector kernel rotates as the reference", "[vector_kernel]") { run_random(Opcode::kRope, 3, 300, 4000); }
TEST_CASE("the vector kernel activates as the reference", "[vector_kernel]") {
  run_random(Opcode::kActivation, 4, 300, 3000);
}
TEST_CASE("the vector kernel combines as the reference", "[vector_kernel]") {
  run_random(Opcode::kCombine, 5, 300, 3000);
}
TEST_CASE("the vector kernel adds a bias as the reference", "[vector_kernel]") {
  run_random(Opcode::kBias, 6, 300, 4000);
}

// Each line is stored the moment it is written, so that an input read after its output was written would show.
TEST_CASE("vector kernels make do with queues of two words, and write over their inputs only when they were read",
          "[vector_kernel]") {
  std::mt19937 generator(7);
  RandomVectors random(generator);
  UnitMemory memory(kVectorCardLines);
  for (int i = 0; i < 40; ++i) {
    const Opcode opcode = random_vector_opcode(random);
    const Command command = random_vector_command(opcode, 400, random, memory);
    INFO("command " << i << " opcode " << static_cast<int>(opcode));
    const std::vector<sluice::hls::LineWrite> expected = run_reference(memory, command);
    const std::size_t ranges = run_kernel(sluice_vector, memory, command).ranges.size();
    if (expected.empty()) {
      continue;
    }
    const KernelRun run = run_kernel_threads(sluice_vector, memory, command, ranges);
    REQUIRE(run.error == "");
    REQUIRE(difference(expected, run.writes) == "");
  }
}

TEST_CASE("the vector kernel takes vectors of a thousand lines", "[vector_kernel]") {
  for (const Opcode opcode : {Opcode::kQuantise, Opcode::kNorm, Opcode::kRope, Opcode::kBias}) {
    run_random(opcode, 21, 1, 40000);
  }
  run_random(Opcode::kActivation, 22, 1, 24000);
}
