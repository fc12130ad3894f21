// stream_fifo and stream_queue: order, count and throughput over a sweep of idle x back-pressure.
#include <catch2/catch.hpp>
#include <cstdint>
#include <deque>
#include <random>

#include "Vfifo_deep.h"
#include "Vfifo_direct.h"
#include "Vfifo_shallow.h"
#include "Vstream_queue.h"

namespace {

struct Totals {
  std::uint64_t moved = 0;
  bool was_full = false;
};

// Drives `cycles` cycles with the chances given in percent and checks every item and the count.
template <typename Model>
Totals exercise(unsigned depth, unsigned cycles, int idle_percent, int stall_percent, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto chance = [&random](int percent) { return static_cast<int>(random() % 100) < percent; };
  Model model;
  model.rst_ni = 0;
  for (int i = 0; i < 4; ++i) {
    model.clk_i = static_cast<CData>(i & 1);
    model.eval();
  }
  model.rst_ni = 1;
  std::deque<std::uint32_t> held;
  Totals totals;
  model.in_valid_i = 0;
  for (unsigned i = 0; i < cycles; ++i) {
    if (model.in_valid_i == 0 && !chance(idle_percent)) {
      model.in_valid_i = 1;
      model.in_data_i = static_cast<IData>(random());
    }
    model.out_ready_i = chance(stall_percent) ? 0 : 1;
    model.clk_i = 0;
    model.eval();
    if constexpr (requires { model.count_o; }) {
      REQUIRE(model.count_o == held.size());
    }
    REQUIRE((model.in_ready_o != 0) == (held.size() < depth));
    totals.was_full = totals.was_full || held.size() == depth;
    const bool push = model.in_valid_i != 0 && model.in_ready_o != 0;
    const bool pop = model.out_valid_o != 0 && model.out_ready_i != 0;
    if (pop) {
      REQUIRE_FALSE(held.empty());
      REQUIRE(model.out_data_o == held.front());
      held.pop_front();
      ++totals.moved;
    }
    if (push) {
      held.push_back(model.in_data_i);
    }
    model.clk_i = 1;
    model.eval();
    if (push) {
      model.in_valid_i = 0;
    }
  }
  return totals;
}

}  // namespace

TEST_CASE("a stream queue keeps order and count under every idle and back-pressure", "[stream]") {
  const int idle = GENERATE(0, 20, 80);
  const int stall = GENERATE(0, 20, 80);
  const auto seed = static_cast<std::uint64_t>(1000 + 100 * idle + stall);
  INFO("idle " << idle << " stall " << stall << " seed " << seed);
  CHECK(exercise<Vfifo_shallow>(2, 2000, idle, stall, seed).moved > 100);
  CHECK(exercise<Vstream_queue>(2, 2000, idle, stall, seed).moved > 100);
  const Totals deep = exercise<Vfifo_deep>(16, 2000, idle, stall, seed);
  CHECK(deep.moved > 100);
  CHECK((deep.was_full || stall <= idle));
  const Totals direct = exercise<Vfifo_direct>(16, 2000, idle, stall, seed);
  CHECK(direct.moved > 100);
  CHECK((direct.was_full || stall <= idle));
}

TEST_CASE("a stream queue moves an item every cycle, the first after two cycles or one", "[stream]") {
  CHECK(exercise<Vfifo_deep>(16, 1000, 0, 0, 1).moved == 998);
  CHECK(exercise<Vfifo_direct>(16, 1000, 0, 0, 1).moved == 999);
  CHECK(exercise<Vstream_queue>(2, 1000, 0, 0, 1).moved == 999);
}
