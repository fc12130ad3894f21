// The process that makes the lines to write: the vector, its q8 form, its q16 form (numerics.md, section 3, and
// docs/device.md, 'Layouts in vector memory').
//
// Purpose: one pass over the mantissas. A block is quantised when all of it has come, so results leave a line later
// than
//   they come. At most one line a cycle is written: a vector line takes the last beat of a block, the planes of q8 and
//   q16 the first three, their parts delayed by as many beats. What depends on the whole vector, delta bytes and
//   headers, is written last.
// Ownership: plain values. Threading: a process. Errors: none.
#pragma once

#include <hls_stream.h>

#include "hls/vector/lanes.hpp"

namespace sluice::kernel {

inline constexpr int kEmptyBlock = 31;   // in place of a block's bit length, 0 .. 23
inline constexpr int kDeltaBytes = 128;  // of a line

using Plane = ap_uint<8 * kLanes>;
struct PlaneBeats {
  Plane q8;
  Plane high;
  Plane low;
};

// A beat of a block whose mantissas have `length` bits. m * 2^(width - length), rounded, as in narrowed(), once for the
// 14 bits of q16; the 7 of q8 are a floor shift of the same. |m| <= 2^length, so only q8's 128 has to be limited.
inline PlaneBeats quantised(const Mantissas& mantissas, ap_uint<5> length) {
  PlaneBeats out = {0, 0, 0};
quantise_lanes:
  for (int l = 0; l < kLanes; ++l) {
#pragma HLS UNROLL
    const ap_int<39> raised = ap_int<39>(lane_of<kMantissaBits>(mantissas, l)) << 15;
    const ap_int<17> wide = raised >> length;
    const ap_int<16> q16 = (wide + 1) >> 1;
    const ap_int<10> narrow = wide >> 7;
    const ap_int<9> rounded = (narrow + 1) >> 1;
    const ap_int<8> q8 = clamped<9>(rounded, 127);
    const ap_int<8> high = (q16 + 128) >> 8;
    const ap_int<8> low = q16;  // q16 - 256 * high has the same low byte
    set_lane<8>(out.q8, l, q8);
    set_lane<8>(out.high, l, high);
    set_lane<8>(out.low, l, low);
  }
  return out;
}

inline ap_uint<32 * kLanes> words_of(const Mantissas& mantissas) {
  ap_uint<32 * kLanes> words = 0;
word_lanes:
  for (int l = 0; l < kLanes; ++l) {
#pragma HLS UNROLL
    set_lane<32>(words, l, lane_of<kMantissaBits>(mantissas, l));
  }
  return words;
}

// A line that fills from its top while what it holds moves down.
template <int W>
LineWord moved(const LineWord& line, const ap_uint<W>& part) {
  LineWord next = line >> W;
  next.range(1023, 1024 - W) = part.range(W - 1, 0);
  return next;
}

struct EmitCounts {
  LineCount blocks;  // lines of the vector
  ap_uint<6> delta_lines;
  ap_uint<11> plane_lines;
};

inline void write_line(::hls::stream<LineWrite>& writes, int bank, ap_uint<12> line, const LineWord& data, bool last) {
  const LineWrite write = {bank, line, data, last};
  writes.write(write);
}

// All lines of mantissas and planes. Fills `lengths`; returns the largest length, kEmptyBlock if all is zero.
inline ap_uint<5> emit_elements(const EmitJob& job, int bank, const EmitCounts& n, ::hls::stream<Mantissas>& mantissas,
                                ap_uint<5> lengths[kMaxBlocks], ::hls::stream<LineWrite>& writes) {
  Mantissas delayed[kBeats];  // of the block that is quantised next, its next beat first
#pragma HLS ARRAY_PARTITION variable = delayed complete
clear_delayed:
  for (int b = 0; b < kBeats; ++b) {
#pragma HLS UNROLL
    delayed[b] = 0;
  }
  LineWord vector_line = 0;
  LineWord q8_line = 0;
  LineWord high_line = 0;
  LineWord low_line = 0;
  Plane high_1 = 0;  // delayed by as many beats
  Plane low_1 = 0;
  Plane low_2 = 0;
  ap_uint<kMantissaBits - 1> width = 0;  // of the block that comes in
  bool nonzero = false;
  ap_uint<5> length = 0;  // of the block that is quantised
  ap_uint<5> longest = kEmptyBlock;
  ap_uint<3> phase = 0;
  LineCount block = 0;  // that comes in
  // The block after the last one of a plane line still has to shift the last planes out.
  const LineCount end = 4 * n.plane_lines + 2;
blocks:
  while (block != end) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 24 max = 16392
    Mantissas in = 0;
    if (block < n.blocks) {
      in = mantissas.read();
    }
    if (phase == 0) {
      length = bit_length(width);
      if (block != 0 && block <= n.blocks) {
        const ap_uint<5> found = nonzero ? length : ap_uint<5>(kEmptyBlock);
        lengths[block - 1] = found;
        if (nonzero && (longest == kEmptyBlock || length > longest)) {
          longest = length;
        }
      }
      width = 0;
      nonzero = false;
    }
    ap_uint<kMantissaBits - 1> beat_width = 0;
  block_lanes:
    for (int l = 0; l < kLanes; ++l) {
#pragma HLS UNROLL
      beat_width |= ones_of(lane_of<kMantissaBits>(in, l));
    }
    width |= beat_width;
    nonzero = nonzero || in != 0;

    // At most one write: what a line has gathered until now. `done` blocks have been quantised whole.
    const LineCount done = block - 1;
    const bool planes = block > 1 && done.range(1, 0) == 0;
    const LineCount plane = (done >> 2) - 1;
    const ap_uint<12> low_at = job.q16_line + 1 + n.delta_lines + plane;
    bool write = false;
    ap_uint<12> at = 0;
    LineWord data = 0;
    if (phase == 0) {
      write = job.q8 == 1 && planes;
      at = job.q8_line + 1 + n.delta_lines + plane;
      data = q8_line;
    } else if (phase == 1) {
      write = job.q16 == 1 && planes;
      at = low_at;
      data = high_line;
    } else if (phase == 2) {
      write = job.q16 == 1 && planes;
      at = low_at + n.plane_lines;
      data = low_line;
    } else if (phase == 3) {
      write = job.vector == 1 && block != 0 && done < n.blocks;
      at = job.vector_line[bank] + 1 + done;
      data = vector_line;
    }
    if (write) {
      write_line(writes, bank, at, data, false);
    }

    const PlaneBeats beats = quantised(delayed[0], length);
    vector_line = moved<32 * kLanes>(vector_line, words_of(delayed[kBeats - 3]));  // 3 beats after it came
    q8_line = moved<8 * kLanes>(q8_line, beats.q8);
    high_line = moved<8 * kLanes>(high_line, high_1);
    low_line = moved<8 * kLanes>(low_line, low_2);
    high_1 = beats.high;
    low_2 = low_1;
    low_1 = beats.low;
  delay:
    for (int b = 0; b + 1 < kBeats; ++b) {
#pragma HLS UNROLL
      delayed[b] = delayed[b + 1];
    }
    delayed[kBeats - 1] = in;
    if (phase == kBeats - 1) {
      phase = 0;
      ++block;
    } else {
      ++phase;
    }
  }
  return longest;
}

