// How fast the simulated card runs, and how well its matrix engine is fed: one large product, repeated.
//
//   card_speed [int4|mxint8|mxfp4|mxint16] [tokens] [rows] [columns] [repetitions] [waves FILE]
//
// Prints simulated cycles a second of processor time, the cycles of a product from its submission to its completion,
// and the share of them in which the engine's multipliers took a weight line. `waves` runs the traced model instead.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "testbench/host/device/simulation/bench.hpp"

namespace sluice::device {
namespace {

struct Job {
  Format format = Format::kInt4;
  std::uint32_t tokens = 1;
  std::uint32_t rows = 1024;
  std::uint32_t columns = 1024;
  std::uint32_t repetitions = 40;
  std::string waves;
};

Job job_of(int argc, char** argv) {
  Job job;
  const auto text = [&](int i) { return argc > i ? std::string(argv[i]) : std::string(); };
  const auto number = [&](int i, std::uint32_t otherwise) {
    return argc > i ? static_cast<std::uint32_t>(std::strtoul(argv[i], nullptr, 10)) : otherwise;
  };
  const std::string format = text(1);
  job.format = format == "mxint8"    ? Format::kMxInt8
               : format == "mxfp4"   ? Format::kMxFp4
               : format == "mxint16" ? Format::kMxInt16
                                     : Format::kInt4;
  job.tokens = number(2, job.tokens);
  job.rows = number(3, job.rows);
  job.columns = number(4, job.columns);
  job.repetitions = number(5, job.repetitions);
  job.waves = text(6);
  return job;
}

int run(const Job& job) {
  SimulationOptions options = {.memory_bytes = kTestMemoryBytes};
  options.card.waves = {.file = job.waves, .from_cycle = ~std::uint64_t{0}};
  Bench bench(open_simulation(options));
  std::mt19937 random(1);
  const bool wide = job.format == Format::kMxInt16;
  for (std::uint32_t token = 0; token < job.tokens; ++token) {
    bench.import_lines(token, 0, hls::lines_of_quantised(hls::quantise(random_vector(job.columns, random), wide)));
  }
  const auto weights = random_weights(job.format, job.rows, job.columns, 1, 130, random);
  const std::uint64_t address = bench.place(weights);
  const Command command =
      command_of(Opcode::kLinear, LinearOperand{.num_tokens = job.tokens,
                                                .input_line = 0,
                                                .input_elements = job.columns,
                                                .columns = job.columns,
                                                .rows = job.rows,
                                                .output_line = 2000,
                                                .format = static_cast<std::uint32_t>(job.format),
                                                .scale_max = 130,
                                                .scale_bias = -133,
                                                .weight_address_lo = static_cast<std::uint32_t>(address),
                                                .rows_stored = job.rows,
                                                .columns_stored = job.columns});
  const Counters before = bench.device().counters();
  const std::clock_t start = std::clock();
  for (std::uint32_t i = 0; i < job.repetitions; ++i) {
    bench.run(Queue::kCompute, command);
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const Counters after = bench.device().counters();
  const auto moved = [&](Counter counter) { return static_cast<double>(after[counter] - before[counter]); };
  const double cycles = moved(Counter::kCycles);
  std::printf(
      "%.0f kcycles a processor second, %.0f cycles a product (the weights are %zu lines), multipliers busy %.1f %%\n",
      cycles / seconds / 1000, cycles / job.repetitions, weights.size() / kLineBytes,
      100 * moved(Counter::kEngineMac) / cycles);
  return 0;
}

}  // namespace
}  // namespace sluice::device

int main(int argc, char** argv) { return sluice::device::run(sluice::device::job_of(argc, argv)); }
