// What bitwise operators, comparisons, shifts, concatenation and the unary members must give. Included by the tests of
// several widths.
#pragma once

#include <algorithm>

#include "ap_int_reference.hpp"

namespace sluice::test {

struct LogicChecks {
  int random;
  template <class A, class B>
  void operator()() const {
    static constexpr int w = A::width;
    static constexpr bool s = A::sign_flag;
    for_samples<A, B>(random, [](const A& a, const B& b, const Operation& op) {
      using R = decltype(a & b);
      const Big x = as_bits(op.a, R::width), y = as_bits(op.b, R::width);
      op.expect("&", a & b, wrapped(x & y, R::width, R::sign_flag));
      op.expect("|", a | b, wrapped(x | y, R::width, R::sign_flag));
      op.expect("^", a ^ b, wrapped(x ^ y, R::width, R::sign_flag));
      const Big xw = as_bits(op.a, w), yw = as_bits(op.b, w);
      A c = a;
      op.expect("&=", c &= b, wrapped(xw & yw, w, s));
      c = a;
      op.expect("|=", c |= b, wrapped(xw | yw, w, s));
      c = a;
      op.expect("^=", c ^= b, wrapped(xw ^ yw, w, s));

      // Unless both have one sign, a negative operand beside an unsigned one of 32 bits or more that is at least as
      // wide is larger than all; it is equal to its bits, except where the widths are the same and below 64.
      constexpr bool mixed = s != B::sign_flag;
      constexpr int uw = s ? B::width : w, sw = s ? w : B::width;
      constexpr bool like_c = mixed && uw >= 32 && uw >= sw;
      constexpr bool equal_bits = like_c && !(uw == sw && uw < 64);
      const Big huge = power_of_two(uw + 1);
      const Big l = like_c && op.a < 0 ? Big(huge + op.a) : op.a, r = like_c && op.b < 0 ? Big(huge + op.b) : op.b;
      op.expect("<", big(a < b), l < r);
      op.expect(">", big(a > b), l > r);
      op.expect("<=", big(a <= b), l <= r);
      op.expect(">=", big(a >= b), l >= r);
      const bool equal = equal_bits ? as_bits(op.a, uw) == as_bits(op.b, uw) : op.a == op.b;
      op.expect("==", big(a == b), equal);
      op.expect("!=", big(a != b), !equal);

      const Big joined = (as_bits(op.a, w) << static_cast<unsigned>(B::width)) + as_bits(op.b, B::width);
      op.expect(",", ap_uint<w + B::width>((a, b)), joined);
      op.expect("concat", a.concat(b).get(), joined);
      A high;
      B low;
      (high, low) = from_big<ap_uint<w + B::width>>(joined);
      op.expect("(high, )", high, op.a);
      op.expect("( , low)", low, op.b);
    });
  }
};

// Shifts by every interesting amount: 0, 1, around the width and beyond, and the same negated.
template <class A>
void check_shifts(int random) {
  constexpr int w = A::width;
  constexpr bool s = A::sign_flag;
  std::mt19937_64 random_bits(static_cast<std::uint64_t>(w));
  for (const A& a : samples<A>(random_bits, random)) {
    for (const int n : {0, 1, 2, w / 2, w - 1, w, w + 1, 2 * w + 3, 5000}) {
      for (const int amount : {n, -n}) {
        const Operation op{type_name<A>(), "amount", big(a), amount};
        const auto by = static_cast<unsigned>(n);
        const Big left = wrapped(op.a << by, w, s);
        const Big right = wrapped(op.a < 0 ? Big(-((-op.a + power_of_two(n) - 1) >> by)) : Big(op.a >> by), w, s);
        const Big& up = amount >= 0 ? left : right;
        const Big& down = amount >= 0 ? right : left;
        op.expect("<< int", a << amount, up);
        op.expect(">> int", a >> amount, down);
        op.expect("<< ap_int<14>", a << ap_int<14>(amount), up);
        op.expect(">> ap_int<40>", a >> ap_int<40>(amount), down);
        A c = a;
        op.expect("<<=", c <<= static_cast<long long>(amount), up);
        c = a;
        op.expect(">>=", c >>= ap_int<14>(amount), down);
        if (amount < 0) continue;
        op.expect("<< unsigned", a << by, left);
        op.expect(">> ap_uint<13>", a >> ap_uint<13>(by), right);
      }
    }
  }
}

template <class A>
void check_unary(int random) {
  constexpr int w = A::width;
  constexpr bool s = A::sign_flag;
  std::mt19937_64 random_bits(static_cast<std::uint64_t>(w) + 77);
  for (const A& a : samples<A>(random_bits, random)) {
    const Operation op{type_name<A>(), "", big(a), 0};
    const Big bits = as_bits(op.a, w);
    int ones = 0, leading = w;
    std::string binary;
    Big reversed = 0;
    for (int i = 0; i < w; ++i) {
      const bool bit = boost::multiprecision::bit_test(bits, static_cast<unsigned>(i));
      ones += bit ? 1 : 0;
      if (bit) leading = w - 1 - i;
      reversed = reversed * 2 + (bit ? 1 : 0);
    }
    op.expect("-", -a, -op.a);
    op.expect("~", ~a, wrapped(-op.a - 1, w, s));
    op.expect("+", +a, op.a);
    op.expect("!", big(!a), op.a == 0);
    op.expect("and_reduce", big(a.and_reduce()), ones == w);
    op.expect("nand_reduce", big(a.nand_reduce()), ones != w);
    op.expect("or_reduce", big(a.or_reduce()), ones != 0);
    op.expect("nor_reduce", big(a.nor_reduce()), ones == 0);
    op.expect("xor_reduce", big(a.xor_reduce()), ones % 2);
    op.expect("xnor_reduce", big(a.xnor_reduce()), 1 - ones % 2);
    op.expect("sign", big(a.sign()), op.a < 0);
    op.expect("iszero", big(a.iszero()), op.a == 0);
    op.expect("countLeadingZeros", Big(a.countLeadingZeros()), leading);
    op.expect("length", Big(a.length()), w);
    op.expect("to_int", Big(a.to_int()), wrapped(op.a, 32, true));
    op.expect("to_uint", Big(a.to_uint()), as_bits(op.a, 32));
    op.expect("to_int64", Big(a.to_int64()), wrapped(op.a, 64, true));
    op.expect("to_uint64", Big(a.to_uint64()), as_bits(op.a, 64));
    op.expect("to_short", Big(a.to_short()), wrapped(op.a, 16, true));
    op.expect("to_uchar", Big(a.to_uchar()), as_bits(op.a, 8));
    op.expect("to_string", Big(a.to_string(10)), op.a);
    op.expect("to_string(16)", Big(a.to_string(16, false)), bits);
    op.expect("A(string)", A(a.to_string(16).c_str()), op.a);
    op.expect("A(string, 10)", A(a.to_string(10).c_str(), 10), op.a);
    A c = a;
    op.expect("x++", c++, op.a);
    op.expect("++x", ++c, wrapped(op.a + 2, w, s));
    op.expect("x--", c--, wrapped(op.a + 2, w, s));
    op.expect("--x", --c, op.a);
    op.expect("reverse", c.reverse(), wrapped(reversed, w, s));
    for (const int n : {0, 1 % w, w / 2, w - 1}) {
      const auto by = static_cast<unsigned>(n);
      c = a;
      op.expect("lrotate", c.lrotate(n), wrapped((bits << by) + (bits >> static_cast<unsigned>(w - n)), w, s));
      op.expect("rrotate", c.rrotate(n), op.a);
      op.expect("test", big(a.test(n)), Big(bits >> by) % 2);
      c.invert(n);
      op.expect("invert", c, wrapped(bits ^ power_of_two(n), w, s));
      c.set(n);
      op.expect("set", c, wrapped(bits | power_of_two(n), w, s));
      c.clear(n);
      op.expect("clear", c, wrapped((bits | power_of_two(n)) - power_of_two(n), w, s));
      c.set_bit(n, a.get_bit(n));
      op.expect("set_bit", c, op.a);
    }
    c.b_not();
    op.expect("b_not", c, wrapped(-op.a - 1, w, s));
  }
}

}  // namespace sluice::test