// Delta bytes, the same for q8 and q16.
inline void emit_deltas(const EmitJob& job, int bank, const EmitCounts& n, ap_uint<5> longest,
                        const ap_uint<5> lengths[kMaxBlocks], ::hls::stream<LineWrite>& writes) {
delta_lines:
  for (int j = 0; j < n.delta_lines; ++j) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 32
    LineWord line = 0;
  deltas:
    for (int i = 0; i < kDeltaBytes + 2; ++i) {
#pragma HLS PIPELINE II = 1
      if (i < kDeltaBytes) {
        const int block = j * kDeltaBytes + i;
        ap_uint<8> delta = 0;
        if (block < n.blocks) {
          const ap_uint<5> length = lengths[block];
          delta = length == kEmptyBlock ? ap_uint<8>(63) : ap_uint<8>(longest - length);
        }
        line = moved<8>(line, delta);
      }
      const bool q8 = job.q8 == 1 && i == kDeltaBytes;
      const bool q16 = job.q16 == 1 && i == kDeltaBytes + 1;
      if (q8 || q16) {
        write_line(writes, bank, (q8 ? job.q8_line : job.q16_line) + 1 + j, line, false);
      }
    }
  }
}

// Headers: an exponent and the number of elements.
inline void emit_headers(const EmitJob& job, int bank, Exponent e, ap_uint<5> longest, bool last_token,
                         ::hls::stream<LineWrite>& writes) {
headers:
  for (int form = 0; form < 3; ++form) {
#pragma HLS PIPELINE II = 1
    bool write = job.vector == 1;
    bool last = job.q8 == 0 && job.q16 == 0;
    ap_uint<12> at = job.vector_line[bank];
    ap_int<32> exponent = e;
    if (form != 0) {
      write = form == 1 ? job.q8 == 1 : job.q16 == 1;
      last = form == 2 || job.q16 == 0;
      at = form == 1 ? job.q8_line : job.q16_line;
      const int bits = form == 1 ? hls::kQ8Width : hls::kQ16Width;
      exponent = longest == kEmptyBlock ? ap_int<32>(hls::kZeroExponent) : ap_int<32>(e + longest - bits);
    }
    LineWord line = 0;
    line.range(31, 0) = exponent.range(31, 0);
    line.range(49, 32) = job.elements.range(17, 0);
    if (write) {
      write_line(writes, bank, at, line, last && last_token);
    }
  }
}

// Process.
inline void emit(::hls::stream<EmitJob>& emit_job, ::hls::stream<Mantissas>& mantissas,
                 ::hls::stream<LineWrite>& writes, ::hls::stream<Done>& done) {
  const EmitJob job = emit_job.read();
  EmitCounts n;
  n.blocks = (job.elements + (kLineElements - 1)) >> 5;
  n.delta_lines = (n.blocks + (kDeltaBytes - 1)) >> 7;
  n.plane_lines = (n.blocks + 3) >> 2;
  ap_uint<24> written = 0;
  const bool quantise = job.q8 == 1 || job.q16 == 1;
  ap_uint<24> lines = 0;  // that a token writes
  if (job.vector == 1) {
    lines += n.blocks + 1;
  }
  if (job.q8 == 1) {
    lines += n.plane_lines + n.delta_lines + 1;
  }
  if (job.q16 == 1) {
    lines += 2 * n.plane_lines + n.delta_lines + 1;
  }
  ap_uint<5> lengths[kMaxBlocks];
#pragma HLS BIND_STORAGE variable = lengths type = ram_2p impl = bram
emit_tokens:
  for (int bank = 0; bank < 4; ++bank) {
    if (job.token_mask[bank] == 1) {
      const bool last_token = (job.token_mask >> (bank + 1)) == 0;
      const Exponent e = head_exponent(mantissas.read());
      const ap_uint<5> longest = emit_elements(job, bank, n, mantissas, lengths, writes);
      if (quantise) {
        emit_deltas(job, bank, n, longest, lengths, writes);
      }
      emit_headers(job, bank, e, longest, last_token, writes);
      written += lines;
    }
  }
  const Done end = {written};
  done.write(end);
}

}  // namespace sluice::kernel
