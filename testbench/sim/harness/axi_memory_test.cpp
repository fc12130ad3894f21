// The memories around the card, driven by hand and by a small manager: what they answer, when, and what they object to.
#include "sim/harness/axi_memory.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

namespace sluice::sim {
namespace {

constexpr std::uint32_t kBeatBytes = 32;
constexpr std::uint32_t kSize = 5;  // log2(kBeatBytes)

// Flat memory of `bytes` bytes at address 0.
class FlatStorage final : public Storage {
 public:
  explicit FlatStorage(std::size_t bytes) : bytes_(bytes) {}
  [[nodiscard]] std::byte* translate(std::uint64_t address, std::uint64_t bytes) override {
    return address + bytes <= bytes_.size() ? bytes_.data() + address : nullptr;
  }
  [[nodiscard]] std::vector<std::byte>& bytes() { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

AxiOptions options_of(double stall_probability = 0, std::uint64_t seed = 1) {
  return {.name = "port",
          .beat_bytes = kBeatBytes,
          .read_latency_cycles = 10,
          .write_latency_cycles = 10,
          .queue_depth = 8,
          .stall_probability = stall_probability,
          .seed = seed};
}

AxiAddress burst_at(std::uint64_t address, std::uint32_t beats, std::uint32_t id = 0) {
  return {.valid = true, .id = id, .address = address, .length = beats - 1, .size = kSize, .burst = 1};
}

// A manager that keeps the rules: writes, then reads, with its own random readiness.
class Manager {
 public:
  explicit Manager(AxiMemory& memory) : memory_(memory) {}

  void write(std::uint64_t address, const std::vector<std::byte>& bytes) {
    const auto beats = static_cast<std::uint32_t>(bytes.size() / kBeatBytes);
    signals_.aw = burst_at(address, beats);
    signals_.b_ready = true;
    std::uint32_t sent = 0;
    bool answered = false;
    for (int cycle = 0; cycle < 10000 && !answered; ++cycle) {
      signals_.w_valid = sent < beats;
      signals_.w_last = sent + 1 == beats;
      signals_.w_strobe = 0xFFFFFFFF;
      if (signals_.w_valid) {
        std::memcpy(signals_.w_data.data(), bytes.data() + std::size_t{sent} * kBeatBytes, kBeatBytes);
      }
      const bool aw_taken = signals_.aw.valid && memory_.outputs().aw_ready;
      const bool w_taken = signals_.w_valid && memory_.outputs().w_ready;
      answered = memory_.outputs().b_valid;
      memory_.clock(signals_);
      signals_.aw.valid = signals_.aw.valid && !aw_taken;
      sent += w_taken ? 1 : 0;
    }
    REQUIRE(answered);
    signals_ = {};
  }

  std::vector<std::byte> read(std::uint64_t address, std::uint32_t beats) {
    std::vector<std::byte> bytes;
    signals_.ar = burst_at(address, beats);
    for (int cycle = 0; cycle < 10000 && bytes.size() < std::size_t{beats} * kBeatBytes; ++cycle) {
      signals_.r_ready = cycle % 3 != 0;
      const bool ar_taken = signals_.ar.valid && memory_.outputs().ar_ready;
      const AxiMemorySignals outputs = memory_.outputs();
      if (outputs.r_valid && signals_.r_ready) {
        bytes.insert(bytes.end(), outputs.r_data.begin(), outputs.r_data.begin() + kBeatBytes);
        REQUIRE(outputs.r_last == (bytes.size() == std::size_t{beats} * kBeatBytes));
      }
      memory_.clock(signals_);
      signals_.ar.valid = signals_.ar.valid && !ar_taken;
    }
    signals_ = {};
    return bytes;
  }

 private:
  AxiMemory& memory_;
  AxiManagerSignals signals_;
};

std::vector<std::byte> pattern(std::size_t bytes, std::uint32_t seed) {
  std::vector<std::byte> data(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    seed = seed * 1664525u + 1013904223u;
    data[i] = static_cast<std::byte>(seed >> 24);
  }
  return data;
}

// Steps until `memory` would take an address, then offers `address` for one edge.
void offer_read(AxiMemory& memory, const AxiAddress& address) {
  memory.clock({});
  REQUIRE(memory.outputs().ar_ready);
  memory.clock({.ar = address});
}

}  // namespace

TEST_CASE("what is written is read back, under random stalls", "[axi]") {
  for (const double stall_probability : {0.0, 0.3, 0.9}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      CAPTURE(stall_probability, seed);
      FlatStorage storage(8192);
      AxiMemory memory(options_of(stall_probability, seed), storage);
      Manager manager(memory);
      const auto first = pattern(16 * kBeatBytes, 1);
      const auto second = pattern(3 * kBeatBytes, 2);
      manager.write(512, first);
      manager.write(4096, second);
      CHECK(manager.read(512, 16) == first);
      CHECK(manager.read(4096, 3) == second);
      CHECK(memory.violation() == "");
      CHECK(memory.traffic().read_bytes == 19 * kBeatBytes);
      CHECK(memory.traffic().write_bytes == 19 * kBeatBytes);
      CHECK(memory.traffic().read_bursts == 2);
      CHECK(memory.traffic().write_bursts == 2);
    }
  }
}

TEST_CASE("a read's first beat comes after the latency, then one a cycle", "[axi]") {
  FlatStorage storage(4096);
  AxiMemory memory(options_of(), storage);
  offer_read(memory, burst_at(0, 4));
  int cycles = 0;
  while (!memory.outputs().r_valid && cycles < 100) {
    memory.clock({.r_ready = true});
    ++cycles;
  }
  CHECK(cycles == 10);
  for (int beat = 0; beat < 4; ++beat) {
    CHECK(memory.outputs().r_valid);
    CHECK(memory.outputs().r_last == (beat == 3));
    memory.clock({.r_ready = true});
  }
  CHECK_FALSE(memory.outputs().r_valid);
}

TEST_CASE("bursts in flight overlap, so reads run at a beat a cycle whatever the latency", "[axi]") {
  FlatStorage storage(4096);
  AxiMemory memory(options_of(), storage);
  memory.clock({});
  int beats = 0;
  int cycles = 0;
  std::uint64_t next = 0;
  while (beats < 64 && cycles < 1000) {
    const AxiManagerSignals signals = {.ar = burst_at(next % 4096, 8), .r_ready = true};
    next += memory.outputs().ar_ready ? 8 * kBeatBytes : 0;
    memory.clock(signals);
    beats += memory.outputs().r_valid ? 1 : 0;
    ++cycles;
  }
  CHECK(cycles == 64 + 10);
  CHECK(memory.violation() == "");
}

TEST_CASE("a byte without its strobe keeps its value", "[axi]") {
  FlatStorage storage(64);
  AxiMemory memory(options_of(), storage);
  memory.clock({});
  memory.clock({.aw = burst_at(0, 1)});
  AxiManagerSignals beat = {.w_valid = true, .w_last = true, .w_strobe = 0b10};
  beat.w_data.fill(std::byte{0xAB});
  memory.clock(beat);
  CHECK(storage.bytes()[0] == std::byte{0});
  CHECK(storage.bytes()[1] == std::byte{0xAB});
  CHECK(storage.bytes()[2] == std::byte{0});
  CHECK(memory.violation() == "");
}

TEST_CASE("memory that is not there is answered with a decode error", "[axi]") {
  FlatStorage storage(64);
  AxiMemory memory(options_of(), storage);
  offer_read(memory, burst_at(1024, 1, 3));
  for (int cycle = 0; cycle < 20 && !memory.outputs().r_valid; ++cycle) {
    memory.clock({});
  }
  CHECK(memory.outputs().r_response == kResponseDecodeError);
  CHECK(memory.outputs().r_id == 3);

  memory.clock({.aw = burst_at(1024, 1, 5), .r_ready = true});
  memory.clock({.w_valid = true, .w_last = true, .w_strobe = 0xFFFFFFFF});
  for (int cycle = 0; cycle < 20 && !memory.outputs().b_valid; ++cycle) {
    memory.clock({});
  }
  CHECK(memory.outputs().b_response == kResponseDecodeError);
  CHECK(memory.outputs().b_id == 5);
  CHECK(memory.violation() == "");
}

TEST_CASE("a manager that drops valid, or changes what it offers, is caught", "[axi]") {
  FlatStorage storage(4096);
  AxiMemory memory(options_of(), storage);  // nothing is ready before the first edge
  AxiManagerSignals offer = {.ar = burst_at(0, 2), .aw = burst_at(64, 2)};
  offer.w_valid = true;
  offer.w_strobe = 0xFFFFFFFF;
  memory.clock(offer);
  REQUIRE(memory.violation() == "");

  AxiManagerSignals next = offer;
  std::string expected;
  SECTION("ar dropped") {
    next.ar.valid = false;
    expected = "ar dropped valid before ready";
  }
  SECTION("aw dropped") {
    next.aw.valid = false;
    expected = "aw dropped valid before ready";
  }
  SECTION("w dropped") {
    next.w_valid = false;
    expected = "w dropped valid before ready";
  }
  SECTION("ar address changed") {
    next.ar.address += 64;
    expected = "ar changed while it waited";
  }
  SECTION("ar id changed") {
    next.ar.id = 1;
    expected = "ar changed while it waited";
  }
  SECTION("aw length changed") {
    next.aw.length = 0;
    expected = "aw changed while it waited";
  }
  SECTION("w data changed") {
    next.w_data[31] = std::byte{1};
    expected = "w changed while it waited";
  }
  SECTION("w strobe changed") {
    next.w_strobe = 1;
    expected = "w changed while it waited";
  }
  SECTION("nothing changed") {}
  memory.clock(next);
  CAPTURE(memory.violation());
  CHECK(memory.violation().empty() == expected.empty());
  CHECK(memory.violation().find(expected) != std::string::npos);
}

TEST_CASE("an illegal burst is caught", "[axi]") {
  struct Case {
    std::string expected;  // empty: legal
    AxiAddress address;
  };
  const auto altered = [](auto alter) {
    AxiAddress address = burst_at(0, 4);
    alter(address);
    return address;
  };
  const std::vector<Case> cases = {
      {"", altered([](AxiAddress& a) { a.address = 4096 - 128; })},
      {"crosses a 4 KiB boundary", altered([](AxiAddress& a) { a.address = 4096 - 96; })},
      {"is not the width of the port", altered([](AxiAddress& a) { a.size = 4; })},
      {"is not INCR", altered([](AxiAddress& a) { a.burst = 2; })},
      {"more than 256 beats", altered([](AxiAddress& a) { a.length = 256; })},
      {"not a multiple of the port's width", altered([](AxiAddress& a) { a.address = 8; })},
  };
  for (const Case& each : cases) {
    for (const bool read : {true, false}) {
      FlatStorage storage(1 << 16);
      AxiMemory memory(options_of(), storage);
      memory.clock({});
      AxiManagerSignals signals;
      (read ? signals.ar : signals.aw) = each.address;
      memory.clock(signals);
      CAPTURE(each.expected, read, memory.violation());
      CHECK(memory.violation().empty() == each.expected.empty());
      CHECK(memory.violation().find(each.expected) != std::string::npos);
      CHECK((each.expected.empty() || memory.violation().find(read ? ": ar " : ": aw ") != std::string::npos));
    }
  }
}

TEST_CASE("reads are answered out of order only where that is asked for, and each burst in one piece", "[axi]") {
  for (const bool reorder : {false, true}) {
    FlatStorage storage(4096);
    AxiOptions options = options_of();
    options.unique_read_ids = true;
    options.reorder_reads = reorder;
    AxiMemory memory(options, storage);
    memory.clock({});
    for (std::uint32_t id = 0; id < 8; ++id) {
      storage.bytes()[64 * id] = storage.bytes()[64 * id + 32] = static_cast<std::byte>(id);
      memory.clock({.ar = burst_at(64 * id, 2, id)});
    }
    std::vector<std::uint32_t> ids;
    for (int cycle = 0; cycle < 100; ++cycle) {
      if (memory.outputs().r_valid) {
        ids.push_back(memory.outputs().r_id);
        REQUIRE(memory.outputs().r_data[0] == static_cast<std::byte>(ids.back()));
        REQUIRE(memory.outputs().r_last == (ids.size() % 2 == 0));
        REQUIRE((ids.size() % 2 == 1 || ids[ids.size() - 2] == ids.back()));
      }
      memory.clock({.r_ready = true});
    }
    REQUIRE(ids.size() == 16);
    CHECK(std::is_sorted(ids.begin(), ids.end()) == !reorder);
  }
}

TEST_CASE("a wrong write last is caught", "[axi]") {
  FlatStorage storage(4096);
  AxiMemory memory(options_of(), storage);
  memory.clock({});
  memory.clock({.aw = burst_at(0, 2)});
  SECTION("too early") {
    memory.clock({.w_valid = true, .w_last = true, .w_strobe = 1});
    CHECK(memory.violation().find("before the burst's end") != std::string::npos);
  }
  SECTION("missing") {
    memory.clock({.w_valid = true, .w_last = false, .w_strobe = 1});
    CHECK(memory.violation() == "");
    memory.clock({.w_valid = true, .w_last = false, .w_strobe = 1});
    CHECK(memory.violation().find("missing at the burst's end") != std::string::npos);
  }
}

TEST_CASE("more reads in flight than the port allows, and an id used twice, are caught", "[axi]") {
  FlatStorage storage(4096);
  AxiOptions options = options_of();
  options.reads_allowed = 2;
  options.unique_read_ids = true;
  AxiMemory memory(options, storage);
  memory.clock({});
  memory.clock({.ar = burst_at(0, 1, 0)});
  SECTION("two with different ids are allowed, three are not") {
    memory.clock({.ar = burst_at(0, 1, 1)});
    CHECK(memory.violation() == "");
    memory.clock({.ar = burst_at(0, 1, 2)});
    CHECK(memory.violation().find("more than 2 reads in flight") != std::string::npos);
  }
  SECTION("an id is free again after its last beat only") {
    while (!memory.outputs().r_valid) {
      memory.clock({});
    }
    SECTION("beat not taken yet") {
      memory.clock({.ar = burst_at(0, 1, 0)});
      CHECK(memory.violation().find("id 0 is already in flight") != std::string::npos);
    }
    SECTION("beat taken") {
      memory.clock({.r_ready = true});
      memory.clock({.ar = burst_at(0, 1, 0)});
      CHECK(memory.violation() == "");
    }
  }
}

TEST_CASE("channels see the slices of each line that the device page promises", "[axi]") {
  for (const std::uint32_t channels : {1u, 2u, 4u}) {
    const auto storage = CardStorage::create(1024, channels);
    REQUIRE(storage != nullptr);
    const std::uint32_t slice = 128 / channels;
    for (std::uint32_t channel = 0; channel < channels; ++channel) {
      CHECK(storage->channel(channel).translate(3 * slice, 32) == storage->bytes().data() + 3 * 128 + channel * slice);
      CHECK(storage->channel(channel).translate(8 * slice, 32) == nullptr);
    }
  }
}

TEST_CASE("host memory has what was added and nothing else", "[axi]") {
  HostStorage storage;
  std::vector<std::byte> first(128);
  std::vector<std::byte> second(64);
  const std::uint64_t first_address = storage.add_segment(first);
  const std::uint64_t second_address = storage.add_segment(second);
  CHECK(storage.translate(first_address + 64, 64) == first.data() + 64);
  CHECK(storage.translate(second_address, 64) == second.data());
  CHECK(storage.translate(first_address + 128, 64) == nullptr);
  CHECK(storage.translate(second_address + 64, 64) == nullptr);
  CHECK(storage.translate(0, 64) == nullptr);
  CHECK(storage.translate(std::uint64_t{3} << 40, 64) == nullptr);
}

}  // namespace sluice::sim
