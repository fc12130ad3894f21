#include "ap_int_arithmetic_checks.hpp"

namespace sluice::test {

TEST_CASE("arithmetic of ap ints up to 2,048 bits is exact in the grown width", "[hls][ap_int]") {
  const ArithmeticChecks check{2};
  for_signs<1024, 2047>(check);
  for_signs<2048, 1>(check);
}

TEST_CASE("arithmetic of two ap ints of 2,048 bits is exact in the grown width", "[hls][ap_int]") {
  const ArithmeticChecks check{2};
  check.operator()<ap_uint<2048>, ap_uint<2048>>();
  check.operator()<ap_int<2048>, ap_int<2048>>();
}

}  // namespace sluice::test
