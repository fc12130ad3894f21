// RMS norm: docs/numerics.md, section 6.3.
//
// Purpose: three passes over the elements: the sum of squares, then the sums of the result twice, for their width and
//   for themselves. Between the first two the factor is made, some 150 cycles a token, its multipliers shared.
// Ownership: plain values. Threading: a process. Errors: none.
#pragma once

#include <hls_stream.h>

#include "hls/vector/lanes.hpp"

namespace sluice::kernel {

struct NormFactor {
  ap_uint<30> factor;
  Exponent exponent;  // of the sums
};

// x << k for k >= 0, else x >> -k. |k| up to 2^17, but x << k fits 63 bits or x is 0.
inline ap_uint<63> shift_either(ap_uint<63> x, ap_int<18> k) {
  if (k < 0) {
    const ap_int<19> right = -k;
    const ap_uint<6> amount = right > 63 ? ap_int<19>(63) : right;
    return x >> amount;
  }
  const ap_uint<6> amount = k > 63 ? ap_int<18>(63) : k;
  return x << amount;
}

// u^-1/2 in Q30 for u in Q30, 1 <= u < 4. y = r sqrt(u) goes to y (3 - y^2) / 2, at most 1, so r never exceeds 2^30 by
// more than truncation; the first guess is below it too, and y^2 < 2.
inline ap_uint<31> rsqrt(ap_uint<32> u) {
  ap_uint<31> r = 1159641170 - ((u * ap_uint<14>(10486)) >> 16);
newton:
  for (int step = 0; step < 4; ++step) {
    const ap_uint<31> square = (r * r) >> 30;
    const ap_uint<32> t = (u * square) >> 30;
    const ap_uint<32> rest = (ap_uint<34>(3) << 30) - t;
    r = (r * rest) >> 31;
  }
  return r;
}

// From the sum of squares of the mantissas to the factor of every element. For a sum of 0 the factor is of no matter.
inline NormFactor norm_factor(ap_uint<63> square_sum, ap_int<16> e, const NormJob& job) {
  const ap_uint<63> epsilon = job.epsilon_mantissa * job.elements;
  const ap_int<18> doubled = 2 * e;
  ap_int<18> top = bit_length(square_sum) + doubled;
  const ap_int<18> epsilon_top = bit_length(epsilon) + job.epsilon_exponent;
  if (epsilon != 0 && epsilon_top > top) {
    top = epsilon_top;
  }
  ap_int<18> c = top - 62;
  // Both terms are below 2^62.
  ap_uint<63> total = shift_either(square_sum, doubled - c) + shift_either(epsilon, job.epsilon_exponent - c);
  if (c[0] == 1) {
    total >>= 1;
    c += 1;
  }
  if (total[62] == 1) {
    total >>= 2;
    c += 2;
  }
  const ap_uint<32> u = total >> 30;
  const ap_uint<61> scale = rsqrt(u) * job.root_n;
  // 30 bits of it: scale >> (length - 30), as a shift of scale * 2^30 by length. root_n >= 2^20, so length > 30.
  const ap_uint<6> length = bit_length(scale);
  const ap_uint<91> raised = ap_uint<91>(scale) << 30;
  const ap_int<18> half = (c + 60) >> 1;  // c is even
  NormFactor result;
  result.factor = raised >> length;
  result.exponent = e + (length - 30) - 50 - half + 23 + job.gamma_exponent;
  return result;
}

// Process.
inline void norm(::hls::stream<NormJob>& norm_job, ::hls::stream<Beat>& norm_beats, ::hls::stream<Sums>& norm_sums) {
  const NormJob job = norm_job.read();
  const ap_uint<18> beats = ((job.elements + (kLineElements - 1)) >> 5) * kBeats;
norm_tokens:
  for (int t = 0; t < job.tokens; ++t) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 4
    const ap_int<16> e = head_exponent(norm_beats.read().x);
    // 131,040 elements, which is all that vector memory holds, times (2^23 - 1)^2: below 2^63.
    ap_uint<63> square_sum = 0;
  squares:
    for (int b = 0; b < beats; ++b) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 4 max = 16384
      const Beat beat = norm_beats.read();
      ap_uint<50> squares = 0;  // 8 below 2^46
    square_lanes:
      for (int l = 0; l < kLanes; ++l) {
#pragma HLS UNROLL
        const ap_int<kMantissaBits> m = lane_of<kMantissaBits>(beat.x, l);
        squares += ap_uint<46>(m * m);
      }
      square_sum += squares;
    }
    const NormFactor norm = norm_factor(square_sum, e, job);
    norm_sums.write(head_word<Sums::width>(norm.exponent));
  norm_results:
    for (int b = 0; b < 2 * beats; ++b) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 8 max = 32768
      const Beat beat = norm_beats.read();
      Sums sums = 0;
    norm_lanes:
      for (int l = 0; l < kLanes; ++l) {
#pragma HLS UNROLL
        const ap_int<kMantissaBits> m = lane_of<kMantissaBits>(beat.x, l);
        const ap_int<16> gamma = lane_of<kMantissaBits>(beat.side, l);
        const ap_int<31> scaled = (m * norm.factor) >> 23;  // |m R| < 2^53
        set_lane<kSumBits>(sums, l, scaled * gamma);
      }
      norm_sums.write(sums);
    }
  }
}

}  // namespace sluice::kernel
