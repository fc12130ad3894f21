// Software and simulation side by side, for tests of what both refuse. Where the simulation is not built, as under
// sanitizers, a second software device stands in: nothing is compared then, but nothing may crash either.
//
// Purpose: runs the same command on both and demands the same words of both; behind a fault both are reset.
// Ownership: owns its devices. Threading: one thread. Errors: what must not fail fails the test.
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "host/engine/commands.hpp"
#include "testbench/conformance/malformed_cases.hpp"
#include "testbench/host/device/simulation/bench.hpp"

namespace sluice::test {

using namespace device;
using engine::make_command;

inline constexpr char kBusError[] = ": card or host memory answered with an error (bus error)";
inline constexpr std::uint64_t kMostCost =
    100'000'000;  // bytes and products of a command that is run (fuzz/extents.hpp)

inline std::uint32_t* operand_words(Command& command) { return reinterpret_cast<std::uint32_t*>(command.operand); }
inline std::uint32_t* header_words(Command& command) { return reinterpret_cast<std::uint32_t*>(&command.header); }
inline std::uint32_t* token_words(Command& command, std::uint32_t token) {
  return reinterpret_cast<std::uint32_t*>(&command.tokens[token]);
}

// Both devices, with the same bytes in memory; their host buffers have other addresses.
class Pair {
 public:
  Pair() : benches_{software(), simulation()} {
    for (Bench& bench : benches_) {
      REQUIRE(bench.device().info().memory_bytes == kCardBytes);
      limits_.push_back(command_limits(host_high(limits_.size())));
      REQUIRE(static_cast<std::uint32_t>(bench.buffer().address) == 0);
      std::vector<std::byte> table(kLineBytes);
      const std::uint32_t page_line = kPageLine;
      std::memcpy(table.data(), &page_line, sizeof(page_line));
      must(bench.device().write(kPageTable, table));
    }
    publish();
    computes();
  }

  [[nodiscard]] std::array<Bench, 2>& benches() { return benches_; }
  // The same commands for each device.
  [[nodiscard]] const std::vector<CommandLimits>& limits(std::size_t device) const { return limits_[device]; }

  [[nodiscard]] std::uint32_t host_high(std::size_t device) const {
    return static_cast<std::uint32_t>(benches_[device].buffer().address >> 32);
  }

  // The words of both devices for these commands (empty: all is well), which must be the same. Resets both behind a
  // fault.
  std::string run(Queue queue, const Command& on_software, const Command& on_simulation) {
    const std::string software = outcome(benches_[0], queue, on_software);
    const std::string simulation = outcome(benches_[1], queue, on_simulation);
    CHECK(software == simulation);
    if (!software.empty() || !simulation.empty()) {
      for (Bench& bench : benches_) {
        REQUIRE(bench.device().reset().ok());
      }
      publish();
    }
    return software;
  }

  void clear_vectors() {
    const std::vector<Line> zeros(kVectorLines);
    for (Bench& bench : benches_) {
      for (std::uint32_t bank = 0; bank < kMaxTokens; ++bank) {
        bench.import_lines(bank, 0, zeros);
      }
    }
  }

  // Two commands whose result is known: x + x = 2 x by hand, and a linear as on a device that has seen no fault.
  void computes() {
    std::vector<std::vector<Line>> products;
    for (Bench& bench : benches_) {
      std::mt19937 random(5);
      const auto x = hls::lines_of_vector(random_vector(64, random));
      bench.import_lines(0, 3000, x);
      const CombineOperand sum{.num_tokens = 1,
                               .elements = 64,
                               .plain = 2,
                               .plain_line = {3000, 3000},
                               .out = {.vector_line = 3010, .q8_line = 3020}};
      bench.run(Queue::kCompute, make_command(Opcode::kCombine, sum));
      const std::vector<Line> twice = bench.export_lines(0, 3010, 3);
      const auto exponent = [](const std::vector<Line>& v) { return static_cast<std::int32_t>(hls::word_of(v[0], 0)); };
      for (std::size_t i = 0; i < 64; ++i) {
        const auto mantissa = [&](const std::vector<Line>& v) {
          return std::ldexp(static_cast<std::int32_t>(hls::word_of(v[1 + i / 32], i % 32)), exponent(v));
        };
        CHECK(mantissa(twice) == 2 * mantissa(x));
      }
      constexpr std::uint32_t kWeights = 3u << 20;
      must(bench.device().write(kWeights, random_weights(Format::kMxInt8, 32, 64, 1, 130, random)));
      const LinearOperand linear{.num_tokens = 1,
                                 .input_line = 3020,
                                 .input_elements = 64,
                                 .columns = 64,
                                 .rows = 32,
                                 .output_line = 3030,
                                 .scale_max = 130,
                                 .scale_bias = -133,
                                 .weight_address_lo = kWeights,
                                 .rows_stored = 32,
                                 .columns_stored = 64};
      bench.run(Queue::kCompute, make_command(Opcode::kLinear, linear));
      products.push_back(bench.export_lines(0, 3030, 2));
    }
    product_ = product_.value_or(products[0]);
    CHECK(products[0] == *product_);
    CHECK(products[1] == *product_);
  }

 private:
  static Bench software() { return Bench(open_software(kCardBytes)); }
  static Bench simulation() {
    if (!simulation_is_built()) {
      WARN("the simulated card is not built: software alone");
      return software();
    }
    return Bench(open_simulation({}));
  }

  static std::string outcome(Bench& bench, Queue queue, const Command& command) {
    const Status status = bench.try_run(queue, command);
    return status.ok() ? "" : status.error().message();
  }

  // Experts in slots, whose matrices are the zeros at kData.
  void publish() {
    for (Bench& bench : benches_) {
      std::vector<Command> commands;
      for (const std::uint32_t layer : {0u, kExpertLayer, 255u}) {
        commands.push_back(make_command(
            Opcode::kPublish, SlotOperand{.layer = layer, .gate_up_address_lo = kData, .down_address_lo = kData}));
      }
      const Fence fence = must(bench.device().submit(Queue::kLoad, commands, kTestDeadline));
      must(bench.device().wait(fence, kTestDeadline));
    }
  }

  std::array<Bench, 2> benches_;
  std::vector<std::vector<CommandLimits>> limits_;
  std::optional<std::vector<Line>> product_;
};

}  // namespace sluice::test
