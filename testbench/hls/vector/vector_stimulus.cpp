// What the co-simulation of sluice_vector gives it: random commands, and the lines that each asks for.
#include "hls/vector/plan.hpp"
#include "testbench/hls/unit/kernel_stimulus.hpp"
#include "testbench/hls/vector/random_vector_commands.hpp"
#include "testbench/support/hls_bench/stimulus.hpp"

namespace sluice::hls_bench {

void prepare_call(Stimulus& stimulus) {
  using namespace sluice::kernel;
  static test::UnitMemory memory(test::kVectorCardLines);
  std::mt19937 generator(static_cast<std::uint32_t>(stimulus.random()()));
  test::RandomVectors random(generator);
  const device::Command command = test::random_vector_command(test::random_vector_opcode(random),
                                                              random.below(4) == 0 ? 1200 : 200, random, memory);
  test::push_command(stimulus, memory, command, [](auto& word, auto& ranges) {
    ::hls::stream<LoadJob> load("load");
    ::hls::stream<NormJob> norm("norm");
    ::hls::stream<RopeJob> rope("rope");
    ::hls::stream<ActivationJob> activation("activation");
    ::hls::stream<SumJob> sum("sum");
    ::hls::stream<NarrowJob> narrow("narrow");
    ::hls::stream<EmitJob> emit("emit");
    plan_vector(word, ranges, load, norm, rope, activation, sum, narrow, emit);
    load.clear();
    norm.clear();
    rope.clear();
    activation.clear();
    sum.clear();
    narrow.clear();
    emit.clear();
  });
}

}  // namespace sluice::hls_bench
