#include "ap_int_arithmetic_checks.hpp"

namespace sluice::test {

TEST_CASE("arithmetic of ap ints up to 2,048 bits is exact in the grown width", "[hls][ap_int]") {
  const ArithmeticChecks check{2};
  for_signs<512, 255>(check);
  for_signs<1023, 1024>(check);
  for_signs<1024, 2047>(check);
  for_signs<2048, 1>(check);
  for_signs<2048, 2048>(check);
}

}  // namespace sluice::test
