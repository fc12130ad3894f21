// Random words in which corners are frequent.
// Ownership: values. Threading: none. Errors: none.
#pragma once

#include <cstdint>
#include <random>

#include "testbench/support/hls_bench/rtl_kernel.hpp"

namespace sluice::hls_bench {

// Half of them uniform, else all zeros or ones, a single bit, a small number or a small negative one, the largest or
// the smallest signed number.
[[nodiscard]] Words random_word(unsigned width, std::mt19937_64& random);

// `value` in two's complement, cut to the width.
[[nodiscard]] Words number_word(unsigned width, std::int64_t value);

// Between the bounds, each bound in one of eight.
[[nodiscard]] Words number_between(unsigned width, std::int64_t min, std::int64_t max, std::mt19937_64& random);

}  // namespace sluice::hls_bench
