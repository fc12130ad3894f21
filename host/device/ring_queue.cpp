#include "host/device/ring_queue.hpp"

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstring>
#include <string>

namespace sluice::device {
namespace {

const char* queue_name(Queue queue) { return queue == Queue::kLoad ? "load queue" : "compute queue"; }

std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t high(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

}  // namespace

Result<RingQueue> RingQueue::create(CardPort& port, Queue queue, std::uint32_t size_log2) {
  const std::uint64_t slots = std::uint64_t{1} << size_log2;
  SLUICE_ASSIGN_OR_RETURN(const HostBuffer ring, port.allocate_host(slots * kSlotBytes));
  // As many completions as commands: none is overwritten before it has been seen.
  SLUICE_ASSIGN_OR_RETURN(const HostBuffer completions, port.allocate_host(slots * kCompletionBytes));
  return RingQueue(port, queue, size_log2, ring, completions);
}

Status RingQueue::write_ring_register(RingRegister which, std::uint32_t value) {
  return port_->write_register(static_cast<std::uint32_t>(Register::kRing) +
                                   kRingStride * static_cast<std::uint32_t>(queue_) + static_cast<std::uint32_t>(which),
                               value);
}

Status RingQueue::restart() {
  poll();
  if (submitted_ > ended_) {
    lost_.emplace_back(ended_ + 1, submitted_);
  }
  base_ = announced_ = ended_ = submitted_;
  completions_seen_ = 0;
  fault_.reset();
  std::memset(completions_.bytes.data(), 0, completions_.bytes.size());

  const auto size_log2 = static_cast<std::uint32_t>(std::countr_zero(slots_));
  SLUICE_RETURN_IF_ERROR(write_ring_register(RingRegister::kBaseLo, low(ring_.address)));
  SLUICE_RETURN_IF_ERROR(write_ring_register(RingRegister::kBaseHi, high(ring_.address)));
  SLUICE_RETURN_IF_ERROR(write_ring_register(RingRegister::kSizeLog2, size_log2));
  SLUICE_RETURN_IF_ERROR(write_ring_register(RingRegister::kCompletionLo, low(completions_.address)));
  SLUICE_RETURN_IF_ERROR(write_ring_register(RingRegister::kCompletionHi, high(completions_.address)));
  return write_ring_register(RingRegister::kCompletionSizeLog2, size_log2);
}

Result<std::uint64_t> RingQueue::submit(std::span<const Command> commands, CardPort::TimePoint deadline) {
  for (std::size_t i = 0; i < commands.size(); ++i) {
    poll();
    while (submitted_ - ended_ == slots_ && !fault_) {
      SLUICE_RETURN_IF_ERROR(ring_doorbell());
      if (port_->now() >= deadline) {
        return timed_out(ended_ + 1);
      }
      SLUICE_RETURN_IF_ERROR(port_->advance());
      poll();
    }
    if (fault_) {
      return *fault_;
    }
    const bool last = i + 1 == commands.size();
    place(commands[i], last || (submitted_ + 1 - base_) % (slots_ / 4) == 0);
  }
  SLUICE_RETURN_IF_ERROR(ring_doorbell());
  return submitted_;
}

void RingQueue::place(const Command& command, bool complete) {
  Command placed = command;
  ++submitted_;
  placed.header.tag_lo = low(submitted_);
  placed.header.tag_hi = high(submitted_);
  if (complete) {
    placed.header.flags |= kFlagComplete;
  }
  std::memcpy(ring_.bytes.data() + (submitted_ - 1 - base_) % slots_ * kSlotBytes, &placed, kSlotBytes);
}

Status RingQueue::ring_doorbell() {
  if (announced_ == submitted_) {
    return {};
  }
  std::atomic_thread_fence(std::memory_order_release);
  announced_ = submitted_;
  return write_ring_register(RingRegister::kTail, low(submitted_ - base_));
}

Status RingQueue::wait(std::uint64_t number, CardPort::TimePoint deadline) {
  for (const auto& [first, last] : lost_) {
    if (number >= first && number <= last) {
      return Error(ErrorCode::kDevice,
                   std::string(queue_name(queue_)) + ": command " + std::to_string(number) + " was cut off by a reset");
    }
  }
  if (number > submitted_) {
    return Error(ErrorCode::kInvalidInput,
                 std::string(queue_name(queue_)) + ": command " + std::to_string(number) + " has not been submitted");
  }
  poll();
  while (ended_ < number) {
    if (fault_) {
      return *fault_;
    }
    if (port_->now() >= deadline) {
      return timed_out(number);
    }
    SLUICE_RETURN_IF_ERROR(port_->advance());
    poll();
  }
  return {};
}

// Takes the completions that have come. The card writes `sequence` last, so a completion with the expected one is
// whole.
void RingQueue::poll() {
  while (true) {
    std::byte* const slot = completions_.bytes.data() + completions_seen_ % slots_ * kCompletionBytes;
    auto* const sequence = reinterpret_cast<std::uint32_t*>(slot + offsetof(Completion, sequence));
    if (std::atomic_ref<std::uint32_t>(*sequence).load(std::memory_order_acquire) != low(completions_seen_ + 1)) {
      return;
    }
    Completion completion;
    std::memcpy(&completion, slot, sizeof(completion));
    ++completions_seen_;
    take(completion);
  }
}

void RingQueue::take(const Completion& completion) {
  const std::uint64_t number = std::uint64_t{completion.tag_hi} << 32 | completion.tag_lo;
  if (completion.fault == static_cast<std::uint32_t>(Fault::kNone)) {
    ended_ = number;
    return;
  }
  ended_ = number - 1;
  Command failed;
  std::memcpy(&failed, ring_.bytes.data() + (number - 1 - base_) % slots_ * kSlotBytes, kSlotBytes);
  fault_ = Error(ErrorCode::kDevice, describe_fault(failed.header.opcode, completion.fault, completion.detail));
}

Error RingQueue::timed_out(std::uint64_t number) const {
  return {ErrorCode::kTimeout, std::string(queue_name(queue_)) + ": command " + std::to_string(number) +
                                   " has not ended by the deadline; reset the device to go on"};
}

}  // namespace sluice::device
