// sluice_router: expert selection (docs/numerics.md, section 6.6) as a hardware unit.
//
// Purpose: the top of the kernel; README.md has the block diagram and the cycles. It also counts how often each expert
//   was selected: the command kCountersOpcode, which only the card itself gives, writes the counters and may clear
//   them.
// Ownership: the counters are the kernel's, from power-up on. Threading: a call runs one command; its processes share
//   nothing but streams. Errors: none: commands have passed check_command().
#pragma once

#include <hls_stream.h>

#include "hls/unit/ports.hpp"

namespace sluice::kernel {

// Beside device::Opcode: not a command of the queue. Counters are written as 32-bit words, saturated, expert 0 first,
// to kMaxExperts / 32 lines of bank 0.
inline constexpr int kCountersOpcode = 49;
struct CountersOperand {
  std::uint32_t output_line = 0;
  std::uint32_t clear = 0;  // 1: set all to 0 after they were read
};
inline constexpr int kCounterLines = device::kMaxExperts / 32;

}  // namespace sluice::kernel

void sluice_router(hls::stream<sluice::kernel::CommandWord>& command, hls::stream<sluice::kernel::ReadRange>& ranges,
                   hls::stream<sluice::kernel::LineWord>& lines, hls::stream<sluice::kernel::LineWrite>& writes,
                   hls::stream<sluice::kernel::Done>& done);
