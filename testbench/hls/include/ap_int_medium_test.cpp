#include "ap_int_arithmetic_checks.hpp"

namespace sluice::test {

TEST_CASE("arithmetic of ap ints around 64 and 128 bits is exact in the grown width", "[hls][ap_int]") {
  const ArithmeticChecks check{12};
  for_signs<63, 64>(check);
  for_signs<64, 64>(check);
  for_signs<64, 65>(check);
  for_signs<65, 63>(check);
  for_signs<127, 128>(check);
  for_signs<128, 129>(check);
  for_signs<129, 65>(check);
  for_signs<255, 33>(check);
  for_signs<192, 255>(check);
}

}  // namespace sluice::test
