// The binary operators of ap_int. Included by ap_int.h.
//
// Purpose: one template an operator over all operand kinds. The result is computed exactly and stored in the width that
//   Xilinx's headers give it. Pairs that Xilinx leaves to C++ (bit with bit, bit with int: both become int) are left
//   to C++ here too, so that widths stay equal.
// Ownership, threading: plain values. Errors: division by zero is undefined.
#pragma once

#include "refs.h"

namespace sluice_ap {

template <class T>
inline constexpr bool is_vector = kind_of<T> == Kind::kAp || kind_of<T> == Kind::kRange;
template <class T>
inline constexpr bool is_concat = kind_of<T> == Kind::kConcat;

// NOLINTBEGIN(misc-redundant-expression): A and B differ, which the check does not see
template <class A, class B>
inline constexpr bool are_operands = is_operand<A> && is_operand<B>;
template <class A, class B>
inline constexpr bool has_arithmetic =
    are_operands<A, B> && (is_vector<A> || is_vector<B> || (is_concat<A> && is_concat<B>));
template <class A, class B>
inline constexpr bool has_comparison =
    are_operands<A, B> && (is_vector<A> || is_vector<B> || is_concat<A> || is_concat<B>);
// Not (int << ap_int): that is C++'s, with an int result.
template <class A, class B>
inline constexpr bool has_shift = are_operands<A, B> && (is_vector<A> || is_concat<A> || kind_of<B> == Kind::kRange ||
                                                         (kind_of<A> == Kind::kBit && kind_of<B> == Kind::kAp));
// NOLINTEND(misc-redundant-expression)

// Beside anything but a concatenation, a concatenation counts as Xilinx's implicit conversion of it: 64 bits.
template <class T>
struct ConcatAs64 : OperandFacts<Kind::kBuiltin, 64, false> {
  static AP_INLINE Unsigned<64> get(const T& x) {
    static_assert(Operand<T>::width <= 64, "Xilinx keeps 64 bits of a concatenation here: convert it to ap_uint first");
    return static_cast<Unsigned<64>>(value(x));
  }
};

template <class A, class B>
struct Pair {
  using Left = Select<is_concat<A> && !is_concat<B>, ConcatAs64<A>, Operand<A>>;
  using Right = Select<is_concat<B> && !is_concat<A>, ConcatAs64<B>, Operand<B>>;
  static constexpr bool left_sign = kind_of<A> == Kind::kRange && kind_of<B> != Kind::kAp ? false : Left::declared_sign;
  static constexpr bool right_sign =
      kind_of<B> == Kind::kRange && kind_of<A> != Kind::kAp ? false : Right::declared_sign;
  using Exact = Growth<Left::width, Left::is_signed, Right::width, Right::is_signed>;
  using Result = Growth<Left::width, left_sign, Right::width, right_sign>;
  // (int / ap_int) and (int % ap_int) have the types of the swapped operands in Xilinx's headers.
  static constexpr bool swapped = Left::kind == Kind::kBuiltin && kind_of<B> == Kind::kAp;
  using Quotient = Select<swapped, Growth<Right::width, right_sign, Left::width, left_sign>, Result>;
  // Division is in one type for both operands, wide enough for both and for the quotient: that of the wider operand's
  // sign, signed if they are equally wide. As in C, a negative operand beside a wider unsigned one is its bits.
  static constexpr int divided_w = max_of(Left::width, Right::width) + (Left::is_signed || Right::is_signed ? 1 : 0);
  static constexpr bool divided_s = Left::width > Right::width   ? Left::is_signed
                                    : Right::width > Left::width ? Right::is_signed
                                                                 : Left::is_signed || Right::is_signed;
  using Divided = Value<divided_w, divided_s>;
  using Modulo = Value<divided_w, divided_s && Left::is_signed>;
};

template <class R, class T>
AP_INLINE R make(T x) {
  return R(RawBits{}, static_cast<Storage<R::width, R::sign_flag>>(x));
}

template <class A, class B>
AP_INLINE auto divide(const A& a, const B& b) {
  using P = Pair<A, B>;
  using T = typename P::Divided;
  return static_cast<T>(static_cast<T>(P::Left::get(a)) / static_cast<T>(P::Right::get(b)));
}
template <class A, class B>
AP_INLINE auto remainder(const A& a, const B& b) {
  using P = Pair<A, B>;
  using T = typename P::Modulo;
  return static_cast<T>(static_cast<T>(P::Left::get(a)) % static_cast<T>(P::Right::get(b)));
}

// Shift amounts: a negative one shifts the other way. An ap amount counts by its low 32 bits, as Xilinx's to_uint().
template <class T>
inline constexpr bool is_wide_amount = (kind_of<T> == Kind::kBuiltin || is_concat<T>) && (Operand<T>::width > 32);
template <class T>
using Amount = Select<is_wide_amount<T>, unsigned long long, unsigned>;
template <class T>
AP_INLINE bool is_negative([[maybe_unused]] const T& amount) {
  if constexpr (Operand<T>::is_signed) {
    return value(amount) < 0;
  } else {
    return false;
  }
}
template <class T>
AP_INLINE Amount<T> magnitude(const T& amount) {
  auto low = static_cast<Amount<T>>(value(amount));
  return is_negative(amount) ? static_cast<Amount<T>>(0 - low) : low;
}
template <int W, bool S, class T>
AP_INLINE Storage<W, S> shifted(Storage<W, S> x, bool left, const T& amount) {
  const Amount<T> by = magnitude(amount);
  auto as_unsigned = static_cast<Unsigned<W>>(x);
  return left != is_negative(amount) ? static_cast<Storage<W, S>>(shift_left<W>(as_unsigned, by))
                                     : shift_right<W, S>(x, by);
}
template <class A, class B>
AP_INLINE auto shift(const A& a, bool left, const B& b) {
  using F = Operand<A>;
  constexpr bool sign = kind_of<A> == Kind::kRange && kind_of<B> != Kind::kAp ? false : F::declared_sign;
  using Bits = Storage<F::width, F::is_signed>;
  return make<ApInt<sign, F::width>>(shifted<F::width, F::is_signed>(static_cast<Bits>(value(a)), left, b));
}

// Comparisons are exact, except where C's would not be either: beside an unsigned operand of 32 bits or more that is at
// least as wide, a negative one is larger than all (<), and is its bits (==, unless both have the same width below 64).
template <class A, class B>
struct Compared {
  using FA = Operand<A>;
  using FB = Operand<B>;
  static constexpr bool mixed = FA::is_signed != FB::is_signed;
  static constexpr int unsigned_width = FA::is_signed ? FB::width : FA::width;
  static constexpr int signed_width = FA::is_signed ? FA::width : FB::width;
  static constexpr int widest = max_of(FA::width, FB::width);
  static constexpr bool like_c = mixed && unsigned_width >= 32 && unsigned_width >= signed_width;
  using Exact = Value<mixed ? max_of(signed_width, unsigned_width + 1) : widest, mixed || FA::is_signed>;
  static constexpr bool as_bits = like_c && (unsigned_width > signed_width || unsigned_width >= 64);
  using Equal = Select<as_bits, Unsigned<widest>, Exact>;
  using Less = Select<like_c, Unsigned<widest + 1>, Exact>;
};
template <class A, class B>
AP_INLINE bool equal(const A& a, const B& b) {
  using T = typename Compared<A, B>::Equal;
  return static_cast<T>(value(a)) == static_cast<T>(value(b));
}
template <class A, class B>
AP_INLINE bool less(const A& a, const B& b) {
  using T = typename Compared<A, B>::Less;
  return static_cast<T>(value(a)) < static_cast<T>(value(b));
}

}  // namespace sluice_ap

