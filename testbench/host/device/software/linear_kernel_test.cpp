#include "host/device/software/linear_kernel.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <span>
#include <vector>

using namespace sluice;
using hls::WeightFormat;

namespace {

constexpr std::array kFormats = {WeightFormat::kMxInt8, WeightFormat::kInt4, WeightFormat::kMxFp4,
                                 WeightFormat::kMxInt16};

// A row tile and an input, all of whose bytes are free: any element, scale and delta, also those that no importer
// writes.
struct Case {
  WeightFormat format;
  int blocks;
  hls::i32 scale_max = 0;
  std::vector<hls::u8> tile;
  std::vector<hls::i8> high;
  std::vector<hls::i8> low;
  std::vector<hls::u8> delta;

  Case(WeightFormat of, int num_blocks)
      : format(of),
        blocks(num_blocks),
        tile(static_cast<std::size_t>(hls::lines_per_tile(of, num_blocks)) * hls::kLineSize),
        high(32 * static_cast<std::size_t>(num_blocks)),
        low(high.size()),
        delta(static_cast<std::size_t>(num_blocks)) {}

  // Calls set(byte) for every element byte of the tile or, with scales, for every scale byte.
  template <typename Set>
  void for_each(bool scales, Set set) {
    const auto group_lines =
        1 + std::size_t{hls::kGroupBlocks} * static_cast<std::size_t>(hls::lines_per_block(format));
    for (std::size_t i = 0; i < tile.size(); ++i) {
      if ((i / hls::kLineSize % group_lines == 0) == scales) {
        set(tile[i]);
      }
    }
  }
};

void check(const Case& c) {
  constexpr hls::i64 kSentinel = 0x5a5a5a5a5a5a5a5a;
  const bool wide = c.format == WeightFormat::kMxInt16;
  const hls::LinearInput x = {c.high.data(), wide ? c.low.data() : nullptr, c.delta.data()};
  std::array<hls::i64, 34> want;
  want.fill(kSentinel);
  std::array<hls::i64, 34> got = want;
  hls::linear_tile(c.format, c.tile.data(), c.blocks, c.scale_max, x, want.data() + 1);
  device::vectorised_linear_tile(c.format, c.tile.data(), c.blocks, c.scale_max, x, got.data() + 1);
  CAPTURE(static_cast<int>(c.format), c.blocks, c.scale_max);
  REQUIRE(want == got);
}

template <typename T>
void fill_random(std::vector<T>& bytes, std::mt19937& random) {
  for (T& byte : bytes) {
    byte = static_cast<T>(random());
  }
}

template <typename T>
T one_of(std::span<const T> values, std::mt19937& random) {
  return values[random() % values.size()];
}

}  // namespace

TEST_CASE("the vectorised row tile gives the golden kernel's sums on random bytes", "[software]") {
  std::mt19937 random(1);
  for (int i = 0; i < 5000; ++i) {
    for (const WeightFormat format : kFormats) {
      Case c(format, 1 + static_cast<int>(random() % 9));
      fill_random(c.tile, random);
      fill_random(c.high, random);
      fill_random(c.low, random);
      for (hls::u8& delta : c.delta) {
        delta = static_cast<hls::u8>(random() % (random() % 2 == 0 ? 256 : 8));
      }
      c.scale_max = static_cast<hls::i32>(random() % 256);
      check(c);
    }
  }
}

TEST_CASE("every weight byte meets every activation byte as in the golden kernel", "[software]") {
  for (const WeightFormat format : kFormats) {
    for (int weight = 0; weight < 256; ++weight) {
      Case c(format, 8);  // 256 columns, each with an activation of its own
      c.for_each(false, [weight](hls::u8& byte) { byte = static_cast<hls::u8>(weight); });
      for (std::size_t i = 0; i < c.high.size(); ++i) {
        c.high[i] = static_cast<hls::i8>(i);
        c.low[i] = static_cast<hls::i8>(i * 37);
      }
      check(c);
      c.high.swap(c.low);
      check(c);
    }
  }
}

TEST_CASE("each row and column of a tile takes part once, as in the golden kernel", "[software]") {
  for (const WeightFormat format : kFormats) {
    Case c(format, 1);
    for (std::size_t i = hls::kLineSize; i < c.tile.size(); ++i) {
      c.tile[i] = 0x71;
      check(c);  // no activation yet
      for (std::size_t column = 0; column < c.high.size(); ++column) {
        c.high[column] = c.low[column] = 1;
        check(c);
        c.high[column] = c.low[column] = 0;
      }
      c.tile[i] = 0;
    }
  }
}

TEST_CASE("the largest dot products and extreme shifts give the golden kernel's sums", "[software]") {
  constexpr std::array<hls::u8, 7> kElements = {0x80, 0x81, 0xff, 0x00, 0x01, 0x7f, 0x77};
  constexpr std::array<hls::u8, 14> kDeltas = {0, 1, 15, 16, 17, 45, 46, 47, 48, 61, 62, 63, 64, 255};
  constexpr std::array<hls::i32, 10> kScaleMax = {0, 1, 15, 31, 46, 47, 62, 63, 254, 255};
  std::mt19937 random(2);
  for (int i = 0; i < 10000; ++i) {
    for (const WeightFormat format : kFormats) {
      Case c(format, 1 + static_cast<int>(random() % 5));
      c.scale_max = one_of<hls::i32>(kScaleMax, random);
      const bool same = random() % 2 == 0;  // all elements: the largest sums there are
      const hls::u8 all = one_of<hls::u8>(kElements, random);
      const auto element = [&] { return same ? all : one_of<hls::u8>(kElements, random); };
      c.for_each(false, [&](hls::u8& byte) { byte = element(); });
      const int exponent = static_cast<int>(random() % 3);
      c.for_each(true, [&](hls::u8& byte) {  // W, near W and above it (INT4: in the exponent's place), anything
        const int near = c.scale_max + static_cast<int>(random() % 5) - 2;
        const int shifted = format == WeightFormat::kInt4 ? near * 8 + static_cast<int>(random() % 8) : near;
        byte = static_cast<hls::u8>(exponent == 0 ? c.scale_max : exponent == 1 ? shifted : static_cast<int>(random()));
      });
      for (std::size_t column = 0; column < c.high.size(); ++column) {
        c.high[column] = static_cast<hls::i8>(element());
        c.low[column] = static_cast<hls::i8>(element());
      }
      for (hls::u8& delta : c.delta) {
        delta = one_of<hls::u8>(kDeltas, random);
      }
      check(c);
    }
  }
}

TEST_CASE("every shift gives the golden kernel's sums, also where the scale lies above the largest", "[software]") {
  std::mt19937 random(3);
  for (const WeightFormat format : kFormats) {
    for (int scale_max = 0; scale_max < 256; ++scale_max) {
      Case c(format, 8);
      c.scale_max = scale_max;
      fill_random(c.tile, random);
      fill_random(c.high, random);
      fill_random(c.low, random);
      fill_random(c.delta, random);
      int scale = 0;
      c.for_each(true, [&](hls::u8& byte) { byte = static_cast<hls::u8>(scale++); });
      check(c);
    }
  }
}
