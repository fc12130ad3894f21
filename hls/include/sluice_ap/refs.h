// What x[i] and x.range(high, low) give: proxies that read and write the bits of x. Included by ap_int.h.
//
// Purpose: as Xilinx's, a range's indices may be known at run time only, so its width in an expression is that of the
//   variable; the bits above its length are zero. Const is true where the variable is const: then it only reads.
// Ownership: refers to the variable, which must outlive it. Threading: as the variable. Errors: an index outside the
//   variable ends a native run.
#pragma once

#include "base.h"

// NOLINTBEGIN(google-explicit-constructor): Xilinx's conversions are implicit, and kernels rely on them
template <int W, bool S, bool Const>
struct ap_range_ref {
  using ref_type = sluice_ap::Select<Const, const ap_int_base<W, S>, ap_int_base<W, S>>;
  ref_type& d_bv;
  int l_index;
  int h_index;

  AP_INLINE ap_range_ref(ref_type* variable, int high, int low) : d_bv(*variable), l_index(low), h_index(high) {
    sluice_ap::check_index("range bound", high, W);
    sluice_ap::check_index("range bound", low, W);
  }
  AP_INLINE ap_range_ref(const ap_range_ref&) = default;

  AP_INLINE sluice_ap::Unsigned<W> bits() const {
    return sluice_ap::get_range<W>(static_cast<sluice_ap::Unsigned<W>>(d_bv.V), h_index, l_index);
  }
  AP_INLINE ap_uint<W> get() const { return {sluice_ap::RawBits{}, bits()}; }
  template <int W2>
  AP_INLINE void set(const ap_int_base<W2, false>& x) const {
    assign(x);
  }
  AP_INLINE int length() const { return h_index >= l_index ? h_index - l_index + 1 : l_index - h_index + 1; }

  AP_INLINE operator unsigned long long() const { return to_uint64(); }
  AP_INLINE int to_int() const { return static_cast<int>(bits()); }
  AP_INLINE unsigned to_uint() const { return static_cast<unsigned>(bits()); }
  AP_INLINE long to_long() const { return static_cast<long>(bits()); }
  AP_INLINE unsigned long to_ulong() const { return static_cast<unsigned long>(bits()); }
  AP_INLINE long long to_int64() const { return static_cast<long long>(bits()); }
  AP_INLINE unsigned long long to_uint64() const { return static_cast<unsigned long long>(bits()); }
  AP_INLINE bool and_reduce() const { return bits() == sluice_ap::low_mask<W>(length()); }
  AP_INLINE bool or_reduce() const { return bits() != 0; }
  AP_INLINE bool xor_reduce() const { return sluice_ap::parity<W>(bits()); }

  // Assigning takes the low length() bits.
  AP_INLINE const ap_range_ref& operator=(const ap_range_ref& x) const { return assign(x); }
  AP_INLINE ap_range_ref& operator=(const ap_range_ref& x) {
    assign(x);
    return *this;
  }
  template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>> = 0>
  AP_INLINE const ap_range_ref& operator=(const T& x) const {
    return assign(x);
  }
#define SLUICE_AP_ASSIGN(op)                                            \
  template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>> = 0> \
  AP_INLINE const ap_range_ref& operator op##=(const T & x) const {     \
    ap_uint<W> changed = get();                                         \
    changed op## = x;                                                   \
    return assign(changed);                                             \
  }
  SLUICE_AP_ASSIGN(+)
  SLUICE_AP_ASSIGN(-)
  SLUICE_AP_ASSIGN(*)
  SLUICE_AP_ASSIGN(/)
  SLUICE_AP_ASSIGN(%)
  SLUICE_AP_ASSIGN(&)
  SLUICE_AP_ASSIGN(|)
  SLUICE_AP_ASSIGN(^)
  SLUICE_AP_ASSIGN(<<)
  SLUICE_AP_ASSIGN(>>)
#undef SLUICE_AP_ASSIGN

#ifndef __SLUICE_HLS__
  std::string to_string(int radix = 2) const { return get().to_string(radix); }
#endif

 private:
  template <class T>
  AP_INLINE const ap_range_ref& assign(const T& x) const {
    static_assert(!Const, "a range of a const variable can only be read");
    using Uint = sluice_ap::Unsigned<W>;
    d_bv.V = static_cast<sluice_ap::Storage<W, S>>(
        sluice_ap::set_range<W>(static_cast<Uint>(d_bv.V), h_index, l_index, static_cast<Uint>(sluice_ap::value(x))));
    return *this;
  }
};

template <int W, bool S, bool Const>
struct ap_bit_ref {
  using ref_type = sluice_ap::Select<Const, const ap_int_base<W, S>, ap_int_base<W, S>>;
  ref_type& d_bv;
  int d_index;

  AP_INLINE ap_bit_ref(ref_type* variable, int index) : d_bv(*variable), d_index(index) {
    sluice_ap::check_index("bit", index, W);
  }
  AP_INLINE ap_bit_ref(const ap_bit_ref&) = default;

  AP_INLINE bool get() const {
    return static_cast<bool>((static_cast<sluice_ap::Unsigned<W>>(d_bv.V) >> d_index) & sluice_ap::Unsigned<W>(1));
  }
  AP_INLINE operator bool() const { return get(); }
  AP_INLINE bool to_bool() const { return get(); }
  AP_INLINE bool operator~() const { return !get(); }
  AP_INLINE int length() const { return 1; }
  template <int W2>
  AP_INLINE void set(const ap_int_base<W2, false>& x) const {
    assign(x);
  }

  // Any value but zero sets the bit.
  AP_INLINE const ap_bit_ref& operator=(const ap_bit_ref& x) const { return assign(x); }
  AP_INLINE ap_bit_ref& operator=(const ap_bit_ref& x) {
    assign(x);
    return *this;
  }
  template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>> = 0>
  AP_INLINE const ap_bit_ref& operator=(const T& x) const {
    return assign(x);
  }
#define SLUICE_AP_ASSIGN(op)                                            \
  template <class T, sluice_ap::EnableIf<sluice_ap::is_operand<T>> = 0> \
  AP_INLINE const ap_bit_ref& operator op##=(const T & x) const {       \
    ap_uint<1> changed = get();                                         \
    changed op## = x;                                                   \
    return assign(changed);                                             \
  }
  SLUICE_AP_ASSIGN(&)
  SLUICE_AP_ASSIGN(|)
  SLUICE_AP_ASSIGN(^)
#undef SLUICE_AP_ASSIGN

#ifndef __SLUICE_HLS__
  std::string to_string() const { return get() ? "1" : "0"; }
#endif

 private:
  template <class T>
  AP_INLINE const ap_bit_ref& assign(const T& x) const {
    static_assert(!Const, "a bit of a const variable can only be read");
    d_bv.V = static_cast<sluice_ap::Storage<W, S>>(
        sluice_ap::set_bit<W>(static_cast<sluice_ap::Unsigned<W>>(d_bv.V), d_index, sluice_ap::value(x) != 0));
    return *this;
  }
};
// NOLINTEND(google-explicit-constructor)
