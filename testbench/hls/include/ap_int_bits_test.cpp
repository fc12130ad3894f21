#include "ap_int_bits_checks.hpp"

namespace sluice::test {

TEST_CASE("bitwise operators, comparisons and concatenation agree with unbounded integers", "[hls][ap_int]") {
  const LogicChecks check{10};
  for_signs<1, 1>(check);
  for_signs<1, 2>(check);
  for_signs<8, 31>(check);
  for_signs<31, 31>(check);
  for_signs<31, 32>(check);
  for_signs<32, 32>(check);
  for_signs<33, 32>(check);
  for_signs<40, 16>(check);
  for_signs<63, 64>(check);
  for_signs<64, 64>(check);
  for_signs<65, 64>(check);
  for_signs<127, 129>(check);
  for_signs<128, 128>(check);
  for_signs<255, 512>(check);
  for_signs<1023, 1024>(check);
  for_signs<2048, 33>(check);
  for_signs<2047, 2048>(check);
}

}  // namespace sluice::test
