#include "ap_int_arithmetic_checks.hpp"

namespace sluice::test {

TEST_CASE("arithmetic of ap ints up to 1,024 bits is exact in the grown width", "[hls][ap_int]") {
  const ArithmeticChecks check{2};
  for_signs<512, 255>(check);
  for_signs<1023, 1024>(check);
}

}  // namespace sluice::test
