// What a command touches, worked out from docs/device.md without the checker's code.
//
// Purpose: the oracle of the fuzz target command_check, and the cost of a command for command_run.
// Ownership, threading: plain values. Errors: none; commands that did not pass check_command() give nonsense.
#pragma once

#include <cstdint>
#include <vector>

#include "hls/unit/unit.hpp"
#include "host/device/command.hpp"

namespace sluice::fuzz {

// Consecutive lines of one bank of vector memory or of card memory; wide enough for any field of a command.
struct Extent {
  hls::Space space = hls::Space::kVector;
  unsigned __int128 line = 0;
  unsigned __int128 count = 0;
};

inline bool lies_in_memory(const Extent& extent, std::uint64_t memory_lines) {
  return extent.line + extent.count <= (extent.space == hls::Space::kCard ? memory_lines : device::kVectorLines);
}

// Every range that the operand names. For the KV entries that an attend reads, of which memory says where they lie, a
// range from 0 of as many lines for each token.
std::vector<Extent> extents_of(const device::Command& command);

// 32-bit words of the operand structure of the command's opcode; 0 for an opcode that takes none.
std::uint32_t operand_words(const device::Command& command);

// Multiplications and moved bytes of executing the command, roughly, slots and pages included.
std::uint64_t cost_of(const device::Command& command);

}  // namespace sluice::fuzz
