// A card of a few lines behind CardPort: registers, rings, load and store, so that the queue logic is tested without
// simulating anything.
//
// Purpose: every advance() ends at most one command of each queue and moves a clock on by a millisecond. Faults: any
//   opcode but nop, load and store is a bad opcode.
// Ownership: the test keeps a FakeCardState, which outlives the port. Threading: one thread.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <vector>

#include "host/device/card_port.hpp"
#include "host/device/command.hpp"

namespace sluice::device {

struct FakeCardState {
  std::map<std::uint32_t, std::uint32_t> registers = {
      {static_cast<std::uint32_t>(Register::kMagic), kMagic},
      {static_cast<std::uint32_t>(Register::kVersion), kCommandVersion},
      {static_cast<std::uint32_t>(Register::kCommandSetHash), command_set_hash()},
      {static_cast<std::uint32_t>(Register::kGeometry), 4 | 4 << 8 | 128 << 16},
      {static_cast<std::uint32_t>(Register::kVectorLines), kVectorLines},
      {static_cast<std::uint32_t>(Register::kMemoryMib), 1}};
  std::vector<std::byte> memory = std::vector<std::byte>(std::size_t{1} << 20);
  bool hang = false;  // no command ends any more
  bool stuck_in_reset = false;
  std::uint64_t commands = 0;  // ended
  std::uint64_t doorbells = 0;
  std::int64_t milliseconds = 0;
};

class FakeCard final : public CardPort {
 public:
  explicit FakeCard(FakeCardState& state) : state_(state) {}

  Result<std::uint32_t> read_register(std::uint32_t offset) override { return state_.registers[offset]; }

  Status write_register(std::uint32_t offset, std::uint32_t value) override {
    if (offset == static_cast<std::uint32_t>(Register::kControl) && (value & 2) != 0) {
      queues_ = {};
      value = state_.stuck_in_reset ? value : value & ~2u;
    }
    state_.registers[offset] = value;
    state_.doorbells +=
        offset == ring_register(0, RingRegister::kTail) || offset == ring_register(1, RingRegister::kTail) ? 1 : 0;
    return {};
  }

  Result<HostBuffer> allocate_host(std::uint64_t bytes) override {
    segments_.emplace_back(bytes);
    return HostBuffer{static_cast<std::uint64_t>(segments_.size()) << 40, segments_.back()};
  }

  Status advance() override {
    ++state_.milliseconds;
    for (std::uint32_t queue = 0; queue < kQueues && !state_.hang; ++queue) {
      run_one(queue);
    }
    return {};
  }

  [[nodiscard]] TimePoint now() const override { return TimePoint(std::chrono::milliseconds(state_.milliseconds)); }

 private:
  struct QueueState {
    std::uint32_t ended = 0;
    std::uint32_t sequence = 0;
    bool stopped = false;
  };

  static std::uint32_t ring_register(std::uint32_t queue, RingRegister which) {
    return static_cast<std::uint32_t>(Register::kRing) + kRingStride * queue + static_cast<std::uint32_t>(which);
  }
  std::uint32_t ring(std::uint32_t queue, RingRegister which) { return state_.registers[ring_register(queue, which)]; }
  std::byte* host(std::uint32_t low, std::uint32_t high) {
    const std::uint64_t address = std::uint64_t{high} << 32 | low;
    return segments_[(address >> 40) - 1].data() + (address & 0xFFFFFFFFFF);
  }

  void run_one(std::uint32_t number) {
    QueueState& queue = queues_[number];
    const bool enabled = (state_.registers[static_cast<std::uint32_t>(Register::kControl)] & 1) != 0;
    if (!enabled || queue.stopped || queue.ended == ring(number, RingRegister::kTail)) {
      return;
    }
    const std::uint32_t mask = (1u << ring(number, RingRegister::kSizeLog2)) - 1;
    Command command;
    std::memcpy(&command,
                host(ring(number, RingRegister::kBaseLo), ring(number, RingRegister::kBaseHi)) +
                    std::size_t{queue.ended & mask} * kSlotBytes,
                sizeof(command));
    const Fault fault = execute(command);
    queue.stopped = fault != Fault::kNone;
    queue.ended += queue.stopped ? 0 : 1;
    state_.commands += queue.stopped ? 0 : 1;
    if (queue.stopped || (command.header.flags & kFlagComplete) != 0) {
      complete(number, command, fault);
    }
  }

  Fault execute(const Command& command) {
    CopyOperand operand;
    std::memcpy(&operand, command.operand, sizeof(operand));
    switch (static_cast<Opcode>(command.header.opcode)) {
      case Opcode::kNop:
        return Fault::kNone;
      case Opcode::kLoad:
        std::memcpy(state_.memory.data() + operand.card_address_lo,
                    host(operand.host_address_lo, operand.host_address_hi), operand.bytes);
        return Fault::kNone;
      case Opcode::kStore:
        std::memcpy(host(operand.host_address_lo, operand.host_address_hi),
                    state_.memory.data() + operand.card_address_lo, operand.bytes);
        return Fault::kNone;
      default:
        return Fault::kBadOpcode;
    }
  }

  void complete(std::uint32_t number, const Command& command, Fault fault) {
    QueueState& queue = queues_[number];
    const Completion completion = {.tag_lo = command.header.tag_lo,
                                   .tag_hi = command.header.tag_hi,
                                   .fault = static_cast<std::uint32_t>(fault),
                                   .queue = number,
                                   .sequence = ++queue.sequence};
    const std::uint32_t mask = (1u << ring(number, RingRegister::kCompletionSizeLog2)) - 1;
    std::memcpy(host(ring(number, RingRegister::kCompletionLo), ring(number, RingRegister::kCompletionHi)) +
                    std::size_t{(queue.sequence - 1) & mask} * kCompletionBytes,
                &completion, sizeof(completion));
  }

  FakeCardState& state_;
  std::deque<std::vector<std::byte>> segments_;
  std::array<QueueState, kQueues> queues_;
};

}  // namespace sluice::device
