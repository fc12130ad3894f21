// Every command on every device: the same random sequences must leave the same bytes in all memories.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <set>

#include "testbench/conformance/random_commands.hpp"
#include "testbench/host/device/simulation/bench.hpp"

using namespace sluice::device;
using sluice::test::RandomCommands;

namespace {

// What a sequence left behind.
struct Outcome {
  std::vector<std::vector<Line>> banks;
  std::vector<std::byte> kv;
  std::set<std::uint16_t> opcodes;
};

Outcome run(Bench bench, std::uint32_t seed, std::uint32_t commands) {
  std::mt19937 data(seed + 1000);
  Outcome out;
  RandomCommands sequence(seed, [&bench](const std::vector<std::byte>& bytes) { return bench.place(bytes); });
  for (const RandomCommands::Vector& v : sequence.initial_vectors()) {
    bench.import_lines(v.bank, v.line, sluice::hls::lines_of_vector(random_vector(v.elements, data)));
  }
  for (const Command& command : sequence.publications()) {
    bench.run(Queue::kLoad, command);
  }
  for (std::uint32_t i = 0; i < commands; ++i) {
    const RandomCommands::Next next = sequence.next();
    out.opcodes.insert(next.command.header.opcode);
    bench.run(next.queue, next.command);
  }
  for (std::uint32_t bank = 0; bank < kMaxTokens; ++bank) {
    out.banks.push_back(bench.export_lines(bank, 0, kVectorLines));
  }
  out.kv.resize(sequence.kv_bytes());
  must(bench.device().read(sequence.kv_address(), out.kv));
  return out;
}

void compare(std::uint32_t seed, std::uint32_t commands, double stall_probability, std::set<std::uint16_t>& opcodes) {
  CAPTURE(seed, stall_probability);
  const Outcome want = run(software_bench(), seed, commands);
  const Outcome got = run(simulation_bench(stall_probability, seed), seed, commands);
  for (std::uint32_t bank = 0; bank < kMaxTokens; ++bank) {
    for (std::uint32_t line = 0; line < kVectorLines; ++line) {
      CAPTURE(bank, line);
      REQUIRE(want.banks[bank][line] == got.banks[bank][line]);
    }
  }
  CHECK(want.kv == got.kv);
  opcodes.insert(want.opcodes.begin(), want.opcodes.end());
}

}  // namespace

TEST_CASE("random sequences of all commands leave the same bytes on software and simulation", "[conformance]") {
  std::set<std::uint16_t> opcodes;
  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    compare(seed, 60, seed % 2 == 0 ? 0.2 : 0.0, opcodes);
  }
  for (std::uint16_t opcode = static_cast<std::uint16_t>(Opcode::kQuantise);
       opcode <= static_cast<std::uint16_t>(Opcode::kCombine); ++opcode) {
    CHECK(opcodes.count(opcode) == 1);
  }
  CHECK(opcodes.count(static_cast<std::uint16_t>(Opcode::kLinear)) == 1);
  CHECK(opcodes.count(static_cast<std::uint16_t>(Opcode::kExperts)) == 1);
}

TEST_CASE("a hundred more sequences of commands leave the same bytes", "[conformance][long]") {
  std::set<std::uint16_t> opcodes;
  for (std::uint32_t seed = 100; seed < 200; ++seed) {
    compare(seed, 80, 0.05 * (seed % 6), opcodes);
  }
}
