// ap_int_base<W, S>: the members of ap_int (S = true) and ap_uint (S = false). Included by ap_int.h.
//
// Purpose, ownership, threading, errors: see ap_int.h. Binary operators are in operators.h.
#pragma once

#ifndef __SLUICE_HLS__
#include <string>
#endif

#include "operand.h"

namespace sluice_ap {

constexpr int digit_of(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : 99;
}

// The value of [+-][0b|0o|0d|0x]digits modulo 2^W; radix 0 means: what the prefix says, else 10. Stops at a non-digit.
template <int W>
constexpr Unsigned<W> parse(const char* text, int radix) {
  const bool negative = *text == '-';
  if (*text == '-' || *text == '+') ++text;
  if (text[0] == '0') {
    const char mark = static_cast<char>(text[1] | 0x20);  // lower case
    const int marked = mark == 'b' ? 2 : mark == 'o' ? 8 : mark == 'd' ? 10 : mark == 'x' ? 16 : 0;
    if (marked != 0 && (radix == 0 || radix == marked)) {
      radix = marked;
      text += 2;
    }
  }
  if (radix == 0) radix = 10;
  unsigned _BitInt(W + 8) magnitude = 0;  // room for the digit; what exceeds W bits is dropped
  for (; digit_of(*text) < radix; ++text) {
    magnitude =
        magnitude * static_cast<unsigned _BitInt(W + 8)>(radix) + static_cast<unsigned _BitInt(W + 8)>(digit_of(*text));
  }
  auto low = static_cast<Unsigned<W>>(magnitude);
  return negative ? static_cast<Unsigned<W>>(0 - low) : low;
}

}  // namespace sluice_ap

// NOLINTBEGIN(google-explicit-constructor): Xilinx's conversions are implicit, and kernels rely on them
template <int W, bool S>
struct ap_int_base {
  static_assert(W >= 1 && W <= 4097, "ap_int: 1 to 2,048 bits, and products and sums of those");
  using Bits = sluice_ap::Storage<W, S>;
  using Uint = sluice_ap::Unsigned<W>;
  using RetType = sluice_ap::Select<S, long long, unsigned long long>;
  template <int W2, bool S2>
  struct RType : sluice_ap::Growth<W, S, W2, S2> {};
  static constexpr int width = W;
  static constexpr bool sign_flag = S;

  Bits V;

  ap_int_base() = default;
  AP_INLINE ap_int_base(sluice_ap::RawBits, Bits bits) : V(bits) {}
  // Truncates, or extends by the sign of x.
  template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>> = 0>
  AP_INLINE ap_int_base(const T& x) : V(static_cast<Bits>(sluice_ap::value(x))) {}
  AP_INLINE ap_int_base(const char* digits, int radix = 0) : V(static_cast<Bits>(sluice_ap::parse<W>(digits, radix))) {}

  // As Xilinx: the low 64 bits. Conditions on more than 64 bits want or_reduce() or a comparison.
  AP_INLINE operator RetType() const { return static_cast<RetType>(value()); }

  AP_INLINE bool to_bool() const { return V != 0; }
  AP_INLINE char to_char() const { return static_cast<char>(value()); }
  AP_INLINE signed char to_schar() const { return static_cast<signed char>(value()); }
  AP_INLINE unsigned char to_uchar() const { return static_cast<unsigned char>(value()); }
  AP_INLINE short to_short() const { return static_cast<short>(value()); }
  AP_INLINE unsigned short to_ushort() const { return static_cast<unsigned short>(value()); }
  AP_INLINE int to_int() const { return static_cast<int>(value()); }
  AP_INLINE unsigned to_uint() const { return static_cast<unsigned>(value()); }
  AP_INLINE long to_long() const { return static_cast<long>(value()); }
  AP_INLINE unsigned long to_ulong() const { return static_cast<unsigned long>(value()); }
  AP_INLINE long long to_int64() const { return static_cast<long long>(value()); }
  AP_INLINE unsigned long long to_uint64() const { return static_cast<unsigned long long>(value()); }

  AP_INLINE int length() const { return W; }
  AP_INLINE bool iszero() const { return V == 0; }
  AP_INLINE bool is_zero() const { return V == 0; }
  AP_INLINE bool sign() const { return S && bit_at(W - 1); }
  AP_INLINE int countLeadingZeros() const { return __builtin_clzg(bits(), W); }

