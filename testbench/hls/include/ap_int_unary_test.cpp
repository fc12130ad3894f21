#include "ap_int_unary_checks.hpp"

namespace sluice::test {

template <int... W>
void check_all_unary() {
  (check_unary<ap_int<W>>(6), ...);
  (check_unary<ap_uint<W>>(6), ...);
}
template <int... W>
void check_all_shifts() {
  (check_shifts<ap_int<W>>(4), ...);
  (check_shifts<ap_uint<W>>(4), ...);
}

TEST_CASE("unary operators, reductions, conversions and bit members agree with unbounded integers", "[hls][ap_int]") {
  check_all_unary<1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129>();
}

TEST_CASE("a shift drops all bits at the width and beyond, and a negative one goes the other way", "[hls][ap_int]") {
  check_all_shifts<1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129>();
}

}  // namespace sluice::test
