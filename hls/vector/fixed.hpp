// Integer building blocks of docs/numerics.md, sections 1 to 3 and 6.2.
//
// Purpose: the golden arithmetic of every device; plain synthesizable C++ (no allocation, no recursion, no library).
// Ownership: callers own every array. Threading: pure functions. Errors: none; ranges are stated and are the caller's
//   duty (hls/unit/check.cpp proves them for commands).
#pragma once

#include <cstdint>

namespace sluice::hls {

using i8 = std::int8_t;
using u8 = std::uint8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using u32 = std::uint32_t;
using i64 = std::int64_t;
using u64 = std::uint64_t;

inline constexpr i32 kZeroExponent = -16384;    // E0: the exponent of a vector that is all zero
inline constexpr i32 kMantissaLimit = 8388607;  // 2^23 - 1
inline constexpr i64 kOneQ30 = i64{1} << 30;
inline constexpr i64 kFixed24Max = i64{63} << 24;  // TMAX
inline constexpr u32 kLog2eQ28 = 387270501;

// Bits needed for x.
constexpr int bit_length(u64 x) { return x == 0 ? 0 : 64 - __builtin_clzll(x); }

// x for x >= 0, else -x - 1.
constexpr u64 ones(i64 x) { return static_cast<u64>(x ^ (x >> 63)); }

// Floor division by 2^min(n, 63), n >= 0.
constexpr i64 align(i64 x, i64 n) { return x >> (n > 63 ? 63 : n); }

// (x + 2^(n-1)) >> n; x for n = 0; 0 for n > 62.
constexpr i64 rshift_round(i64 x, i64 n) {
  if (n > 62) {
    return 0;
  }
  return n == 0 ? x : (x + (i64{1} << (n - 1))) >> n;
}

constexpr i64 clamp(i64 x, i64 limit) { return x > limit ? limit : (x < -limit ? -limit : x); }

// rshift_round for sh > 0, left shift otherwise, then clamp. |x| << -sh must fit 63 bits.
constexpr i64 rescale(i64 x, i64 sh, i64 limit) { return clamp(sh > 0 ? rshift_round(x, sh) : x << -sh, limit); }

// Section 2. Makes n mantissas from sums that stand for s[i] * 2^exponent, |s[i]| < 2^62; returns the vector's
// exponent.
inline i32 normalise(const i64* s, int n, i64 exponent, i32* m) {
  u64 width = 0;
  bool nonzero = false;
  for (int i = 0; i < n; ++i) {
    width |= ones(s[i]);
    nonzero |= s[i] != 0;
  }
  const int sh = bit_length(width) - 23;
  for (int i = 0; i < n; ++i) {
    m[i] = static_cast<i32>(rescale(s[i], sh, kMantissaLimit));
  }
  return nonzero ? static_cast<i32>(exponent + sh) : kZeroExponent;
}

inline constexpr int kQ8Width = 7;
inline constexpr int kQ8Limit = 127;
inline constexpr int kQ16Width = 14;
inline constexpr int kQ16Limit = 16384;

// Section 3, one block of 32 mantissas with exponent e: writes q, returns whether the block is not empty, with its
// exponent in *block_exponent.
inline bool quantise_block(const i32* m, i32 e, int width, int limit, i32* q, i32* block_exponent) {
  u64 bits = 0;
  bool nonzero = false;
  for (int i = 0; i < 32; ++i) {
    bits |= ones(m[i]);
    nonzero |= m[i] != 0;
  }
  const int sh = bit_length(bits) - width;
  for (int i = 0; i < 32; ++i) {
    q[i] = static_cast<i32>(rescale(m[i], sh, limit));
  }
  *block_exponent = e + sh;
  return nonzero;
}

// Planes of a q16 element: q = 256 * high + low.
constexpr i32 q16_high(i32 q) { return (q + 128) >> 8; }
constexpr i32 q16_low(i32 q) { return q - 256 * q16_high(q); }

// 2^-f in Q30 for f in Q24, 0 <= f < 2^24.
constexpr i64 exp2neg(i64 f) {
  constexpr i64 kCoefficients[] = {-1369601, 10286296, -59582935, 257938912, -744260973, 1073741824};
  i64 y = 117391;
  for (const i64 k : kCoefficients) {
    y = k + ((y * f) >> 24);
  }
  return y;
}

// 2^-t in Q30 for t >= 0 in Q24.
constexpr i64 exp2_fixed(i64 t) {
  const i64 whole = t >> 24;
  return whole > 31 ? 0 : exp2neg(t & 0xFFFFFF) >> whole;
}

// 1 / d in Q30 for d in Q30, 1 <= d <= 2 (Newton from a linear guess).
constexpr i64 recip(i64 d) {
  i64 r = 1564549212 - (d >> 1);
  for (int step = 0; step < 4; ++step) {
    const i64 t = (d * r) >> 30;
    r = (r * ((i64{1} << 31) - t)) >> 30;
  }
  return r;
}

// u^-1/2 in Q30 for u in Q30, 1 <= u < 4 (Newton from a linear guess).
constexpr i64 rsqrt(i64 u) {
  i64 r = 1159641170 - ((u * 10486) >> 16);
  for (int step = 0; step < 4; ++step) {
    const i64 r2 = (r * r) >> 30;
    const i64 t = (u * r2) >> 30;
    r = (r * (3 * kOneQ30 - t)) >> 31;
  }
  return r;
}

// x * 2^sh in Q24, at most 63.0; x >= 0.
constexpr i64 limit_fixed24(i64 x, i64 sh) {
  if (sh < 0) {
    const i64 t = align(x, -sh);
    return t < kFixed24Max ? t : kFixed24Max;
  }
  if (x == 0) {
    return 0;
  }
  if (bit_length(static_cast<u64>(x)) + sh > 31) {
    return kFixed24Max;
  }
  return (x << sh) < kFixed24Max ? x << sh : kFixed24Max;
}

// m * 2^e * scale in Q24 for m >= 0 and scale in Q28, limited to 63.0.
constexpr i64 to_fixed24(i64 m, i32 e, u32 scale) { return limit_fixed24(m * static_cast<i64>(scale), e - 4); }

// Logistic function of m * 2^e * (scale / log2 e), Q30.
constexpr i64 sigmoid(i64 m, i32 e, u32 scale) {
  const i64 x = exp2_fixed(to_fixed24(m < 0 ? -m : m, e, scale));
  const i64 r = recip(kOneQ30 + x);
  return m >= 0 ? r : (x * r) >> 30;
}

// A positive value as a mantissa d in Q30 with 1 <= d < 2 and exponent k: value ~ d * 2^k.
struct Scaled {
  i64 d;
  int k;
};
constexpr Scaled scale_q30(u64 value) {
  const int k = bit_length(value) - 31;
  return {static_cast<i64>(k >= 0 ? value >> k : value << -k), k};
}

}  // namespace sluice::hls
