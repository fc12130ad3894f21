// Operations on vectors: docs/numerics.md, sections 6.1, 6.3, 6.4 and 6.5.
//
// Purpose, ownership, threading, errors: as fixed.hpp. Every function writes raw sums that normalise() (or the caller's
//   hardware) turns into a vector, and returns the exponent they stand for.
#pragma once

#include "hls/vector/fixed.hpp"

namespace sluice::hls {

// One term of a weighted sum: a vector and its weight in Q24, 0 <= weight <= 2^28.
struct Term {
  const i32* m;
  i32 e;
  i64 weight;
};
inline constexpr i64 kUnitWeight = i64{1} << 24;

// Section 6.1. s[i] gets the sum of the terms; returns its exponent. At most 32 terms.
inline i32 weighted_sum(const Term* terms, int num_terms, int n, i64* s) {
  i32 top = kZeroExponent;
  for (int k = 0; k < num_terms; ++k) {
    if (terms[k].weight != 0 && terms[k].e != kZeroExponent && terms[k].e > top) {
      top = terms[k].e;
    }
  }
  for (int i = 0; i < n; ++i) {
    s[i] = 0;
  }
  for (int k = 0; k < num_terms; ++k) {
    if (terms[k].weight == 0 || terms[k].e == kZeroExponent) {
      continue;
    }
    const i64 shift = top - terms[k].e;
    for (int i = 0; i < n; ++i) {
      s[i] += align(terms[k].m[i] * terms[k].weight, shift);
    }
  }
  return top - 24;
}

struct NormParameters {
  const i16* gamma;  // [n]
  i32 gamma_exponent;
  u32 epsilon_mantissa;  // < 2^31
  i32 epsilon_exponent;
  u32 root_n;  // isqrt(n * 2^40)
};

// x << k for k >= 0, else x >> -k. k may be any number where x is 0 (an epsilon of 0 has any exponent); otherwise x <<
// k fits 64 bits.
constexpr u64 shift_either(u64 x, i64 k) {
  if (x == 0) {
    return 0;
  }
  if (k >= 0) {
    return x << k;
  }
  return k < -63 ? 0 : x >> -k;
}

// Section 6.3: RMS norm of n <= 131,072 mantissas with exponent e. t[i] gets the sums; returns their exponent.
inline i32 rms_norm(const i32* m, i32 e, int n, const NormParameters& p, i64* t) {
  u64 square_sum = 0;
  for (int i = 0; i < n; ++i) {
    square_sum += static_cast<u64>(static_cast<i64>(m[i]) * m[i]);
  }
  if (square_sum == 0) {
    for (int i = 0; i < n; ++i) {
      t[i] = 0;
    }
    return kZeroExponent;
  }
  const u64 epsilon = static_cast<u64>(p.epsilon_mantissa) * static_cast<u64>(n);
  i64 top = bit_length(square_sum) + 2 * i64{e};
  if (epsilon > 0 && bit_length(epsilon) + i64{p.epsilon_exponent} > top) {
    top = bit_length(epsilon) + i64{p.epsilon_exponent};
  }
  i64 c = top - 62;
  u64 total = shift_either(square_sum, 2 * i64{e} - c) + shift_either(epsilon, p.epsilon_exponent - c);
  if ((c & 1) != 0) {
    total >>= 1;
    c += 1;
  }
  if (total >= (u64{1} << 62)) {
    total >>= 2;
    c += 2;
  }
  const i64 scale = rsqrt(static_cast<i64>(total >> 30)) * static_cast<i64>(p.root_n);
  const int length = bit_length(static_cast<u64>(scale));
  const i64 factor = scale >> (length - 30);
  for (int i = 0; i < n; ++i) {
    t[i] = ((m[i] * factor) >> 23) * p.gamma[i];
  }
  return static_cast<i32>(e + (length - 30) - 50 - (c + 60) / 2 + 23 + p.gamma_exponent);
}

// Section 6.4. m: gates [n], then ups [n], with exponent e. t[i] gets the sums; returns their exponent.
inline i32 swiglu(const i32* m, i32 e, int n, i64* t) {
  for (int i = 0; i < n; ++i) {
    const i64 a = (m[i] * sigmoid(m[i], e, kLog2eQ28)) >> 22;
    t[i] = a * m[n + i];
  }
  return 2 * e - 8;
}

// The same with gpt-oss's clamps: limit in Q16 (> 0), scale = alpha * log2 e in Q28.
inline i32 swiglu_clamped(const i32* m, i32 e, int n, u32 limit, u32 scale, i64* t) {
  constexpr i64 kNoLimit = i64{1} << 62;
  const i64 k = -16 - i64{e};
  i64 bound = kNoLimit;
  if (k < 0) {
    bound = align(limit, -k);
  } else if (k <= 24) {
    bound = i64{limit} << k;
  }
  const i32 up_exponent = e > -24 ? e : -24;
  const i64 one = up_exponent <= 0 ? i64{1} << -up_exponent : 0;
  for (int i = 0; i < n; ++i) {
    const i64 gate = m[i] < bound ? m[i] : bound;
    const i64 up = align(clamp(m[n + i], bound), up_exponent - e) + one;
    t[i] = ((gate * sigmoid(gate, e, scale)) >> 22) * up;
  }
  return e + up_exponent - 8;
}

// Section 6.9. An MXINT8 row q [n] with scale bytes [n / 32]: s[i] gets the sums; returns their exponent.
inline i32 embedding_row(const i8* q, const u8* scale, int n, i64* s) {
  i32 largest = 0;
  for (int b = 0; b < (n + 31) / 32; ++b) {
    largest = scale[b] > largest ? scale[b] : largest;
  }
  for (int i = 0; i < n; ++i) {
    s[i] = align(i64{q[i]} << 15, largest - scale[i / 32]);
  }
  return largest - 133 - 15;
}

struct SinCos {
  i64 sin;  // Q30
  i64 cos;
};

// Section 6.5: sine and cosine of phi turns * 2^-32.
constexpr SinCos sin_cos(u32 phi) {
  constexpr i64 kSin[] = {-39269, 2674039, -86699833, 843314857};
  constexpr i64 kCos[] = {3855, -350031, 17023472, -331168970, 1073741824};
  const u32 quadrant = (phi + (u32{1} << 29)) >> 30;  // wraps: 32-bit turns
  const i64 theta = static_cast<i32>(phi - (quadrant << 30));
  const i64 w = (theta * theta) >> 28;
  i64 p = 332;
  for (const i64 k : kSin) {
    p = k + ((p * w) >> 30);
  }
  i64 c = -26;
  for (const i64 k : kCos) {
    c = k + ((c * w) >> 30);
  }
  const i64 s = (theta * p) >> 29;
  switch (quadrant & 3) {
    case 0:
      return {s, c};
    case 1:
      return {c, -s};
    case 2:
      return {-s, -c};
    default:
      return {-c, s};
  }
}

// What a rope command can have as the dimension of a head: the hardware unit pairs elements by whole beats and keeps a
// head's turns.
inline constexpr u32 kRopeDimUnit = 16;
inline constexpr u32 kRopeMaxDim = 512;

// Rotates `heads` heads of `dim` mantissas. increments: [dim / 2]. t gets the sums; returns their exponent.
inline i32 rope(const i32* m, i32 e, int heads, int dim, const u64* increments, u32 amplitude, u64 position, i64* t) {
  const int half = dim / 2;
  for (int i = 0; i < half; ++i) {
    const SinCos turn = sin_cos(static_cast<u32>((position * increments[i]) >> 32));
    const i64 sin = (turn.sin * amplitude) >> 30;
    const i64 cos = (turn.cos * amplitude) >> 30;
    for (int h = 0; h < heads; ++h) {
      const i64 x = m[h * dim + i];
      const i64 y = m[h * dim + half + i];
      t[h * dim + i] = x * cos - y * sin;
      t[h * dim + half + i] = x * sin + y * cos;
    }
  }
  return e - 30;
}

}  // namespace sluice::hls
