// A payload as bits and back, in native runs: how words cross between C++ and hardware ports.
//
// Purpose: pack(x) lists the bits of x as the HLS compiler lays them out on a port: an ap_int<N> takes N bits, a bool
// 1,
//   a C integer or enumeration its size; the first field of a struct and element 0 of an array lie lowest; nothing is
//   padded. Bit b is bit b % 32 of word b / 32, as Verilator stores wide ports; bits above packed_bits are zero.
//     packed_bits<T>; Words<T> pack(const T&); T unpack<T>(const Words<T>&)
//   Structs are aggregates without base classes, of at most 32 fields, which may be arrays and structs in turn; they
//   are counted by trying initialisers and opened by structured bindings, as C++ has no reflection. Another class
//   (private fields, own constructors) needs a specialisation of sluice_hls::Packed<T> with `bits`, `put` and `take`.
// Ownership, threading: plain values. Errors: a type that cannot be packed does not compile.
#pragma once

#ifdef __SLUICE_HLS__
#error "sluice_pack.h is for native test benches"
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "ap_int.h"

namespace sluice_hls {

template <class T, class = void>
struct Packed;

template <class T>
inline constexpr int packed_bits = Packed<T>::bits;
template <class T>
using Words = std::array<std::uint32_t, static_cast<std::size_t>(packed_bits<T> + 31) / 32>;

namespace pack_detail {

// Writes (reads) one field after the other.
struct Writer {
  std::uint32_t* words;
  int position = 0;
  template <int W>
  void put(unsigned _BitInt(W) x) {
    for (int done = 0; done < W;) {
      const int offset = position % 32;
      const int count = W - done < 32 - offset ? W - done : 32 - offset;
      const auto piece = static_cast<std::uint32_t>(x >> done) & (~std::uint32_t{0} >> (32 - count));
      words[position / 32] |= piece << offset;
      done += count;
      position += count;
    }
  }
};
struct Reader {
  const std::uint32_t* words;
  int position = 0;
  template <int W>
  unsigned _BitInt(W) take() {
    unsigned _BitInt(W) x = 0;
    for (int done = 0; done < W;) {
      const int offset = position % 32;
      const int count = W - done < 32 - offset ? W - done : 32 - offset;
      const std::uint32_t piece = (words[position / 32] >> offset) & (~std::uint32_t{0} >> (32 - count));
      x |= static_cast<unsigned _BitInt(W)>(static_cast<unsigned _BitInt(W)>(piece) << done);
      done += count;
      position += count;
    }
    return x;
  }
};

// Stands for an initialiser of any field but an array.
struct Any {
  template <class T>
  operator T() const;  // NOLINT(google-explicit-constructor): never called, only tried
};
template <std::size_t>
using AnyAt = Any;

template <class T, class Indices, class = void>
struct TakesInitialisers : std::false_type {};
template <class T, std::size_t... I>
struct TakesInitialisers<T, std::index_sequence<I...>, std::void_t<decltype(T{AnyAt<I>{}...})>> : std::true_type {};

// As above with an empty {} between: T{any x Before, {}, any x After}.
template <class T, class Before, class After, class = void>
struct TakesBraces : std::false_type {};
template <class T, std::size_t... B, std::size_t... A>
struct TakesBraces<T, std::index_sequence<B...>, std::index_sequence<A...>,
                   std::void_t<decltype(T{AnyAt<B>{}..., {}, AnyAt<A>{}...})>> : std::true_type {};

// The most initialisers T takes: one a field, and with braces left out one an element of an array. Fewer always do, so
// bisection finds the most, which lies in [Low, High]; every initialiser has a byte of T.
template <class T, int Low = 0, int High = static_cast<int>(sizeof(T))>
constexpr int count_initialisers() {
  constexpr int middle = Low + (High - Low + 1) / 2;
  if constexpr (Low == High) {
    return Low;
  } else if constexpr (TakesInitialisers<T, std::make_index_sequence<middle>>::value) {
    return count_initialisers<T, middle, High>();
  } else {
    return count_initialisers<T, Low, middle - 1>();
  }
}
// How many of Total initialisers the field at Begin uses up: {} stands for all of it, so that what may follow tells.
template <class T, int Total, int Begin, int Low = 1, int High = Total - Begin>
constexpr int initialisers_of_field() {
  constexpr int middle = Low + (High - Low) / 2;
  if constexpr (Low == High) {
    return Low;
  } else if constexpr (TakesBraces<T, std::make_index_sequence<Begin>,
                                   std::make_index_sequence<Total - Begin - middle>>::value) {
    return initialisers_of_field<T, Total, Begin, Low, middle>();
  } else {
    return initialisers_of_field<T, Total, Begin, middle + 1, High>();
  }
}
template <class T, int Total, int Begin = 0>
constexpr int count_fields() {
  if constexpr (Begin >= Total) {
    return 0;
  } else {
    return 1 + count_fields<T, Total, Begin + initialisers_of_field<T, Total, Begin>()>();
  }
}
template <class T>
inline constexpr int field_count = count_fields<T, count_initialisers<T>()>();

// Calls visit(field...) with references to all fields of x.
template <class T, class Visit>
decltype(auto) with_fields(T& x, Visit&& visit) {
  constexpr int count = field_count<std::remove_const_t<T>>;
  static_assert(count >= 1 && count <= 32, "a struct packed without a Packed<T> of its own has 1 to 32 fields");
#define SLUICE_PACK_CASE(n, ...) \
  if constexpr (count == (n)) {  \
    auto& [__VA_ARGS__] = x;     \
    return visit(__VA_ARGS__);   \
  }
  // clang-format off
  SLUICE_PACK_CASE(1, f0)
  SLUICE_PACK_CASE(2, f0, f1)
  SLUICE_PACK_CASE(3, f0, f1, f2)
  SLUICE_PACK_CASE(4, f0, f1, f2, f3)
  SLUICE_PACK_CASE(5, f0, f1, f2, f3, f4)
  SLUICE_PACK_CASE(6, f0, f1, f2, f3, f4, f5)
  SLUICE_PACK_CASE(7, f0, f1, f2, f3, f4, f5, f6)
  SLUICE_PACK_CASE(8, f0, f1, f2, f3, f4, f5, f6, f7)
  SLUICE_PACK_CASE(9, f0, f1, f2, f3, f4, f5, f6, f7, f8)
  SLUICE_PACK_CASE(10, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9)
  SLUICE_PACK_CASE(11, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10)
  SLUICE_PACK_CASE(12, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11)
  SLUICE_PACK_CASE(13, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12)
  SLUICE_PACK_CASE(14, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13)
  SLUICE_PACK_CASE(15, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14)
  SLUICE_PACK_CASE(16, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15)
  SLUICE_PACK_CASE(17, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16)
  SLUICE_PACK_CASE(18, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17)
  SLUICE_PACK_CASE(19, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18)
  SLUICE_PACK_CASE(20, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19)
  SLUICE_PACK_CASE(21, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20)
  SLUICE_PACK_CASE(22, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21)
  SLUICE_PACK_CASE(23, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22)
  SLUICE_PACK_CASE(24, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23)
  SLUICE_PACK_CASE(25, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23, f24)
  SLUICE_PACK_CASE(26, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23, f24, f25)
  SLUICE_PACK_CASE(27, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23, f24, f25, f26)
  SLUICE_PACK_CASE(28, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23, f24, f25, f26, f27)
  SLUICE_PACK_CASE(29, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23, f24, f25, f26, f27, f28)
  SLUICE_PACK_CASE(30, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23, f24, f25, f26, f27, f28, f29)
  SLUICE_PACK_CASE(31, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f30)
  SLUICE_PACK_CASE(32, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f30, f31)
  // clang-format on
#undef SLUICE_PACK_CASE
}

template <class... F>
struct Fields {
  static constexpr int bits = (0 + ... + packed_bits<std::remove_const_t<F>>);
};
struct FieldsOf {
  template <class... F>
  constexpr Fields<F...> operator()(F&...) const {
    return {};
  }
};

}  // namespace pack_detail

template <class T>
struct Packed<T, std::enable_if_t<std::is_integral_v<T> || std::is_enum_v<T>>> {
  static constexpr int bits = std::is_same_v<T, bool> ? 1 : 8 * static_cast<int>(sizeof(T));
  static void put(pack_detail::Writer& writer, const T& x) { writer.put<bits>(static_cast<unsigned _BitInt(bits)>(x)); }
  static void take(pack_detail::Reader& reader, T& x) { x = static_cast<T>(reader.take<bits>()); }
};

template <class T>
struct Packed<T, std::enable_if_t<sluice_ap::kind_of<T> == sluice_ap::Kind::kAp>> {
  static constexpr int bits = T::width;
  static void put(pack_detail::Writer& writer, const T& x) {
    writer.put<bits>(static_cast<unsigned _BitInt(bits)>(x.V));
  }
  static void take(pack_detail::Reader& reader, T& x) { x.V = static_cast<decltype(x.V)>(reader.take<bits>()); }
};

template <class E, std::size_t N>
struct Packed<E[N], void> {
  static constexpr int bits = static_cast<int>(N) * packed_bits<E>;
  static void put(pack_detail::Writer& writer, const E (&x)[N]) {
    for (const E& element : x) Packed<E>::put(writer, element);
  }
  static void take(pack_detail::Reader& reader, E (&x)[N]) {
    for (E& element : x) Packed<E>::take(reader, element);
  }
};

template <class E, std::size_t N>
struct Packed<std::array<E, N>, void> {
  static constexpr int bits = static_cast<int>(N) * packed_bits<E>;
  static void put(pack_detail::Writer& writer, const std::array<E, N>& x) {
    for (const E& element : x) Packed<E>::put(writer, element);
  }
  static void take(pack_detail::Reader& reader, std::array<E, N>& x) {
    for (E& element : x) Packed<E>::take(reader, element);
  }
};

template <class T, class>
struct Packed {
  static_assert(std::is_aggregate_v<T> && std::is_class_v<T>, "this type needs a specialisation of sluice_hls::Packed");
  static constexpr int bits = decltype(pack_detail::with_fields(std::declval<T&>(), pack_detail::FieldsOf{}))::bits;
  static void put(pack_detail::Writer& writer, const T& x) {
    pack_detail::with_fields(x, [&](const auto&... field) {
      (Packed<std::remove_cv_t<std::remove_reference_t<decltype(field)>>>::put(writer, field), ...);
    });
  }
  static void take(pack_detail::Reader& reader, T& x) {
    pack_detail::with_fields(
        x, [&](auto&... field) { (Packed<std::remove_reference_t<decltype(field)>>::take(reader, field), ...); });
  }
};

template <class T>
Words<T> pack(const T& x) {
  Words<T> words{};
  pack_detail::Writer writer{words.data()};
  Packed<T>::put(writer, x);
  return words;
}

template <class T>
T unpack(const Words<T>& words) {
  T x{};
  pack_detail::Reader reader{words.data()};
  Packed<T>::take(reader, x);
  return x;
}

}  // namespace sluice_hls
