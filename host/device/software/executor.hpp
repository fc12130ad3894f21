// Executes one checked command on the memories of the software device.
//
// Ownership: borrows the memories; owns the slot table. Threading: one thread. Errors: a command's fault and detail, as
//   in its completion; kTimeout when it was cut off at the deadline.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <utility>

#include "hls/unit/unit.hpp"
#include "host/device/command.hpp"
#include "host/device/device.hpp"
#include "host/device/software/memories.hpp"

namespace sluice::device {

class Executor {
 public:
  Executor(Memories& memories, Counters& counters) : memories_(memories), counters_(counters) {}

  using TimePoint = std::chrono::steady_clock::time_point;

  // `command` has passed hls::check_command(). At `deadline` it is cut off between two parts of its work: tokens of a
  // linear, stretches of keys of an attend. A part takes tenths of a second at most.
  [[nodiscard]] hls::CommandError execute(const Command& command, TimePoint deadline = TimePoint::max());
  void clear_slots() { slots_.clear(); }

 private:
  // A linear for some tokens, each with an output line of its own.
  struct LinearJob {
    LinearOperand operand;
    std::uint32_t token_mask = 0;
    std::uint64_t bias_address = 0;  // 0: none
    std::array<std::uint32_t, kMaxTokens> output_line = {};
  };

  hls::CommandError copy(const CopyOperand& operand, bool to_card);
  hls::CommandError move(const MoveOperand& operand, bool to_card);
  // The linear and, where it has one, its bias.
  hls::CommandError linear(const LinearJob& job);
  hls::CommandError bias(const LinearJob& job);
  hls::CommandError experts(const ExpertsOperand& operand);
  hls::CommandError expert(const ExpertsOperand& operand, std::uint32_t expert_id, std::uint32_t token_mask,
                           const std::array<std::uint32_t, kMaxTokens>& output_line);
  hls::CommandError unit(const Command& command);
  [[nodiscard]] bool late() const { return std::chrono::steady_clock::now() >= deadline_; }

  Memories& memories_;
  Counters& counters_;
  TimePoint deadline_ = TimePoint::max();  // of the command at hand
  std::map<std::pair<std::uint32_t, std::uint32_t>, SlotOperand> slots_;
};

}  // namespace sluice::device
