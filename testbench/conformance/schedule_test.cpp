// Sequences in a batch, in random schedules, against each alone: on software.
#include <catch2/catch.hpp>

#include "testbench/conformance/random_schedules.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

void check_schedules(const ModelConfig& config, const quant::Formats& formats, std::uint32_t seed) {
  SoloLogits solo(random_model(config, formats, seed));
  const RunningModel batch = running_model(solo.model(), "software", schedule_options());
  for (std::uint32_t i = 0; i < 500; ++i) {
    const std::string problem = run_schedule(*batch.engine, solo, {}, seed + i);
    if (!problem.empty()) {
      FAIL("schedule " << i << " of seed " << seed << ": " << problem);
    }
  }
}

}  // namespace

TEST_CASE("500 random schedules give each sequence the bits that it gets alone, with MLA", "[schedule]") {
  check_schedules(tiny_mla_config(), device::Format::kInt4, 1);
}

TEST_CASE("500 random schedules give each sequence the bits that it gets alone, with GQA, a window and sinks",
          "[schedule]") {
  check_schedules(tiny_gqa_config(), device::Format::kMxFp4, 2);
}
