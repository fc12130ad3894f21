#include "host/device/software/linear_kernel.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

using namespace sluice;

namespace {

// All bytes are random: any element, any scale, any delta.
void check(hls::WeightFormat format, int blocks, std::mt19937& random) {
  std::vector<hls::u8> tile(static_cast<std::size_t>(hls::lines_per_tile(format, blocks)) * 128);
  for (hls::u8& byte : tile) {
    byte = static_cast<hls::u8>(random());
  }
  std::vector<hls::i8> high(static_cast<std::size_t>(32 * blocks));
  std::vector<hls::i8> low(high.size());
  std::vector<hls::u8> delta(static_cast<std::size_t>(blocks));
  for (std::size_t i = 0; i < high.size(); ++i) {
    high[i] = static_cast<hls::i8>(random());
    low[i] = static_cast<hls::i8>(random());
  }
  for (hls::u8& d : delta) {
    d = static_cast<hls::u8>(random() % (random() % 2 == 0 ? 256 : 8));
  }
  const auto scale_max = static_cast<hls::i32>(random() % 256);
  const hls::LinearInput x = {high.data(), low.data(), delta.data()};
  hls::i64 want[32];
  hls::i64 got[32];
  hls::linear_tile(format, tile.data(), blocks, scale_max, x, want);
  device::vectorised_linear_tile(format, tile.data(), blocks, scale_max, x, got);
  REQUIRE(std::vector<hls::i64>(want, want + 32) == std::vector<hls::i64>(got, got + 32));
}

}  // namespace

TEST_CASE("the vectorised row tile gives the golden kernel's sums on random bytes", "[software]") {
  std::mt19937 random(1);
  for (int i = 0; i < 5000; ++i) {
    for (const auto format : {hls::WeightFormat::kMxInt8, hls::WeightFormat::kInt4, hls::WeightFormat::kMxFp4,
                              hls::WeightFormat::kMxInt16}) {
      check(format, 1 + static_cast<int>(random() % 9), random);
    }
  }
}
