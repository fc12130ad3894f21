// What + - * / % and their assigning forms must give, by unbounded arithmetic. Included by the tests of several widths.
#pragma once

#include "ap_int_reference.hpp"

namespace sluice::test {

// results: of + - * += -= *= =, then unless b is 0 of / % /= %=.
void check_arithmetic(const Operation& op, const std::vector<Got>& results);

struct ArithmeticChecks {
  int random;
  template <class A, class B>
  void operator()() const {
    for_samples<A, B>(random, [](const A& a, const B& b, const Operation& op) {
      A sum = a, difference = a, product = a, copy = a, quotient = a, remainder = a;
      std::vector<Got> results = {
          got("+", a + b),         got("-", a - b),   got("*", a * b), got("+=", sum += b), got("-=", difference -= b),
          got("*=", product *= b), got("=", copy = b)};
      if (op.b != 0) {
        results.push_back(got("/", a / b));
        results.push_back(got("%", a % b));
        results.push_back(got("/=", quotient /= b));
        results.push_back(got("%=", remainder %= b));
      }
      check_arithmetic(op, results);
    });
  }
};

}  // namespace sluice::test
