// Sequences in a batch, in random schedules, against each alone: on the simulated card, half of them under random
// stalls. What each gets alone comes from software.
#include <catch2/catch.hpp>

#include "testbench/conformance/random_schedules.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

// Small enough for every run of the tests; the long ones have the same limits as on software.
constexpr ScheduleLimits kShort = {.sequences = 6, .tokens = 40};

void check_schedules(const ModelConfig& config, const quant::Formats& formats, std::uint32_t seed, std::uint32_t count,
                     const ScheduleLimits& limits, double stall_probability) {
  SoloLogits solo(random_model(config, formats, seed));
  device::DeviceOptions options;
  options.simulation.stall_probability = stall_probability;
  options.simulation.seed = seed;
  const RunningModel batch = running_model(solo.model(), "simulation", schedule_options(), options);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string problem = run_schedule(*batch.engine, solo, limits, seed + i);
    if (!problem.empty()) {
      FAIL("schedule " << i << " of seed " << seed << ": " << problem);
    }
  }
}

}  // namespace

TEST_CASE("5 random schedules on the simulated card give each sequence the bits that it gets alone, with MLA",
          "[schedule]") {
  check_schedules(tiny_mla_config(), device::Format::kMxInt8, 11, 5, kShort, 0);
}

TEST_CASE("5 random schedules on the simulated card under random stalls do so with GQA, a window and sinks",
          "[schedule]") {
  check_schedules(tiny_gqa_config(), device::Format::kInt4, 12, 5, kShort, 0.1);
}

TEST_CASE("250 random schedules on the simulated card give each sequence the bits that it gets alone, with MLA",
          "[schedule][long]") {
  check_schedules(tiny_mla_config(), device::Format::kInt4, 1000, 250, {}, 0);
}

TEST_CASE("250 random schedules on the simulated card under random stalls do so with MLA", "[schedule][long]") {
  check_schedules(tiny_mla_config(), device::Format::kMxInt8, 2000, 250, {}, 0.1);
}

TEST_CASE("250 random schedules on the simulated card do so with GQA, a window and sinks", "[schedule][long]") {
  check_schedules(tiny_gqa_config(), device::Format::kMxInt8, 3000, 250, {}, 0);
}

TEST_CASE("250 random schedules on the simulated card under random stalls do so with GQA, a window and sinks",
          "[schedule][long]") {
  check_schedules(tiny_gqa_config(), device::Format::kMxFp4, 4000, 250, {}, 0.1);
}
