// Random kernels: whatever the scheduler finds, check_schedule() must accept.
#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

#include "hls/compiler/ir/interpret.hpp"
#include "hls/compiler/ir/print.hpp"
#include "hls/compiler/ir/verify.hpp"
#include "hls/compiler/schedule/schedule.hpp"
#include "testbench/hls/compiler/support/kernel_text.hpp"
#include "testbench/hls/compiler/support/random_kernel.hpp"
#include "testbench/hls/compiler/support/timed_run.hpp"

namespace sluice::hlsc {
namespace {

constexpr std::uint64_t kSeeds = 400;

TEST_CASE("random kernels are valid, end, and list their dependences", "[hlsc][schedule]") {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Kernel kernel = random_kernel(seed);
    INFO("seed " << seed);
    REQUIRE(verify(kernel).value_or("") == "");
    InterpreterInput input = random_input(kernel, seed);
    input.check_dependences = true;
    const InterpreterResult result = interpret(kernel, input);
    CHECK(result.waiting == "");
    CHECK(result.end == InterpreterEnd::kFinished);
    CHECK(result.uncovered.value_or("") == "");
    input.any_seed = 7;
    const InterpreterResult other = interpret(kernel, input);
    CHECK(other.streams == result.streams);
    CHECK(other.outputs == result.outputs);
    CHECK(other.arrays == result.arrays);
    const std::string text = print(kernel);
    CHECK(print(parsed(text)) == text);
  }
}

TEST_CASE("schedules of random kernels keep all rules, at three clocks and on all targets", "[hlsc][schedule]") {
  int scheduled = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const Target* target : targets()) {
      for (const double clock_ns : {2.5, 4.0, 8.0}) {
        ScheduleOptions options{.target = target, .clock_ns = clock_ns};
        if (target->name() == "generic") {
          options.clock_ns *= 2;
        }
        Kernel kernel = random_kernel(seed);
        INFO("seed " << seed << " target " << target->name() << " clock " << options.clock_ns);
        if (const std::optional<Schedule> result = schedule_raising_ii(kernel, options)) {
          ++scheduled;
          REQUIRE(check_schedule(kernel, *result, options).value_or("") == "");
        }
      }
    }
  }
  CHECK(scheduled > 9 * static_cast<int>(kSeeds) * 95 / 100);
}

// Whether the schedule, run with that fault in it, does what the kernel says.
bool does_the_same(const Kernel& kernel, const Schedule& result, std::uint64_t seed) {
  const InterpreterInput input = random_input(kernel, seed);
  const InterpreterResult expected = interpret(kernel, input);
  for (const int bubble_percent : {0, 30}) {
    const InterpreterResult timed = run_scheduled(kernel, result, input, bubble_percent, seed);
    if (timed.uncovered || timed.streams != expected.streams || timed.outputs != expected.outputs ||
        timed.arrays != expected.arrays) {
      return false;
    }
  }
  return true;
}

// Of the seeds first to last, each at one of 27 pairs of target and clock.
void check_timed_runs(std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    Kernel kernel = random_kernel(seed);
    ScheduleOptions options{.target = targets()[seed % 3], .clock_ns = 2.5 + static_cast<double>(seed / 3 % 9)};
    INFO("seed " << seed << " target " << options.target->name() << " clock " << options.clock_ns);
    if (const std::optional<Schedule> result = schedule_raising_ii(kernel, options)) {
      CHECK(check_schedule(kernel, *result, options).value_or("") == "");
      CHECK(does_the_same(kernel, *result, seed));
    }
  }
}

TEST_CASE("random kernels run by their schedules do what they do without time", "[hlsc][schedule]") {
  check_timed_runs(1, kSeeds);
}

TEST_CASE("many random kernels run by their schedules do what they do without time", "[hlsc][schedule][long]") {
  check_timed_runs(kSeeds + 1, 30'000);
}

TEST_CASE("every fault planted into the scheduler changes what some random kernel does", "[hlsc][schedule]") {
  for (const PlantedFault fault :
       {PlantedFault::kPhiWindow, PlantedFault::kBackEdgeDistance, PlantedFault::kMemoryReadAfterWrite}) {
    int wrong = 0;
    for (std::uint64_t seed = 1; seed <= kSeeds / 2; ++seed) {
      Kernel kernel = random_kernel(seed);
      ScheduleOptions options{.target = find_target("vup"), .clock_ns = 4.0, .fault = fault};
      const std::optional<Schedule> result = schedule_raising_ii(kernel, options);
      REQUIRE(result);
      const bool is_same = does_the_same(kernel, *result, seed);
      wrong += is_same ? 0 : 1;
      if (!is_same) {
        CHECK(check_schedule(kernel, *result, options).has_value());
      }
    }
    INFO("fault " << static_cast<int>(fault));
    CHECK(wrong > 0);
  }
}

}  // namespace
}  // namespace sluice::hlsc
