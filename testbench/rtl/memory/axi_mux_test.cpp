// axi_read_mux and axi_write_mux: routing by id, fairness, W order; the models' own assertions check stability.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <deque>
#include <random>
#include <vector>

#include "Vread_mux.h"
#include "Vwrite_mux.h"

namespace {

constexpr unsigned kClients = 3;
constexpr int kCycles = 4000;

struct Burst {
  std::uint64_t address = 0;  // client << 32 | number
  unsigned beats = 0;
};

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}
  bool operator()(int percent) { return static_cast<int>(random_() % 100) < percent; }
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

 private:
  std::mt19937_64 random_;
};

template <typename Wide>
void set_address(Wide& wide, unsigned client, std::uint64_t address) {
  for (unsigned b = 0; b < 5; ++b) {
    const unsigned byte = client * 5 + b, shift = 8 * (byte % 4);
    wide[byte / 4] = (wide[byte / 4] & ~(0xFFu << shift)) | static_cast<std::uint32_t>(address >> (8 * b) & 0xFF)
                                                                << shift;
  }
}

bool bit(unsigned value, unsigned index) { return (value >> index & 1) != 0; }

template <typename Model>
void reset(Model& model) {
  model.rst_ni = 0;
  for (int i = 0; i < 4; ++i) {
    model.clk_i = static_cast<CData>(i & 1);
    model.eval();
  }
  model.rst_ni = 1;
}

// What the clients see of a burst's data: its address and the number of the beat.
std::uint32_t beat_word(const Burst& burst, unsigned beat) {
  return static_cast<std::uint32_t>((burst.address >> 32) << 28 | (burst.address & 0xFFFFFF) << 4 | beat);
}

// Bursts that the clients want to make: shown until accepted.
struct Askers {
  std::array<Burst, kClients> shown;
  std::array<bool, kClients> asking{};
  std::array<std::uint64_t, kClients> made{};

  void ask(Chance& chance, int idle_percent) {
    for (unsigned c = 0; c < kClients; ++c) {
      if (!asking[c] && !chance(idle_percent)) {
        shown[c] = {std::uint64_t{c} << 32 | made[c]++, 1 + chance.below(16)};
        asking[c] = true;
      }
    }
  }
  unsigned valid() const {
    unsigned bits = 0;
    for (unsigned c = 0; c < kClients; ++c) {
      bits |= (asking[c] ? 1u : 0u) << c;
    }
    return bits;
  }
  unsigned lengths() const {
    unsigned bits = 0;
    for (unsigned c = 0; c < kClients; ++c) {
      bits |= ((shown[c].beats - 1) & 0xFF) << (8 * c);
    }
    return bits;
  }
};

std::array<std::uint64_t, kClients> exercise_reads(int idle, int stall, std::uint64_t seed) {
  Chance chance(seed);
  Vread_mux model;
  reset(model);
  Askers askers;
  std::array<std::deque<Burst>, kClients> at_memory, awaited;  // by id; by client
  std::array<unsigned, kClients> memory_beat{}, client_beat{};
  std::array<std::uint64_t, kClients> served{};
  int showing = -1;  // id whose beat is on R
  for (int i = 0; i < kCycles; ++i) {
    askers.ask(chance, idle);
    model.c_ar_valid_i = static_cast<CData>(askers.valid());
    model.c_ar_len_i = askers.lengths();
    for (unsigned c = 0; c < kClients; ++c) {
      set_address(model.c_ar_addr_i, c, askers.shown[c].address);
    }
    model.c_r_ready_i = 0;
    for (unsigned c = 0; c < kClients; ++c) {
      model.c_r_ready_i |= static_cast<CData>((chance(stall) ? 0 : 1) << c);
    }
    model.ar_ready_i = chance(stall) ? 0 : 1;
    const unsigned pick = chance.below(kClients);
    if (showing < 0 && !at_memory[pick].empty() && !chance(stall)) {
      showing = static_cast<int>(pick);  // interleaved by id, beat by beat
    }
    model.r_valid_i = showing >= 0 ? 1 : 0;
    if (showing >= 0) {
      const auto id = static_cast<unsigned>(showing);
      const Burst& burst = at_memory[id].front();
      model.r_id_i = static_cast<CData>(id);
      model.r_data_i = beat_word(burst, memory_beat[id]);
      model.r_last_i = memory_beat[id] + 1 == burst.beats ? 1 : 0;
    }
    model.clk_i = 0;
    model.eval();

    for (unsigned c = 0; c < kClients; ++c) {
      if (askers.asking[c] && bit(model.c_ar_ready_o, c)) {
        REQUIRE((model.ar_valid_o != 0 && model.ar_ready_i != 0));
        REQUIRE(model.ar_id_o == c);
        REQUIRE(model.ar_addr_o == askers.shown[c].address);
        REQUIRE(model.ar_len_o + 1u == askers.shown[c].beats);
        at_memory[c].push_back(askers.shown[c]);
        awaited[c].push_back(askers.shown[c]);
        askers.asking[c] = false;
        ++served[c];
      }
      if (bit(model.c_r_valid_o, c)) {
        REQUIRE(showing == static_cast<int>(c));
        if (bit(model.c_r_ready_i, c)) {
          REQUIRE(model.c_r_data_o == beat_word(awaited[c].front(), client_beat[c]));
          REQUIRE((model.c_r_last_o != 0) == (client_beat[c] + 1 == awaited[c].front().beats));
          if (++client_beat[c] == awaited[c].front().beats) {
            client_beat[c] = 0;
            awaited[c].pop_front();
          }
        }
      }
    }
    if (model.r_valid_i != 0 && model.r_ready_o != 0) {
      const auto id = static_cast<unsigned>(showing);
      REQUIRE(bit(model.c_r_valid_o, id));
      if (++memory_beat[id] == at_memory[id].front().beats) {
        memory_beat[id] = 0;
        at_memory[id].pop_front();
      }
      showing = -1;
    }
    model.clk_i = 1;
    model.eval();
  }
  return served;
}

