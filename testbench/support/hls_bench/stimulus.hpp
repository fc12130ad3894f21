// What a kernel's own stimulus file defines (STIMULUS of sluice_add_hls_kernel()).
// Ownership, threading, errors: as bench.hpp.
#pragma once

#include "testbench/support/hls_bench/bench.hpp"

namespace sluice::hls_bench {

// Called before each call, also those that a reset will cut off. A stream that it ever pushes to gets no other words.
void prepare_call(Stimulus& stimulus);

}  // namespace sluice::hls_bench
