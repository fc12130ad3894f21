#include "sim/harness/unit_sequencer.hpp"

#include <cstring>

namespace sluice::sim {

void UnitSequencer::start(const device::Command& command) {
  execution_ = hls::start_unit(command);
  compute_cycles_ = 0;
  writes_.clear();
  written_ = 0;
  phase_ = Phase::kRead;
  next_stage();
}

// Lays out the reads that the execution asks for next; when there are none, computes.
void UnitSequencer::next_stage() {
  stage_lines_.clear();
  vector_reads_.clear();
  card_reads_.clear();
  card_targets_.clear();
  vector_asked_ = vector_answered_ = card_asked_ = card_answered_ = 0;

  const std::vector<hls::LineRange> ranges = execution_->reads();
  if (ranges.empty()) {
    writes_ = execution_->finish();
    compute_cycles_ = execution_->modelled_cycles();
    phase_ = Phase::kCompute;
    return;
  }
  std::size_t target = 0;
  for (const hls::LineRange& range : ranges) {
    if (range.space == hls::Space::kCard && range.count > 0) {
      card_reads_.push_back({range.line, range.count});
    }
    for (std::uint32_t i = 0; i < range.count; ++i, ++target) {
      if (range.space == hls::Space::kCard) {
        card_targets_.push_back(target);
      } else {
        vector_reads_.push_back({range.bank, range.line + i, target});
      }
    }
  }
  stage_lines_.resize(target);
}

UnitOutputs UnitSequencer::step(const UnitInputs& inputs) {
  UnitOutputs outputs;
  if (phase_ == Phase::kRead) {
    step_read(inputs, outputs);
    return outputs;
  }
  if (phase_ == Phase::kCompute) {
    if (compute_cycles_ > 0) {
      --compute_cycles_;
      return outputs;
    }
    phase_ = Phase::kWrite;
  }
  step_write(inputs, outputs);
  return outputs;
}

void UnitSequencer::take_answers(const UnitInputs& inputs) {
  if (inputs.vector_valid && vector_answered_ < vector_asked_) {
    const VectorRead& read = vector_reads_[vector_answered_++];
    std::memcpy(stage_lines_[read.target].data(), inputs.vector_lines + std::size_t{read.bank} * kLineWords,
                device::kLineBytes);
  }
  if (inputs.card_valid && card_answered_ < card_targets_.size()) {
    std::memcpy(stage_lines_[card_targets_[card_answered_++]].data(), inputs.card_line, device::kLineBytes);
  }
  if (inputs.card_read_taken) {
    ++card_asked_;
  }
}

void UnitSequencer::step_read(const UnitInputs& inputs, UnitOutputs& outputs) {
  take_answers(inputs);
  if (vector_answered_ == vector_reads_.size() && card_answered_ == card_targets_.size()) {
    execution_->supply(stage_lines_);
    next_stage();
    return;
  }
  if (vector_asked_ < vector_reads_.size()) {
    outputs.step |= kStepVectorRead;
    outputs.vector_read_line = vector_reads_[vector_asked_++].line;
  }
  if (card_asked_ < card_reads_.size()) {
    outputs.step |= kStepCardRead;
    outputs.card_read_line = card_reads_[card_asked_].line;
    outputs.card_read_count = card_reads_[card_asked_].count;
  }
  if (vector_answered_ == vector_reads_.size()) {
    outputs.step |= kStepWaiting;
  }
}

void UnitSequencer::step_write(const UnitInputs& inputs, UnitOutputs& outputs) {
  if (inputs.card_write_taken) {
    ++written_;
  }
  if (written_ < writes_.size()) {
    const hls::LineWrite& write = writes_[written_];
    outputs.write_data = &write.data;
    if (write.space == hls::Space::kCard) {
      outputs.step = kStepCardWrite | kStepWaiting;
      outputs.card_write_line = write.line;
    } else {
      ++written_;
      outputs.step = kStepVectorWrite;
      outputs.vector_write_bank = write.bank;
      outputs.vector_write_line = write.line;
    }
    return;
  }
  // One call without a write, so that the last vector write has reached its memory; then as soon as card memory has
  // answered every write.
  if (phase_ == Phase::kWrite) {
    phase_ = Phase::kFinish;
    return;
  }
  outputs.step = inputs.card_writes_done ? kStepDone : kStepWaiting;
}

}  // namespace sluice::sim