std::array<std::uint64_t, kClients> exercise_writes(int idle, int stall, std::uint64_t seed) {
  Chance chance(seed);
  Vwrite_mux model;
  reset(model);
  Askers askers;
  std::array<std::deque<Burst>, kClients> to_send;  // W that a client still owes, the burst being asked for included
  std::array<unsigned, kClients> sent{};
  std::deque<std::pair<unsigned, Burst>> announced;  // accepted AW whose W has not ended
  std::deque<std::uint32_t> early;                   // W beats ahead of their AW; bit 31: last
  std::deque<unsigned> responses;
  unsigned received = 0;
  std::array<std::uint64_t, kClients> responded{};
  bool b_shown = false;
  for (int i = 0; i < kCycles; ++i) {
    const unsigned before = askers.valid();
    askers.ask(chance, idle);
    for (unsigned c = 0; c < kClients; ++c) {
      if (bit(askers.valid() & ~before, c)) {
        to_send[c].push_back(askers.shown[c]);
      }
      set_address(model.c_aw_addr_i, c, askers.shown[c].address);
    }
    model.c_aw_valid_i = static_cast<CData>(askers.valid());
    model.c_aw_len_i = askers.lengths();
    model.c_w_valid_i = 0;
    model.c_w_last_i = 0;
    for (unsigned c = 0; c < kClients; ++c) {
      if (!to_send[c].empty()) {
        model.c_w_valid_i |= static_cast<CData>(1 << c);
        model.c_w_data_i[c] = beat_word(to_send[c].front(), sent[c]);
        model.c_w_last_i |= static_cast<CData>((sent[c] + 1 == to_send[c].front().beats ? 1 : 0) << c);
      }
    }
    model.c_b_ready_i = static_cast<CData>(chance(stall) ? 0 : 7);
    model.aw_ready_i = chance(stall) ? 0 : 1;
    model.w_ready_i = chance(stall) ? 0 : 1;
    b_shown = b_shown || (!responses.empty() && !chance(stall));
    model.b_valid_i = b_shown ? 1 : 0;
    model.b_id_i = static_cast<CData>(b_shown ? responses.front() : 0);
    model.clk_i = 0;
    model.eval();

    if (model.w_valid_o != 0 && model.w_ready_i != 0) {
      early.push_back(model.w_data_o | (model.w_last_o != 0 ? 1u << 31 : 0));
    }
    if (model.aw_valid_o != 0 && model.aw_ready_i != 0) {
      announced.emplace_back(model.aw_id_o, Burst{model.aw_addr_o, model.aw_len_o + 1u});
      REQUIRE(model.aw_addr_o >> 32 == model.aw_id_o);
    }
    while (!early.empty() && !announced.empty()) {
      const Burst& burst = announced.front().second;
      const bool last = received + 1 == burst.beats;
      REQUIRE(early.front() == (beat_word(burst, received) | (last ? 1u << 31 : 0)));
      early.pop_front();
      ++received;
      if (last) {
        received = 0;
        responses.push_back(announced.front().first);
        announced.pop_front();
      }
    }
    for (unsigned c = 0; c < kClients; ++c) {
      if (bit(model.c_w_valid_i, c) && bit(model.c_w_ready_o, c) && ++sent[c] == to_send[c].front().beats) {
        sent[c] = 0;
        to_send[c].pop_front();
      }
      if (bit(model.c_b_valid_o, c)) {
        REQUIRE((b_shown && responses.front() == c));
      }
      askers.asking[c] = askers.asking[c] && !bit(model.c_aw_ready_o, c);
    }
    if (b_shown && model.b_ready_o != 0) {
      ++responded[responses.front()];
      responses.pop_front();
      b_shown = false;
    }
    model.clk_i = 1;
    model.eval();
  }
  return responded;
}

}  // namespace

TEST_CASE("read bursts of several clients come back to those who asked", "[memory]") {
  const int idle = GENERATE(0, 50, 95);
  const int stall = GENERATE(0, 30, 80);
  const auto seed = static_cast<std::uint64_t>(100 * idle + stall + 1);
  INFO("idle " << idle << " stall " << stall << " seed " << seed);
  const auto served = exercise_reads(idle, stall, seed);
  CHECK(*std::min_element(served.begin(), served.end()) > 10);
}

TEST_CASE("clients that always ask are served in turn", "[memory]") {
  const auto reads = exercise_reads(0, 0, 1);
  CHECK(reads[0] + reads[1] + reads[2] >= kCycles - 1);
  CHECK(*std::max_element(reads.begin(), reads.end()) - *std::min_element(reads.begin(), reads.end()) <= 1);
  const auto writes = exercise_writes(0, 0, 1);
  CHECK(*std::max_element(writes.begin(), writes.end()) - *std::min_element(writes.begin(), writes.end()) <= 1);
}

TEST_CASE("write bursts of several clients keep their data and get their responses", "[memory]") {
  const int idle = GENERATE(0, 50, 95);
  const int stall = GENERATE(0, 30, 80);
  const auto seed = static_cast<std::uint64_t>(100 * idle + stall + 1);
  INFO("idle " << idle << " stall " << stall << " seed " << seed);
  const auto responded = exercise_writes(idle, stall, seed);
  CHECK(*std::min_element(responded.begin(), responded.end()) > 5);
}
