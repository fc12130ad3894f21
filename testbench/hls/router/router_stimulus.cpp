// What the co-simulation of sluice_router gives it: random commands, and the lines that each asks for.
#include "hls/router/router_jobs.hpp"
#include "testbench/hls/router/random_route_commands.hpp"
#include "testbench/hls/unit/kernel_stimulus.hpp"
#include "testbench/support/hls_bench/stimulus.hpp"

namespace sluice::hls_bench {

void prepare_call(Stimulus& stimulus) {
  using namespace sluice::kernel;
  static test::UnitMemory memory(test::kRouteCardLines);
  std::mt19937 generator(static_cast<std::uint32_t>(stimulus.random()()));
  test::RandomVectors random(generator);
  const std::uint32_t kind = random.below(8);
  const device::Command command = kind == 0   ? test::counters_command(random.below(4000), random.below(2) == 0)
                                  : kind == 1 ? test::short_route_command(random, memory)
                                              : test::random_route_command(random.below(4), random, memory);
  test::push_command(stimulus, memory, command, [](auto& word, auto& ranges) {
    ::hls::stream<ScoreJob> score("score");
    ::hls::stream<SelectJob> select("select");
    ::hls::stream<WeighJob> weigh("weigh");
    plan_route(word, ranges, score, select, weigh);
    score.clear();
    select.clear();
    weigh.clear();
  });
}

}  // namespace sluice::hls_bench
