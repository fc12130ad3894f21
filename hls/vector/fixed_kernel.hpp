// docs/numerics.md, sections 1 and 6.2 and the sigmoid of 6.4, in exact widths: what the kernels use for fixed.hpp.
//
// Purpose: the same results as fixed.hpp, bit for bit, from operators as narrow as the values are. Every width is
// argued
//   where it stands; testbench/hls/vector/fixed_kernel_test.cpp compares with fixed.hpp, exp2neg over all its inputs.
// Ownership: values. Threading: pure functions without loops of variable length: each pipelines at one call a cycle.
// Errors: none; ranges are the caller's duty.
#pragma once

#include <ap_int.h>

#include "hls/vector/fixed.hpp"

namespace sluice::kernel {

inline constexpr int kMantissaBits = 24;  // signed; |m| <= 2^23 - 1
inline constexpr int kExponentBits = 18;  // signed; of an input |e| <= 2^14, of a result below 2^17 (2e - 8 and alike)

// Bits that hold 0 .. x.
constexpr int bits_for(int x) {
  int bits = 1;
  while ((1 << bits) <= x) {
    ++bits;
  }
  return bits;
}

template <int W>
ap_uint<bits_for(W)> bit_length(ap_uint<W> x) {
  return ap_uint<bits_for(W)>(W - x.countLeadingZeros());
}

// x without its sign bit for x >= 0, its complement for x < 0.
template <int W>
ap_uint<W - 1> ones_of(ap_int<W> x) {
  const ap_uint<W> bits = x < 0 ? ap_int<W>(~x) : x;
  return bits.range(W - 2, 0);
}

template <int W>
ap_int<W> clamped(ap_int<W> x, ap_int<W> limit) {
  const ap_int<W> least = -limit;
  return x > limit ? limit : (x < least ? least : x);
}

// A word of a line as a mantissa, limited to the contract's range.
inline ap_int<kMantissaBits> mantissa_of(ap_int<32> word) { return clamped<32>(word, hls::kMantissaLimit); }

// The exponent in a vector's header, limited alike: 16 bits hold +-16384.
inline ap_int<16> exponent_of(ap_int<32> word) { return clamped<32>(word, -hls::kZeroExponent); }

// One step of Horner's rule on f in Q24. Out bits must hold k and k + y.
template <int Out, int In>
ap_int<Out> horner24(ap_int<Out> k, ap_int<In> y, ap_uint<24> f) {
  return k + ((y * f) >> 24);
}

// 2^-f in Q30. The coefficients alternate in sign and shrink, so that each value lies between its coefficient and that
// plus the one before: the widths are those of the coefficients. The result is at most 2^30.
inline ap_uint<31> exp2neg(ap_uint<24> f) {
  const ap_int<22> y1 = horner24<22, 18>(-1369601, 117391, f);
  const ap_int<25> y2 = horner24<25, 22>(10286296, y1, f);
  const ap_int<27> y3 = horner24<27, 25>(-59582935, y2, f);
  const ap_int<29> y4 = horner24<29, 27>(257938912, y3, f);
  const ap_int<31> y5 = horner24<31, 29>(-744260973, y4, f);
  const ap_int<32> y6 = horner24<32, 31>(1073741824, y5, f);
  return y6;
}

// 2^-t in Q30 for t in Q24, t <= 63.0. From 31 on the shift leaves nothing, as the contract has it.
inline ap_uint<31> exp2_fixed(ap_uint<30> t) {
  const ap_uint<24> fraction = t.range(23, 0);
  const ap_uint<6> whole = t.range(29, 24);
  return exp2neg(fraction) >> whole;
}

// One step towards 1 / d. r <= 1 / d stays so (r (2 - d r) is largest, 1 / d, at r = 1 / d), apart from a unit of
// truncation, so r <= 2^30 + 1; d r lies in [0, 2), so its complement to 2 is below 2^32.
inline ap_uint<31> recip_step(ap_uint<32> d, ap_uint<31> r) {
  const ap_uint<32> product = (d * r) >> 30;
  const ap_uint<32> rest = (ap_uint<33>(1) << 31) - product;
  return (r * rest) >> 30;
}

// 1 / d in Q30 for d in Q30, 1 <= d <= 2.
inline ap_uint<31> recip(ap_uint<32> d) {
  const ap_uint<31> r0 = 1564549212 - (d >> 1);
  const ap_uint<31> r1 = recip_step(d, r0);
  const ap_uint<31> r2 = recip_step(d, r1);
  const ap_uint<31> r3 = recip_step(d, r2);
  return recip_step(d, r3);
}

// to_fixed24() shifts m * scale left by e - 4 and limits it to 63.0 < 2^30. As a right shift, of the product times
// 2^30, by 34 - e: never negative, since from e = 34 on any product but 0 is above the limit, and no more than 127,
// where nothing is left. This is that amount, the same for all elements of a vector.
inline ap_uint<7> fixed24_drop(ap_int<16> e) {
  const ap_int<17> drop = 34 - e;
  return drop < 0 ? ap_int<17>(0) : (drop > 127 ? ap_int<17>(127) : drop);
}

template <int M, int S>
ap_uint<30> to_fixed24(ap_uint<M> m, ap_uint<7> drop, ap_uint<S> scale) {
  static_assert(M + S + 30 <= 127, "a drop of 127 leaves nothing");
  constexpr int kWide = M + S + 30;
  const ap_uint<M + S> product = m * scale;
  const ap_uint<kWide> shifted = (ap_uint<kWide>(product) << 30) >> drop;
  constexpr unsigned kMost = hls::kFixed24Max;
  return shifted > kMost ? ap_uint<kWide>(kMost) : shifted;
}

// Logistic function of m * 2^e * (scale / log2 e), Q30, at most 2^30; drop = fixed24_drop(e).
inline ap_uint<31> sigmoid(ap_int<kMantissaBits> m, ap_uint<7> drop, ap_uint<32> scale) {
  const bool negative = m < 0;
  const ap_uint<23> magnitude = negative ? ap_int<25>(-m) : ap_int<25>(m);
  const ap_uint<31> x = exp2_fixed(to_fixed24<23, 32>(magnitude, drop, scale));
  const ap_uint<32> d = x + (1 << 30);
  const ap_uint<31> r = recip(d);
  const ap_uint<31> mirrored = (x * r) >> 30;
  return negative ? mirrored : r;
}

}  // namespace sluice::kernel
