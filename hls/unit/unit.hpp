// One unit command (quantise, norm, rope, activation, route, KV append, attend, combine) as reads, arithmetic, writes.
//
// Purpose: the seam 'vector memory + unit command' between a device and the functions of hls/. A device feeds the lines
//   that the command asks for, stage by stage, and stores the lines that it gives back; where the lines come from, and
//   how long that takes, is the device's affair. The software device reads arrays; the simulated card's behavioural
//   unit (KV append, attend) goes through the real vector-memory and card-memory ports, cycle by cycle. The same seam
//   in hardware is ports.hpp.
// Ownership: copies its command. Threading: one thread. Errors: check() finds what is out of range before anything
// runs;
//   an execution of a command that passed check() cannot fail.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "host/device/command.hpp"

namespace sluice::hls {

using Line = std::array<std::byte, device::kLineBytes>;

enum class Space : std::uint8_t { kVector, kCard };

// `count` consecutive lines of vector memory (of one bank) or of card memory (bank 0).
struct LineRange {
  Space space = Space::kVector;
  std::uint32_t bank = 0;
  std::uint32_t line = 0;
  std::uint32_t count = 0;
};

struct LineWrite {
  Space space = Space::kVector;
  std::uint32_t bank = 0;
  std::uint32_t line = 0;
  Line data = {};
};

// What is wrong with a command, if anything; the same on every backend.
struct CommandError {
  device::Fault fault = device::Fault::kNone;
  std::uint32_t detail = 0;
};

class UnitExecution {
 public:
  virtual ~UnitExecution() = default;

  // The ranges to read next, in the order in which supply() will get their lines; empty when there are no more.
  // Alternates with supply(): reads(), supply(), reads(), supply(), ..., reads() == {}.
  [[nodiscard]] virtual std::vector<LineRange> reads() = 0;

  // The lines of the ranges that reads() returned last, concatenated.
  virtual void supply(std::span<const Line> lines) = 0;

  // Computes the results. Called once, after reads() returned nothing.
  [[nodiscard]] virtual std::vector<LineWrite> finish() = 0;

  // Cycles of arithmetic that a hardware unit of the intended width would need beyond the transfers: modelled, not
  // measured, for what is not RTL yet (KV append and attention); 0 for the others. Valid after finish().
  [[nodiscard]] virtual std::uint64_t modelled_cycles() const { return 0; }

  // Asked now and then during computations that can take minutes (attention); once it is true, finish() gives up, and
  // what it returns is of no use. Without it, nothing is given up.
  void give_up_when(std::function<bool()> late) { late_ = std::move(late); }

 protected:
  [[nodiscard]] bool gives_up() const { return late_ && late_(); }

 private:
  std::function<bool()> late_;
};

// Checks any compute-queue or load-queue command against the limits and the memories it may touch.
// `memory_lines` is the size of card memory.
[[nodiscard]] CommandError check_command(const device::Command& command, device::Queue queue,
                                         std::uint64_t memory_lines);

// Whether `opcode` is executed by UnitExecution.
[[nodiscard]] bool is_unit_opcode(std::uint32_t opcode);

// Starts a unit command that passed check_command().
[[nodiscard]] std::unique_ptr<UnitExecution> start_unit(const device::Command& command);

}  // namespace sluice::hls
