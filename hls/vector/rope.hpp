// Rotary positions: docs/numerics.md, section 6.5.
//
// Purpose: a token's sines and cosines are made first, one pair of elements a cycle, and kept for all heads and both
//   passes. Then a beat in and a beat out each cycle: while the second half of a head comes in, the first half of its
//   results goes out, and while the first half of the next head comes in, the second half does.
// Ownership: plain values. Threading: a process. Errors: none; the dimension of a head is a multiple of 2 * kLanes up
// to
//   kMaxRopeDim (hls/unit/check.cpp).
#pragma once

#include <hls_stream.h>

#include "hls/vector/lanes.hpp"

namespace sluice::kernel {

inline constexpr int kTurnBits = 33;  // sine or cosine times amplitude: at most 2^30 * (2^31 - 1) >> 30, and a unit
inline constexpr int kMaxHalfBeats = kMaxRopeDim / 2 / kLanes;
using HalfBeats = ap_uint<bits_for(kMaxHalfBeats)>;

struct Turn {
  ap_int<32> sin;  // Q30; at most 2^30 and a unit
  ap_int<32> cos;
};

template <int Out, int In>
ap_int<Out> horner30(ap_int<Out> k, ap_int<In> y, ap_uint<31> w) {
  return k + ((y * w) >> 30);
}

// Sine and cosine of phi turns * 2^-32. w <= 2^30, so that each value lies between its coefficient and that plus the
// one before, as in exp2neg().
inline Turn sin_cos(ap_uint<32> phi) {
  const ap_uint<32> rounded = phi + (1 << 29);
  const ap_uint<2> quadrant = rounded.range(31, 30);
  const ap_uint<30> below = phi.range(29, 0);  // phi - quadrant * 2^30 as 30 bits in two's complement
  ap_int<30> theta;
  theta.range(29, 0) = below;
  const ap_uint<31> w = (theta * theta) >> 28;
  const ap_int<17> p1 = horner30<17, 10>(-39269, 332, w);
  const ap_int<23> p2 = horner30<23, 17>(2674039, p1, w);
  const ap_int<28> p3 = horner30<28, 23>(-86699833, p2, w);
  const ap_int<31> p4 = horner30<31, 28>(843314857, p3, w);
  const ap_int<13> c1 = horner30<13, 6>(3855, -26, w);
  const ap_int<20> c2 = horner30<20, 13>(-350031, c1, w);
  const ap_int<26> c3 = horner30<26, 20>(17023472, c2, w);
  const ap_int<30> c4 = horner30<30, 26>(-331168970, c3, w);
  const ap_int<32> c = horner30<32, 30>(1073741824, c4, w);
  const ap_int<32> s = (theta * p4) >> 29;
  const ap_int<32> minus_s = -s;
  const ap_int<32> minus_c = -c;
  Turn turn;
  turn.sin = quadrant == 0 ? s : (quadrant == 1 ? c : (quadrant == 2 ? minus_s : minus_c));
  turn.cos = quadrant == 0 ? c : (quadrant == 1 ? minus_s : (quadrant == 2 ? minus_c : s));
  return turn;
}

using Factor = ap_int<kTurnBits>;

// The turns of one position, those of pair i at [i % kLanes][i / kLanes]: reads an increment a pair of a head.
inline void make_turns(ap_uint<9> half, ap_uint<32> position, ap_uint<31> amplitude, ::hls::stream<Beat>& rope_beats,
                       Factor sines[kLanes][kMaxHalfBeats], Factor cosines[kLanes][kMaxHalfBeats]) {
make_turns_loop:
  for (int i = 0; i < half; ++i) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 8 max = 256
    const Beat head = rope_beats.read();
    const ap_uint<64> increment = head.side.range(63, 0);
    const ap_uint<96> product = position * increment;
    const ap_uint<32> phi = product.range(63, 32);
    const Turn turn = sin_cos(phi);
    sines[i % kLanes][i / kLanes] = (turn.sin * amplitude) >> 30;
    cosines[i % kLanes][i / kLanes] = (turn.cos * amplitude) >> 30;
  }
}

// A result of the first or the second half of a head.
inline ap_int<kSumBits> rotated(ap_int<kMantissaBits> x, ap_int<kMantissaBits> y, Factor sin, Factor cos, bool second) {
  const ap_int<kTurnBits + 1> minus_sin = -sin;
  const Factor of_x = second ? sin : cos;
  const ap_int<kTurnBits + 1> of_y = second ? ap_int<kTurnBits + 1>(cos) : minus_sin;
  return x * of_x + y * of_y;
}

// Process.
inline void rope(::hls::stream<RopeJob>& rope_job, ::hls::stream<Beat>& rope_beats, ::hls::stream<Sums>& rope_sums) {
  const RopeJob job = rope_job.read();
  const HalfBeats half_beats = job.half / kLanes;
  const HalfBeats last_beat = half_beats - 1;
  const ap_uint<18> beats = 2 * kBeats * job.lines;  // both passes: a whole number of heads
rope_tokens:
  for (int t = 0; t < job.tokens; ++t) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 4
    Factor sines[kLanes][kMaxHalfBeats];
#pragma HLS ARRAY_PARTITION variable = sines complete dim = 1
#pragma HLS BIND_STORAGE variable = sines type = ram_2p impl = lutram
    Factor cosines[kLanes][kMaxHalfBeats];
#pragma HLS ARRAY_PARTITION variable = cosines complete dim = 1
#pragma HLS BIND_STORAGE variable = cosines type = ram_2p impl = lutram
    ap_int<kMantissaBits> first_half[kLanes][kMaxHalfBeats];
#pragma HLS ARRAY_PARTITION variable = first_half complete dim = 1
#pragma HLS BIND_STORAGE variable = first_half type = ram_2p impl = lutram
    ap_int<kMantissaBits> second_half[kLanes][kMaxHalfBeats];
#pragma HLS ARRAY_PARTITION variable = second_half complete dim = 1
#pragma HLS BIND_STORAGE variable = second_half type = ram_2p impl = lutram
    make_turns(job.half, job.position[t], job.amplitude, rope_beats, sines, cosines);
    const Exponent e = head_exponent(rope_beats.read().x);
    rope_sums.write(head_word<Sums::width>(e - 30));
    HalfBeats at = 0;     // beat of a half
    bool second = false;  // which half comes in; the other one goes out
    bool begun = false;   // there is something to go out
  rotate_heads:
    for (int b = 0; b < beats + half_beats; ++b) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 9 max = 32800
      Mantissas in = 0;
      if (b < beats) {
        in = rope_beats.read().x;
      }
      Sums sums = 0;
    rope_lanes:
      for (int l = 0; l < kLanes; ++l) {
#pragma HLS UNROLL
        const ap_int<kMantissaBits> incoming = lane_of<kMantissaBits>(in, l);
        const ap_int<kMantissaBits> x = first_half[l][at];
        const ap_int<kMantissaBits> y = second ? incoming : second_half[l][at];
        if (second) {
          second_half[l][at] = incoming;
        } else {
          first_half[l][at] = incoming;
        }
        set_lane<kSumBits>(sums, l, rotated(x, y, sines[l][at], cosines[l][at], !second));
      }
      if (begun) {
        rope_sums.write(sums);
      }
      if (at == last_beat) {
        at = 0;
        second = !second;
        begun = true;
      } else {
        ++at;
      }
    }
  }
}

}  // namespace sluice::kernel
