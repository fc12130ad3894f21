// Row tiles of a linear with compiler vectors: what makes the software device usable.
//
// Purpose: the same sums as hls::linear_tile(), bit for bit (testbench/host/device/software/linear_kernel_test.cpp).
// Ownership, threading: a pure function. Errors: none.
#pragma once

#include "hls/vector/linear.hpp"

namespace sluice::device {

// As hls::linear_tile(): sums of the 32 rows of the tile that starts at `tile`.
void vectorised_linear_tile(hls::WeightFormat format, const hls::u8* tile, int blocks, hls::i32 scale_max,
                            const hls::LinearInput& x, hls::i64* sum);

}  // namespace sluice::device
