// Good commands spoilt at random, and pure garbage: whatever it is, both devices say the same of it, and go on.
#include <array>
#include <catch2/catch.hpp>
#include <iterator>
#include <random>
#include <string>

#include "hls/unit/unit.hpp"
#include "testbench/conformance/malformed_cases.hpp"
#include "testbench/conformance/malformed_pair.hpp"
#include "testbench/fuzz/extents.hpp"

using namespace sluice::device;
using namespace sluice::test;
using sluice::hls::check_command;

namespace {

// A value that is near some limit, or any.
std::uint32_t odd_value(std::mt19937& random) {
  static constexpr std::uint32_t kNear[] = {0,    1,     2,          4,          16,         31,        32,    33,
                                            64,   96,    127,        128,        255,        512,       1024,  4094,
                                            4095, 4096,  kCardLines, 131'040,    131'072,    1u << 24,  kData, ~31u,
                                            ~63u, ~127u, 1u << 31,   0xFFFFFFFE, 0xFFFFFFFF, kPageTable};
  const std::uint32_t near = kNear[random() % std::size(kNear)];
  switch (random() % 4) {
    case 0:
      return static_cast<std::uint32_t>(random());
    case 1:
      return near - 1 + static_cast<std::uint32_t>(random() % 3);
    default:
      return near;
  }
}

// The same words of both commands altered alike: mostly the operand's, now and then those of header and tokens.
void spoil(std::array<Command, 2>& commands, std::uint32_t operand_words_used, std::mt19937& random) {
  for (std::size_t count = 1 + random() % 4; count > 0; --count) {
    const std::uint32_t place = random() % 12;
    const std::uint32_t value = odd_value(random);
    const std::uint32_t token = random() % kMaxTokens;
    const std::uint32_t word = static_cast<std::uint32_t>(random());
    for (Command& command : commands) {
      if (place == 0) {  // no semaphore is waited for: that takes the time-out
        const std::uint32_t at = word % 16;
        header_words(command)[at] = at == 3 || at == 8 ? header_words(command)[at] : value;
      } else if (place <= 2) {
        token_words(command, token)[word % 8] = value;
      } else if (operand_words_used > 0) {
        operand_words(command)[word % operand_words_used] = value;
      }
    }
  }
}

bool is_host_command(std::uint16_t opcode) {
  const auto of = static_cast<Opcode>(opcode);
  return of == Opcode::kLoad || of == Opcode::kStore || of == Opcode::kImport || of == Opcode::kExport;
}

// Garbage must not name a host buffer that is not its own: a device's rings lie in host memory too.
void keep_off_rings(std::array<Command, 2>& commands, const Pair& pair) {
  std::uint32_t& software = operand_words(commands[0])[1];
  std::uint32_t& simulation = operand_words(commands[1])[1];
  if (is_host_command(commands[0].header.opcode) &&
      (software != pair.host_high(0) || simulation != pair.host_high(1))) {
    software |= 1u << 31;
    simulation |= 1u << 31;
  }
}

struct Seen {
  int taken = 0;
  int refused = 0;
};

Seen run_garbage(Pair& pair, std::uint32_t seed, int commands) {
  std::mt19937 random(seed);
  Seen seen;
  for (int i = 0; i < commands; ++i) {
    const std::size_t kind = random() % pair.limits(0).size();
    std::array<Command, 2> spoiled = {pair.limits(0)[kind].good, pair.limits(1)[kind].good};
    if (random() % 8 == 0) {  // nothing but garbage
      for (std::uint32_t word = 0; word < kOperandBytes / 4; ++word) {
        operand_words(spoiled[0])[word] = operand_words(spoiled[1])[word] = static_cast<std::uint32_t>(random());
      }
    } else {
      spoil(spoiled, pair.limits(0)[kind].words, random);
    }
    keep_off_rings(spoiled, pair);
    const Queue queue = random() % 16 == 0 ? Queue::kLoad : pair.limits(0)[kind].queue;
    const bool taken = check_command(spoiled[0], queue, kCardLines).fault == Fault::kNone;
    if (taken && sluice::fuzz::cost_of(spoiled[0]) > kMostCost / 20) {
      continue;
    }
    CAPTURE(seed, i, pair.limits(0)[kind].name);
    const std::string words = pair.run(queue, spoiled[0], spoiled[1]);
    const bool ran = words.empty() || words.find("(bus error)") != std::string::npos ||
                     words.find("(not resident)") != std::string::npos;
    CHECK(ran == taken);
    if (ran && !words.empty()) {  // what it wrote until it failed is not the same
      pair.clear_vectors();
    }
    ++(taken ? seen.taken : seen.refused);
  }
  pair.computes();
  return seen;
}

}  // namespace

TEST_CASE("garbage is refused by both devices in the same words, and does not hinder what comes after", "[malformed]") {
  Pair pair;
  const Seen seen = run_garbage(pair, 1, 3000);
  CHECK(seen.taken > 300);
  CHECK(seen.refused > 1000);
}

TEST_CASE("fifty thousand pieces of garbage more", "[malformed][long]") {
  for (std::uint32_t seed = 100; seed < 110; ++seed) {
    Pair pair;
    run_garbage(pair, seed, 5000);
  }
}
