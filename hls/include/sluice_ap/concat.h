// (a, b): the bits of a above those of b, readable and assignable. Included by ap_int.h.
//
// Purpose: parts are ap ints, bits, ranges and other concatenations; with a C integer as a part the result is a value.
//   Type width is the sum of the parts' type widths; a range counts its variable's width there, but only its length
//   when bits are placed. The result is unsigned.
// Ownership: refers to its parts, which must outlive it. Threading: as the parts. Errors: none.
#pragma once

#include "operators.h"

namespace sluice_ap {

// Ap ints are held by reference, proxies (references themselves) by value.
template <class T>
using Held = Select<kind_of<T> == Kind::kAp, T&, T>;

template <class T>
AP_INLINE auto part_bits(const T& part) {
  return static_cast<Unsigned<Operand<T>::width>>(value(part));
}
template <class T>
AP_INLINE int part_length(const T& part) {
  if constexpr (kind_of<T> == Kind::kBuiltin) {
    return Operand<T>::width;
  } else {
    return part.length();
  }
}
template <class A, class B>
AP_INLINE auto joined(const A& a, const B& b) {
  using U = Unsigned<Operand<A>::width + Operand<B>::width>;
  return static_cast<U>(static_cast<U>(static_cast<U>(part_bits(a)) << part_length(b)) | static_cast<U>(part_bits(b)));
}

template <int W, bool S>
ap_int_base<W, S> base_type(const ap_int_base<W, S>&);
template <class T>
struct RemoveReference {
  using type = T;
};
template <class T>
struct RemoveReference<T&> {
  using type = T;
};
template <class T>
struct RemoveConst {
  using type = T;
  static constexpr bool was_const = false;
};
template <class T>
struct RemoveConst<const T> {
  using type = T;
  static constexpr bool was_const = true;
};

// The type of part for an argument declared T&&: variables as their base, const where they are const or temporary.
template <class T>
struct PartOf {
  using Bare = typename RemoveConst<typename RemoveReference<T>::type>::type;
  static constexpr bool is_const =
      RemoveConst<typename RemoveReference<T>::type>::was_const || !__is_lvalue_reference(T);
  template <Kind K, class Never = void>
  struct Choose {
    using type = Bare;
  };
  template <class Never>
  struct Choose<Kind::kAp, Never> {
    using Base = decltype(base_type(*static_cast<const Bare*>(nullptr)));
    using type = Select<is_const, const Base, Base>;
  };
  using type = typename Choose<kind_of<Bare>>::type;
};
template <class T>
using Part = typename PartOf<T>::type;
template <class T>
using Bare = typename PartOf<T>::Bare;

template <class T>
inline constexpr bool is_const_type = RemoveConst<T>::was_const;

}  // namespace sluice_ap

template <int W1, class T1, int W2, class T2>
struct ap_concat_ref {
  static constexpr int width = W1 + W2;
  using Uint = sluice_ap::Unsigned<width>;
  sluice_ap::Held<T1> mbv1;
  sluice_ap::Held<T2> mbv2;

  AP_INLINE ap_concat_ref(T1& high, T2& low) : mbv1(high), mbv2(low) {}
  AP_INLINE ap_concat_ref(const ap_concat_ref&) = default;

  AP_INLINE int length() const { return mbv1.length() + mbv2.length(); }
  AP_INLINE Uint bits() const { return sluice_ap::joined(mbv1, mbv2); }
  AP_INLINE ap_uint<width> get() const { return {sluice_ap::RawBits{}, bits()}; }
  // NOLINTNEXTLINE(google-explicit-constructor): as Xilinx
  AP_INLINE operator unsigned long long() const { return static_cast<unsigned long long>(bits()); }

  template <int W3>
  AP_INLINE void set(const ap_int_base<W3, false>& x) const {
    assign(static_cast<Uint>(x.V));
  }
  AP_INLINE const ap_concat_ref& operator=(const ap_concat_ref& x) const { return assign(x.bits()); }
  AP_INLINE ap_concat_ref& operator=(const ap_concat_ref& x) {
    assign(x.bits());
    return *this;
  }
  template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>> = 0>
  AP_INLINE const ap_concat_ref& operator=(const T& x) const {
    return assign(static_cast<Uint>(sluice_ap::value(x)));
  }

 private:
  AP_INLINE const ap_concat_ref& assign(Uint bits) const {
    static_assert(!sluice_ap::is_const_type<T1> && !sluice_ap::is_const_type<T2>,
                  "a concatenation with a const or temporary part can only be read");
    const int low = mbv2.length();
    set_part(mbv2, static_cast<Uint>(bits & sluice_ap::low_mask<width>(low)));
    set_part(mbv1, static_cast<Uint>(static_cast<Uint>(bits >> low) & sluice_ap::low_mask<width>(mbv1.length())));
    return *this;
  }
  template <class T>
  static AP_INLINE void set_part(T& part, Uint bits) {
    part.set(ap_uint<width>(sluice_ap::RawBits{}, bits));
  }
};

namespace sluice_ap {
template <class A, class B>
inline constexpr bool has_concat = are_operands<A, B> && (is_class_operand<A> || is_class_operand<B>);

template <class A, class B>
AP_INLINE auto concatenated(A&& a, B&& b) {
  using PA = Part<A>;
  using PB = Part<B>;
  constexpr int wa = Operand<Bare<A>>::width, wb = Operand<Bare<B>>::width;
  if constexpr (is_class_operand<Bare<A>> && is_class_operand<Bare<B>>) {
    return ap_concat_ref<wa, PA, wb, PB>(const_cast<PA&>(static_cast<const PA&>(a)),
                                         const_cast<PB&>(static_cast<const PB&>(b)));
  } else {
    return ap_uint<wa + wb>(RawBits{}, joined(a, b));
  }
}
}  // namespace sluice_ap

template <class A, class B, sluice_ap::EnableIf<sluice_ap::has_concat<sluice_ap::Bare<A>, sluice_ap::Bare<B>>> = 0>
AP_INLINE auto operator,(A&& a, B&& b) {
  return sluice_ap::concatenated<A, B>(static_cast<A&&>(a), static_cast<B&&>(b));
}

template <int W, bool S>
template <int W2, bool S2>
AP_INLINE auto ap_int_base<W, S>::concat(ap_int_base<W2, S2>& x) {
  return sluice_ap::concatenated(*this, x);
}
template <int W, bool S>
template <int W2, bool S2>
AP_INLINE auto ap_int_base<W, S>::concat(const ap_int_base<W2, S2>& x) const {
  return sluice_ap::concatenated(*this, x);
}
