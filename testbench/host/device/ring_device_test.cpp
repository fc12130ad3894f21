// RingDevice on a fake card: identity, rings, fences, deadlines, faults, reset and staging.
#include "host/device/ring_device.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "testbench/host/device/fake_card.hpp"

namespace sluice::device {
namespace {

using std::chrono::milliseconds;

std::unique_ptr<Device> open_fake(FakeCardState& state, std::uint32_t ring_log2 = 3) {
  auto device = RingDevice::open(std::make_unique<FakeCard>(state), {.name = "fake",
                                                                     .description = "",
                                                                     .ring_log2 = ring_log2,
                                                                     .staging_bytes = 512,
                                                                     .copy_deadline = milliseconds(1000)});
  REQUIRE(device.ok());
  return std::move(device).value();
}

std::string refusal_of(FakeCardState& state) {
  const auto device = RingDevice::open(std::make_unique<FakeCard>(state), {.name = "fake", .description = ""});
  REQUIRE_FALSE(device.ok());
  CHECK(state.commands == 0);
  return device.error().message();
}

Command command_of(Opcode opcode) {
  Command command;
  command.header.opcode = static_cast<std::uint16_t>(opcode);
  return command;
}

}  // namespace

TEST_CASE("a card that is not ours, or not of our version, is refused", "[ring]") {
  FakeCardState state;
  SECTION("magic") {
    state.registers[static_cast<std::uint32_t>(Register::kMagic)] = 0xFFFFFFFF;
    CHECK(refusal_of(state) == "this is not a Sluice card: its magic register reads 0xFFFFFFFF");
  }
  SECTION("command set") {
    state.registers[static_cast<std::uint32_t>(Register::kCommandSetHash)] ^= 1;
    CHECK(refusal_of(state).find("command set") != std::string::npos);
  }
  SECTION("vector memory") {
    state.registers[static_cast<std::uint32_t>(Register::kVectorLines)] = 16;
    CHECK(refusal_of(state).find("16 lines of vector memory") != std::string::npos);
  }
  SECTION("completions in card memory") {
    state.registers[static_cast<std::uint32_t>(Register::kInfo)] = 1;
    CHECK(refusal_of(state).find("completions in card memory") != std::string::npos);
  }
}

TEST_CASE("what the card says of itself is passed on", "[ring]") {
  FakeCardState state;
  const auto device = open_fake(state);
  CHECK(device->info().name == "fake");
  CHECK(device->info().channels == 4);
  CHECK(device->info().weights_per_cycle == 128);
  CHECK(device->info().memory_bytes == 1 << 20);
  CHECK(device->info().command_set_hash == command_set_hash());
}

TEST_CASE("more commands than the ring has slots run in one submit and in many", "[ring]") {
  FakeCardState state;
  const auto device = open_fake(state);  // 8 slots
  const std::vector<Command> commands(100, command_of(Opcode::kNop));
  for (int i = 1; i <= 5; ++i) {
    const auto fence = device->submit(Queue::kCompute, commands, milliseconds(1000));
    REQUIRE(fence.ok());
    CHECK(fence.value().number == static_cast<std::uint64_t>(i) * 100);
    REQUIRE(device->wait(fence.value(), milliseconds(1000)).ok());
    CHECK(state.commands == static_cast<std::uint64_t>(i) * 100);
  }
}

TEST_CASE("single submits go round the ring many times", "[ring]") {
  FakeCardState state;
  const auto device = open_fake(state, 2);
  const Command nop = command_of(Opcode::kNop);
  for (std::uint64_t i = 1; i <= 50; ++i) {
    const auto fence = device->submit(Queue::kLoad, {&nop, 1}, milliseconds(100));
    REQUIRE(fence.ok());
    if (i % 7 == 0) {
      REQUIRE(device->wait(fence.value(), milliseconds(100)).ok());
      CHECK(state.commands == i);
    }
  }
}

TEST_CASE("commands that fit the ring are announced by one doorbell", "[ring]") {
  FakeCardState state;
  const auto device = open_fake(state);
  const std::vector<Command> commands(8, command_of(Opcode::kNop));
  REQUIRE(device->submit(Queue::kCompute, commands, milliseconds(100)).ok());
  CHECK(state.doorbells == 1);
}

TEST_CASE("a card that does not end its commands meets the deadlines", "[ring]") {
  FakeCardState state;
  const auto device = open_fake(state);
  state.hang = true;
  const std::vector<Command> commands(8, command_of(Opcode::kNop));
  const auto fence = device->submit(Queue::kCompute, commands, milliseconds(20));
  REQUIRE(fence.ok());  // they fit
  const std::int64_t before = state.milliseconds;
  const Status waited = device->wait(fence.value(), milliseconds(20));
  REQUIRE_FALSE(waited.ok());
  CHECK(waited.error().code() == ErrorCode::kTimeout);
  CHECK(state.milliseconds - before == 20);
  const auto full = device->submit(Queue::kCompute, commands, milliseconds(20));
  REQUIRE_FALSE(full.ok());
  CHECK(full.error().code() == ErrorCode::kTimeout);
  CHECK(state.milliseconds - before == 40);
}

TEST_CASE("a wait for what was never submitted is refused", "[ring]") {
  FakeCardState state;
  const auto device = open_fake(state);
  const Status status = device->wait({Queue::kCompute, 1}, milliseconds(10));
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code() == ErrorCode::kInvalidInput);
}

