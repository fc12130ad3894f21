// What shifts, unary operators and members of one operand must give. Included by the tests of several widths.
#pragma once

#include "ap_int_reference.hpp"

namespace sluice::test {

// Shifts by every interesting amount: 0, 1, around the width and beyond, and the same negated.
template <class A>
void check_shifts(int random) {
  constexpr int w = A::width;
  constexpr bool s = A::sign_flag;
  std::mt19937_64 random_bits(static_cast<std::uint64_t>(w));
  for (const A& a : samples<A>(random_bits, random)) {
    for (const int n : {0, 1, 2, w / 2, w - 1, w, w + 1, 2 * w + 3, 5000}) {
      for (const int amount : {n, -n}) {
        const Operation op{type_of<A>, {32, true}, big(a), amount};
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
  int printed = 0;
  for (const A& a : samples<A>(random_bits, random)) {
    const Operation op{type_of<A>, {0, false}, big(a), 0};
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
    // Decimal digits of wide values take a while: the corner values only.
    if (w <= 129 || ++printed <= 4) {
      op.expect("to_string", Big(a.to_string(10)), op.a);
      op.expect("to_string(16)", Big(a.to_string(16, false)), bits);
      op.expect("A(string)", A(a.to_string(16).c_str()), op.a);
      op.expect("A(string, 10)", A(a.to_string(10).c_str(), 10), op.a);
    }
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
