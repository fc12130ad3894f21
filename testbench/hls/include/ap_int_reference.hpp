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

Big power_of_two(int exponent);
// x modulo 2^width, not negative.
Big as_bits(const Big& x, int width);
// What a variable of this width and sign holds after x is stored in it.
Big wrapped(const Big& x, int width, bool is_signed);
Big big_from_words(const std::uint64_t* words, int width, bool is_signed);
void words_from_big(const Big& x, std::uint64_t* words, int width);

// The stored bits; uses no member of ap_int under test.
template <int W, bool S>
Big big(const ap_int_base<W, S>& x) {
  std::uint64_t words[(W + 63) / 64];
  unsigned _BitInt(W + 64) rest = static_cast<unsigned _BitInt(W)>(x.V);
  for (std::uint64_t& word : words) {
    word = static_cast<std::uint64_t>(rest);
    rest >>= 64;
  }
  return big_from_words(words, W, S);
}
inline Big big(bool x) { return x ? 1 : 0; }

template <class T>
T from_big(const Big& x) {
  constexpr int count = (T::width + 63) / 64;
  std::uint64_t words[count];
  words_from_big(x, words, T::width);
  unsigned _BitInt(T::width + 64) bits = 0;
  for (int i = count - 1; i >= 0; --i) bits = (bits << 64) | words[i];
  return T(sluice_ap::RawBits{}, static_cast<decltype(T::V)>(bits));
}

// Corner values of the width, then `random` random ones, half of them of random length.
std::vector<Big> sample_values(std::mt19937_64& random_bits, int width, int random);
template <class T>
std::vector<T> samples(std::mt19937_64& random_bits, int random) {
  std::vector<T> values;
  for (const Big& x : sample_values(random_bits, T::width, random)) values.push_back(from_big<T>(x));
  return values;
}

struct IntType {
  int width;
  bool is_signed;
};
template <class T>
constexpr IntType type_of = {T::width, T::sign_flag};

// What an operation gave, and in which type.
struct Got {
  const char* op;
  Big value;
  IntType type;
};
template <int W, bool S>
Got got(const char* op, const ap_int_base<W, S>& x) {
  return {op, big(x), {W, S}};
}
inline Got got(const char* op, bool x) { return {op, big(x), {1, false}}; }

// One pair of operands; silent unless a result is wrong, as there are hundreds of thousands.
struct Operation {
  IntType type_a, type_b;
  Big a, b;

  void expect(const Got& result, const Big& want) const;
  template <class T>
  void expect(const char* op, const T& result, const Big& want) const {
    if constexpr (std::is_same_v<T, Big>) {
      expect(Got{op, result, {0, false}}, want);
    } else {
      expect(got(op, result), want);
    }
  }
};

// Calls check(a, b, operation) for all pairs of samples of the types.
template <class A, class B, class Check>
void for_samples(int random, const Check& check) {
  const auto seed = static_cast<std::uint64_t>(A::width * 10'000 + B::width * 2 + (A::sign_flag ? 1 : 0));
  std::mt19937_64 random_bits(seed);
  INFO("seed " << seed);
  for (const A& a : samples<A>(random_bits, random)) {
    for (const B& b : samples<B>(random_bits, random)) {
      check(a, b, Operation{type_of<A>, type_of<B>, big(a), big(b)});
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
