// Which weights keep their values when they are packed, and which do not: docs/quality.md states it.
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "host/quant/packed_matrix.hpp"

namespace sluice::quant {
namespace {

using device::Format;

// Blocks of weights, packed as the rows of one matrix of one block a row.
class Blocks {
 public:
  // Appends a block of `values` * 2^exponent, zeros behind them.
  void add(std::span<const int> values, int exponent) {
    for (std::size_t i = 0; i < kBlock; ++i) {
      const double weight = i < values.size() ? std::ldexp(values[i], exponent) : 0.0;
      weights_.push_back(static_cast<float>(weight));
      REQUIRE(static_cast<double>(weights_.back()) == weight);
    }
  }
  void add(std::initializer_list<int> values, int exponent) { add(std::span(values.begin(), values.size()), exponent); }
  void add(std::span<const float> block) { weights_.insert(weights_.end(), block.begin(), block.end()); }

  // How many blocks come back with another value anywhere.
  [[nodiscard]] int changed(Format format) const {
    const MatrixShape shape{static_cast<std::uint32_t>(weights_.size() / kBlock), kBlock, 1};
    const auto matrix = pack(format, shape, weights_, "w");
    REQUIRE(matrix.ok());
    const std::vector<double> values = dequantise(matrix.value());
    REQUIRE(values.size() == weights_.size());
    int count = 0;
    for (std::size_t first = 0; first < values.size(); first += kBlock) {
      bool same = true;
      for (std::size_t i = first; i < first + kBlock; ++i) {
        same = same && values[i] == static_cast<double>(weights_[i]);
      }
      count += same ? 0 : 1;
    }
    return count;
  }

  [[nodiscard]] const std::vector<float>& weights() const { return weights_; }

