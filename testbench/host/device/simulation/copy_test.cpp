// The simulated card from outside: identity, queues, copies, import and export, time-outs, waveforms.
#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include "testbench/host/device/simulation/bench.hpp"

namespace sluice::device {

TEST_CASE("the card says what it is", "[card]") {
  const auto device = open_simulation({});
  REQUIRE(device.ok());
  const DeviceInfo& info = device.value()->info();
  CHECK(info.name == "simulation");
  CHECK(info.channels == 4);
  CHECK(info.weights_per_cycle >= 64);
  CHECK(info.has_cycles);
  CHECK(info.memory_bytes >= kTestMemoryBytes);
}

TEST_CASE("the card's memory can be used in part", "[card]") {
  const auto device = open_simulation({.memory_bytes = 8192});
  REQUIRE(device.ok());
  CHECK(device.value()->info().memory_bytes == 8192);
  CHECK(device.value()->allocate(8192).ok());
  CHECK_FALSE(device.value()->allocate(1).ok());
}

TEST_CASE("bytes of random sizes come back from the card's memory under random stalls", "[card]") {
  for (const double stall_probability : {0.0, 0.2, 0.7}) {
    CAPTURE(stall_probability);
    Bench bench = simulation_bench(stall_probability, 5);
    std::mt19937 random(11);
    std::vector<std::byte> expected(1 << 16);
    const auto base = bench.device().allocate(expected.size());
    REQUIRE(base.ok());
    for (int round = 0; round < 12; ++round) {
      const std::size_t at = random() % expected.size();
      const std::size_t size = 1 + random() % std::min<std::size_t>(9000, expected.size() - at);
      CAPTURE(round, at, size);
      const std::vector<std::byte> bytes = random_bytes(size, random);
      std::copy(bytes.begin(), bytes.end(), expected.begin() + static_cast<std::ptrdiff_t>(at));
      REQUIRE(bench.device().write(base.value() + at, bytes).ok());
    }
    std::vector<std::byte> got(expected.size());
    REQUIRE(bench.device().read(base.value(), got).ok());
    CHECK(got == expected);
  }
}

TEST_CASE("vector memory keeps what is imported into each bank", "[card]") {
  for (const double stall_probability : {0.0, 0.5}) {
    CAPTURE(stall_probability);
    Bench bench = simulation_bench(stall_probability, 3);
    std::mt19937 random(5);
    std::vector<std::vector<Line>> banks;
    for (std::uint32_t bank = 0; bank < kMaxTokens; ++bank) {
      std::vector<Line>& lines = banks.emplace_back(1 + random() % 60);
      for (Line& line : lines) {
        const auto bytes = random_bytes(kLineBytes, random);
        std::copy(bytes.begin(), bytes.end(), line.begin());
      }
      bench.import_lines(bank, kVectorLines - static_cast<std::uint32_t>(lines.size()), lines);
    }
    for (std::uint32_t bank = 0; bank < kMaxTokens; ++bank) {
      const auto count = static_cast<std::uint32_t>(banks[bank].size());
      CHECK(bench.export_lines(bank, kVectorLines - count, count) == banks[bank]);
    }
  }
}

TEST_CASE("more commands than the card's ring has slots run in order", "[card]") {
  Bench bench = simulation_bench(0.3, 9);
  const std::vector<Command> commands(700, nop());
  for (const Queue queue : {Queue::kLoad, Queue::kCompute}) {
    const auto fence = bench.device().submit(queue, commands, kTestDeadline);
    REQUIRE(fence.ok());
    REQUIRE(bench.device().wait(fence.value(), kTestDeadline).ok());
  }
  CHECK(bench.device().counters()[Counter::kCommands] == 1400);
}

TEST_CASE("the two queues meet through a semaphore", "[card]") {
  Bench bench = simulation_bench();
  Command waiting = bench.move(Opcode::kImport, 2, 7, 1);
  waiting.header.wait_semaphore = 3;
  waiting.header.wait_value = 41;
  const auto fence = bench.device().submit(Queue::kCompute, {&waiting, 1}, kTestDeadline);
  REQUIRE(fence.ok());
  const Status early = bench.device().wait(fence.value(), std::chrono::milliseconds(50));
  REQUIRE_FALSE(early.ok());
  CHECK(early.error().code() == ErrorCode::kTimeout);

  bench.buffer().bytes[5] = std::byte{77};  // read by the import only after the signal
  Command signal = nop();
  signal.header.signal_semaphore = 3;
  signal.header.signal_value = 41;
  bench.run(Queue::kLoad, signal);
  REQUIRE(bench.device().wait(fence.value(), kTestDeadline).ok());
  CHECK(bench.export_lines(2, 7, 1)[0][5] == std::byte{77});
}

TEST_CASE("bytes over the host link are counted", "[card]") {
  Bench bench = simulation_bench();
  const Counters before = bench.device().counters();
  REQUIRE(bench.device().write(0, std::vector<std::byte>(4096)).ok());
  const Counters after = bench.device().counters();
  const auto moved = [&](Counter counter) { return after[counter] - before[counter]; };
  CHECK(moved(Counter::kHostReadBytes) == 4096 + kSlotBytes);
  CHECK(moved(Counter::kHostWriteBytes) == kCompletionBytes);
  CHECK(moved(Counter::kMemoryWriteLines) == 32);
  CHECK(moved(Counter::kCommands) == 1);
  CHECK(moved(Counter::kCycles) > 64);
}

TEST_CASE("a window of waveforms is written where it is asked for", "[card]") {
  const auto file = std::filesystem::temp_directory_path() / "sluice_waves_test.fst";
  std::filesystem::remove(file);
  {
    SimulationOptions options;
    options.card.waves = {.file = file.string(), .from_cycle = 100, .cycles = 200};
    const auto device = open_simulation(options);
    REQUIRE(device.ok());
    REQUIRE(device.value()->write(0, std::vector<std::byte>(4096)).ok());
  }
  CHECK(std::filesystem::file_size(file) > 1000);
  std::filesystem::remove(file);
}

TEST_CASE("waveforms that cannot be written are an error before anything runs", "[card]") {
  SimulationOptions options;
  options.card.waves.file = "/nowhere/at/all.fst";
  const auto device = open_simulation(options);
  REQUIRE_FALSE(device.ok());
  CHECK(device.error().message().find("/nowhere/at/all.fst") != std::string::npos);
}

}  // namespace sluice::device
