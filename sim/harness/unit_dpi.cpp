// The C functions that rtl/card/behavioural_unit.sv and rtl/command/command_checker.sv import (rtl/card/README.md).
#include <cstring>

#include "hls/unit/unit.hpp"
#include "sim/harness/unit_sequencer.hpp"
#include "svdpi.h"

namespace {

using sluice::sim::UnitInputs;
using sluice::sim::UnitOutputs;
using sluice::sim::UnitSequencer;

// A packed vector of 32 n bits is n words, the least significant first: the bytes of a little-endian structure.
sluice::device::Command command_of(const svBitVecVal* words) {
  sluice::device::Command command;
  std::memcpy(&command, words, sizeof(command));
  return command;
}

}  // namespace

extern "C" {

void* sluice_unit_create() { return new UnitSequencer; }

void sluice_unit_destroy(void* unit) { delete static_cast<UnitSequencer*>(unit); }

void sluice_unit_start(void* unit, const svBitVecVal* command) {
  static_cast<UnitSequencer*>(unit)->start(command_of(command));
}

unsigned int sluice_unit_step(void* unit, svBit vector_valid, const svBitVecVal* vector_lines, svBit card_read_taken,
                              svBit card_valid, const svBitVecVal* card_line, svBit card_write_taken,
                              svBit card_writes_done, unsigned int* vector_read_line, unsigned int* vector_write_bank,
                              unsigned int* vector_write_line, unsigned int* card_read_line,
                              unsigned int* card_read_count, unsigned int* card_write_line, svBitVecVal* write_data) {
  const UnitInputs inputs = {.vector_valid = vector_valid != 0,
                             .vector_lines = vector_lines,
                             .card_read_taken = card_read_taken != 0,
                             .card_valid = card_valid != 0,
                             .card_line = card_line,
                             .card_write_taken = card_write_taken != 0,
                             .card_writes_done = card_writes_done != 0};
  const UnitOutputs outputs = static_cast<UnitSequencer*>(unit)->step(inputs);
  *vector_read_line = outputs.vector_read_line;
  *vector_write_bank = outputs.vector_write_bank;
  *vector_write_line = outputs.vector_write_line;
  *card_read_line = outputs.card_read_line;
  *card_read_count = outputs.card_read_count;
  *card_write_line = outputs.card_write_line;
  if (outputs.write_data != nullptr) {
    std::memcpy(write_data, outputs.write_data->data(), sluice::device::kLineBytes);
  }
  return outputs.step;
}

unsigned long long sluice_check_command(const svBitVecVal* command, unsigned int queue,
                                        unsigned long long memory_lines) {
  const sluice::hls::CommandError error =
      sluice::hls::check_command(command_of(command), static_cast<sluice::device::Queue>(queue), memory_lines);
  return static_cast<unsigned long long>(error.fault) << 32 | error.detail;
}

}  // extern "C"
