// What may stand beside an ap_int in an expression, seen as a width, a sign and a value. Included by ap_int.h.
//
// Purpose: every operator is written once, over operands: ap ints, C integers, and bit, range and concatenation
//   proxies. Growth is Xilinx's table of result widths.
// Ownership, threading, errors: types and plain values.
#pragma once

#include "bits.h"

template <int W, bool S>
struct ap_int_base;
template <int W>
struct ap_int;
template <int W>
struct ap_uint;
template <int W, bool S, bool Const = false>
struct ap_range_ref;
template <int W, bool S, bool Const = false>
struct ap_bit_ref;
template <int W1, class T1, int W2, class T2>
struct ap_concat_ref;

namespace sluice_ap {

enum class Kind { kNone, kBuiltin, kAp, kRange, kBit, kConcat };

template <bool S, int W>
using ApInt = Select<S, ::ap_int<W>, ::ap_uint<W>>;

struct RawBits {};  // tag: construct from the stored bits as they are

// Result widths and signs of Xilinx's ap_int_base::RType.
template <int W1, bool S1, int W2, bool S2>
struct Growth {
  static constexpr int common = max_of(W1 + (S2 && !S1 ? 1 : 0), W2 + (S1 && !S2 ? 1 : 0));
  static constexpr int mult_w = W1 + W2, plus_w = common + 1, minus_w = common + 1, logic_w = common;
  static constexpr int div_w = W1 + (S2 ? 1 : 0), mod_w = min_of(W1, W2 + (!S2 && S1 ? 1 : 0));
  static constexpr bool mult_s = S1 || S2, plus_s = S1 || S2, minus_s = true, logic_s = S1 || S2;
  static constexpr bool div_s = S1 || S2, mod_s = S1;
  using mult = ApInt<mult_s, mult_w>;
  using plus = ApInt<plus_s, plus_w>;
  using minus = ApInt<minus_s, minus_w>;
  using div = ApInt<div_s, div_w>;
  using mod = ApInt<mod_s, mod_w>;
  using logic = ApInt<logic_s, logic_w>;
  using arg1 = ApInt<S1, W1>;
};

template <Kind K, int W, bool S>
struct OperandFacts {
  static constexpr Kind kind = K;
  static constexpr int width = W;
  static constexpr bool is_signed = S;      // of the value
  static constexpr bool declared_sign = S;  // that Xilinx's result types go by: a range counts as its variable does
};

template <class T, class = int>
struct Operand : OperandFacts<Kind::kNone, 1, false> {};

#define SLUICE_AP_BUILTIN(Type, Width, Signed)                                                         \
  template <>                                                                                          \
  struct Operand<Type> : OperandFacts<Kind::kBuiltin, Width, Signed> {                                 \
    static AP_INLINE Value<Width, Signed> get(Type x) { return static_cast<Value<Width, Signed>>(x); } \
  };
SLUICE_AP_BUILTIN(bool, 1, false)
SLUICE_AP_BUILTIN(char, 8, (static_cast<char>(-1) < 0))
SLUICE_AP_BUILTIN(signed char, 8, true)
SLUICE_AP_BUILTIN(unsigned char, 8, false)
SLUICE_AP_BUILTIN(short, 16, true)
SLUICE_AP_BUILTIN(unsigned short, 16, false)
SLUICE_AP_BUILTIN(int, 32, true)
SLUICE_AP_BUILTIN(unsigned int, 32, false)
SLUICE_AP_BUILTIN(long, 8 * sizeof(long), true)
SLUICE_AP_BUILTIN(unsigned long, 8 * sizeof(long), false)
SLUICE_AP_BUILTIN(long long, 64, true)
SLUICE_AP_BUILTIN(unsigned long long, 64, false)
#undef SLUICE_AP_BUILTIN

// An unscoped enumeration counts as the integer it promotes to.
template <class T>
struct Operand<T, EnableIf<__is_enum(T) && !__is_scoped_enum(T)>> : Operand<decltype(+T())> {
  using Promoted = decltype(+T());
  static AP_INLINE auto get(T x) { return Operand<Promoted>::get(static_cast<Promoted>(x)); }
};

// ap_int, ap_uint and whatever derives from their base.
template <int W, bool S>
struct ApFacts : OperandFacts<Kind::kAp, W, S> {
  static AP_INLINE Value<W, S> get(const ap_int_base<W, S>& x) { return value_of<W, S>(x.V); }
};
template <int W, bool S>
ApFacts<W, S> facts_of(const ap_int_base<W, S>*);
template <class T>
struct Operand<T, decltype(static_cast<void>(facts_of(static_cast<const T*>(nullptr))), 0)>
    : decltype(facts_of(static_cast<const T*>(nullptr))){};

template <int W, bool S, bool Const>
struct Operand<ap_range_ref<W, S, Const>> : OperandFacts<Kind::kRange, W, false> {
  static constexpr bool declared_sign = S;
  static AP_INLINE Unsigned<W> get(const ap_range_ref<W, S, Const>& x) { return x.bits(); }
};
template <int W, bool S, bool Const>
struct Operand<ap_bit_ref<W, S, Const>> : OperandFacts<Kind::kBit, 1, false> {
  static AP_INLINE Unsigned<1> get(const ap_bit_ref<W, S, Const>& x) { return static_cast<Unsigned<1>>(x.get()); }
};
template <int W1, class T1, int W2, class T2>
struct Operand<ap_concat_ref<W1, T1, W2, T2>> : OperandFacts<Kind::kConcat, W1 + W2, false> {
  static AP_INLINE Unsigned<W1 + W2> get(const ap_concat_ref<W1, T1, W2, T2>& x) { return x.bits(); }
};

template <class T>
inline constexpr Kind kind_of = Operand<T>::kind;
template <class T>
inline constexpr bool is_operand = kind_of<T> != Kind::kNone;
template <class T>
inline constexpr bool is_class_operand = is_operand<T> && kind_of<T> != Kind::kBuiltin;

template <class T>
AP_INLINE auto value(const T& x) {
  return Operand<T>::get(x);
}
// An index: the low 32 bits, as Xilinx's to_int().
template <class T>
AP_INLINE int index(const T& x) {
  return static_cast<int>(value(x));
}

}  // namespace sluice_ap
