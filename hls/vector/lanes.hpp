// What the processes of the vector kernel share: lanes, the words of their streams, and their jobs.
//
// Purpose: one place for the widths. A line of 32 elements travels as kBeats beats of kLanes elements. On every stream
//   between two processes a token is its head words first, then its beats; a head word is a beat whose low bits hold an
//   exponent, so that order and back-pressure are those of one stream.
// Ownership: plain values. Threading: none. Errors: none.
#pragma once

#include "hls/unit/ports.hpp"
#include "hls/vector/fixed_kernel.hpp"
#include "hls/vector/vector_ops.hpp"

namespace sluice::kernel {

inline constexpr int kLanes = 8;                      // elements a cycle
inline constexpr int kBeats = 32 / kLanes;            // of a line
inline constexpr int kSigmoidLanes = 2;               // elements a cycle of an activation: a sigmoid takes some 50 DSPs
inline constexpr int kLineElements = 32;              // of a vector
inline constexpr int kMaxBlocks = 4096;               // lines of a vector, at most: vector memory has no more
inline constexpr int kMaxRopeDim = hls::kRopeMaxDim;  // of a head
inline constexpr int kMaxSumTerms = 32;               // numerics.md, section 6.1
static_assert(kBeats >= 4 && 32 % kLanes == 0, "emit() writes up to four lines in the beats of one");
static_assert(kLanes % kSigmoidLanes == 0);
static_assert(hls::kRopeDimUnit % (2 * kLanes) == 0, "halves of a head are whole beats");
static_assert(device::kMaxColumns / kLineElements <= kMaxBlocks);

// Sums before normalise(), signed:
//   weighted sum: |m r| < 2^51, 32 terms: below 2^56;        norm: |t| < 2^30 * 2^15;
//   swiglu: |a| <= 2^31, |u'| < 2^24 + 2^23: below 2^56;     rope: 2 * 2^23 * (2^31 + 2): below 2^56.
inline constexpr int kSumBits = 57;

using Mantissas = ap_uint<kMantissaBits * kLanes>;
using Sums = ap_uint<kSumBits * kLanes>;

// A beat of the input and of what goes with it: gammas, ups, or nothing. Head words: the exponent in x; a term's weight
// or an increment in side.
struct Beat {
  Mantissas x;
  Mantissas side;
};

template <int W>
ap_int<W> lane_of(const ap_uint<W * kLanes>& word, int lane) {
  ap_int<W> value;
  value.range(W - 1, 0) = word.range(W * lane + W - 1, W * lane);
  return value;
}

template <int W>
void set_lane(ap_uint<W * kLanes>& word, int lane, ap_int<W> value) {
  word.range(W * lane + W - 1, W * lane) = value.range(W - 1, 0);
}

using ElementCount = ap_uint<18>;  // up to kMaxColumns
using LineCount = ap_uint<13>;
using Exponent = ap_int<kExponentBits>;

// The exponent in a head word.
template <int Bits>
Exponent head_exponent(const ap_uint<Bits>& word) {
  Exponent e;
  e.range(kExponentBits - 1, 0) = word.range(kExponentBits - 1, 0);
  return e;
}
template <int Bits>
ap_uint<Bits> head_word(Exponent e) {
  ap_uint<Bits> word = 0;
  word.range(kExponentBits - 1, 0) = e.range(kExponentBits - 1, 0);
  return word;
}

// Which process computes.
inline constexpr int kOpNothing = 0;
inline constexpr int kOpQuantise = 1;
inline constexpr int kOpNorm = 2;
inline constexpr int kOpRope = 3;
inline constexpr int kOpActivation = 4;
inline constexpr int kOpSum = 5;  // combine and bias
using Op = ap_uint<3>;

using TokenCount = ap_uint<3>;
using TermCount = ap_uint<6>;

// One job a process and command; 0 tokens where there is nothing to do.
struct LoadJob {
  Op op;
  TokenCount tokens;
  ElementCount elements;  // of a term
  TermCount terms;        // kOpSum, else 1
  TermCount routed;       // of these, with a weight from the route line
  ap_uint<9> half;        // kOpRope: pairs of a head
};

struct NormJob {
  TokenCount tokens;
  ElementCount elements;
  ap_uint<30> root_n;
  ap_uint<31> epsilon_mantissa;
  ap_int<11> epsilon_exponent;
  ap_int<11> gamma_exponent;
};

struct RopeJob {
  TokenCount tokens;
  LineCount lines;
  ap_uint<9> half;
  ap_uint<31> amplitude;
  ap_uint<32> position[device::kMaxTokens];
};

struct ActivationJob {
  TokenCount tokens;
  LineCount lines;
  ap_uint<1> clamped;
  ap_uint<32> limit;
  ap_uint<32> scale;
};

struct SumJob {
  TokenCount tokens;
  LineCount lines;
  TermCount terms;
};

struct NarrowJob {
  Op op;
  TokenCount tokens;
  LineCount lines;
};

struct EmitJob {
  ap_uint<4> token_mask;
  ElementCount elements;
  ap_uint<1> vector;  // which forms to write
  ap_uint<1> q8;
  ap_uint<1> q16;
  ap_uint<12> vector_line[device::kMaxTokens];
  ap_uint<12> q8_line;
  ap_uint<12> q16_line;
};

}  // namespace sluice::kernel
