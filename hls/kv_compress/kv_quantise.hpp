// KV cache blocks with absolute exponents: docs/numerics.md, section 6.7.
//
// Purpose, ownership, threading, errors: as hls/vector/fixed.hpp.
#pragma once

#include "hls/vector/fixed.hpp"

namespace sluice::hls {

// Quantises one block of 32 mantissas with exponent e; returns the block's exponent, -128..127.
inline i8 kv_quantise_block(const i32* m, i32 e, i8* q) {
  u64 bits = 0;
  bool nonzero = false;
  for (int i = 0; i < 32; ++i) {
    bits |= ones(m[i]);
    nonzero |= m[i] != 0;
  }
  if (!nonzero) {
    for (int i = 0; i < 32; ++i) {
      q[i] = 0;
    }
    return -128;
  }
  i64 sh = bit_length(bits) - kQ8Width;
  if (sh < -128 - i64{e}) {
    sh = -128 - i64{e};
  }
  if (sh > 127 - i64{e}) {
    sh = 127 - i64{e};
  }
  for (int i = 0; i < 32; ++i) {
    // A left shift beyond 30 saturates every non-zero element all the same.
    q[i] = static_cast<i8>(rescale(m[i], sh < -30 ? -30 : sh, kQ8Limit));
  }
  return static_cast<i8>(e + sh);
}

}  // namespace sluice::hls
