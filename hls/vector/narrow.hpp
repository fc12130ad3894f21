// normalise() of docs/numerics.md, section 2: sums to mantissas with the exponent chosen from the data.
//
// Purpose: takes the sums of the operation at work twice: first their width, then themselves. A vector to be quantised
//   comes as it is, once, and passes unchanged.
// Ownership: plain values. Threading: a process. Errors: none.
#pragma once

#include <hls_stream.h>

#include "hls/vector/lanes.hpp"

namespace sluice::kernel {

// The next sums of the operation.
inline Sums next_sums(Op op, ::hls::stream<Beat>& copy_beats, ::hls::stream<Sums>& norm_sums,
                      ::hls::stream<Sums>& rope_sums, ::hls::stream<Sums>& gate_sums, ::hls::stream<Sums>& term_sums) {
  Sums sums = 0;
  if (op == kOpQuantise) {
    const Beat beat = copy_beats.read();
  widen_lanes:
    for (int l = 0; l < kLanes; ++l) {
#pragma HLS UNROLL
      set_lane<kSumBits>(sums, l, lane_of<kMantissaBits>(beat.x, l));
    }
  } else if (op == kOpNorm) {
    sums = norm_sums.read();
  } else if (op == kOpRope) {
    sums = rope_sums.read();
  } else if (op == kOpActivation) {
    sums = gate_sums.read();
  } else {
    sums = term_sums.read();
  }
  return sums;
}

// sum * 2^(23 - length), rounded, limited. As ((sum * 2^24 >> length) + 1) >> 1, which is the same for every length:
// floors nest, and where nothing is dropped the bit below the point is 0.
inline ap_int<kMantissaBits> narrowed(ap_int<kSumBits> sum, ap_uint<6> length) {
  const ap_int<kSumBits + 24> raised = ap_int<kSumBits + 24>(sum) << 24;
  const ap_int<26> doubled = raised >> length;  // |sum| <= 2^length
  const ap_int<26> rounded = (doubled + 1) >> 1;
  return clamped<26>(rounded, hls::kMantissaLimit);
}

// Process. Its output: the exponent as a head word, then mantissas.
inline void narrow(::hls::stream<NarrowJob>& narrow_job, ::hls::stream<Beat>& copy_beats,
                   ::hls::stream<Sums>& norm_sums, ::hls::stream<Sums>& rope_sums, ::hls::stream<Sums>& gate_sums,
                   ::hls::stream<Sums>& term_sums, ::hls::stream<Mantissas>& mantissas) {
  const NarrowJob job = narrow_job.read();
  const ap_uint<18> beats = kBeats * job.lines;
narrow_tokens:
  for (int t = 0; t < job.tokens; ++t) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 4
    Exponent e;
    ap_uint<6> length = 23;  // leaves a mantissa as it is
    if (job.op == kOpQuantise) {
      const Beat head = copy_beats.read();
      e = head_exponent(head.x);
    } else {
      e = head_exponent(next_sums(job.op, copy_beats, norm_sums, rope_sums, gate_sums, term_sums));
      ap_uint<kSumBits - 1> width = 0;
      bool nonzero = false;
    find_width:
      for (int b = 0; b < beats; ++b) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 4 max = 16384
        const Sums sums = next_sums(job.op, copy_beats, norm_sums, rope_sums, gate_sums, term_sums);
        ap_uint<kSumBits - 1> beat_width = 0;
      width_lanes:
        for (int l = 0; l < kLanes; ++l) {
#pragma HLS UNROLL
          beat_width |= ones_of(lane_of<kSumBits>(sums, l));
        }
        width |= beat_width;
        nonzero = nonzero || sums != 0;
      }
      length = bit_length(width);
      e = nonzero ? Exponent(e + length - 23) : Exponent(hls::kZeroExponent);
    }
    mantissas.write(head_word<Mantissas::width>(e));
  narrow_results:
    for (int b = 0; b < beats; ++b) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 4 max = 16384
      const Sums sums = next_sums(job.op, copy_beats, norm_sums, rope_sums, gate_sums, term_sums);
      Mantissas out = 0;
    narrow_lanes:
      for (int l = 0; l < kLanes; ++l) {
#pragma HLS UNROLL
        set_lane<kMantissaBits>(out, l, narrowed(lane_of<kSumBits>(sums, l), length));
      }
      mantissas.write(out);
    }
  }
}

}  // namespace sluice::kernel