  AP_INLINE bool and_reduce() const { return bits() == static_cast<Uint>(~Uint(0)); }
  AP_INLINE bool nand_reduce() const { return !and_reduce(); }
  AP_INLINE bool or_reduce() const { return V != 0; }
  AP_INLINE bool nor_reduce() const { return V == 0; }
  AP_INLINE bool xor_reduce() const { return sluice_ap::parity<W>(bits()); }
  AP_INLINE bool xnor_reduce() const { return !xor_reduce(); }

  AP_INLINE bool test(int i) const { return checked_bit(i); }
  AP_INLINE bool get_bit(int i) const { return checked_bit(i); }
  AP_INLINE void set_bit(int i, bool v) {
    sluice_ap::check_index("bit", i, W);
    V = static_cast<Bits>(sluice_ap::set_bit<W>(bits(), i, v));
  }
  AP_INLINE void set(int i, bool v) { set_bit(i, v); }
  AP_INLINE void set(int i) { set_bit(i, true); }
  AP_INLINE void clear(int i) { set_bit(i, false); }
  AP_INLINE void invert(int i) { set_bit(i, !checked_bit(i)); }
  AP_INLINE void b_not() { V = static_cast<Bits>(~bits()); }
  template <int W3>
  AP_INLINE void set(const ap_int_base<W3, false>& x) {
    V = static_cast<Bits>(x.V);
  }
  AP_INLINE ap_int_base& get() { return *this; }

  AP_INLINE ap_int_base& reverse() {
    V = static_cast<Bits>(sluice_ap::reversed<W>(bits()));
    return *this;
  }
  // 0 <= n < W.
  AP_INLINE ap_int_base& lrotate(int n) {
    sluice_ap::check_index("rotation", n, W);
    V = static_cast<Bits>(sluice_ap::shift_left<W>(bits(), static_cast<unsigned>(n)) |
                          sluice_ap::shift_right<W, false>(bits(), static_cast<unsigned>(W - n)));
    return *this;
  }
  AP_INLINE ap_int_base& rrotate(int n) {
    sluice_ap::check_index("rotation", n, W);
    V = static_cast<Bits>(sluice_ap::shift_right<W, false>(bits(), static_cast<unsigned>(n)) |
                          sluice_ap::shift_left<W>(bits(), static_cast<unsigned>(W - n)));
    return *this;
  }

  // Bit and part select, readable and assignable. On a const variable a bit is a bool.
  template <class I, sluice_ap::EnableIf<sluice_ap::is_operand<I>> = 0>
  AP_INLINE ap_bit_ref<W, S> operator[](const I& i) {
    return {this, sluice_ap::index(i)};
  }
  template <class I, sluice_ap::EnableIf<sluice_ap::is_operand<I>> = 0>
  AP_INLINE bool operator[](const I& i) const {
    return checked_bit(sluice_ap::index(i));
  }
  template <class I, sluice_ap::EnableIf<sluice_ap::is_operand<I>> = 0>
  AP_INLINE ap_bit_ref<W, S> bit(const I& i) {
    return {this, sluice_ap::index(i)};
  }
  template <class I, sluice_ap::EnableIf<sluice_ap::is_operand<I>> = 0>
  AP_INLINE bool bit(const I& i) const {
    return checked_bit(sluice_ap::index(i));
  }
  template <class H, class L, sluice_ap::EnableIf<sluice_ap::is_operand<H> && sluice_ap::is_operand<L>> = 0>
  AP_INLINE ap_range_ref<W, S> range(const H& high, const L& low) {
    return {this, sluice_ap::index(high), sluice_ap::index(low)};
  }
  template <class H, class L, sluice_ap::EnableIf<sluice_ap::is_operand<H> && sluice_ap::is_operand<L>> = 0>
  AP_INLINE ap_range_ref<W, S, true> range(const H& high, const L& low) const {
    return {this, sluice_ap::index(high), sluice_ap::index(low)};
  }
  AP_INLINE ap_range_ref<W, S> range() { return {this, W - 1, 0}; }
  AP_INLINE ap_range_ref<W, S, true> range() const { return {this, W - 1, 0}; }
  template <class H, class L, sluice_ap::EnableIf<sluice_ap::is_operand<H> && sluice_ap::is_operand<L>> = 0>
  AP_INLINE ap_range_ref<W, S> operator()(const H& high, const L& low) {
    return range(high, low);
  }
  template <class H, class L, sluice_ap::EnableIf<sluice_ap::is_operand<H> && sluice_ap::is_operand<L>> = 0>
  AP_INLINE ap_range_ref<W, S, true> operator()(const H& high, const L& low) const {
    return range(high, low);
  }

