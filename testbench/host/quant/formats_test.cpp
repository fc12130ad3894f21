#include "host/quant/formats.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

namespace sluice::quant {
namespace {

using device::Format;

using Block = std::array<float, kBlock>;

Block random_block(std::mt19937_64& random, float scale) {
  std::normal_distribution<float> normal(0.0F, scale);
  Block block;
  for (float& weight : block) {
    weight = normal(random);
  }
  return block;
}

double squared_error(const Block& block, Format format, const QuantisedBlock& quantised, std::int32_t bias) {
  const auto values = dequantise(format, quantised, bias);
  double sum = 0.0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const double difference = values[i] - static_cast<double>(block[i]);
    sum += difference * difference;
  }
  return sum;
}

// Largest error of a block in units of its step.
double steps_off(const Block& block, Format format, const QuantisedBlock& quantised) {
  const std::int32_t bias = fixed_scale_bias(format);
  const auto values = dequantise(format, quantised, bias);
  const double step = std::ldexp(1.0, quantised.scale + bias);
  double worst = 0.0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    worst = std::max(worst, std::abs(values[i] - static_cast<double>(block[i])) / step);
  }
  return worst;
}

}  // namespace

TEST_CASE("an MXINT8 or MXINT16 weight is off by half a step at most and the scale is the smallest possible",
          "[quant]") {
  std::mt19937_64 random(1);
  for (int trial = 0; trial < 20'000; ++trial) {
    const Block block = random_block(random, std::ldexp(1.0F, trial % 120 - 60));
    for (const Format format : {Format::kMxInt8, Format::kMxInt16}) {
      const QuantisedBlock q = format == Format::kMxInt8 ? quantise_mxint8(block) : quantise_mxint16(block);
      CHECK(steps_off(block, format, q) <= 0.5);
      std::int32_t largest = 0;
      for (const std::int16_t element : q.elements) {
        largest = std::max(largest, std::abs(std::int32_t{element}));
      }
      CHECK(largest <= max_element(format));
      CHECK(2 * largest + 1 > max_element(format));
    }
  }
}

TEST_CASE("MXINT8 limits elements to 127 by the next scale and rounds ties to even", "[quant]") {
  Block block = {};
  block[0] = 127.49F;
  block[1] = 0.5F;
  block[2] = -1.5F;
  QuantisedBlock q = quantise_mxint8(block);
  CHECK(q.scale == 133);
  CHECK(q.elements[0] == 127);
  CHECK(q.elements[1] == 0);
  CHECK(q.elements[2] == -2);

  block[0] = -127.5F;
  q = quantise_mxint8(block);
  CHECK(q.scale == 134);
  CHECK(q.elements[0] == -64);
}

TEST_CASE("MXINT16 reaches 32639 and no further", "[quant]") {
  Block block = {};
  block[0] = 32639.0F;
  block[1] = -32639.0F;
  QuantisedBlock q = quantise_mxint16(block);
  CHECK(q.scale == 141);
  CHECK(q.elements[0] == 32639);
  CHECK(q.elements[1] == -32639);
  block[1] = -32640.0F;
  q = quantise_mxint16(block);
  CHECK(q.scale == 142);
  CHECK(q.elements[1] == -16320);
}

TEST_CASE("MXFP4 gives exact E2M1 values back and rounds ties to the even code", "[quant]") {
  Block block = {};
  const std::array<float, 8> exact{0.0F, 0.5F, 1.0F, 1.5F, 2.0F, 3.0F, -4.0F, -6.0F};
  std::copy(exact.begin(), exact.end(), block.begin());
  const QuantisedBlock q = quantise_mxfp4(block);
  CHECK(q.scale == 127);
  const auto values = dequantise(Format::kMxFp4, q, -128);
  for (std::size_t i = 0; i < exact.size(); ++i) {
    CHECK(values[i] == static_cast<double>(exact[i]));
  }

  block = {};
  std::fill(block.begin(), block.begin() + 25, 6.0F);  // keeps the scale at 1
  const std::array<float, 7> ties{0.25F, 0.75F, 1.25F, 1.75F, 2.5F, 3.5F, -5.0F};
  const std::array<int, 7> twice{0, 2, 2, 4, 4, 8, -8};
  std::copy(ties.begin(), ties.end(), block.begin() + 25);
  const QuantisedBlock tied = quantise_mxfp4(block);
  REQUIRE(tied.scale == 127);
  for (std::size_t i = 0; i < ties.size(); ++i) {
    CHECK(tied.elements[25 + i] == twice[i]);
  }
}

