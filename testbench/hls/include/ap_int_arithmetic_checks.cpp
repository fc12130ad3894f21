#include "ap_int_arithmetic_checks.hpp"

#include <algorithm>

namespace sluice::test {
namespace {

// Xilinx's rule for mixed signs: the wider operand's sign counts for both, signed if they are equally wide.
Big as_divided(const Operation& op, const Big& x) {
  const IntType a = op.type_a, b = op.type_b;
  const int width = std::max(a.width, b.width) + (a.is_signed || b.is_signed ? 1 : 0);
  const bool by_unsigned = a.is_signed != b.is_signed && (a.is_signed ? b.width > a.width : a.width > b.width);
  return by_unsigned ? as_bits(x, width) : x;
}

}  // namespace

void check_arithmetic(const Operation& op, const std::vector<Got>& results) {
  const IntType type = op.type_a;
  const auto stored = [&](const Big& x) { return wrapped(x, type.width, type.is_signed); };
  op.expect(results[0], op.a + op.b);
  op.expect(results[1], op.a - op.b);
  op.expect(results[2], op.a * op.b);
  op.expect(results[3], stored(op.a + op.b));
  op.expect(results[4], stored(op.a - op.b));
  op.expect(results[5], stored(op.a * op.b));
  op.expect(results[6], stored(op.b));
  if (op.b == 0) return;
  const Big quotient = as_divided(op, op.a) / as_divided(op, op.b);
  // An unsigned dividend takes the divisor's bits, so that a negative divisor is larger than any dividend.
  const Big remainder = !type.is_signed && op.b < 0 ? op.a : Big(as_divided(op, op.a) % as_divided(op, op.b));
  const auto in_type = [](const Got& result, const Big& x) {
    return wrapped(x, result.type.width, result.type.is_signed);
  };
  op.expect(results[7], in_type(results[7], quotient));
  op.expect(results[8], in_type(results[8], remainder));
  op.expect(results[9], stored(quotient));
  op.expect(results[10], stored(in_type(results[8], remainder)));
}

}  // namespace sluice::test
