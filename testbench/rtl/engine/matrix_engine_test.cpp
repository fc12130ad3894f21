// matrix_engine against section 5 of docs/numerics.md: random shapes, formats, lanes, latencies and stalls.
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "testbench/rtl/engine/engine_driver.hpp"

namespace sluice::test {
namespace {

constexpr unsigned kInputLine = 7;
constexpr unsigned kOutputLine = 2048;

struct Case {
  Shape shape;
  unsigned mask = 1;
  int fill = 90;         // percentage of input blocks that are not empty
  bool extreme = false;  // largest magnitudes, no distances
};

std::string describe(const Case& c, std::uint64_t seed, const AxiTiming& timing) {
  const Shape& s = c.shape;
  return "seed " + std::to_string(seed) + " format " + std::to_string(static_cast<unsigned>(s.format)) + " groups " +
         std::to_string(s.groups) + " rows " + std::to_string(s.rows) + " blocks " + std::to_string(s.blocks) +
         " offset " + std::to_string(s.block_offset) + " stride " + std::to_string(s.block_stride) + " elements " +
         std::to_string(s.input_elements) + " mask " + std::to_string(c.mask) + " latency " +
         std::to_string(timing.latency_cycles) + " stalls " + std::to_string(timing.stall_percent);
}

Shape random_shape(Random& random) {
  Shape shape;
  shape.format = static_cast<Format>(uniform(random, 0, 3));
  shape.groups = static_cast<unsigned>(uniform(random, 1, 3));
  shape.rows = static_cast<unsigned>(shape.groups == 1 ? uniform(random, 1, 130) : 32 * uniform(random, 1, 3));
  shape.blocks = static_cast<unsigned>(uniform(random, 0, 4) == 0 ? uniform(random, 9, 40) : uniform(random, 1, 8));
  shape.block_offset = static_cast<unsigned>(uniform(random, 0, 1) == 0 ? 0 : uniform(random, 1, 9));
  shape.block_stride = static_cast<unsigned>(uniform(random, 0, 1) == 0 ? 0 : uniform(random, 1, 10));
  const unsigned used = shape.block_offset + (shape.groups - 1) * shape.block_stride + shape.blocks;
  shape.input_elements = used * 32 + 32 * static_cast<unsigned>(uniform(random, 0, 3));
  return shape;
}

// Runs a linear and compares the whole of vector memory with what must be there.
void check_linear(EngineDriver& driver, const Matrix& matrix, const std::array<Activations, 4>& inputs, unsigned mask,
                  unsigned weight_line) {
  const Shape& shape = matrix.shape;
  const std::vector<Line> weights = weight_lines(matrix);
  EngineCommand command{.mask = mask, .input_line = kInputLine, .weight_line = weight_line};
  REQUIRE(weight_line + weights.size() <= driver.memory.lines.size());
  std::copy(weights.begin(), weights.end(), driver.memory.lines.begin() + weight_line);

  std::array<std::vector<Line>, EngineDriver::kBanks> expected;
  for (unsigned lane = 0; lane < EngineDriver::kBanks; ++lane) {
    const std::vector<Line> lines = activation_lines(shape, inputs[lane]);
    REQUIRE(kInputLine + lines.size() <= kOutputLine);
    std::copy(lines.begin(), lines.end(), driver.banks[lane].begin() + kInputLine);
    command.output_line[lane] = kOutputLine + 100 * lane;
    expected[lane] = driver.banks[lane];
    if ((mask >> lane & 1) != 0) {
      const std::vector<Line> result = result_lines(linear(matrix, inputs[lane]), shape.groups * shape.rows);
      std::copy(result.begin(), result.end(), expected[lane].begin() + command.output_line[lane]);
    }
  }

  REQUIRE(driver.run(matrix, command));
  CHECK(driver.counts.lines == weights.size());
  for (unsigned lane = 0; lane < EngineDriver::kBanks; ++lane) {
    CAPTURE(lane);
    REQUIRE((driver.banks[lane] == expected[lane]));
  }
  REQUIRE(driver.memory.violations == 0);
}

void check_case(EngineDriver& driver, const Case& c, Random& random) {
  const Matrix matrix = random_matrix(random, c.shape, c.extreme);
  std::array<Activations, 4> inputs;
  for (Activations& input : inputs) {
    input = random_activations(random, c.shape, c.fill, c.extreme);
  }
  if (c.fill < 100) {
    inputs[3] = random_activations(random, c.shape, 0);  // one lane without a single value
  }
  check_linear(driver, matrix, inputs, c.mask, static_cast<unsigned>(uniform(random, 0, 200)));
}

void sweep(std::uint64_t seed, int cases, const AxiTiming& timing) {
  Random random(seed);
  EngineDriver driver(20000, timing);
  for (int i = 0; i < cases; ++i) {
    const Case c{.shape = random_shape(random),
                 .mask = i % 5 == 0 ? 4u : static_cast<unsigned>(uniform(random, 1, 15)),
                 .fill = uniform(random, 0, 3) == 0 ? 40 : 95};
    INFO("case " << i << ": " << describe(c, seed, timing));
    check_case(driver, c, random);
  }
}

}  // namespace

TEST_CASE("random linears are bit-exact when memory never stalls", "[engine]") {
  sweep(1, 60, {.latency_cycles = 63, .stall_percent = 0, .seed = 1});
}

TEST_CASE("random linears are bit-exact for every latency and rate of stalls", "[engine]") {
  const std::uint64_t latency = GENERATE(1u, 17u, 200u);
  const int stalls = GENERATE(10, 50, 90);
  const std::uint64_t seed = 100 * latency + static_cast<std::uint64_t>(stalls);
  sweep(seed, 12, {.latency_cycles = latency, .stall_percent = stalls, .seed = seed});
}

TEST_CASE("a command that follows at once disturbs neither its own result nor the last one's", "[engine]") {
  Random random(11);
  EngineDriver driver(4000, {.latency_cycles = 5});
  std::array<Matrix, 3> matrices;
  for (unsigned i = 0; i < matrices.size(); ++i) {
    const Format format = i == 1 ? Format::kMxInt8 : Format::kInt4;
    matrices[i] = random_matrix(
        random, {.format = format, .groups = i + 1, .rows = 96 - 32 * i, .blocks = 4 - i, .input_elements = 128});
    const std::vector<Line> weights = weight_lines(matrices[i]);
    std::copy(weights.begin(), weights.end(), driver.memory.lines.begin() + 1000 * i);
  }
  const Activations input = random_activations(random, matrices[0].shape, 100);
  const std::vector<Line> lines = activation_lines(matrices[0].shape, input);
  std::copy(lines.begin(), lines.end(), driver.banks[0].begin() + kInputLine);
  const auto output_line = [](unsigned i) { return kOutputLine + 100 * i; };
  for (unsigned i = 0; i < matrices.size(); ++i) {
    REQUIRE(driver.run(matrices[i],
                       {.input_line = kInputLine, .output_line = {output_line(i)}, .weight_line = 1000 * i},
                       i + 1 < matrices.size()));
  }
  for (unsigned i = 0; i < matrices.size(); ++i) {
    CAPTURE(i);
    const Shape& shape = matrices[i].shape;
    const std::vector<Line> expected = result_lines(linear(matrices[i], input), shape.groups * shape.rows);
    CHECK(std::equal(expected.begin(), expected.end(), driver.banks[0].begin() + output_line(i)));
  }
}

TEST_CASE("every format is exact with the largest operands and long rows", "[engine]") {
  const auto format = static_cast<Format>(GENERATE(0u, 1u, 2u, 3u));
  Random random(7);
  EngineDriver driver(60000, {});
  Case c{.shape = {.format = format, .rows = 64, .blocks = 1024, .input_elements = 32768}, .mask = 5, .fill = 100};
  for (const bool extreme : {false, true}) {
    c.extreme = extreme;
    INFO(describe(c, 7, {}));
    check_case(driver, c, random);
  }
}

TEST_CASE("an empty input gives an all-zero result with exponent E0", "[engine]") {
  const auto format = static_cast<Format>(GENERATE(0u, 1u, 2u, 3u));
  Random random(8);
  EngineDriver driver(20000, {});
  check_case(driver,
             {.shape = {.format = format, .rows = 96, .blocks = 5, .input_elements = 160}, .mask = 15, .fill = 0},
             random);
}

TEST_CASE("a result that rounds up to 2^23 or is exactly -2^23 is clamped", "[engine]") {
  // 18631 * 1801 = 2^25 - 1, which rounds up to a 25th bit; 2^11 * 2^14 = 2^25.
  const auto [weight, element] = GENERATE(std::pair{18631, 1801}, std::pair{-2048, 16384});
  EngineDriver driver(1000, {});
  Matrix matrix{.shape = {.format = Format::kMxInt16}, .weights = std::vector<int>(32 * 32), .scales = {}};
  matrix.scales.assign(32, 0);
  matrix.weights[5 * 32] = weight;
  Activations input{.elements = std::vector<int>(32), .deltas = {0}, .exponent = 3};
  input.elements[0] = element;
  REQUIRE(std::abs(linear(matrix, input).mantissas[5]) == 8388607);
  check_linear(driver, matrix, {input, input, input, input}, 15, 0);
}

TEST_CASE("8192 rows fill the result memories", "[engine]") {
  Random random(9);
  EngineDriver driver(20000, {});
  for (unsigned lane = 0; lane < EngineDriver::kBanks; ++lane) {
    driver.banks[lane].resize(8192);
  }
  check_case(driver, {.shape = {.groups = 4, .rows = 2048, .blocks = 2, .input_elements = 64}, .mask = 3}, random);
}

TEST_CASE("columns, groups and row tiles follow one another without a gap", "[engine]") {
  const auto format = static_cast<Format>(GENERATE(0u, 1u, 2u));
  const unsigned blocks = static_cast<unsigned>(GENERATE(1, 2, 3, 4, 7, 32));
  const unsigned offset = static_cast<unsigned>(GENERATE(0, 3));
  Random random(10);
  EngineDriver driver(20000, {});
  const Case c{.shape = {.format = format,
                         .groups = 3,
                         .rows = 64,
                         .blocks = blocks,
                         .block_offset = offset,
                         .block_stride = 5,
                         .input_elements = 32 * (offset + 10 + blocks)},
               .mask = 15};
  INFO(describe(c, 10, {}));
  check_case(driver, c, random);
  // Command, request and memory take 67 cycles, the pipeline 13, the result lines one each, done one.
  CHECK(driver.counts.cycles <= driver.counts.lines + 67 + 14 + 3 * 2 + 1);
}

TEST_CASE("a read error is told and forgotten with the next command", "[engine]") {
  Random random(11);
  EngineDriver driver(20000, {});
  const Case c{.shape = {.rows = 64, .blocks = 4, .input_elements = 128}};
  driver.memory.error_line = 210;
  const Matrix matrix = random_matrix(random, c.shape);
  REQUIRE(driver.run(matrix, {.weight_line = 200}));
  CHECK(driver.error());
  REQUIRE(driver.run(matrix, {.weight_line = 400}));
  CHECK_FALSE(driver.error());
}

}  // namespace sluice::test
