#include "ap_int_unary_checks.hpp"

namespace sluice::test {

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
