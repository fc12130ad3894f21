// Sequences in a batch, in random schedules, against each alone: on software.
#include <catch2/catch.hpp>
#include <cstdio>

#include "testbench/conformance/random_schedules.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr std::uint32_t kSchedules = 1000;

void check_schedules(const ModelConfig& config, device::Format format, std::uint32_t seed) {
  SoloLogits solo(random_model(config, format, seed));
  const RunningModel batch = running_model(solo.model(), "software", schedule_options());
  for (std::uint32_t i = 0; i < kSchedules / 2; ++i) {
    const std::string problem = run_schedule(*batch.engine, solo, {}, seed + i);
    if (!problem.empty()) {
      FAIL("schedule " << i << " of seed " << seed << ": " << problem);
    }
  }
}

}  // namespace

TEST_CASE("500 random schedules of MLA sequences give each the bits that it gets alone", "[schedule]") {
  check_schedules(tiny_mla_config(), device::Format::kMxInt8, 1);
}

TEST_CASE("500 random schedules of GQA sequences give each the bits that it gets alone", "[schedule]") {
  check_schedules(tiny_gqa_config(), device::Format::kInt4, 2);
}
