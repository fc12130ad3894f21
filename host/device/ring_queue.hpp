// One command queue of a card: its ring and its completions in host memory (docs/device.md, 'Queues').
//
// Purpose: puts commands into the ring and learns from completions alone how far the card is, so that a wait costs no
//   register access. Every quarter of the ring one command is asked for a completion, whoever submits it: the ring can
//   then always be refilled.
// Ownership: borrows the port, which must outlive it. Threading: one thread at a time.
// Errors: kDevice with the fault's description once a command has failed, until restart(); kTimeout at a deadline.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "host/base/result.hpp"
#include "host/device/card_port.hpp"
#include "host/device/command.hpp"

namespace sluice::device {

class RingQueue {
 public:
  // `size_log2`: slots of the ring, at least 2. The card is told by restart().
  [[nodiscard]] static Result<RingQueue> create(CardPort& port, Queue queue, std::uint32_t size_log2);

  // Writes the ring's registers. The card's queue must be fresh out of reset; commands that had not ended are lost.
  [[nodiscard]] Status restart();

  // Puts commands into the ring and returns the number of the last one, counted from 1 over the queue's life. Blocks
  // while the ring is full. At a deadline, the commands that found room stay submitted.
  [[nodiscard]] Result<std::uint64_t> submit(std::span<const Command> commands, CardPort::TimePoint deadline);

  // Waits until command `number` has ended well.
  [[nodiscard]] Status wait(std::uint64_t number, CardPort::TimePoint deadline);

 private:
  RingQueue(CardPort& port, Queue queue, std::uint32_t size_log2, HostBuffer ring, HostBuffer completions)
      : port_(&port), queue_(queue), slots_(std::uint64_t{1} << size_log2), ring_(ring), completions_(completions) {}

  void place(const Command& command, bool complete);
  [[nodiscard]] Status ring_doorbell();
  void poll();
  void take(const Completion& completion);
  [[nodiscard]] Status write_ring_register(RingRegister which, std::uint32_t value);
  [[nodiscard]] Error timed_out(std::uint64_t number) const;

  CardPort* port_;
  Queue queue_;
  std::uint64_t slots_;
  HostBuffer ring_;
  HostBuffer completions_;

  // Commands are numbered over the queue's life; the card counts from its last reset, base_ commands later.
  std::uint64_t base_ = 0;
  std::uint64_t submitted_ = 0;
  std::uint64_t announced_ = 0;         // by the doorbell
  std::uint64_t ended_ = 0;             // as completions told
  std::uint64_t completions_seen_ = 0;  // since the last reset
  std::optional<Error> fault_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> lost_;  // (first, last) commands that a reset cut off
};

}  // namespace sluice::device
