// Gated activations: docs/numerics.md, section 6.4.
//
// Purpose: gates in x, ups beside them; kSigmoidLanes results a cycle, so that a beat takes kSigmoidSteps cycles. Two
//   passes: for the width and for the result.
// Ownership: plain values. Threading: a process. Errors: none.
#pragma once

#include <hls_stream.h>

#include "hls/vector/lanes.hpp"

namespace sluice::kernel {

inline constexpr int kSigmoidSteps = kLanes / kSigmoidLanes;

// What a token's exponent makes of the command's constants. For kSwiglu: no limit, no shift, nothing added.
struct ActivationScale {
  ap_uint<32> scale;
  ap_uint<7> drop;    // fixed24_drop of the exponent
  ap_uint<24> bound;  // 2^23 and more is no limit to a mantissa
  ap_uint<5> up_shift;
  ap_uint<25> one;
  Exponent exponent;  // of the sums
};

inline ActivationScale activation_scale(const ActivationJob& job, ap_int<16> e) {
  ActivationScale s;
  s.drop = fixed24_drop(e);
  s.scale = hls::kLog2eQ28;
  s.bound = 1 << 23;
  s.up_shift = 0;
  s.one = 0;
  s.exponent = 2 * e - 8;
  if (job.clamped == 1) {
    s.scale = job.scale;
    // limit * 2^k with k = -16 - e, up to 2^23: as a right shift of limit * 2^24 by 24 - k = e + 40.
    const ap_int<17> drop = e + 40;
    if (drop >= 0) {
      const ap_uint<6> amount = drop > 63 ? ap_int<17>(63) : drop;
      const ap_uint<56> bound = (ap_uint<56>(job.limit) << 24) >> amount;
      s.bound = bound > (1 << 23) ? ap_uint<56>(1 << 23) : bound;
    }
    const ap_int<16> up_exponent = e > -24 ? e : ap_int<16>(-24);
    const ap_int<17> shift = up_exponent - e;
    s.up_shift = shift > 31 ? ap_int<17>(31) : shift;  // of 24 bits; 31 leaves the sign
    if (up_exponent <= 0) {
      const ap_uint<5> places = -up_exponent;
      s.one = ap_uint<25>(1) << places;
    }
    s.exponent = e + up_exponent - 8;
  }
  return s;
}

inline ap_int<kSumBits> activate(ap_int<kMantissaBits> gate, ap_int<kMantissaBits> up, const ActivationScale& s) {
  const ap_int<25> bound = s.bound;
  const ap_int<kMantissaBits> g = gate > bound ? bound : ap_int<25>(gate);
  const ap_int<kMantissaBits> limited = clamped<25>(up, bound);
  const ap_int<26> u = (limited >> s.up_shift) + s.one;
  const ap_uint<31> share = sigmoid(g, s.drop, s.scale);
  const ap_int<33> a = (g * share) >> 22;  // |g share| < 2^53, so |a| <= 2^31
  return a * u;
}

// Process.
inline void activate_gates(::hls::stream<ActivationJob>& activation_job, ::hls::stream<Beat>& gate_beats,
                           ::hls::stream<Sums>& gate_sums) {
  const ActivationJob job = activation_job.read();
  const ap_uint<18> steps = 2 * kBeats * kSigmoidSteps * job.lines;
activation_tokens:
  for (int t = 0; t < job.tokens; ++t) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 4
    const ActivationScale scale = activation_scale(job, head_exponent(gate_beats.read().x));
    gate_sums.write(head_word<Sums::width>(scale.exponent));
    Beat beat = {0, 0};
    Sums sums = 0;
  gates:
    for (int i = 0; i < steps; ++i) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 32 max = 65536
      const int step = i % kSigmoidSteps;
      if (step == 0) {
        beat = gate_beats.read();
      } else {
        beat.x >>= kMantissaBits * kSigmoidLanes;
        beat.side >>= kMantissaBits * kSigmoidLanes;
      }
      sums >>= kSumBits * kSigmoidLanes;
    sigmoid_lanes:
      for (int l = 0; l < kSigmoidLanes; ++l) {
#pragma HLS UNROLL
        const ap_int<kSumBits> sum =
            activate(lane_of<kMantissaBits>(beat.x, l), lane_of<kMantissaBits>(beat.side, l), scale);
        set_lane<kSumBits>(sums, kLanes - kSigmoidLanes + l, sum);
      }
      if (step == kSigmoidSteps - 1) {
        gate_sums.write(sums);
      }
    }
  }
}

}  // namespace sluice::kernel
