// The streams between a unit kernel (hls/router, hls/vector, ...) and the card around it.
//
// Purpose: the seam of unit.hpp in hardware. A kernel gets a command, asks for lines (`ranges`), gets them in that
//   order (`lines`), gives back lines to write (`writes`) and says that the command has ended (`done`). A hand-written
//   reader executes the ranges, a writer the writes; every address and every bit of arithmetic is the kernel's.
// Contract: the next command is given after the writes of the one before have been stored. A kernel takes one command a
//   call and asks for lines without waiting for any, so that reader and kernel cannot wait for each other. It reads a
//   line of an input before it writes that line, if the output's vector lies at its input's line.
// Ownership: plain values. Threading: none. Errors: none; commands have passed check_command().
#pragma once

#include <ap_int.h>

#include <cstddef>

#include "host/device/command.hpp"

namespace sluice::kernel {

using CommandWord = ap_uint<8 * device::kSlotBytes>;  // a ring slot, byte i at bits [8 i, 8 i + 8)
using LineWord = ap_uint<8 * device::kLineBytes>;     // a line, alike

// `count` consecutive lines from `line` on: of card memory, or of a bank of vector memory.
struct ReadRange {
  ap_uint<1> card;
  ap_uint<2> bank;
  ap_uint<32> line;
  ap_uint<16> count;
};

// A line of vector memory to write; `last` with the last one of a command.
struct LineWrite {
  ap_uint<2> bank;
  ap_uint<12> line;
  LineWord data;
  ap_uint<1> last;
};

// A command has ended: how many lines it wrote.
struct Done {
  ap_uint<24> writes;
};

inline constexpr int kBankBits = 2;
inline constexpr int kVectorLineBits = 12;
static_assert(device::kMaxTokens == 1u << kBankBits && device::kVectorLines == 1u << kVectorLineBits);

// The 32-bit word of a ring slot at a byte offset.
template <std::size_t ByteOffset>
ap_uint<32> slot_word(const CommandWord& command) {
  return command.range(8 * ByteOffset + 31, 8 * ByteOffset);
}

// The same of the operand block.
template <std::size_t ByteOffset>
ap_uint<32> operand_word(const CommandWord& command) {
  return slot_word<offsetof(device::Command, operand) + ByteOffset>(command);
}

// The line of a card address, given as two words.
inline ap_uint<32> card_line(ap_uint<32> lo, ap_uint<32> hi) {
  static_assert(device::kLineBytes == 128, "7 bits are the place in a line");
  ap_uint<32> line = lo >> 7;
  line.range(31, 25) = hi.range(6, 0);
  return line;
}

}  // namespace sluice::kernel
