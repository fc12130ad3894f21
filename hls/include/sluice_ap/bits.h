// The _BitInt under ap_int, and what is computed on it alone. Included by ap_int.h; kernels include that.
//
// Purpose: storage types and bit tricks written as expressions of constant shape (template recursion, no loops), so
//   that hardware gets wires and trees, never a sequential circuit.
// Ownership, threading: plain values. Errors: fail() ends a native run.
// Locals of a _BitInt type are never const here: clang 19 crashes on those of 129 to 192, 257 to 320, ... bits.
#pragma once

#ifndef __SLUICE_HLS__
#include <cstdio>
#include <cstdlib>
#endif

#ifdef __SLUICE_HLS__
#define AP_INLINE __attribute__((always_inline)) constexpr
#else
#define AP_INLINE constexpr
#endif

namespace sluice_ap {

// Own traits instead of <type_traits>: the HLS flow parses no library header.
template <bool Condition, class T = int>
struct EnableIfImpl {};
template <class T>
struct EnableIfImpl<true, T> {
  using type = T;
};
template <bool Condition, class T = int>
using EnableIf = typename EnableIfImpl<Condition, T>::type;

template <bool Condition, class Then, class Else>
struct SelectImpl {
  using type = Then;
};
template <class Then, class Else>
struct SelectImpl<false, Then, Else> {
  using type = Else;
};
template <bool Condition, class Then, class Else>
using Select = typename SelectImpl<Condition, Then, Else>::type;

constexpr int max_of(int a, int b) { return a > b ? a : b; }
constexpr int min_of(int a, int b) { return a < b ? a : b; }

// C++ has no signed _BitInt(1). An ap_int<1> (0 or -1) is stored as unsigned _BitInt(1) and computed as _BitInt(2).
template <int W, bool S>
struct IntTypes {
  using storage = unsigned _BitInt(W);
  using value = unsigned _BitInt(W);
};
template <int W>
struct IntTypes<W, true> {
  using storage = _BitInt(W);
  using value = _BitInt(W);
};
template <>
struct IntTypes<1, true> {
  using storage = unsigned _BitInt(1);
  using value = _BitInt(2);
};
template <int W, bool S>
using Storage = typename IntTypes<W, S>::storage;
template <int W, bool S>
using Value = typename IntTypes<W, S>::value;
template <int W>
using Unsigned = unsigned _BitInt(W);

template <int W, bool S>
AP_INLINE Value<W, S> value_of(Storage<W, S> bits) {
  if constexpr (W == 1 && S) {
    return static_cast<_BitInt(2)>(-static_cast<_BitInt(2)>(bits));
  } else {
    return bits;
  }
}

#ifndef __SLUICE_HLS__
[[noreturn]] inline void fail(const char* what, int index, int width) {
  std::fprintf(stderr, "ap_int: %s %d is outside a variable of %d bits\n", what, index, width);
  std::abort();
}
#endif
AP_INLINE void check_index([[maybe_unused]] const char* what, [[maybe_unused]] int index, [[maybe_unused]] int width) {
#ifndef __SLUICE_HLS__
  if (index < 0 || index >= width) fail(what, index, width);
#endif
}

// `count` ones, 1 <= count <= W.
template <int W>
AP_INLINE Unsigned<W> low_mask(int count) {
  return static_cast<Unsigned<W>>(static_cast<Unsigned<W>>(~Unsigned<W>(0)) >> (W - count));
}

template <int W>
AP_INLINE Unsigned<W> reversed(Unsigned<W> x) {
  if constexpr (W == 1) {
    return x;
  } else {
#ifdef __SLUICE_HLS__
    // One operation, for every range() calls this in the case that its bounds are exchanged: nearly always dead code.
    return __builtin_elementwise_bitreverse(x);
#else
    constexpr int low = W / 2, high = W - low;
    auto from_low = static_cast<Unsigned<W>>(reversed<low>(static_cast<Unsigned<low>>(x)));
    auto from_high = static_cast<Unsigned<W>>(reversed<high>(static_cast<Unsigned<high>>(x >> low)));
    return static_cast<Unsigned<W>>((from_low << high) | from_high);
#endif
  }
}

template <int W>
AP_INLINE bool parity(Unsigned<W> x) {
  if constexpr (W == 1) {
    return static_cast<bool>(x);
  } else {
    constexpr int half = (W + 1) / 2;
    return parity<half>(
        static_cast<Unsigned<half>>(static_cast<Unsigned<half>>(x) ^ static_cast<Unsigned<half>>(x >> half)));
  }
}

// Shifts by any amount: all bits out at W and more, as Xilinx. `amount` is unsigned.
template <int W, class Amount>
AP_INLINE Unsigned<W> shift_left(Unsigned<W> x, Amount amount) {
  return amount >= static_cast<Amount>(W) ? Unsigned<W>(0) : static_cast<Unsigned<W>>(x << amount);
}
template <int W, bool S, class Amount>
AP_INLINE Storage<W, S> shift_right(Storage<W, S> x, Amount amount) {
  if constexpr (W == 1) {
    return amount == 0 || S ? x : Storage<W, S>(0);
  } else {
    Storage<W, S> out = static_cast<Storage<W, S>>(x < 0 ? -1 : 0);
    return amount >= static_cast<Amount>(W) ? out : static_cast<Storage<W, S>>(x >> amount);
  }
}

// Bits [low, high] of x in the low bits; with high < low the bits from low down to high, reversed, as Xilinx.
template <int W>
AP_INLINE Unsigned<W> get_range(Unsigned<W> x, int high, int low) {
  return high >= low ? static_cast<Unsigned<W>>((x >> low) & low_mask<W>(high - low + 1))
                     : static_cast<Unsigned<W>>((reversed<W>(x) >> (W - 1 - low)) & low_mask<W>(low - high + 1));
}
template <int W>
AP_INLINE Unsigned<W> set_range(Unsigned<W> x, int high, int low, Unsigned<W> bits) {
  const bool forward = high >= low;
  const int bottom = forward ? low : high;
  auto mask = static_cast<Unsigned<W>>(low_mask<W>((forward ? high - low : low - high) + 1) << bottom);
  auto placed =
      forward ? static_cast<Unsigned<W>>(bits << low) : static_cast<Unsigned<W>>(reversed<W>(bits) >> (W - 1 - low));
  return static_cast<Unsigned<W>>((x & static_cast<Unsigned<W>>(~mask)) | (placed & mask));
}
template <int W>
AP_INLINE Unsigned<W> set_bit(Unsigned<W> x, int index, bool bit) {
  auto mask = static_cast<Unsigned<W>>(Unsigned<W>(1) << index);
  auto placed = static_cast<Unsigned<W>>(static_cast<Unsigned<W>>(bit) << index);
  return static_cast<Unsigned<W>>((x & static_cast<Unsigned<W>>(~mask)) | placed);
}

}  // namespace sluice_ap