TEST_CASE("MXFP4 quantises each weight to the nearest value of its scale", "[quant]") {
  std::mt19937_64 random(2);
  constexpr std::array<int, 8> kTwice{0, 1, 2, 3, 4, 6, 8, 12};
  for (int trial = 0; trial < 2'000; ++trial) {
    const Block block = random_block(random, 0.05F);
    const QuantisedBlock q = quantise_mxfp4(block);
    const double step = std::ldexp(1.0, q.scale - 128);
    const auto values = dequantise(Format::kMxFp4, q, -128);
    for (std::size_t i = 0; i < kBlock; ++i) {
      for (const int twice : kTwice) {
        const double other = std::copysign(twice * step, static_cast<double>(block[i]));
        CHECK(std::abs(values[i] - static_cast<double>(block[i])) <= std::abs(other - static_cast<double>(block[i])));
      }
    }
  }
}

TEST_CASE("the nearest INT4 scale has a mantissa of 8 to 15 and is off by a sixteenth at most", "[quant]") {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> exponent(-40.0, 40.0);
  for (int trial = 0; trial < 20'000; ++trial) {
    const double value = std::exp2(exponent(random));
    const Int4Scale scale = nearest_int4_scale(value);
    CHECK(scale.mantissa >= 8);
    CHECK(scale.mantissa <= 15);
    CHECK(std::abs(std::ldexp(scale.mantissa, scale.exponent) / value - 1.0) <= 1.0 / 16.0);
  }
  CHECK(nearest_int4_scale(15.75) == Int4Scale{8, 1});
  CHECK(nearest_int4_scale(12.4) == Int4Scale{12, 0});
}

TEST_CASE("the INT4 scale search is never worse than no search, and mostly better", "[quant]") {
  std::mt19937_64 random(4);
  int better = 0;
  for (int trial = 0; trial < 5'000; ++trial) {
    const Block block = random_block(random, 0.02F);
    float largest = 0.0F;
    for (const float weight : block) {
      largest = std::max(largest, std::abs(weight));
    }
    constexpr std::int32_t kBias = -25;
    const Int4Scale plain = nearest_int4_scale(static_cast<double>(largest) / 7.0);
    const double unsearched = squared_error(block, Format::kInt4, quantise_int4(block, plain, kBias), kBias);
    const double searched =
        squared_error(block, Format::kInt4, quantise_int4(block, search_int4_scale(block), kBias), kBias);
    CHECK(searched <= unsearched * (1.0 + 1e-12));  // the search adds in another order
    better += searched < 0.999 * unsearched ? 1 : 0;
  }
  CHECK(better > 2'500);
}

TEST_CASE("an INT4 block below the bias gets the smallest scale", "[quant]") {
  Block block = {};
  block[0] = 0x1p-60F;
  block[1] = -0x1p-20F;
  const QuantisedBlock q = quantise_int4(block, {9, -40}, -24);
  CHECK(q.scale == 0);
  CHECK(q.elements[0] == 0);
  CHECK(q.elements[1] == -2);  // 2^-20 / (8 * 2^-24)
}

TEST_CASE("a block of zeros has scale 0 in every format", "[quant]") {
  const Block block = {};
  CHECK(quantise_mxint8(block) == QuantisedBlock{});
  CHECK(quantise_mxint16(block) == QuantisedBlock{});
  CHECK(quantise_mxfp4(block) == QuantisedBlock{});
  CHECK(search_int4_scale(block) == Int4Scale{});
  CHECK(quantise_int4(block, {}, -20) == QuantisedBlock{});
}

TEST_CASE("the smallest and the largest accepted weights quantise in every format", "[quant]") {
  for (const float weight : {std::numeric_limits<float>::denorm_min(), 0x1p-126F, kMaxWeight}) {
    Block block = {};
    block[7] = weight;
    CHECK(quantise_mxint8(block).scale <= 254);
    CHECK(quantise_mxint16(block).scale <= 254);
    CHECK(quantise_mxfp4(block).scale <= 254);
    const Int4Scale scale = search_int4_scale(block);
    CHECK(quantise_int4(block, scale, int4_scale_bias(scale.exponent)).elements[7] > 0);
  }
}

TEST_CASE("weights that are not finite or absurdly large are refused by name", "[quant]") {
  std::vector<float> weights(100, 0.5F);
  CHECK(check_weights(weights, "a").ok());
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity(), 0x1p101F}) {
    weights[42] = bad;
    const Status status = check_weights(weights, "model.layers.3.q");
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code() == ErrorCode::kInvalidInput);
    CHECK(status.error().message().find("tensor model.layers.3.q: the weight 42 is") == 0);
  }
}

}  // namespace sluice::quant
