#include "host/device/software/linear_kernel.hpp"

#include <cstring>

namespace sluice::device {
namespace {

using hls::i16;
using hls::i32;
using hls::i64;
using hls::i8;
using hls::kLineSize;
using hls::kTileRows;
using hls::u8;
using hls::WeightFormat;

// Vectors of the compiler's; each is one or two registers on AVX2 and several elsewhere.
using Bytes = i8 __attribute__((vector_size(16)));
using Shorts = i16 __attribute__((vector_size(32)));
using Ints = i32 __attribute__((vector_size(64)));

// Four columns of 16 rows: partial[i] is the Ints of rows 4 i .. 4 i + 3, element 4 r + b of row r, column b.
struct Partial {
  Ints part[4] = {};
};

// Four activations, four times over.
Shorts repeat(const i8* x) {
  Shorts out;
  for (int i = 0; i < 16; ++i) {
    out[i] = i16{x[i % 4]};
  }
  return out;
}

// Adds the products of 64 weight bytes (16 rows of 4 columns) with four activations. A product fits 16 bits.
void add_products(Partial& sum, const Bytes* weights, Shorts x) {
  for (int i = 0; i < 4; ++i) {
    sum.part[i] += __builtin_convertvector(__builtin_convertvector(weights[i], Shorts) * x, Ints);
  }
}

void reduce(const Partial& sum, i32* dot) {
  for (int r = 0; r < 16; ++r) {
    const Ints& part = sum.part[r / 4];
    const int at = r % 4 * 4;
    dot[r] = part[at] + part[at + 1] + part[at + 2] + part[at + 3];
  }
}

void dot_int8(const u8* lines, const i8* x, i32* dot) {
  for (int half = 0; half < 2; ++half) {
    Partial sum;
    for (int line = 0; line < 4; ++line) {
      for (int a = 0; a < 2; ++a) {
        Bytes weights[4];
        std::memcpy(weights, lines + kLineSize * (4 * half + line) + 64 * a, sizeof(weights));
        add_products(sum, weights, repeat(x + 8 * line + 4 * a));
      }
    }
    reduce(sum, dot + 16 * half);
  }
}

void dot_int4(const u8* lines, const i8* x, i32* dot) {
  Partial low;
  Partial high;
  for (int line = 0; line < 4; ++line) {
    for (int a = 0; a < 2; ++a) {
      Bytes codes[4];
      Bytes low_weights[4];
      Bytes high_weights[4];
      std::memcpy(codes, lines + kLineSize * line + 64 * a, sizeof(codes));
      for (int i = 0; i < 4; ++i) {
        low_weights[i] = ((codes[i] & 15) ^ 8) - 8;
        high_weights[i] = (((codes[i] >> 4) & 15) ^ 8) - 8;
      }
      const Shorts activations = repeat(x + 8 * line + 4 * a);
      add_products(low, low_weights, activations);
      add_products(high, high_weights, activations);
    }
  }
  reduce(low, dot);
  reduce(high, dot + 16);
}

// (dot * mu << 16) >> d of numerics.md, section 5, in 32-bit shifts: right by what d is above 16, then left.
void add_terms(const i32* dot, const i32* mantissa, const i32* exponent, i32 reach, i64* sum) {
  for (int r = 0; r < kTileRows; ++r) {
    const i32 distance = reach - exponent[r];
    const i32 d = distance >= 0 && distance < 47 ? distance : 47;  // at 47 nothing but the sign is left, as at 63
    const i32 right = d > 16 ? d - 16 : 0;
    const i32 left = d > 16 ? 0 : 16 - d;
    sum[r] += i64{(dot[r] * mantissa[r]) >> right} << left;
  }
}

}  // namespace

void vectorised_linear_tile(WeightFormat format, const u8* tile, int blocks, i32 scale_max, const hls::LinearInput& x,
                            i64* sum) {
  if (format == WeightFormat::kMxInt16 || format == WeightFormat::kMxFp4) {
    hls::linear_tile(format, tile, blocks, scale_max, x, sum);
    return;
  }
  const bool int4 = format == WeightFormat::kInt4;
  std::memset(sum, 0, kTileRows * sizeof(i64));
  const u8* at = tile;
  for (int group = 0; group < blocks; group += hls::kGroupBlocks) {
    const u8* scales = at;
    at += kLineSize;
    for (int b = group; b < blocks && b < group + hls::kGroupBlocks; ++b) {
      i32 dot[kTileRows];
      i32 mantissa[kTileRows];
      i32 exponent[kTileRows];
      const u8* scale = scales + kTileRows * (b - group);
      for (int r = 0; r < kTileRows; ++r) {
        mantissa[r] = int4 ? 8 + (scale[r] & 7) : 1;
        exponent[r] = int4 ? scale[r] >> 3 : scale[r];
      }
      if (int4) {
        dot_int4(at, x.high + 32 * b, dot);
      } else {
        dot_int8(at, x.high + 32 * b, dot);
      }
      add_terms(dot, mantissa, exponent, (x.delta[b] & 63) + scale_max, sum);
      at += kLineSize * hls::lines_per_block(format);
    }
  }
}

}  // namespace sluice::device