 private:
  std::vector<float> weights_;
};

bool is_bf16(float weight) { return (std::bit_cast<std::uint32_t>(weight) & 0xffffU) == 0; }

// A block out of `codes` (ascending magnitudes, without sign) up to `largest`, which occurs, with random signs.
std::vector<int> random_block(std::span<const int> codes, int largest, std::mt19937& random) {
  const auto count = static_cast<std::size_t>(std::ranges::upper_bound(codes, largest) - codes.begin());
  std::vector<int> block(kBlock);
  for (int& value : block) {
    value = codes[random() % count] * (random() % 2 == 0 ? 1 : -1);
  }
  block[random() % kBlock] = random() % 2 == 0 ? largest : -largest;
  return block;
}

std::vector<int> numbers_to(int last) {
  std::vector<int> numbers;
  for (int i = 0; i <= last; ++i) {
    numbers.push_back(i);
  }
  return numbers;
}

// The largest exponent with which `largest` is still accepted as a weight.
int last_exponent(int largest) {
  int exponent = 100;
  while (std::ldexp(largest, exponent) > static_cast<double>(kMaxWeight)) {
    --exponent;
  }
  return exponent;
}

}  // namespace

TEST_CASE("weights on an MXFP4 grid keep their values, whatever codes and scale a block has", "[quant]") {
  std::mt19937 random(1);
  constexpr std::array kTwiceE2m1 = {0, 1, 2, 3, 4, 6, 8, 12};
  Blocks blocks;
  for (const int largest : std::span(kTwiceE2m1).subspan(1)) {
    for (int exponent = -128; exponent <= last_exponent(largest); ++exponent) {  // -128: S = 0
      for (int trial = 0; trial < 8; ++trial) {
        blocks.add(random_block(kTwiceE2m1, largest, random), exponent);
      }
      blocks.add({largest}, exponent);
      blocks.add({0, -1 * largest}, exponent);
    }
  }
  CHECK(blocks.weights().size() > 7 * 224 * 10 * kBlock);
  CHECK(std::ranges::all_of(blocks.weights(), is_bf16));  // a checkpoint in BF16 holds them
  CHECK(blocks.changed(Format::kMxFp4) == 0);
}

TEST_CASE("all codes of MXFP4 in one block keep their values at every scale", "[quant]") {
  Blocks blocks;
  for (int exponent = -128; exponent <= last_exponent(12); ++exponent) {
    blocks.add({0, 1, 2, 3, 4, 6, 8, 12, -1, -2, -3, -4, -6, -8, -12}, exponent);
  }
  CHECK(blocks.changed(Format::kMxFp4) == 0);
}

TEST_CASE("weights off the MXFP4 grid do not keep their values", "[quant]") {
  Blocks blocks;
  blocks.add({5, 1}, 0);
  blocks.add({12, 7}, 0);
  blocks.add({24, 1}, 0);  // two scales
  blocks.add({1, 2}, -130);
  CHECK(blocks.changed(Format::kMxFp4) == 4);
}

TEST_CASE("8-bit integers up to 127 times a power of two a block keep their values in MXINT8", "[quant]") {
  std::mt19937 random(2);
  const std::vector<int> numbers = numbers_to(127);
  Blocks blocks;
  for (int largest = 1; largest <= 127; ++largest) {
    for (int exponent = -133; exponent <= last_exponent(largest); ++exponent) {  // -133: S = 0
      blocks.add(random_block(numbers, largest, random), exponent);
    }
  }
  CHECK(std::ranges::all_of(blocks.weights(), is_bf16));
  CHECK(blocks.changed(Format::kMxInt8) == 0);
}

TEST_CASE("the integer -128 beside an odd number does not keep its value in MXINT8", "[quant]") {
  Blocks blocks;
  blocks.add({-128, 1}, 0);
  CHECK(blocks.changed(Format::kMxInt8) == 1);
  Blocks even;
  even.add({-128, 2, 126}, 0);
  CHECK(even.changed(Format::kMxInt8) == 0);
}

TEST_CASE("16-bit integers up to 32639 times a power of two a block keep their values in MXINT16", "[quant]") {
  std::mt19937 random(3);
  const std::vector<int> numbers = numbers_to(32639);
  Blocks blocks;
  for (const int bits : {1, 2, 5, 8, 11, 13, 14, 15}) {
    for (const int largest : {(1 << bits) - 1, 1 << (bits - 1), (1 << bits) - 1 - (1 << bits) / 256}) {
      const int limited = std::min(largest, 32639);
      for (int exponent = -141; exponent <= last_exponent(limited); ++exponent) {  // -141: S = 0
        blocks.add(random_block(numbers, limited, random), exponent);
      }
    }
  }
  for (int largest = 1; largest <= 32639; ++largest) {
    blocks.add(random_block(numbers, largest, random), -14);
  }
  CHECK(blocks.changed(Format::kMxInt16) == 0);
  Blocks larger;
  larger.add({32640, 1}, 0);
  CHECK(larger.changed(Format::kMxInt16) == 1);
}

TEST_CASE("BF16 weights in general keep their values in no format", "[quant]") {
  constexpr std::array kFormats = {Format::kMxInt8, Format::kInt4, Format::kMxFp4, Format::kMxInt16};
  const std::array<float, kBlock> apart = {1.0F, 0x1p-20F};
  REQUIRE(std::ranges::all_of(apart, is_bf16));
  Blocks exponents_apart;
  exponents_apart.add(apart);
  for (const Format format : kFormats) {
    CHECK(exponents_apart.changed(format) == 1);
  }
  const std::array<float, kBlock> eight_bits = {255.0F};  // one weight of 8 significant bits
  REQUIRE(is_bf16(eight_bits[0]));
  Blocks significant;
  significant.add(eight_bits);
  CHECK(significant.changed(Format::kMxInt8) == 1);
  CHECK(significant.changed(Format::kMxInt16) == 0);
}

TEST_CASE("BF16 weights whose binary exponents span at most 6 in each block keep their values in MXINT16", "[quant]") {
  std::mt19937 random(4);
  Blocks blocks;
  for (int trial = 0; trial < 20'000; ++trial) {
    std::vector<int> block;
    for (std::size_t i = 0; i < kBlock; ++i) {
      const int magnitude = (128 + static_cast<int>(random() % 128)) << (random() % 7);
      block.push_back(random() % 8 == 0 ? 0 : random() % 2 == 0 ? magnitude : -magnitude);
    }
    blocks.add(block, static_cast<int>(random() % 60) - 40);
  }
  CHECK(std::ranges::all_of(blocks.weights(), is_bf16));
  CHECK(blocks.changed(Format::kMxInt16) == 0);
  Blocks wider;
  wider.add({255 << 7, 129}, 0);
  CHECK(wider.changed(Format::kMxInt16) == 1);
}

TEST_CASE("4-bit integers times 8 to 15 times a power of two a block keep their values in INT4", "[quant]") {
  std::mt19937 random(5);
  for (const int base : {-149, -100, -20, 0, 60}) {
    Blocks blocks;
    for (int exponent = base; exponent <= base + 27; ++exponent) {
      for (int mantissa = 8; mantissa <= 15; ++mantissa) {
        for (int largest = 1; largest <= 8; ++largest) {
          for (int trial = 0; trial < 4; ++trial) {
            std::vector<int> block = random_block(numbers_to(largest), largest, random);
            for (int& value : block) {
              value = (value == 8 ? -8 : value) * mantissa;
            }
            blocks.add(block, exponent);
          }
          blocks.add({-largest * mantissa}, exponent);
        }
        blocks.add({7 * mantissa, -8 * mantissa, mantissa}, exponent);
      }
    }
    CAPTURE(base);
    CHECK(blocks.changed(Format::kInt4) == 0);
  }
}

TEST_CASE("other 4-bit grids do not keep their values in INT4", "[quant]") {
  Blocks blocks;
  blocks.add({8, 1}, 0);            // elements end at 7
  blocks.add({7 * 17, 17, 34}, 0);  // a scale of five bits, as of most 4-bit checkpoints
  CHECK(blocks.changed(Format::kInt4) == 2);
  Blocks apart;  // one bias a tensor: scales reach 2^31 below the largest
  apart.add({7, 1}, 40);
  apart.add({7, 1}, 0);
  CHECK(apart.changed(Format::kInt4) == 1);
}

}  // namespace sluice::quant
