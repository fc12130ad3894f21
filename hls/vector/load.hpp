// The process that turns lines into beats for the operation that wants them.
//
// Purpose: kLanes mantissas a cycle, limited to the contract's range, zero beyond the vector's end, together with the
//   gammas or ups beside them. Reads at most one line a cycle: what goes beside a line is read ahead while the beats of
//   the line before are sent.
// Ownership: plain values. Threading: a process. Errors: none.
#pragma once

#include <hls_stream.h>

#include "hls/vector/lanes.hpp"

namespace sluice::kernel {

inline void send(Op op, const Beat& beat, ::hls::stream<Beat>& copy_beats, ::hls::stream<Beat>& norm_beats,
                 ::hls::stream<Beat>& rope_beats, ::hls::stream<Beat>& gate_beats, ::hls::stream<Beat>& term_beats) {
  if (op == kOpQuantise) {
    copy_beats.write(beat);
  } else if (op == kOpNorm) {
    norm_beats.write(beat);
  } else if (op == kOpRope) {
    rope_beats.write(beat);
  } else if (op == kOpActivation) {
    gate_beats.write(beat);
  } else if (op == kOpSum) {
    term_beats.write(beat);
  }
}

inline constexpr unsigned kMostWeight = 1u << 28;

// kOpRope: one head word an increment, in side.
inline void load_increments(ap_uint<9> half, ::hls::stream<LineWord>& lines, ::hls::stream<Beat>& rope_beats) {
  LineWord line = 0;
increments:
  for (int i = 0; i < half; ++i) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 8 max = 256
    line = i % 16 == 0 ? lines.read() : LineWord(line >> 64);
    Beat beat = {0, 0};
    beat.side.range(63, 0) = line.range(63, 0);
    rope_beats.write(beat);
  }
}

// kOpSum: one head word a term, its exponent in x and its weight in side. Weights that no router makes are limited.
inline void load_terms(TermCount terms, TermCount routed, ::hls::stream<LineWord>& lines,
                       ::hls::stream<Beat>& term_beats) {
  ap_uint<512> weights = 0;
  if (routed != 0) {
    const LineWord route = lines.read();
    weights = route.range(1023, 512);
  }
terms_of_sum:
  for (int k = 0; k < terms; ++k) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 20
    const LineWord header = lines.read();
    const ap_uint<32> weight = weights.range(31, 0);
    weights >>= 32;
    ap_uint<29> used = 1 << 24;
    if (k < routed) {
      used = weight > kMostWeight ? ap_uint<32>(kMostWeight) : weight;
    }
    ap_int<32> e;
    e.range(31, 0) = header.range(31, 0);
    Beat beat = {head_word<Mantissas::width>(exponent_of(e)), 0};
    beat.side.range(28, 0) = used;
    term_beats.write(beat);
  }
}

// One pass over the elements. side: 0 nothing beside, 1 a line of ups a line, 2 a line of gammas two lines.
inline void load_pass(const LoadJob& job, ap_uint<2> side, ::hls::stream<LineWord>& lines,
                      ::hls::stream<Beat>& copy_beats, ::hls::stream<Beat>& norm_beats, ::hls::stream<Beat>& rope_beats,
                      ::hls::stream<Beat>& gate_beats, ::hls::stream<Beat>& term_beats) {
  LineWord x_line = 0;
  LineWord side_line = 0;
  LineWord next_side = 0;
  if (side != 0) {
    next_side = lines.read();
  }
  const LineCount line_count = (job.elements + (kLineElements - 1)) >> 5;
  const ap_uint<21> count = line_count * job.terms * kBeats;
  const TermCount last_term = job.terms - 1;
  ElementCount left = job.elements;  // from the first one of this line on
  TermCount term = 0;
  ap_uint<3> phase = 0;
  ap_uint<1> odd = 0;  // of the line's number
beats:
  for (int b = 0; b < count; ++b) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 4 max = 16384
    const bool last_line = left <= kLineElements;
    const bool side_ends = side == 1 || odd == 1;  // the line beside ends with this line
    const bool take_x = phase == 0;
    const bool take_side = side != 0 && phase == kBeats - 1 && side_ends && !last_line;
    LineWord got = 0;
    if (take_x || take_side) {
      got = lines.read();
    }
    x_line = take_x ? got : LineWord(x_line >> (32 * kLanes));
    if (take_x && (side == 1 || odd == 0)) {
      side_line = next_side;
    } else {
      side_line = side == 2 ? LineWord(side_line >> (16 * kLanes)) : LineWord(side_line >> (32 * kLanes));
    }
    next_side = take_side ? got : next_side;

    Beat beat = {0, 0};
  lanes:
    for (int l = 0; l < kLanes; ++l) {
#pragma HLS UNROLL
      ap_int<32> word;
      word.range(31, 0) = x_line.range(32 * l + 31, 32 * l);
      const bool inside = phase * kLanes + l < left;
      set_lane<kMantissaBits>(beat.x, l, inside ? mantissa_of(word) : ap_int<kMantissaBits>(0));
      ap_int<32> up;
      up.range(31, 0) = side_line.range(32 * l + 31, 32 * l);
      ap_int<16> gamma;
      gamma.range(15, 0) = side_line.range(16 * l + 15, 16 * l);
      set_lane<kMantissaBits>(beat.side, l, side == 2 ? ap_int<kMantissaBits>(gamma) : mantissa_of(up));
    }
    send(job.op, beat, copy_beats, norm_beats, rope_beats, gate_beats, term_beats);

    const bool line_ends = phase == kBeats - 1;
    const bool term_ends = term == last_term;
    phase = line_ends ? ap_uint<3>(0) : ap_uint<3>(phase + 1);
    if (line_ends) {
      term = term_ends ? TermCount(0) : TermCount(term + 1);
      if (term_ends) {
        odd = ~odd;
        left -= kLineElements;
      }
    }
  }
}

// Process.
inline void load(::hls::stream<LoadJob>& load_job, ::hls::stream<LineWord>& lines, ::hls::stream<Beat>& copy_beats,
                 ::hls::stream<Beat>& norm_beats, ::hls::stream<Beat>& rope_beats, ::hls::stream<Beat>& gate_beats,
                 ::hls::stream<Beat>& term_beats) {
  const LoadJob job = load_job.read();
load_tokens:
  for (int t = 0; t < job.tokens; ++t) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 4
    if (job.op == kOpSum) {
      load_terms(job.terms, job.routed, lines, term_beats);
    } else {
      if (job.op == kOpRope) {
        load_increments(job.half, lines, rope_beats);
      }
      const LineWord header = lines.read();
      ap_int<32> e;
      e.range(31, 0) = header.range(31, 0);
      const Beat head = {head_word<Mantissas::width>(exponent_of(e)), 0};
      send(job.op, head, copy_beats, norm_beats, rope_beats, gate_beats, term_beats);
    }
    const ap_uint<2> passes = job.op == kOpQuantise ? 1 : (job.op == kOpNorm ? 3 : 2);
  load_passes:
    for (int pass = 0; pass < passes; ++pass) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 3
      ap_uint<2> side = 0;
      if (job.op == kOpActivation) {
        side = 1;
      } else if (job.op == kOpNorm && pass > 0) {
        side = 2;
      }
      load_pass(job, side, lines, copy_beats, norm_beats, rope_beats, gate_beats, term_beats);
    }
  }
}

}  // namespace sluice::kernel