TEST_CASE("a fault names its command, stops its queue alone, and a reset clears it", "[ring]") {
  FakeCardState state;
  const auto device = open_fake(state);
  const std::vector<Command> commands = {command_of(Opcode::kNop), command_of(Opcode::kLinear),
                                         command_of(Opcode::kNop)};
  const auto before = device->submit(Queue::kCompute, {commands.data(), 1}, milliseconds(100));
  REQUIRE(before.ok());
  const auto fence = device->submit(Queue::kCompute, commands, milliseconds(100));
  REQUIRE(fence.ok());
  const Status failed = device->wait(fence.value(), milliseconds(100));
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().code() == ErrorCode::kDevice);
  CHECK(failed.error().message() == "linear: unknown, or not a command of this queue (bad opcode)");
  CHECK(device->wait(before.value(), milliseconds(100)).ok());
  CHECK_FALSE(device->submit(Queue::kCompute, {commands.data(), 1}, milliseconds(100)).ok());
  CHECK(device->submit(Queue::kLoad, {commands.data(), 1}, milliseconds(100)).ok());

  REQUIRE(device->reset().ok());
  CHECK(device->wait(before.value(), milliseconds(100)).ok());
  const Status lost = device->wait(fence.value(), milliseconds(100));
  REQUIRE_FALSE(lost.ok());
  CHECK(lost.error().message() == "compute queue: command 4 was cut off by a reset");
  const auto after = device->submit(Queue::kCompute, {commands.data(), 1}, milliseconds(100));
  REQUIRE(after.ok());
  CHECK(after.value().number == 5);
  CHECK(device->wait(after.value(), milliseconds(100)).ok());
}

TEST_CASE("a card that does not come out of reset meets a deadline", "[ring]") {
  FakeCardState state;
  const auto device = open_fake(state);
  state.stuck_in_reset = true;
  const Status status = device->reset();
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code() == ErrorCode::kTimeout);
}

TEST_CASE("writes and reads of any address and length keep what is around them", "[ring]") {
  FakeCardState state;
  const auto device = open_fake(state);
  std::mt19937 random(7);
  std::vector<std::byte> expected(8192);
  for (int round = 0; round < 200; ++round) {
    const std::size_t address = random() % expected.size();
    const std::size_t size = random() % std::min<std::size_t>(2000, expected.size() - address + 1);
    CAPTURE(round, address, size);
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) {
      byte = static_cast<std::byte>(random());
    }
    REQUIRE(device->write(address, bytes).ok());
    std::copy(bytes.begin(), bytes.end(), expected.begin() + static_cast<std::ptrdiff_t>(address));
    REQUIRE(std::memcmp(expected.data(), state.memory.data(), expected.size()) == 0);

    const std::size_t from = random() % expected.size();
    std::vector<std::byte> got(random() % (expected.size() - from + 1));
    REQUIRE(device->read(from, got).ok());
    REQUIRE(std::equal(got.begin(), got.end(), expected.begin() + static_cast<std::ptrdiff_t>(from)));
  }
}

TEST_CASE("copies outside of card memory are refused", "[ring]") {
  FakeCardState state;
  const auto device = open_fake(state);
  std::vector<std::byte> bytes(256);
  for (const std::uint64_t address : {(std::uint64_t{1} << 20) - 128, std::uint64_t{1} << 20, ~std::uint64_t{0}}) {
    CHECK_FALSE(device->write(address, bytes).ok());
    CHECK_FALSE(device->read(address, bytes).ok());
  }
  CHECK(device->write((1 << 20) - 256, bytes).ok());
}

TEST_CASE("card memory is allocated in pages until there is no more", "[ring]") {
  CardAllocator allocator(3 * 4096);
  CHECK(allocator.allocate(1).value() == 0);
  CHECK(allocator.allocate(4097).value() == 4096);
  CHECK_FALSE(allocator.allocate(1).ok());
  CHECK(allocator.allocate(std::uint64_t{1} << 63).error().code() == ErrorCode::kUnsupported);
}

TEST_CASE("faults are described with the field at fault", "[ring]") {
  const auto words = [](Opcode opcode, Fault fault, std::uint32_t detail) {
    return describe_fault(static_cast<std::uint16_t>(opcode), static_cast<std::uint32_t>(fault), detail);
  };
  CHECK(words(Opcode::kLinear, Fault::kBadOperand, 4) ==
        "linear: operand word 4 (columns) is out of range (bad operand)");
  CHECK(words(Opcode::kNorm, Fault::kBadOperand, 79) == "norm: operand word 79 is out of range (bad operand)");
  CHECK(words(Opcode::kNop, Fault::kBadHeader, 2) ==
        "nop: header word 2 (wait_semaphore) is out of range (bad header)");
  CHECK(words(Opcode::kAttend, Fault::kBadToken, 9) ==
        "attend: token 1, entry word 1 (position) is out of range (bad token)");
  CHECK(words(Opcode::kExperts, Fault::kNotResident, 3 << 16 | 17) ==
        "experts: expert 17 of layer 3 is in no slot (not resident)");
  CHECK(describe_fault(99, 1, 0) == "opcode 99: unknown, or not a command of this queue (bad opcode)");
}

}  // namespace sluice::device
