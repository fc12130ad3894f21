// stripe_reader: data, order, bursts, throughput and errors over latency x memory stalls x back-pressure.
#include <catch2/catch.hpp>
#include <cstdint>
#include <deque>
#include <random>

#include "Vreader_four.h"
#include "Vreader_two.h"
#include "testbench/rtl/memory/axi_memory.hpp"

namespace sluice::test {
namespace {

constexpr std::uint64_t kLimitCycles = 200'000;

struct Request {
  std::uint32_t line;
  std::uint32_t lines;
};

template <typename Model, unsigned kChannels>
class Reader {
 public:
  Reader(const AxiTiming& timing, int stall_percent, std::uint64_t seed)
      : memory(2000, timing), stall_percent_(stall_percent), random_(seed) {
    for (auto& line : memory.lines) {
      for (auto& word : line) {
        word = static_cast<std::uint32_t>(random_());
      }
    }
    model_.rst_ni = 0;
    cycle();
    cycle();
    model_.rst_ni = 1;
  }

  AxiMemory<kChannels> memory;

  // Hands over all requests as fast as they are taken; returns the cycles until the last line has come.
  std::uint64_t run(std::deque<Request> requests) {
    std::deque<std::uint32_t> expected;
    for (const Request& request : requests) {
      for (std::uint32_t i = 0; i < request.lines; ++i) {
        expected.push_back(request.line + i);
      }
    }
    std::uint64_t cycles = 0;
    while (!requests.empty() || !expected.empty()) {
      REQUIRE(++cycles < kLimitCycles);
      model_.req_valid_i = requests.empty() ? 0 : 1;
      if (!requests.empty()) {
        model_.req_line_i = requests.front().line;
        model_.req_lines_i = requests.front().lines;
      }
      settle();
      if (model_.line_valid_o != 0 && model_.line_ready_i != 0) {
        REQUIRE_FALSE(expected.empty());
        const auto& line = memory.lines[expected.front()];
        expected.pop_front();
        REQUIRE(std::equal(line.begin(), line.end(), &model_.line_data_o[0]));
      }
      const bool taken = model_.req_valid_i != 0 && model_.req_ready_o != 0;
      edge();
      if (taken) {
        requests.pop_front();
      }
    }
    model_.req_valid_i = 0;
    return cycles;
  }

  bool error() {
    cycle();
    return model_.error_o != 0;
  }
  void cycle() {
    settle();
    edge();
  }

 private:
  void settle() {
    model_.ar_ready_i = static_cast<CData>(memory.ar_ready());
    model_.r_valid_i = static_cast<CData>(memory.r_valid());
    model_.r_last_i = static_cast<CData>(memory.r_last());
    model_.r_resp_i = static_cast<CData>(memory.r_resp());
    memory.drive_r_data(model_.r_data_i);
    model_.line_ready_i = static_cast<int>(random_() % 100) < stall_percent_ ? 0 : 1;
    model_.clk_i = 0;
    model_.eval();
  }
  void edge() {
    memory.read(model_.ar_valid_o, model_.ar_addr_o, model_.ar_len_o, model_.r_ready_o);
    model_.clk_i = 1;
    model_.eval();
  }

  Model model_;
  int stall_percent_;
  std::mt19937_64 random_;
};

std::deque<Request> random_requests(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::deque<Request> requests;
  for (int i = 0; i < 20; ++i) {
    const auto lines = static_cast<std::uint32_t>(random() % (random() % 4 == 0 ? 300 : 20));
    requests.push_back({static_cast<std::uint32_t>(random() % 1700), lines});
  }
  return requests;
}

}  // namespace

TEST_CASE("lines come whole and in order under every latency, stall and back-pressure", "[memory]") {
  const std::uint64_t latency = GENERATE(1u, 63u);
  const int memory_stall = GENERATE(0, 30, 80);
  const int consumer_stall = GENERATE(0, 30, 80);
  const std::uint64_t seed = latency * 10000 + static_cast<std::uint64_t>(100 * memory_stall + consumer_stall);
  INFO("latency " << latency << " memory stalls " << memory_stall << " consumer stalls " << consumer_stall << " seed "
                  << seed);
  const AxiTiming timing{.latency_cycles = latency, .stall_percent = memory_stall, .seed = seed};
  Reader<Vreader_four, 4> four(timing, consumer_stall, seed);
  four.run(random_requests(seed));
  CHECK(four.memory.violations == 0);
  Reader<Vreader_two, 2> two(timing, consumer_stall, seed);
  two.run(random_requests(seed + 1));
  CHECK(two.memory.violations == 0);
}

TEST_CASE("a reader sustains one line a cycle at 63 cycles of latency, also across requests", "[memory]") {
  Reader<Vreader_four, 4> reader({.latency_cycles = 63}, 0, 1);
  // Request 1, AR 1, latency 63, queue 1.
  CHECK(reader.run({{0, 1600}}) <= 1600 + 66);
  CHECK(reader.run({{0, 500}, {700, 500}, {100, 500}}) <= 1500 + 66);
  CHECK(reader.run({{3, 500}, {705, 500}, {107, 500}}) <= 1500 + 66);
}

TEST_CASE("a read error stays until the next request", "[memory]") {
  Reader<Vreader_four, 4> reader({.latency_cycles = 5}, 0, 2);
  reader.memory.error_line = 40;
  reader.run({{0, 40}});
  CHECK_FALSE(reader.error());
  reader.run({{30, 20}});
  CHECK(reader.error());
  CHECK(reader.error());
  reader.run({{50, 20}});
  CHECK_FALSE(reader.error());
}

}  // namespace sluice::test
