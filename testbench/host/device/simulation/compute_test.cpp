// Products and unit commands on the simulated card against the software device, bit for bit. The broad comparison of
// every command is testbench/conformance; this one keeps the device honest on its own.
#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <vector>

#include "testbench/host/device/simulation/bench.hpp"

namespace sluice::device {
namespace {

constexpr std::uint32_t kInputLine = 0;
constexpr std::uint32_t kOutputLine = 1000;

struct Shape {
  std::uint32_t num_tokens;
  std::uint32_t rows;
  std::uint32_t columns;
  std::uint32_t groups;
};

// All that a product leaves in vector memory: its vector in the bank of every token.
std::vector<Line> product_on(Bench& bench, Format format, const Shape& shape, std::uint32_t seed) {
  std::mt19937 random(seed);
  const bool wide = format == Format::kMxInt16;
  const std::uint32_t elements = shape.groups * shape.columns + 64;
  for (std::uint32_t token = 0; token < shape.num_tokens; ++token) {
    bench.import_lines(token, kInputLine,
                       hls::lines_of_quantised(hls::quantise(random_vector(elements, random), wide)));
  }
  const std::uint32_t scale_max = 130;
  const auto address = bench.place(random_weights(format, shape.rows, shape.columns, shape.groups, scale_max, random));
  bench.run(Queue::kCompute,
            command_of(Opcode::kLinear, LinearOperand{.num_tokens = shape.num_tokens,
                                                      .input_line = kInputLine,
                                                      .input_elements = elements,
                                                      .column_offset = 64,
                                                      .columns = shape.columns,
                                                      .rows = shape.rows,
                                                      .groups = shape.groups,
                                                      .input_stride = shape.columns,
                                                      .output_line = kOutputLine,
                                                      .format = static_cast<std::uint32_t>(format),
                                                      .scale_max = scale_max,
                                                      .scale_bias = -133,
                                                      .weight_address_lo = static_cast<std::uint32_t>(address),
                                                      .rows_stored = (shape.rows + 31) / 32 * 32,
                                                      .columns_stored = shape.columns}));
  std::vector<Line> lines;
  for (std::uint32_t token = 0; token < shape.num_tokens; ++token) {
    const auto bank = bench.export_lines(
        token, kOutputLine, static_cast<std::uint32_t>(hls::vector_lines(std::uint64_t{shape.rows} * shape.groups)));
    lines.insert(lines.end(), bank.begin(), bank.end());
  }
  return lines;
}

}  // namespace

TEST_CASE("products of every format equal the software device's, with and without stalls", "[card]") {
  const Shape shapes[] = {{1, 32, 32, 1}, {4, 96, 256, 1}, {3, 70, 160, 1}, {2, 64, 96, 3}, {1, 256, 512, 1}};
  for (const double stall_probability : {0.0, 0.3}) {
    Bench simulation = simulation_bench(stall_probability, 2);
    Bench software = software_bench();
    for (const Format format : {Format::kMxInt8, Format::kInt4, Format::kMxFp4, Format::kMxInt16}) {
      for (const Shape& shape : shapes) {
        const std::uint32_t seed = shape.rows + shape.columns;
        CAPTURE(stall_probability, static_cast<int>(format), shape.num_tokens, shape.rows, shape.columns, shape.groups);
        REQUIRE(product_on(simulation, format, shape, seed) == product_on(software, format, shape, seed));
      }
    }
  }
}

TEST_CASE("products do not depend on what the card's registers and memories start with", "[card]") {
  const Shape shape = {3, 70, 160, 1};
  Bench software = software_bench();
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SimulationOptions options = {.memory_bytes = kTestMemoryBytes};
    options.card.random_start = true;
    options.card.seed = seed;
    Bench simulation = Bench(open_simulation(options));
    for (const Format format : {Format::kMxInt8, Format::kInt4, Format::kMxFp4, Format::kMxInt16}) {
      CAPTURE(seed, static_cast<int>(format));
      REQUIRE(product_on(simulation, format, shape, 5) == product_on(software, format, shape, 5));
    }
  }
}

TEST_CASE("a unit command reads and writes through the card's own memories", "[card]") {
  const auto run_on = [](Bench& bench) {
    std::mt19937 random(8);
    constexpr std::uint32_t kElements = 512;
    for (std::uint32_t token = 0; token < kMaxTokens; ++token) {
      bench.import_lines(token, 0, hls::lines_of_vector(random_vector(kElements, random)));
    }
    const auto gamma = bench.place(random_bytes(2 * kElements, random));
    bench.run(Queue::kCompute,
              command_of(Opcode::kNorm, NormOperand{.num_tokens = 4,
                                                    .input_line = 0,
                                                    .elements = kElements,
                                                    .out = {.vector_line = 100, .q8_line = 200, .q16_line = 300},
                                                    .gamma_address_lo = static_cast<std::uint32_t>(gamma),
                                                    .root_n = 23726566}));  // isqrt(512 * 2^40)
    std::vector<Line> lines;
    for (std::uint32_t token = 0; token < kMaxTokens; ++token) {
      for (const auto& [line, count] : {std::pair{100u, 17u}, {200u, 6u}, {300u, 10u}}) {
        const auto part = bench.export_lines(token, line, count);
        lines.insert(lines.end(), part.begin(), part.end());
      }
    }
    return lines;
  };
  Bench software = software_bench();
  const auto expected = run_on(software);
  for (const double stall_probability : {0.0, 0.5}) {
    CAPTURE(stall_probability);
    Bench simulation = simulation_bench(stall_probability, 6);
    CHECK(run_on(simulation) == expected);
    CHECK(simulation.device().counters()[Counter::kUnitBusy] == 0);  // RTL: no cycle of it is modelled
  }
}

TEST_CASE("KV entries reach card memory", "[card]") {
  const auto run_on = [](Bench& bench) {
    std::mt19937 random(9);
    for (std::uint32_t token = 0; token < 2; ++token) {
      bench.import_lines(token, 0, hls::lines_of_vector(random_vector(128, random)));
      bench.import_lines(token, 50, hls::lines_of_vector(random_vector(32, random)));
    }
    const auto pages = bench.device().allocate(64 * 1024);
    REQUIRE(pages.ok());
    const std::uint32_t table[2] = {static_cast<std::uint32_t>(pages.value() / kLineBytes),
                                    static_cast<std::uint32_t>(pages.value() / kLineBytes) + 128};
    const auto table_address = bench.place(std::as_bytes(std::span(table)));
    Command command =
        command_of(Opcode::kKvAppend, KvAppendOperand{.num_tokens = 2,
                                                      .kind = static_cast<std::uint32_t>(AttentionKind::kMla),
                                                      .first_line = 0,
                                                      .first_elements = 128,
                                                      .second_line = 50,
                                                      .second_elements = 32,
                                                      .layer_line = 4,
                                                      .entry_lines = 2});
    for (std::uint32_t token = 0; token < 2; ++token) {
      command.tokens[token].position = 31 + token;
      command.tokens[token].page_table_lo = static_cast<std::uint32_t>(table_address);
    }
    bench.run(Queue::kCompute, command);
    std::vector<std::byte> got(64 * 1024);
    REQUIRE(bench.device().read(pages.value(), got).ok());
    return got;
  };
  Bench software = software_bench();
  Bench simulation = simulation_bench(0.4, 12);
  const auto expected = run_on(software);
  CHECK(run_on(simulation) == expected);
  CHECK(expected != std::vector<std::byte>(expected.size()));
}

}  // namespace sluice::device
