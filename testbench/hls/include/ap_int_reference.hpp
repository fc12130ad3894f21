// Independent arithmetic for the tests of ap_int.h: Boost.Multiprecision's unbounded integers, wrapped to a width.
#pragma once

#include <ap_int.h>

#include <boost/multiprecision/cpp_int.hpp>
#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace sluice::test {

using Big = boost::multiprecision::cpp_int;

inline Big power_of_two(int exponent) { return Big(1) << static_cast<unsigned>(exponent); }

// x modulo 2^width, not negative.
inline Big as_bits(const Big& x, int width) {
  Big rest = x % power_of_two(width);
  return rest < 0 ? Big(rest + power_of_two(width)) : rest;
}
// What a variable of this width and sign holds after x is stored in it.
inline Big wrapped(const Big& x, int width, bool is_signed) {
  const Big bits = as_bits(x, width);
  return is_signed && bits >= power_of_two(width - 1) ? Big(bits - power_of_two(width)) : bits;
}

// Reads the stored bits; uses no member of ap_int under test.
template <int W, bool S>
Big big(const ap_int_base<W, S>& x) {
  unsigned _BitInt(W + 64) rest = static_cast<unsigned _BitInt(W)>(x.V);
  Big value = 0;
  for (unsigned shift = 0; rest != 0; shift += 64, rest >>= 64) value += Big(static_cast<std::uint64_t>(rest)) << shift;
  return wrapped(value, W, S);
}
inline Big big(bool x) { return x ? 1 : 0; }

template <class T>
T from_big(const Big& x) {
  Big rest = as_bits(x, T::width);
  unsigned _BitInt(T::width + 64) bits = 0;
  for (int shift = 0; rest != 0; shift += 64, rest >>= 64) {
    bits |= static_cast<unsigned _BitInt(T::width + 64)>(static_cast<std::uint64_t>(rest & Big(~std::uint64_t{0})))
            << shift;
  }
  return T(sluice_ap::RawBits{}, static_cast<decltype(T::V)>(bits));
}

// Corner values of the width, then `random` random ones, half of them of random length.
template <class T>
std::vector<T> samples(std::mt19937_64& random_bits, int random) {
  const int w = T::width;
  std::vector<T> values;
  for (const Big& x : {Big(0), Big(1), Big(-1), Big(2), Big(-2), power_of_two(w - 1), Big(power_of_two(w - 1) - 1),
                       Big(power_of_two(w - 1) + 1)}) {
    values.push_back(from_big<T>(x));
  }
  for (int i = 0; i < random; ++i) {
    Big x = 0;
    for (int bit = 0; bit < w; bit += 64) x = (x << 64) + random_bits();
    if (i % 2 == 1) x = as_bits(x, 1 + static_cast<int>(random_bits() % static_cast<unsigned>(w)));
    values.push_back(from_big<T>(i % 4 == 3 ? Big(-x) : x));
  }
  return values;
}

// One operation of a pair of operands; silent unless wrong, as there are hundreds of thousands.
struct Operation {
  std::string type_a, type_b;
  Big a, b;

  void expect(const char* op, const Big& got, const Big& want) const {
    if (got == want) return;
    FAIL_CHECK(type_a << " " << a << "  " << op << "  " << type_b << " " << b << ": got " << got << ", want " << want);
  }
  template <int W, bool S>
  void expect(const char* op, const ap_int_base<W, S>& got, const Big& want) const {
    expect(op, big(got), want);
  }
};

template <class T>
std::string type_name() {
  return (T::sign_flag ? "ap_int<" : "ap_uint<") + std::to_string(T::width) + ">";
}

// Calls check(a, b, operation) for all pairs of samples of the types.
template <class A, class B, class Check>
void for_samples(int random, const Check& check) {
  const auto seed = static_cast<std::uint64_t>(A::width * 10'000 + B::width * 2 + (A::sign_flag ? 1 : 0));
  std::mt19937_64 random_bits(seed);
  INFO("seed " << seed);
  for (const A& a : samples<A>(random_bits, random)) {
    for (const B& b : samples<B>(random_bits, random)) {
      check(a, b, Operation{type_name<A>(), type_name<B>(), big(a), big(b)});
    }
  }
}

// Calls check.operator()<A, B>() for the four pairs of signs of widths W1 and W2. C++20.
template <int W1, int W2, class Check>
void for_signs(const Check& check) {
  check.template operator()<ap_uint<W1>, ap_uint<W2>>();
  check.template operator()<ap_uint<W1>, ap_int<W2>>();
  check.template operator()<ap_int<W1>, ap_uint<W2>>();
  check.template operator()<ap_int<W1>, ap_int<W2>>();
}

}  // namespace sluice::test
