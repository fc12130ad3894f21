// Prints what the engine does with a 1024 x 1024 product: cycles, use of memory and multipliers, simulation speed in
// processor time.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <span>
#include <string_view>

#include "testbench/rtl/engine/engine_driver.hpp"

namespace sluice::test {
namespace {

struct Name {
  Format format;
  const char* text;
};

void measure(const Name& name, unsigned lanes) {
  const Shape shape{.format = name.format, .rows = 1024, .blocks = 32, .input_elements = 1024};
  Random random(1);
  EngineDriver driver(20000, {.latency_cycles = 63});
  const Matrix matrix = random_matrix(random, shape);
  const std::vector<Line> weights = weight_lines(matrix);
  std::copy(weights.begin(), weights.end(), driver.memory.lines.begin());
  for (auto& bank : driver.banks) {
    const std::vector<Line> input = activation_lines(shape, random_activations(random, shape, 100));
    std::copy(input.begin(), input.end(), bank.begin());
  }
  const EngineCommand command{.mask = (1u << lanes) - 1, .output_line = {1000, 1000, 1000, 1000}};
  std::uint64_t cycles = 0;
  double seconds = 0;
  do {
    const auto start = std::clock();
    if (!driver.run(matrix, command)) {
      std::printf("%s: the engine hangs\n", name.text);
      return;
    }
    seconds += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    cycles += driver.counts.cycles;
  } while (seconds < 1.0);
  const EngineCounts& counts = driver.counts;
  const auto percent = [&counts](std::uint64_t part) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(counts.cycles);
  };
  std::printf("%-8s %5u %7llu %7llu %9llu %8.1f%% %12.1f%% %10.2f\n", name.text, lanes,
              static_cast<unsigned long long>(counts.cycles), static_cast<unsigned long long>(counts.lines),
              static_cast<unsigned long long>(counts.cycles - counts.lines), percent(counts.lines), percent(counts.mac),
              static_cast<double>(cycles) / seconds / 1e6);
}

void measure_idle() {
  EngineDriver driver(16, {});
  constexpr int kCycles = 1'000'000;
  const std::clock_t start = std::clock();
  for (int i = 0; i < kCycles; ++i) {
    driver.cycle();
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::printf("idle: %.2f Mcycles/s\n", kCycles / seconds / 1e6);
}

}  // namespace
}  // namespace sluice::test

// Arguments: the formats to measure; all where there are none.
int main(int argc, char** argv) {
  using sluice::test::Format;
  std::printf("1024 x 1024, memory latency 63 cycles, one line a cycle\n");
  std::printf("%-8s %5s %7s %7s %9s %9s %13s %10s\n", "format", "batch", "cycles", "lines", "overhead", "memory",
              "multipliers", "Mcycles/s");
  for (const auto& name :
       {sluice::test::Name{Format::kInt4, "INT4"}, sluice::test::Name{Format::kMxFp4, "MXFP4"},
        sluice::test::Name{Format::kMxInt8, "MXINT8"}, sluice::test::Name{Format::kMxInt16, "MXINT16"}}) {
    const std::span<char*> wanted(argv + 1, argv + argc);
    if (!wanted.empty() && std::none_of(wanted.begin(), wanted.end(),
                                        [&name](const char* w) { return w == std::string_view(name.text); })) {
      continue;
    }
    for (const unsigned lanes : {1u, 4u}) {
      sluice::test::measure(name, lanes);
    }
  }
  sluice::test::measure_idle();
  return 0;
}
