// What the software device does of its own: deadlines, and checks before waits.
#include "host/device/software/software_device.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

namespace sluice::device {
namespace {

using std::chrono::milliseconds;

template <typename Operand>
Command command_of(Opcode opcode, const Operand& operand) {
  Command command;
  command.header.opcode = static_cast<std::uint16_t>(opcode);
  std::memcpy(command.operand, &operand, sizeof(operand));
  return command;
}

std::unique_ptr<Device> open() {
  auto device = open_software(std::uint64_t{64} << 20);
  REQUIRE(device.ok());
  return std::move(device).value();
}

// 131,072 positions, all in one page, under 1024 heads: minutes of work that the check lets pass.
Command endless() {
  AttendOperand o{
      .num_tokens = 4, .heads = 1024, .value_dim = 64, .rope_dim = 32, .score_shift = 30, .entry_lines = 1, .out = {}};
  Command command = command_of(Opcode::kAttend, o);
  for (TokenEntry& token : command.tokens) {
    token.position = 131'071;
  }
  return command;
}

}  // namespace

TEST_CASE("a command that its deadline meets at work is cut off, and the reset device goes on", "[software]") {
  const auto device = open();
  const Command command = endless();
  const auto fence = device->submit(Queue::kCompute, {&command, 1}, milliseconds(50));
  REQUIRE(fence.ok());
  const Status status = device->wait(fence.value(), milliseconds(50));
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code() == ErrorCode::kTimeout);
  CHECK(status.error().message() ==
        "compute queue: command 1 has not ended by the deadline; reset the device to go on");
  const Command nop;
  CHECK_FALSE(device->submit(Queue::kCompute, {&nop, 1}, milliseconds(1000)).ok());
  REQUIRE(device->reset().ok());
  const auto after = device->submit(Queue::kCompute, {&nop, 1}, milliseconds(1000));
  REQUIRE(after.ok());
  CHECK(device->wait(after.value(), milliseconds(1000)).ok());
}

TEST_CASE("what submit has no time for runs in wait", "[software]") {
  const auto device = open();
  Command signal;
  signal.header.signal_semaphore = 1;
  signal.header.signal_value = 1;
  Command waiting;
  waiting.header.wait_semaphore = 1;
  waiting.header.wait_value = 1;
  const auto fence = device->submit(Queue::kCompute, {&waiting, 1}, milliseconds(0));
  REQUIRE(fence.ok());
  const Status early = device->wait(fence.value(), milliseconds(0));
  REQUIRE_FALSE(early.ok());
  CHECK(early.error().code() == ErrorCode::kTimeout);
  REQUIRE(device->submit(Queue::kLoad, {&signal, 1}, milliseconds(0)).ok());
  CHECK(device->wait(fence.value(), milliseconds(60'000)).ok());
}

TEST_CASE("a wait that nothing will end is told as such, before its deadline", "[software]") {
  const auto device = open();
  Command waiting;
  waiting.header.wait_semaphore = 1;
  waiting.header.wait_value = 1;
  const auto fence = device->submit(Queue::kCompute, {&waiting, 1}, milliseconds(60'000));
  REQUIRE(fence.ok());
  const Status status = device->wait(fence.value(), milliseconds(600'000));
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().message() == "a command waits for a semaphore that nothing signals");
}

}  // namespace sluice::device
