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

}  // namespace
}  // namespace sluice::hlsc
