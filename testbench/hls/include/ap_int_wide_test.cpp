#include "ap_int_arithmetic_checks.hpp"
#include "ap_int_unary_checks.hpp"

namespace sluice::test {

TEST_CASE("arithmetic of ap ints up to 2,048 bits is exact in the grown width", "[hls][ap_int]") {
  const ArithmeticChecks check{2};
  for_signs<512, 255>(check);
  for_signs<1023, 1024>(check);
  for_signs<1024, 2047>(check);
  for_signs<2048, 1>(check);
  for_signs<2048, 2048>(check);
}

template <int... W>
void check_all_wide() {
  (check_unary<ap_int<W>>(2), ...);
  (check_unary<ap_uint<W>>(2), ...);
  (check_shifts<ap_int<W>>(2), ...);
  (check_shifts<ap_uint<W>>(2), ...);
}

TEST_CASE("shifts and members of ap ints up to 2,048 bits agree with unbounded integers", "[hls][ap_int]") {
  check_all_wide<255, 512, 1023, 1024, 2047, 2048>();
}

}  // namespace sluice::test
