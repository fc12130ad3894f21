// kernel_port between a slow kernel, vector memory and a slow card reader: order, data, throughput, errors, resets.
#include <catch2/catch.hpp>

#include "testbench/rtl/card/kernel_port_bench.hpp"

namespace sluice::test {
namespace {

constexpr std::uint32_t kWriteLine = 3000;  // reads of a job lie below, writes from here on

std::uint32_t below(std::mt19937& random, std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); }

Job random_job(std::mt19937& random) {
  Job job;
  const auto ranges = random() % 40;
  for (std::uint32_t i = 0; i < ranges; ++i) {
    Range range;
    range.card = below(random, 2) == 0;
    range.bank = range.card ? 0 : below(random, 4);
    range.count = below(random, 5) == 0 ? 1 + below(random, 60) : 1 + below(random, 2);
    range.line = below(random, kWriteLine - 60);
    job.ranges.push_back(range);
  }
  const auto writes = random() % 50;
  for (std::uint32_t i = 0; i < writes; ++i) {
    Write write{.bank = below(random, 4), .line = kWriteLine + i, .data = {}};
    for (std::uint32_t& word : write.data) {
      word = static_cast<std::uint32_t>(random());
    }
    job.writes.push_back(write);
  }
  return job;
}

Job reads(std::vector<Range> ranges) { return {std::move(ranges), {}}; }

constexpr std::uint64_t kAround = 8;  // cycles of a command beside its lines

}  // namespace

TEST_CASE("a kernel gets its lines in the order it asked for them and its writes are stored", "[rtl][card]") {
  const int kernel = GENERATE(0, 30, 80);
  const int card = GENERATE(0, 30, 80);
  const std::uint32_t seed = static_cast<std::uint32_t>(1 + 100 * kernel + card);
  CAPTURE(kernel, card, seed);
  std::mt19937 random(seed);
  KernelPortBench bench({.kernel = kernel, .card = card, .latency_cycles = seed % 40 + 1}, seed);
  for (int i = 0; i < 40; ++i) {
    CHECK_FALSE(bench.run(random_job(random)).bus_error);
  }
}

TEST_CASE("lines come one a cycle, across ranges of either memory", "[rtl][card]") {
  KernelPortBench bench({.latency_cycles = 1}, 1);
  CHECK(bench.run(reads({{false, 1, 0, 500}})).cycles <= 500 + kAround);
  std::vector<Range> ones, card_ones;
  for (std::uint32_t i = 0; i < 500; ++i) {
    ones.push_back({false, i % 4, 7 * i % 1000, 1});
    card_ones.push_back({true, 0, 7 * i % 1000, 1});
  }
  CHECK(bench.run(reads(ones)).cycles <= 500 + kAround);
  CHECK(bench.run(reads(card_ones)).cycles <= 500 + kAround + 2);
  CHECK(bench.run(reads({{true, 0, 0, 500}})).cycles <= 500 + kAround + 2);
}

TEST_CASE("the latency of card memory shows once in a command that reads both memories in turns", "[rtl][card]") {
  constexpr std::uint32_t kLatency = 63;
  KernelPortBench bench({.kernel = 75, .latency_cycles = kLatency}, 2);  // a line in four cycles
  std::vector<Range> turns;
  for (std::uint32_t i = 0; i < 200; ++i) {
    turns.push_back({true, 0, i, 1});
    turns.push_back({false, 0, i, 1});
  }
  CHECK(bench.run(reads(turns)).cycles <= 400 * 4 * 5 / 4 + kLatency);
}

TEST_CASE("there is no progress only while a line of card memory is due", "[rtl][card]") {
  KernelPortBench bench({.kernel = 50, .latency_cycles = 200}, 3);
  CHECK(bench.run(reads({{false, 2, 0, 100}})).waiting == 0);
  const auto waiting = bench.run(reads({{true, 0, 5, 1}})).waiting;
  CHECK(waiting >= 195);
  CHECK(waiting <= 201);
}

TEST_CASE("an error of a card read is a bus error of the command that asked for it, and of no other", "[rtl][card]") {
  const int stalls = GENERATE(0, 60);
  KernelPortBench bench({.kernel = stalls, .card = stalls, .latency_cycles = 10}, 4);
  bench.error_line = 77;
  // The last range is asked for long after the error has come, and the reader forgets it then.
  Job faulty = reads({{true, 0, 70, 10}});
  faulty.ranges.insert(faulty.ranges.end(), 40, {false, 0, 3, 2});
  faulty.ranges.push_back({true, 0, 500, 1});
  for (int i = 0; i < 20; ++i) {
    CHECK(bench.run(faulty).bus_error);
    CHECK_FALSE(bench.run(reads({{false, 1, 77, 3}})).bus_error);  // the reader still shows the error
    CHECK(bench.run(reads({{true, 0, 77, 1}})).bus_error);
    CHECK_FALSE(bench.run(reads({{true, 0, 78, 1}})).bus_error);
  }
}

TEST_CASE("a reset in the middle of a command leaves nothing behind for the next", "[rtl][card]") {
  std::mt19937 random(5);
  KernelPortBench bench({.kernel = 20, .card = 20, .latency_cycles = 20}, 5);
  for (std::uint64_t cycles = 0; cycles < 300; ++cycles) {
    CAPTURE(cycles);
    bench.cut_off(random_job(random), cycles);
    CHECK_FALSE(bench.run(random_job(random)).bus_error);
  }
}

}  // namespace sluice::test
