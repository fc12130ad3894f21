// Weighted sums (combine, add, bias): docs/numerics.md, section 6.1.
//
// Purpose: the terms arrive line by line, the same line of every term before the next line, so that a line's partial
//   sums are all that is kept. Two passes: for the width and for the result.
// Ownership: plain values. Threading: a process. Errors: none.
#pragma once

#include <hls_stream.h>

#include "hls/vector/lanes.hpp"

namespace sluice::kernel {

// What becomes of a term's products: times weight, then a floor shift.
struct TermScale {
  ap_uint<29> weight;  // 0 for a term that is left out
  ap_uint<6> shift;
};

// Reads the head words of a token's terms; returns the largest exponent of those that count.
inline ap_int<16> scale_terms(TermCount terms, ::hls::stream<Beat>& term_beats, TermScale scale[kMaxSumTerms]) {
  ap_int<16> exponent[kMaxSumTerms];
  ap_int<16> top = hls::kZeroExponent;
term_heads:
  for (int k = 0; k < terms; ++k) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 20
    const Beat head = term_beats.read();
    const ap_int<16> e = head_exponent(head.x);
    const ap_uint<29> weight = head.side.range(28, 0);
    const bool counts = weight != 0 && e != hls::kZeroExponent;
    top = counts && e > top ? e : top;
    exponent[k] = e;
    scale[k].weight = counts ? weight : ap_uint<29>(0);
  }
term_shifts:
  for (int k = 0; k < terms; ++k) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 20
    const ap_int<17> below = top - exponent[k];
    // A term that is left out may lie above; its products are 0 and stay so.
    scale[k].shift = below > 63 || below < 0 ? ap_int<17>(63) : below;
  }
  return top;
}

// Process.
inline void sum_terms(::hls::stream<SumJob>& sum_job, ::hls::stream<Beat>& term_beats, ::hls::stream<Sums>& term_sums) {
  const SumJob job = sum_job.read();
  const TermCount last_term = job.terms - 1;
  const ap_uint<22> count = job.lines * job.terms * (2 * kBeats);
sum_tokens:
  for (int t = 0; t < job.tokens; ++t) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 4
    TermScale scale[kMaxSumTerms];
    const ap_int<16> top = scale_terms(job.terms, term_beats, scale);
    term_sums.write(head_word<Sums::width>(top - 24));
    Sums partial[kBeats];  // of the line under way
#pragma HLS BIND_STORAGE variable = partial type = ram_2p impl = lutram
    TermCount term = 0;
    ap_uint<3> phase = 0;
  products:
    for (int b = 0; b < count; ++b) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 8 max = 655360
#pragma HLS DEPENDENCE variable = partial type = inter distance = 4 true
      static_assert(kBeats >= 4, "a sum is read kBeats iterations after it was written");
      const Beat beat = term_beats.read();
      const bool first = term == 0;
      const bool last = term == last_term;
      const TermScale use = scale[term];
      const Sums until_now = partial[phase];
      Sums sums = 0;
    sum_lanes:
      for (int l = 0; l < kLanes; ++l) {
#pragma HLS UNROLL
        const ap_int<kMantissaBits> m = lane_of<kMantissaBits>(beat.x, l);
        const ap_int<53> product = m * use.weight;
        const ap_int<53> aligned = product >> use.shift;
        const ap_int<kSumBits> before = first ? ap_int<kSumBits>(0) : lane_of<kSumBits>(until_now, l);
        set_lane<kSumBits>(sums, l, before + aligned);
      }
      partial[phase] = sums;
      if (last) {
        term_sums.write(sums);
      }
      const bool line_ends = phase == kBeats - 1;
      phase = line_ends ? ap_uint<3>(0) : ap_uint<3>(phase + 1);
      if (line_ends) {
        term = last ? TermCount(0) : TermCount(term + 1);
      }
    }
  }
}

}  // namespace sluice::kernel