#define SLUICE_AP_ARITHMETIC(op, name)                                                         \
  template <class A, class B, sluice_ap::EnableIf<sluice_ap::has_arithmetic<A, B>> = 0>        \
  AP_INLINE auto operator op(const A& a, const B& b) {                                         \
    using P = sluice_ap::Pair<A, B>;                                                           \
    using T = sluice_ap::Value<P::Exact::name##_w, P::Exact::name##_s>;                        \
    return sluice_ap::make<typename P::Result::name>(static_cast<T>(P::Left::get(a))           \
                                                         op static_cast<T>(P::Right::get(b))); \
  }
SLUICE_AP_ARITHMETIC(+, plus)
SLUICE_AP_ARITHMETIC(-, minus)
SLUICE_AP_ARITHMETIC(*, mult)
#undef SLUICE_AP_ARITHMETIC

template <class A, class B, sluice_ap::EnableIf<sluice_ap::has_arithmetic<A, B>> = 0>
AP_INLINE auto operator/(const A& a, const B& b) {
  return sluice_ap::make<typename sluice_ap::Pair<A, B>::Quotient::div>(sluice_ap::divide(a, b));
}
template <class A, class B, sluice_ap::EnableIf<sluice_ap::has_arithmetic<A, B>> = 0>
AP_INLINE auto operator%(const A& a, const B& b) {
  return sluice_ap::make<typename sluice_ap::Pair<A, B>::Quotient::mod>(sluice_ap::remainder(a, b));
}

