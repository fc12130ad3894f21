// slot_table against a map: publish, retire and lookup in random order, with few keys and few entries so that every
// case (replace, full, gap filled by the last entry, stale index) comes up often.
#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <random>

#include "Vslot_table.h"

namespace {

constexpr std::size_t kSlots = 8;
constexpr int kMostCycles = 5;  // of one operation, the request's first cycle included

class Table {
 public:
  Table() {
    model_.rst_ni = 0;
    clock();
    model_.rst_ni = 1;
  }

  // False: the table was full.
  bool update(bool publish, unsigned layer, unsigned expert, std::uint32_t payload) {
    model_.update_i = 1;
    model_.update_publish_i = publish;
    model_.update_layer_i = static_cast<CData>(layer);
    model_.update_expert_i = static_cast<SData>(expert);
    model_.update_payload_i = payload;
    wait_for(model_.update_done_o);
    const bool full = model_.update_full_o != 0;
    clock();
    model_.update_i = 0;
    return !full;
  }

  // 0: not found; payloads of the tests are not 0.
  std::uint32_t lookup(unsigned layer, unsigned expert) {
    model_.lookup_i = 1;
    model_.lookup_layer_i = static_cast<CData>(layer);
    model_.lookup_expert_i = static_cast<SData>(expert);
    wait_for(model_.lookup_done_o);
    const std::uint32_t payload = model_.lookup_found_o != 0 ? model_.lookup_payload_o : 0;
    clock();
    model_.lookup_i = 0;
    return payload;
  }

  void clear() {
    model_.clear_i = 1;
    clock();
    model_.clear_i = 0;
  }

 private:
  void clock() {
    model_.clk_i = 1;
    model_.eval();
    model_.clk_i = 0;
    model_.eval();
  }
  void wait_for(const CData& done) {
    model_.eval();
    int cycles = 1;
    while (done == 0 && cycles <= kMostCycles) {
      clock();
      ++cycles;
    }
    REQUIRE(cycles <= kMostCycles);
  }

  Vslot_table model_;
};

}  // namespace

TEST_CASE("the slot table finds exactly what is published and not retired", "[rtl][slots]") {
  const auto seed = GENERATE(1u, 2u, 3u);
  CAPTURE(seed);
  std::mt19937 random(seed);
  Table table;
  std::map<std::pair<unsigned, unsigned>, std::uint32_t> expected;
  for (int i = 0; i < 20000; ++i) {
    const unsigned layer = random() % 4 * 85;
    const unsigned expert = random() % 4 * 170;
    const std::pair key(layer, expert);
    switch (random() % (i % 2000 == 0 ? 1 : 4)) {
      case 0:
        if (i % 2000 == 0) {
          table.clear();
          expected.clear();
        }
        [[fallthrough]];
      case 1: {
        const auto payload = static_cast<std::uint32_t>(random() | 1);
        const bool room = expected.count(key) != 0 || expected.size() < kSlots;
        REQUIRE(table.update(true, layer, expert, payload) == room);
        if (room) {
          expected[key] = payload;
        }
        break;
      }
      case 2:
        REQUIRE(table.update(false, layer, expert, 0));
        expected.erase(key);
        break;
      default:
        REQUIRE(table.lookup(layer, expert) == (expected.count(key) != 0 ? expected[key] : 0));
    }
  }
}

TEST_CASE("a publish into a full slot table changes nothing", "[rtl][slots]") {
  Table table;
  for (unsigned expert = 0; expert < kSlots; ++expert) {
    REQUIRE(table.update(true, 1, expert, 100 + expert));
  }
  REQUIRE_FALSE(table.update(true, 2, 0, 7));
  CHECK(table.lookup(2, 0) == 0);
  for (unsigned expert = 0; expert < kSlots; ++expert) {
    CHECK(table.lookup(1, expert) == 100 + expert);
  }
  CHECK(table.update(true, 1, 3, 55));  // a replacement needs no room
  CHECK(table.lookup(1, 3) == 55);
}
