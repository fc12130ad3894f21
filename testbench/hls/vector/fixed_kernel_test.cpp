// The kernels' arithmetic in exact widths against fixed.hpp and vector_ops.hpp.
#include "hls/vector/fixed_kernel.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "hls/vector/vector_ops.hpp"

namespace kernel = sluice::kernel;
using sluice::hls::i32;
using sluice::hls::i64;
using sluice::hls::u32;

TEST_CASE("exp2neg in exact widths is exp2neg for every input", "[fixed_kernel]") {
  i64 wrong = -1;
  for (i64 f = 0; f < (1 << 24) && wrong < 0; ++f) {
    wrong = kernel::exp2neg(f).to_int64() == sluice::hls::exp2neg(f) ? -1 : f;
  }
  CHECK(wrong == -1);
}

TEST_CASE("recip in exact widths is recip", "[fixed_kernel]") {
  // A prime step through all of [1, 2], and both ends closely.
  i64 wrong = -1;
  const auto compare = [&](i64 d) { wrong = kernel::recip(d).to_int64() == sluice::hls::recip(d) ? wrong : d; };
  for (i64 d = sluice::hls::kOneQ30; d <= 2 * sluice::hls::kOneQ30; d += 1009) {
    compare(d);
  }
  for (i64 i = 0; i < 50000; ++i) {
    compare(sluice::hls::kOneQ30 + i);
    compare(2 * sluice::hls::kOneQ30 - i);
  }
  CHECK(wrong == -1);
}

TEST_CASE("to_fixed24 and sigmoid in exact widths are those of the contract", "[fixed_kernel]") {
  std::mt19937_64 random(5);
  for (int i = 0; i < 300000; ++i) {
    const auto m = static_cast<i32>(static_cast<std::uint64_t>(random()) >> (40 + random() % 24));
    const i32 signed_m =
        (random() & 1) != 0 ? -std::min(m, sluice::hls::kMantissaLimit) : std::min(m, sluice::hls::kMantissaLimit);
    // Most exponents where something happens, some at the limits.
    const i32 e =
        random() % 8 == 0 ? static_cast<i32>(random() % 32769) - 16384 : static_cast<i32>(random() % 140) - 80;
    const auto scale = static_cast<u32>(random() >> (32 + random() % 32));
    const ap_uint<7> drop = kernel::fixed24_drop(e);
    const i64 magnitude = std::abs(signed_m);
    CAPTURE(signed_m, e, scale);
    REQUIRE((kernel::to_fixed24<23, 32>(magnitude, drop, scale).to_int64()) ==
            sluice::hls::to_fixed24(magnitude, e, scale));
    REQUIRE(kernel::sigmoid(signed_m, drop, scale).to_int64() == sluice::hls::sigmoid(signed_m, e, scale));
    const auto distance = static_cast<i64>(random() % ((1 << 24) - 1));
    REQUIRE((kernel::to_fixed24<24, 29>(distance, drop, sluice::hls::kLog2eQ28).to_int64()) ==
            sluice::hls::to_fixed24(distance, e, sluice::hls::kLog2eQ28));
  }
}

TEST_CASE("exp2_fixed in exact widths is exp2_fixed up to its limit", "[fixed_kernel]") {
  i64 wrong = -1;
  for (i64 t = 0; t <= sluice::hls::kFixed24Max; t += 509) {
    wrong = kernel::exp2_fixed(t).to_int64() == sluice::hls::exp2_fixed(t) ? wrong : t;
  }
  CHECK(wrong == -1);
}
