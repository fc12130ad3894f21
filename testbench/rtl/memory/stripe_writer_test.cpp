// stripe_writer: what memory holds, bursts, done and errors over latency x memory stalls x idle input.
#include <catch2/catch.hpp>
#include <cstdint>
#include <random>

#include "Vwriter_four.h"
#include "Vwriter_two.h"
#include "testbench/rtl/memory/axi_memory.hpp"

namespace sluice::test {
namespace {

constexpr std::uint64_t kLimitCycles = 200'000;

template <typename Model, unsigned kChannels>
class Writer {
 public:
  Writer(const AxiTiming& timing, int idle_percent, std::uint64_t seed)
      : memory(2000, timing), idle_percent_(idle_percent), random_(seed) {
    model_.rst_ni = 0;
    cycle();
    cycle();
    model_.rst_ni = 1;
  }

  AxiMemory<kChannels> memory;

  // Writes random lines and checks all of memory at done_o; returns the cycles taken. The lines may be offered
  // `early` cycles before the request.
  std::uint64_t run(std::uint32_t first, std::uint32_t lines, unsigned early) {
    auto expected = memory.lines;
    std::uint32_t sent = 0;
    bool requested = false;
    for (std::uint64_t cycles = 1; cycles < kLimitCycles; ++cycles) {
      model_.req_valid_i = !requested && cycles > early ? 1 : 0;
      model_.req_line_i = first;
      model_.req_lines_i = lines;
      if (model_.line_valid_i == 0 && sent < lines && static_cast<int>(random_() % 100) >= idle_percent_) {
        model_.line_valid_i = 1;
        for (unsigned w = 0; w < 32; ++w) {
          model_.line_data_i[w] = expected[first + sent][w] = static_cast<std::uint32_t>(random_());
        }
      }
      settle();
      requested = requested || (model_.req_valid_i != 0 && model_.req_ready_o != 0);
      const bool moved = model_.line_valid_i != 0 && model_.line_ready_o != 0;
      const bool done = model_.done_o != 0;
      if (done) {
        REQUIRE((memory.lines == expected));
      }
      edge();
      if (moved) {
        model_.line_valid_i = 0;
        ++sent;
      }
      if (done) {
        REQUIRE(sent == lines);
        return cycles - early;
      }
    }
    FAIL("no done");
    return 0;
  }

  bool error() const { return model_.error_o != 0; }

 private:
  void cycle() {
    settle();
    edge();
  }
  void settle() {
    model_.aw_ready_i = static_cast<CData>(memory.aw_ready());
    model_.w_ready_i = static_cast<CData>(memory.w_ready());
    model_.b_valid_i = static_cast<CData>(memory.b_valid());
    model_.b_resp_i = static_cast<CData>(memory.b_resp());
    model_.clk_i = 0;
    model_.eval();
  }
  void edge() {
    memory.write(model_.aw_valid_o, model_.aw_addr_o, model_.aw_len_o, model_.w_valid_o, model_.w_data_o,
                 model_.w_last_o, model_.b_ready_o);
    model_.clk_i = 1;
    model_.eval();
  }

  Model model_;
  int idle_percent_;
  std::mt19937_64 random_;
};

template <typename Model, unsigned kChannels>
void sweep(const AxiTiming& timing, int idle, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Writer<Model, kChannels> writer(timing, idle, seed);
  for (int i = 0; i < 20; ++i) {
    const auto lines = static_cast<std::uint32_t>(random() % (random() % 4 == 0 ? 200 : 20));
    writer.run(static_cast<std::uint32_t>(random() % 1700), lines, random() % 2 == 0 ? 0 : 30);
    CHECK_FALSE(writer.error());
  }
  CHECK(writer.memory.violations == 0);
}

}  // namespace

TEST_CASE("memory holds the lines when the writer is done, under every latency, stall and idle", "[memory]") {
  const std::uint64_t latency = GENERATE(1u, 63u);
  const int stall = GENERATE(0, 30, 80);
  const int idle = GENERATE(0, 30, 80);
  const std::uint64_t seed = latency * 10000 + static_cast<std::uint64_t>(100 * stall + idle);
  INFO("latency " << latency << " stalls " << stall << " idle " << idle << " seed " << seed);
  const AxiTiming timing{.latency_cycles = latency, .stall_percent = stall, .seed = seed};
  sweep<Vwriter_four, 4>(timing, idle, seed);
  sweep<Vwriter_two, 2>(timing, idle, seed + 1);
}

TEST_CASE("a writer sustains one line a cycle", "[memory]") {
  Writer<Vwriter_four, 4> writer({.latency_cycles = 10}, 0, 1);
  // The first burst waits for its 16 beats; then the queue, AW, and the last response.
  CHECK(writer.run(0, 1600, 0) <= 1600 + 16 + 4 + 12);
}

TEST_CASE("a write error is told at done and forgotten with the next request", "[memory]") {
  Writer<Vwriter_four, 4> writer({.latency_cycles = 5}, 0, 2);
  writer.memory.error_line = 40;
  writer.run(30, 20, 0);
  CHECK(writer.error());
  writer.run(50, 20, 0);
  CHECK_FALSE(writer.error());
}

}  // namespace sluice::test
