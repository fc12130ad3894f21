// What + - * / % and their assigning forms must give, by unbounded arithmetic. Included by the tests of several widths.
#pragma once

#include <algorithm>

#include "ap_int_reference.hpp"

namespace sluice::test {

// Xilinx's rule for mixed signs: the wider operand's sign counts for both, signed if they are equally wide.
template <class A, class B>
Big dividend_as_divided(const Big& x) {
  constexpr bool any_signed = A::sign_flag || B::sign_flag;
  constexpr int width = std::max(A::width, B::width) + (any_signed ? 1 : 0);
  constexpr bool by_unsigned =
      A::sign_flag != B::sign_flag && (A::sign_flag ? B::width > A::width : A::width > B::width);
  return by_unsigned ? as_bits(x, width) : x;
}
template <class A, class B>
Big expected_remainder(const Big& a, const Big& b) {
  // An unsigned dividend takes the divisor's bits, so that a negative divisor is larger than any dividend.
  if (!A::sign_flag && b < 0) return a;
  return dividend_as_divided<A, B>(a) % dividend_as_divided<A, B>(b);
}

struct ArithmeticChecks {
  int random;
  template <class A, class B>
  void operator()() const {
    static constexpr int w = A::width;
    static constexpr bool s = A::sign_flag;
    for_samples<A, B>(random, [](const A& a, const B& b, const Operation& op) {
      op.expect("+", a + b, op.a + op.b);
      op.expect("-", a - b, op.a - op.b);
      op.expect("*", a * b, op.a * op.b);
      A c = a;
      op.expect("+=", c += b, wrapped(op.a + op.b, w, s));
      c = a;
      op.expect("-=", c -= b, wrapped(op.a - op.b, w, s));
      c = a;
      op.expect("*=", c *= b, wrapped(op.a * op.b, w, s));
      op.expect("=", c = b, wrapped(op.b, w, s));
      if (op.b == 0) return;
      const Big quotient = dividend_as_divided<A, B>(op.a) / dividend_as_divided<A, B>(op.b);
      const Big remainder = expected_remainder<A, B>(op.a, op.b);
      const auto q = a / b;
      const auto r = a % b;
      op.expect("/", q, wrapped(quotient, decltype(q)::width, decltype(q)::sign_flag));
      op.expect("%", r, wrapped(remainder, decltype(r)::width, decltype(r)::sign_flag));
      c = a;
      op.expect("/=", c /= b, wrapped(quotient, w, s));
      c = a;
      op.expect("%=", c %= b, wrapped(wrapped(remainder, decltype(r)::width, decltype(r)::sign_flag), w, s));
    });
  }
};

}  // namespace sluice::test
