// Runs a unit command that is not RTL yet through the card's ports, cycle by cycle: the body of
// rtl/card/behavioural_unit.sv.
//
// Purpose: turns the reads, arithmetic and writes of an hls::UnitExecution into port traffic: vector reads pipelined,
//   one line a cycle, beside card reads; then the modelled cycles of arithmetic; then the writes in order, at most one
//   a cycle; then done. rtl/card/README.md has the contract of step().
// Ownership: owns the execution of the command in progress. Threading: one thread.
// Errors: none; a command is checked before it is started.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "hls/unit/unit.hpp"
#include "host/device/command.hpp"

namespace sluice::sim {

inline constexpr std::uint32_t kLineWords = device::kLineBytes / 4;

// What the ports say at a clock edge. The pointers are valid during the call.
struct UnitInputs {
  bool vector_valid = false;                    // the vector read asked for two calls earlier is answered
  const std::uint32_t* vector_lines = nullptr;  // [kMaxTokens][kLineWords]
  bool card_read_taken = false;
  bool card_valid = false;
  const std::uint32_t* card_line = nullptr;  // [kLineWords]
  bool card_write_taken = false;
  bool card_writes_done = false;
};

// Bits of UnitOutputs::step.
inline constexpr std::uint32_t kStepDone = 1u << 0;
inline constexpr std::uint32_t kStepVectorRead = 1u << 1;
inline constexpr std::uint32_t kStepVectorWrite = 1u << 2;
inline constexpr std::uint32_t kStepCardRead = 1u << 3;
inline constexpr std::uint32_t kStepCardWrite = 1u << 4;
inline constexpr std::uint32_t kStepWaiting = 1u << 5;

// What the unit asks of the ports.
struct UnitOutputs {
  std::uint32_t step = 0;
  std::uint32_t vector_read_line = 0;
  std::uint32_t vector_write_bank = 0;
  std::uint32_t vector_write_line = 0;
  std::uint32_t card_read_line = 0;
  std::uint32_t card_read_count = 0;
  std::uint32_t card_write_line = 0;
  const hls::Line* write_data = nullptr;  // with either write bit; valid until the next call
};

class UnitSequencer {
 public:
  // Drops what is in progress, if anything.
  void start(const device::Command& command);

  [[nodiscard]] UnitOutputs step(const UnitInputs& inputs);

 private:
  enum class Phase : std::uint8_t { kRead, kCompute, kWrite, kFinish };

  // One line of vector memory on its way to stage_lines_.
  struct VectorRead {
    std::uint32_t bank = 0;
    std::uint32_t line = 0;
    std::size_t target = 0;
  };
  struct CardRead {
    std::uint32_t line = 0;
    std::uint32_t count = 0;
  };

  void next_stage();
  void take_answers(const UnitInputs& inputs);
  void step_read(const UnitInputs& inputs, UnitOutputs& outputs);
  void step_write(const UnitInputs& inputs, UnitOutputs& outputs);

  Phase phase_ = Phase::kFinish;
  std::unique_ptr<hls::UnitExecution> execution_;

  // The stage being read.
  std::vector<hls::Line> stage_lines_;
  std::vector<VectorRead> vector_reads_;
  std::size_t vector_asked_ = 0;
  std::size_t vector_answered_ = 0;
  std::vector<CardRead> card_reads_;
  std::size_t card_asked_ = 0;             // ranges taken by the port
  std::vector<std::size_t> card_targets_;  // of every line of card_reads_, in order
  std::size_t card_answered_ = 0;

  std::uint64_t compute_cycles_ = 0;
  std::vector<hls::LineWrite> writes_;
  std::size_t written_ = 0;  // writes handed to the ports; a card write counts when it is taken
};

}  // namespace sluice::sim
