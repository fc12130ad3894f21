#include "ap_int_arithmetic_checks.hpp"

namespace sluice::test {

TEST_CASE("arithmetic of narrow ap ints is exact in the grown width", "[hls][ap_int]") {
  const ArithmeticChecks check{12};
  for_signs<1, 1>(check);
  for_signs<1, 2>(check);
  for_signs<2, 1>(check);
  for_signs<2, 31>(check);
  for_signs<31, 32>(check);
  for_signs<32, 32>(check);
  for_signs<32, 33>(check);
  for_signs<33, 1>(check);
  for_signs<7, 19>(check);
  for_signs<16, 40>(check);
}

}  // namespace sluice::test
