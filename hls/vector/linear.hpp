// One row tile of a linear on the device's weight layout: docs/numerics.md, section 5, docs/device.md, 'Weight layout'.
//
// Purpose: the golden model of the matrix engine (rtl/engine) and the kernel of the software device.
// Ownership, threading, errors: as fixed.hpp.
#pragma once

#include "hls/vector/fixed.hpp"

namespace sluice::hls {

enum class WeightFormat : u32 { kMxInt8 = 0, kInt4 = 1, kMxFp4 = 2, kMxInt16 = 3 };

inline constexpr int kLineSize = 128;
inline constexpr int kTileRows = 32;
inline constexpr int kGroupBlocks = 4;

// Element lines of one block of a row tile.
constexpr int lines_per_block(WeightFormat format) {
  return format == WeightFormat::kMxInt8 ? 8 : (format == WeightFormat::kMxInt16 ? 16 : 4);
}

// Lines of one row tile of `blocks` blocks.
constexpr i64 lines_per_tile(WeightFormat format, i64 blocks) {
  return (blocks + kGroupBlocks - 1) / kGroupBlocks + blocks * lines_per_block(format);
}

// Twice the value of an E2M1 code.
constexpr i32 e2m1_twice(u32 code) {
  constexpr i32 kMagnitude[8] = {0, 1, 2, 3, 4, 6, 8, 12};
  return (code & 8) != 0 ? -kMagnitude[code & 7] : kMagnitude[code & 7];
}

// The low 4 bits as two's complement.
constexpr i32 int4_value(u32 code) { return static_cast<i32>((code & 15) ^ 8) - 8; }

// Quantised input of a linear; high is the only plane of q8.
struct LinearInput {
  const i8* high;   // [columns]
  const i8* low;    // [columns], q16 only
  const u8* delta;  // [columns / 32]
};

// dot[r] += sum over 8 columns of one element line's 16 rows of bytes; x: [8].
inline void add_line(const u8* line, const i32* x, i32 factor, i64* dot) {
  for (int a = 0; a < 2; ++a) {
    for (int r = 0; r < 16; ++r) {
      i32 part = 0;
      for (int b = 0; b < 4; ++b) {
        part += static_cast<i8>(line[64 * a + 4 * r + b]) * x[4 * a + b];
      }
      dot[r] += i64{part} * factor;
    }
  }
}

// Exact dot products of one block: dot[32]; `lines` are the block's element lines.
inline void block_dot(WeightFormat format, const u8* lines, const i8* high, const i8* low, i64* dot) {
  i32 x[32];
  for (int i = 0; i < 32; ++i) {
    x[i] = format == WeightFormat::kMxInt16 ? 256 * i32{high[i]} + low[i] : high[i];
  }
  for (int r = 0; r < kTileRows; ++r) {
    dot[r] = 0;
  }
  if (format == WeightFormat::kMxInt8) {
    for (int line = 0; line < 8; ++line) {
      add_line(lines + kLineSize * line, x + 8 * (line & 3), 1, dot + 16 * (line >> 2));
    }
  } else if (format == WeightFormat::kMxInt16) {
    for (int line = 0; line < 16; ++line) {
      add_line(lines + kLineSize * line, x + 8 * (line & 3), (line & 4) != 0 ? 1 : 256, dot + 16 * (line >> 3));
    }
  } else {
    for (int line = 0; line < 4; ++line) {
      for (int i = 0; i < kLineSize; ++i) {
        const u32 byte = lines[kLineSize * line + i];
        const i32 column = x[8 * line + 4 * (i / 64) + i % 4];
        const int row = (i % 64) / 4;
        const bool fp4 = format == WeightFormat::kMxFp4;
        dot[row] += i64{fp4 ? e2m1_twice(byte & 15) : int4_value(byte)} * column;
        dot[row + 16] += i64{fp4 ? e2m1_twice(byte >> 4) : int4_value(byte >> 4)} * column;
      }
    }
  }
}

// Adds the block's terms to the 32 row sums. scale: the 32 scale bytes; scale_max: W.
inline void add_terms(WeightFormat format, const i64* dot, const u8* scale, i32 scale_max, i32 delta, i64* sum) {
  for (int r = 0; r < kTileRows; ++r) {
    const bool int4 = format == WeightFormat::kInt4;
    const i64 mantissa = int4 ? 8 + (scale[r] & 7) : 1;
    const i32 exponent = int4 ? scale[r] >> 3 : scale[r];
    const i32 d = (delta & 63) + scale_max - exponent;  // negative only if the scale byte is above W: then 63
    const i64 p = dot[r] * mantissa;
    sum[r] += (format == WeightFormat::kMxInt16 ? p : p << 16) >> (d >= 0 && d < 63 ? d : 63);
  }
}

// Sums of one row tile: tile points at its first group; sum: [32].
inline void linear_tile(WeightFormat format, const u8* tile, int blocks, i32 scale_max, const LinearInput& x,
                        i64* sum) {
  for (int r = 0; r < kTileRows; ++r) {
    sum[r] = 0;
  }
  const u8* at = tile;
  for (int group = 0; group < blocks; group += kGroupBlocks) {
    const u8* scales = at;
    at += kLineSize;
    for (int b = group; b < blocks && b < group + kGroupBlocks; ++b) {
      i64 dot[kTileRows];
      block_dot(format, at, x.high + 32 * b, x.low + (x.low != nullptr ? 32 * b : 0), dot);
      add_terms(format, dot, scales + 32 * (b - group), scale_max, x.delta[b], sum);
      at += kLineSize * lines_per_block(format);
    }
  }
}

// The constant F of numerics.md, section 5.
constexpr i32 fraction_bits(WeightFormat format) { return format == WeightFormat::kMxInt16 ? 0 : 16; }

}  // namespace sluice::hls
