#include "host/device/software/linear_kernel.hpp"

#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

// How wide vectors are passed depends on the processor; here they are passed within this file only.
#pragma clang diagnostic ignored "-Wpsabi"

namespace sluice::device {
namespace {

using hls::i16;
using hls::i32;
using hls::i64;
using hls::i8;
using hls::kLineSize;
using hls::kTileRows;
using hls::u32;
using hls::u8;
using hls::WeightFormat;

// Vectors of the compiler's; 64 bytes are one register with AVX-512, two with AVX2 and four elsewhere.
using Scales = u8 __attribute__((vector_size(16)));
using Bytes = i8 __attribute__((vector_size(32)));
using Shorts = i16 __attribute__((vector_size(64)));
using Ints = i32 __attribute__((vector_size(64)));
using Naturals = u32 __attribute__((vector_size(64)));
using Longs = i64 __attribute__((vector_size(128)));

constexpr int kRows = 16;                 // whose sums are worked on at once
constexpr int kHalfLine = kLineSize / 2;  // bytes: four columns of 16 rows
constexpr int kHalfLines = 8;             // for the 32 columns of a block
constexpr int kPlane = kHalfLines * kHalfLine;

template <typename Vector>
Vector load(const void* at) {
  Vector vector;
  std::memcpy(&vector, at, sizeof(vector));
  return vector;
}

Ints even(const Ints& a, const Ints& b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}

Ints odd(const Ints& a, const Ints& b) {
  return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

// Products of 8-bit numbers, those of neighbours added. Compilers do not find the instruction for it reliably.
Ints products(const Shorts& a, const Shorts& b) {
#if defined(__AVX512BW__)
  return reinterpret_cast<Ints>(_mm512_madd_epi16(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__)
  __m256i x[2];
  __m256i y[2];
  std::memcpy(x, &a, sizeof(x));
  std::memcpy(y, &b, sizeof(y));
  const __m256i sums[2] = {_mm256_madd_epi16(x[0], y[0]), _mm256_madd_epi16(x[1], y[1])};
  return load<Ints>(sums);
#else
  using Products = i32 __attribute__((vector_size(128)));
  const Products p = __builtin_convertvector(a, Products) * __builtin_convertvector(b, Products);
  Ints halves[2];
  std::memcpy(halves, &p, sizeof(p));
  return even(halves[0], halves[1]) + odd(halves[0], halves[1]);
#endif
}

// Four columns of weights, of rows 0 to 7 and of rows 8 to 15.
struct Weights {
  Shorts rows[2];
};

Weights weights_of(const Bytes& first, const Bytes& second) {
  return {{__builtin_convertvector(first, Shorts), __builtin_convertvector(second, Shorts)}};
}

Weights int8_weights(const u8* half_line) {
  return weights_of(load<Bytes>(half_line), load<Bytes>(half_line + sizeof(Bytes)));
}

Ints numbers_of_scales(const u8* scale) { return __builtin_convertvector(load<Scales>(scale), Ints); }

// Four activations, for each of eight rows.
Shorts activations(const i8* x) {
  const Ints repeated = load<i32>(x) - Ints{};
  return __builtin_convertvector(load<Bytes>(&repeated), Shorts);
}

// The dot products of 16 rows in the making: two numbers a row.
struct Dot {
  Ints rows[2] = {};

  void add(const Weights& weights, const Shorts& x) {
    rows[0] += products(weights.rows[0], x);
    rows[1] += products(weights.rows[1], x);
  }
  [[nodiscard]] Ints sum() const { return even(rows[0], rows[1]) + odd(rows[0], rows[1]); }
};

// (product << 16) >> d of numerics.md, section 5, in 32-bit shifts: right by what d is above 16, then left.
void add_terms(const Ints& product, const Ints& exponent, i32 reach, i64* sum) {
  const auto distance = reinterpret_cast<Naturals>(reach - exponent);       // huge where it is negative
  const Naturals d = __builtin_elementwise_min(distance, 47 - Naturals{});  // nothing but the sign is left, as at 63
  const Naturals left = 16 - __builtin_elementwise_min(d, 16 - Naturals{});
  const Naturals right = d + left - 16;
  const Longs shifted = __builtin_convertvector(product >> reinterpret_cast<Ints>(right), Longs);
  const Longs sums = load<Longs>(sum) + (shifted << __builtin_convertvector(left, Longs));
  std::memcpy(sum, &sums, sizeof(sums));
}

// The functions below add a block's terms to the tile's 32 sums. They read its lines from first to last: memory gives
// a third of that where two planes are read side by side.

void add_mxint8(const u8* lines, const u8* scale, const i8* x, i32 reach, i64* sum) {
  for (int half = 0; half < 2; ++half) {
    Dot dot;
    for (int i = 0; i < kHalfLines; ++i) {
      dot.add(int8_weights(lines + kPlane * half + kHalfLine * i), activations(x + 4 * i));
    }
    add_terms(dot.sum(), numbers_of_scales(scale + kRows * half), reach, sum + kRows * half);
  }
}

// `codes` are 0 to 15.
Bytes int4_values(const Bytes& codes) { return (codes ^ 8) - 8; }

Bytes twice_e2m1_values(const Bytes& codes) {
#if defined(__AVX2__)
  const __m256i table =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12));
  return reinterpret_cast<Bytes>(_mm256_shuffle_epi8(table, reinterpret_cast<__m256i>(codes)));
#else
  const Bytes magnitude = codes & 7;  // 0 to 4 are themselves, 5 to 7 are 6, 8 and 12
  const Bytes value = magnitude + ((magnitude > 4) & (magnitude - 4)) + ((magnitude == 7) & 2);
  return codes > 7 ? -value : value;
#endif
}

// Low nibbles are rows 0 to 15, high ones rows 16 to 31.
template <Bytes (*kValuesOf)(const Bytes&)>
void add_nibbles(const u8* lines, const u8* scale, const i8* x, i32 reach, i64* sum) {
  Dot dot[2];
  for (int i = 0; i < kHalfLines; ++i) {
    const u8* half_line = lines + kHalfLine * i;
    const Shorts four = activations(x + 4 * i);
    const Bytes codes[2] = {load<Bytes>(half_line), load<Bytes>(half_line + sizeof(Bytes))};
    dot[0].add(weights_of(kValuesOf(codes[0] & 15), kValuesOf(codes[1] & 15)), four);
    dot[1].add(weights_of(kValuesOf((codes[0] >> 4) & 15), kValuesOf((codes[1] >> 4) & 15)), four);
  }
  for (int half = 0; half < 2; ++half) {
    const Ints scales = numbers_of_scales(scale + kRows * half);
    if constexpr (kValuesOf == int4_values) {
      add_terms(dot[half].sum() * (8 + (scales & 7)), scales >> 3, reach, sum + kRows * half);
    } else {
      add_terms(dot[half].sum(), scales, reach, sum + kRows * half);
    }
  }
}

// w * x = 2^16 wh xh + 2^8 (wh xl + wl xh) + wl xl: three sums of at most 64 products, each within 32 bits.
void add_mxint16(const u8* lines, const u8* scale, const i8* x_high, const i8* x_low, i32 reach, i64* sum) {
  for (int half = 0; half < 2; ++half) {
    Dot high;
    Dot middle;
    Dot low;
    const u8* plane = lines + 2 * kPlane * half;
    for (int i = 0; i < kHalfLines; ++i) {
      const Weights weights = int8_weights(plane + kHalfLine * i);
      high.add(weights, activations(x_high + 4 * i));
      middle.add(weights, activations(x_low + 4 * i));
    }
    plane += kPlane;
    for (int i = 0; i < kHalfLines; ++i) {
      const Weights weights = int8_weights(plane + kHalfLine * i);
      middle.add(weights, activations(x_high + 4 * i));
      low.add(weights, activations(x_low + 4 * i));
    }
    const Longs dot = (__builtin_convertvector(high.sum(), Longs) << 16) +
                      (__builtin_convertvector(middle.sum(), Longs) << 8) + __builtin_convertvector(low.sum(), Longs);
    const Ints exponent = numbers_of_scales(scale + kRows * half);
    const auto distance = reinterpret_cast<Naturals>(reach - exponent);
    const Longs d = __builtin_convertvector(__builtin_elementwise_min(distance, 63 - Naturals{}), Longs);
    const Longs sums = load<Longs>(sum + kRows * half) + (dot >> d);
    std::memcpy(sum + kRows * half, &sums, sizeof(sums));
  }
}

}  // namespace

void vectorised_linear_tile(WeightFormat format, const u8* tile, int blocks, i32 scale_max, const hls::LinearInput& x,
                            i64* sum) {
  std::memset(sum, 0, kTileRows * sizeof(i64));
  const u8* at = tile;
  for (int group = 0; group < blocks; group += hls::kGroupBlocks) {
    const u8* scales = at;
    at += kLineSize;
    for (int b = group; b < blocks && b < group + hls::kGroupBlocks; ++b) {
      const u8* scale = scales + kTileRows * (b - group);
      const i8* high = x.high + 32 * b;
      const i32 reach = (x.delta[b] & 63) + scale_max;
      switch (format) {
        case WeightFormat::kMxInt8:
          add_mxint8(at, scale, high, reach, sum);
          break;
        case WeightFormat::kInt4:
          add_nibbles<int4_values>(at, scale, high, reach, sum);
          break;
        case WeightFormat::kMxFp4:
          add_nibbles<twice_e2m1_values>(at, scale, high, reach, sum);
          break;
        case WeightFormat::kMxInt16:
          add_mxint16(at, scale, high, x.low + 32 * b, reach, sum);
          break;
      }
      at += kLineSize * hls::lines_per_block(format);
    }
  }
}

}  // namespace sluice::device