  template <int W2, bool S2>
  AP_INLINE auto concat(ap_int_base<W2, S2>& x);
  template <int W2, bool S2>
  AP_INLINE auto concat(const ap_int_base<W2, S2>& x) const;

  AP_INLINE auto operator+() const { return typename RType<W, S>::arg1(*this); }
  AP_INLINE auto operator-() const {
    using R = typename RType<1, false>::minus;
    using Wide = sluice_ap::Value<R::width, true>;
    return R(sluice_ap::RawBits{}, static_cast<Wide>(-static_cast<Wide>(value())));
  }
  AP_INLINE auto operator~() const {
    return typename RType<W, S>::arg1(sluice_ap::RawBits{}, static_cast<Bits>(~bits()));
  }
  AP_INLINE bool operator!() const { return V == 0; }

  AP_INLINE ap_int_base& operator++() { return *this += true; }
  AP_INLINE ap_int_base& operator--() { return *this -= true; }
  AP_INLINE auto operator++(int) {
    const typename RType<W, S>::arg1 before(*this);
    *this += true;
    return before;
  }
  AP_INLINE auto operator--(int) {
    const typename RType<W, S>::arg1 before(*this);
    *this -= true;
    return before;
  }

  // Modulo 2^W.
#define SLUICE_AP_ASSIGN(op)                                                 \
  template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>> = 0>      \
  AP_INLINE ap_int_base& operator op##=(const T & x) {                       \
    V = static_cast<Bits>(bits() op static_cast<Uint>(sluice_ap::value(x))); \
    return *this;                                                            \
  }
  SLUICE_AP_ASSIGN(+)
  SLUICE_AP_ASSIGN(-)
  SLUICE_AP_ASSIGN(*)
  SLUICE_AP_ASSIGN(&)
  SLUICE_AP_ASSIGN(|)
  SLUICE_AP_ASSIGN(^)
#undef SLUICE_AP_ASSIGN
  template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>> = 0>
  AP_INLINE ap_int_base& operator/=(const T& x);
  template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>> = 0>
  AP_INLINE ap_int_base& operator%=(const T& x);
  template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>> = 0>
  AP_INLINE ap_int_base& operator<<=(const T& x);
  template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>> = 0>
  AP_INLINE ap_int_base& operator>>=(const T& x);

#ifndef __SLUICE_HLS__
  float to_float() const { return static_cast<float>(value()); }
  double to_double() const { return static_cast<double>(value()); }
  // Radix 2, 8, 10 or 16, with its prefix except for 10; without leading zeros.
  std::string to_string(int radix = 2, bool sign = S) const;
#endif

 private:
  AP_INLINE Uint bits() const { return static_cast<Uint>(V); }
  AP_INLINE auto value() const { return sluice_ap::value_of<W, S>(V); }
  AP_INLINE bool bit_at(int i) const { return static_cast<bool>((bits() >> i) & Uint(1)); }
  AP_INLINE bool checked_bit(int i) const {
    sluice_ap::check_index("bit", i, W);
    return bit_at(i);
  }
};

template <int W>
struct ap_int : ap_int_base<W, true> {
  using Base = ap_int_base<W, true>;
  ap_int() = default;
  AP_INLINE ap_int(sluice_ap::RawBits raw, sluice_ap::Storage<W, true> bits) : Base(raw, bits) {}
  template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>> = 0>
  AP_INLINE ap_int(const T& x) : Base(x) {}
  AP_INLINE ap_int(const char* digits, int radix = 0) : Base(digits, radix) {}
};

template <int W>
struct ap_uint : ap_int_base<W, false> {
  using Base = ap_int_base<W, false>;
  ap_uint() = default;
  AP_INLINE ap_uint(sluice_ap::RawBits raw, sluice_ap::Storage<W, false> bits) : Base(raw, bits) {}
  template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>> = 0>
  AP_INLINE ap_uint(const T& x) : Base(x) {}
  AP_INLINE ap_uint(const char* digits, int radix = 0) : Base(digits, radix) {}
};
// NOLINTEND(google-explicit-constructor)
