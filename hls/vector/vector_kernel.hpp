// sluice_vector: quantise, norm, rope, activation, combine and bias as one hardware unit.
//
// Purpose: the top of the kernel; README.md has the block diagram, the passes and the cycles of each operation.
// Ownership: none; streams are the caller's. Threading: a call runs one command; its processes share nothing but
// streams. Errors: none: commands have passed check_command().
#pragma once

#include <hls_stream.h>

#include "hls/unit/ports.hpp"

void sluice_vector(hls::stream<sluice::kernel::CommandWord>& command, hls::stream<sluice::kernel::ReadRange>& ranges,
                   hls::stream<sluice::kernel::LineWord>& lines, hls::stream<sluice::kernel::LineWrite>& writes,
                   hls::stream<sluice::kernel::Done>& done);