namespace sluice_ap {
// Bitwise results; Xilinx gives (concatenation op ap_int) the sign of the ap_int.
template <class A, class B,
          bool WithConcat = (is_concat<A> && kind_of<B> == Kind::kAp) || (is_concat<B> && kind_of<A> == Kind::kAp)>
struct Logic {
  using P = Pair<A, B>;
  using Left = typename P::Left;
  using Right = typename P::Right;
  using T = Value<P::Exact::logic_w, P::Exact::logic_s>;
  using Result = typename P::Result::logic;
};
template <class A, class B>
struct Logic<A, B, true> {
  using Left = Operand<A>;
  using Right = Operand<B>;
  static constexpr bool sign = Left::is_signed || Right::is_signed;
  static constexpr int width = max_of(Left::width, Right::width);
  using T = Value<width + 1, sign>;
  using Result = ApInt<sign, width>;
};
}  // namespace sluice_ap

#define SLUICE_AP_LOGIC(op)                                                                            \
  template <class A, class B, sluice_ap::EnableIf<sluice_ap::has_arithmetic<A, B>> = 0>                \
  AP_INLINE auto operator op(const A& a, const B& b) {                                                 \
    using L = sluice_ap::Logic<A, B>;                                                                  \
    return sluice_ap::make<typename L::Result>(static_cast<typename L::T>(                             \
        static_cast<typename L::T>(L::Left::get(a)) op static_cast<typename L::T>(L::Right::get(b)))); \
  }
SLUICE_AP_LOGIC(&)
SLUICE_AP_LOGIC(|)
SLUICE_AP_LOGIC(^)
#undef SLUICE_AP_LOGIC

template <class A, class B, sluice_ap::EnableIf<sluice_ap::has_shift<A, B>> = 0>
AP_INLINE auto operator<<(const A& a, const B& b) {
  return sluice_ap::shift(a, true, b);
}
template <class A, class B, sluice_ap::EnableIf<sluice_ap::has_shift<A, B>> = 0>
AP_INLINE auto operator>>(const A& a, const B& b) {
  return sluice_ap::shift(a, false, b);
}

#define SLUICE_AP_COMPARE(op, result)                                                   \
  template <class A, class B, sluice_ap::EnableIf<sluice_ap::has_comparison<A, B>> = 0> \
  AP_INLINE bool operator op(const A& a, const B& b) {                                  \
    return result;                                                                      \
  }
SLUICE_AP_COMPARE(==, sluice_ap::equal(a, b))
SLUICE_AP_COMPARE(!=, !sluice_ap::equal(a, b))
SLUICE_AP_COMPARE(<, sluice_ap::less(a, b))
SLUICE_AP_COMPARE(>, sluice_ap::less(b, a))
SLUICE_AP_COMPARE(<=, !sluice_ap::less(b, a))
SLUICE_AP_COMPARE(>=, !sluice_ap::less(a, b))
#undef SLUICE_AP_COMPARE

template <int W, bool S>
template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>>>
AP_INLINE ap_int_base<W, S>& ap_int_base<W, S>::operator/=(const T& x) {
  V = static_cast<Bits>(sluice_ap::divide(*this, x));
  return *this;
}
template <int W, bool S>
template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>>>
AP_INLINE ap_int_base<W, S>& ap_int_base<W, S>::operator%=(const T& x) {
  return *this = ap_int_base(*this % x);  // through the remainder's type, which may be narrower
}
template <int W, bool S>
template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>>>
AP_INLINE ap_int_base<W, S>& ap_int_base<W, S>::operator<<=(const T& x) {
  V = sluice_ap::shifted<W, S>(V, true, x);
  return *this;
}
template <int W, bool S>
template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>>>
AP_INLINE ap_int_base<W, S>& ap_int_base<W, S>::operator>>=(const T& x) {
  V = sluice_ap::shifted<W, S>(V, false, x);
  return *this;
}
