// Attention over the compressed KV cache by canonical blocks: docs/numerics.md, section 6.8.
//
// Purpose: MLA in absorbed form and GQA with windows and sinks, one query at a time; heads are independent.
// Ownership, threading, errors: as hls/vector/fixed.hpp.
// Source: online softmax (Milakov and Gimelshein, 2018) made order-free inside a block of 32 keys and folded strictly
// by
//   position; absorbed MLA as in the DeepSeek-V2 paper, section 2.1.
#pragma once

#include "hls/vector/fixed.hpp"

namespace sluice::hls {

inline constexpr int kAttendMaxKeyDim = 1024;
inline constexpr int kAttendMaxValueDim = 1024;
inline constexpr int kAttendMaxBlocks = kAttendMaxValueDim / 32;

struct AttendParameters {
  int key_dim;      // multiple of 32
  int value_dim;    // multiple of 32
  u32 score_mul;    // < 2^22
  u32 score_shift;  // 16..62
};

// A head's query in q8 with absolute exponents; empty blocks have q = 0.
struct Query {
  const i8* q;    // [key_dim]
  const i32* qa;  // [key_dim / 32]
};

// Up to 32 keys of one canonical block, those that the query sees: consecutive positions, `stride` bytes apart.
struct KeyBlock {
  int count;
  i64 stride;
  const i8* key;             // [count] of [key_dim]
  const i8* key_exponent;    // [count] of [key_dim / 32]
  const i8* value;           // [count] of [value_dim]
  const i8* value_exponent;  // [count] of [value_dim / 32]
};

// No exponent: of a value block without elements yet, and of one that is all zero in fold_finish()'s result.
inline constexpr i64 kAbsent = INT64_MIN;

// The fold's state (M, l, Z, o) of one head.
struct FoldState {
  bool started;
  i64 max;
  i64 sum;
  i64 exponent[kAttendMaxBlocks];
  i64 o[kAttendMaxValueDim];
};

// exp2(-t) in Q16 for t in Q16, t >= 0.
constexpr i64 probability(i64 t) {
  const i64 fixed24 = t >= (kFixed24Max >> 8) ? kFixed24Max : t << 8;
  return exp2_fixed(fixed24) >> 14;
}

inline void fold_start(FoldState& state) { state.started = false; }

// sink: Q16 in powers of two.
inline void fold_start_with_sink(FoldState& state, i32 sink, int value_dim) {
  state.started = true;
  state.max = (i64{sink} + 65535) >> 16;
  state.sum = probability((state.max << 16) - sink) << 14;
  for (int b = 0; b < value_dim / 32; ++b) {
    state.exponent[b] = kAbsent;
  }
  for (int i = 0; i < value_dim; ++i) {
    state.o[i] = 0;
  }
}

// Q16 score of one key in powers of two.
inline i64 score(const Query& query, const i8* key, const i8* key_exponent, const AttendParameters& p) {
  i64 raw = 0;
  for (int b = 0; b < p.key_dim / 32; ++b) {
    i32 dot = 0;
    for (int i = 0; i < 32; ++i) {
      dot += i32{query.q[32 * b + i]} * i32{key[32 * b + i]};
    }
    const i64 sh = i64{query.qa[b]} + key_exponent[b] + 24;
    raw += sh >= 0 ? i64{dot} << (sh < 38 ? sh : 38) : align(dot, -sh);
  }
  return (clamp(raw, i64{1} << 40) * static_cast<i64>(p.score_mul)) >> p.score_shift;
}

// Adds the visible keys of one canonical block; blocks must come by ascending position.
inline void fold_block(FoldState& state, const Query& query, const KeyBlock& keys, const AttendParameters& p) {
  i64 x[32];
  i64 top = 0;
  for (int j = 0; j < keys.count; ++j) {
    x[j] = score(query, keys.key + j * keys.stride, keys.key_exponent + j * keys.stride, p);
    const i64 ceiling = (x[j] + 65535) >> 16;
    top = j == 0 || ceiling > top ? ceiling : top;
  }
  i32 weight[32];
  i64 sum = 0;
  for (int j = 0; j < keys.count; ++j) {
    weight[j] = static_cast<i32>(probability((top << 16) - x[j]));
    sum += weight[j];
  }
  sum <<= 14;
  const i64 new_max = !state.started || top > state.max ? top : state.max;
  state.sum = (state.started ? align(state.sum, new_max - state.max) : 0) + align(sum, new_max - top);
  for (int b = 0; b < p.value_dim / 32; ++b) {
    i32 largest = -128;
    for (int j = 0; j < keys.count; ++j) {
      const i32 va = keys.value_exponent[j * keys.stride + b];
      largest = va > largest ? va : largest;
    }
    i64 o[32] = {};
    for (int j = 0; j < keys.count; ++j) {
      const i32 drop = largest - keys.value_exponent[j * keys.stride + b];
      const i8* value = keys.value + j * keys.stride + 32 * b;
      if (drop <= 16) {  // (P * q << 16) >> drop without loss
        const i64 factor = i64{weight[j]} << (16 - drop);
        for (int i = 0; i < 32; ++i) {
          o[i] += factor * value[i];
        }
      } else {
        const int shift = drop - 16 > 31 ? 31 : drop - 16;
        for (int i = 0; i < 32; ++i) {
          o[i] += (weight[j] * value[i]) >> shift;
        }
      }
    }
    const i64 block_exponent = largest + top;
    const bool kept = state.started && state.exponent[b] != kAbsent;
    const i64 exponent = kept && state.exponent[b] > block_exponent ? state.exponent[b] : block_exponent;
    for (int i = 0; i < 32; ++i) {
      const i64 old = kept ? align(state.o[32 * b + i], exponent - state.exponent[b]) : 0;
      state.o[32 * b + i] = old + align(o[i], exponent - block_exponent);
    }
    state.exponent[b] = exponent;
  }
  state.max = new_max;
  state.started = true;
}

// One head's result: v [value_dim] with an exponent for each value block, kAbsent for a block that is all zero.
inline void fold_finish(const FoldState& state, int value_dim, i64* v, i64* exponent) {
  const Scaled sum = scale_q30(static_cast<u64>(state.sum));
  const i64 r = recip(sum.d);
  for (int b = 0; b < value_dim / 32; ++b) {
    u64 bits = 0;
    bool nonzero = false;
    for (int i = 0; i < 32; ++i) {
      bits |= ones(state.o[32 * b + i]);
      nonzero |= state.o[32 * b + i] != 0;
    }
    const int sh = bit_length(bits) > 31 ? bit_length(bits) - 31 : 0;
    for (int i = 0; i < 32; ++i) {
      v[32 * b + i] = (state.o[32 * b + i] >> sh) * r;
    }
    exponent[b] = nonzero ? state.exponent[b] + sh - sum.k - state.max - 62 : kAbsent;
  }
}

// Aligns the results of all heads, v [blocks * 32], to their largest exponent; returns the exponent of the sums.
inline i64 align_heads(i64* v, const i64* exponent, int blocks) {
  i64 top = kAbsent;
  for (int b = 0; b < blocks; ++b) {
    top = exponent[b] > top ? exponent[b] : top;
  }
  for (int b = 0; b < blocks; ++b) {
    for (int i = 0; i < 32 && exponent[b] != kAbsent; ++i) {
      v[32 * b + i] = align(v[32 * b + i], top - exponent[b]);
    }
  }
  return top == kAbsent ? kZeroExponent : top;
}

}  // namespace sluice::hls
