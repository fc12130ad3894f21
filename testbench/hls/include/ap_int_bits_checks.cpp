#include "ap_int_bits_checks.hpp"

namespace sluice::test {

void check_logic(const Operation& op, const std::vector<Got>& results) {
  const IntType ta = op.type_a, tb = op.type_b, type = results[0].type;
  const Big x = as_bits(op.a, type.width), y = as_bits(op.b, type.width);
  op.expect(results[0], wrapped(x & y, type.width, type.is_signed));
  op.expect(results[1], wrapped(x | y, type.width, type.is_signed));
  op.expect(results[2], wrapped(x ^ y, type.width, type.is_signed));
  const Big xa = as_bits(op.a, ta.width), ya = as_bits(op.b, ta.width);
  op.expect(results[3], wrapped(xa & ya, ta.width, ta.is_signed));
  op.expect(results[4], wrapped(xa | ya, ta.width, ta.is_signed));
  op.expect(results[5], wrapped(xa ^ ya, ta.width, ta.is_signed));

  // With mixed signs a negative operand beside an unsigned one of 32 bits or more that is at least as wide is larger
  // than all; it is equal to its bits, except where the widths are the same and below 64.
  const int uw = ta.is_signed ? tb.width : ta.width, sw = ta.is_signed ? ta.width : tb.width;
  const bool like_c = ta.is_signed != tb.is_signed && uw >= 32 && uw >= sw;
  const Big huge = power_of_two(uw + 1);
  const Big l = like_c && op.a < 0 ? Big(huge + op.a) : op.a, r = like_c && op.b < 0 ? Big(huge + op.b) : op.b;
  const bool equal_bits = like_c && !(uw == sw && uw < 64);
  const bool equal = equal_bits ? as_bits(op.a, uw) == as_bits(op.b, uw) : op.a == op.b;
  op.expect(results[6], l < r);
  op.expect(results[7], l > r);
  op.expect(results[8], l <= r);
  op.expect(results[9], l >= r);
  op.expect(results[10], equal);
  op.expect(results[11], !equal);

  const Big joined = (xa << static_cast<unsigned>(tb.width)) + as_bits(op.b, tb.width);
  op.expect(results[12], joined);
  op.expect(results[13], joined);
  op.expect(results[14], op.a);
  op.expect(results[15], op.b);
}

}  // namespace sluice::test
