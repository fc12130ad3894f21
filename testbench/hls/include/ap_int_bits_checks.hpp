// What bitwise operators, comparisons and concatenation must give, by unbounded arithmetic.
#pragma once

#include "ap_int_reference.hpp"

namespace sluice::test {

// results: of & | ^ &= |= ^= < > <= >= == != (a, b) concat, and both parts of an assigned concatenation.
void check_logic(const Operation& op, const std::vector<Got>& results);

struct LogicChecks {
  int random;
  template <class A, class B>
  void operator()() const {
    for_samples<A, B>(random, [](const A& a, const B& b, const Operation& op) {
      A with_and = a, with_or = a, with_xor = a, high = 0;
      B low = 0;
      const ap_uint<A::width + B::width> joined = (a, b);
      (high, low) = joined;
      check_logic(op, {got("&", a & b), got("|", a | b), got("^", a ^ b), got("&=", with_and &= b),
                       got("|=", with_or |= b), got("^=", with_xor ^= b), got("<", a < b), got(">", a > b),
                       got("<=", a <= b), got(">=", a >= b), got("==", a == b), got("!=", a != b), got(",", joined),
                       got("concat", a.concat(b).get()), got("(high, )", high), got("( , low)", low)});
    });
  }
};

}  // namespace sluice::test
