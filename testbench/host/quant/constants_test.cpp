#include "host/quant/constants.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "host/device/command.hpp"

namespace sluice::quant {

TEST_CASE("a gamma's largest magnitude takes 15 bits and every value is off by half a unit at most", "[quant]") {
  std::mt19937_64 random(1);
  std::normal_distribution<float> normal(1.0F, 0.5F);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<float> weights(64);
    for (float& weight : weights) {
      weight = std::ldexp(normal(random), trial % 40 - 20);
    }
    const auto gamma = make_gamma(weights, "g");
    REQUIRE(gamma.ok());
    int largest = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const int value = gamma.value().values[i];
      largest = std::max(largest, std::abs(value));
      const double exact = std::ldexp(static_cast<double>(weights[i]), -gamma.value().exponent);
      CHECK(std::abs(exact - value) <= 0.5);
    }
    CHECK(largest >= 1 << 14);
    CHECK(largest < 1 << 15);
  }
}

TEST_CASE("a gamma that rounds up to 2^15 takes the next exponent, and zeros stay zeros", "[quant]") {
  const auto rounded = make_gamma(std::vector<float>{-1.99999F, 1.0F}, "g");
  REQUIRE(rounded.ok());
  CHECK(rounded.value() == Gamma{{-16384, 8192}, -13});
  CHECK(make_gamma(std::vector<float>(3), "g").value() == Gamma{{0, 0, 0}, 0});
  const auto bad = make_gamma(std::vector<float>{1.0F, std::numeric_limits<float>::infinity()}, "the.norm");
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().message().find("tensor the.norm") == 0);
}

TEST_CASE("router biases are Q24 and bounded", "[quant]") {
  const auto bias = make_selection_bias(std::vector<float>{0.5F, -1.25F, 0.0F}, "b");
  REQUIRE(bias.ok());
  CHECK(bias.value() == std::vector<std::int32_t>{1 << 23, -5 * (1 << 22), 0});
  for (const float wrong : {128.0F, -1e9F, std::numeric_limits<float>::quiet_NaN()}) {
    CHECK_FALSE(make_selection_bias(std::vector<float>{wrong}, "b").ok());
  }
}

TEST_CASE("an epsilon has a mantissa of 31 bits", "[quant]") {
  for (const double value : {1e-12, 1e-6, 1e-5, 0.1, 0.5, 1.0 - 1e-16}) {
    const Epsilon epsilon = make_epsilon(value);
    CHECK(epsilon.mantissa >= 1U << 30U);
    CHECK(epsilon.mantissa < 1U << 31U);
    CHECK(std::ldexp(epsilon.mantissa, epsilon.exponent) == Approx(value).epsilon(1e-9));
  }
}

TEST_CASE("root_n is the exact integer square root of n times 2^40", "[quant]") {
  for (std::uint64_t n = 0; n <= device::kMaxColumns; n += n < 3000 ? 1 : 997) {
    const std::uint64_t root = root_n(static_cast<std::uint32_t>(n));
    CHECK(root * root <= n << 40U);
    CHECK((root + 1) * (root + 1) > n << 40U);
  }
  CHECK(root_n(256) == 16U << 20U);
}

TEST_CASE("rope increments are turns per position, without whole turns", "[quant]") {
  constexpr double kTurn = 2.0 * std::numbers::pi;
  const auto increments = make_rope_increments(std::vector<double>{0.0, 1.0, 1e-4, kTurn + 1.0});
  CHECK(increments[0] == 0);
  constexpr std::uint64_t kRadian = 2935890503282001226U;  // 2^64 / (2 pi), from 50 digits of 1 / (2 pi)
  CHECK(increments[1] + 1 - kRadian <= 2);                 // long double may be off by one
  CHECK(static_cast<double>(increments[2]) == Approx(std::ldexp(1e-4 / kTurn, 64)).epsilon(1e-12));
  CHECK(static_cast<double>(increments[3]) == Approx(static_cast<double>(increments[1])).epsilon(1e-12));
  CHECK(make_rope_amplitude(1.0).value() == 1U << 30U);
  CHECK_FALSE(make_rope_amplitude(2.0).ok());
  CHECK_FALSE(make_rope_amplitude(std::numeric_limits<double>::quiet_NaN()).ok());
}

TEST_CASE("a score scale is log2 e times the softmax scale in 22 bits", "[quant]") {
  for (const double scale : {0.125, 0.0721, 0.1352337788608801, 1.0, 1e-6, 100.0}) {
    const auto score = make_score_scale(scale);
    REQUIRE(score.ok());
    CHECK(score.value().mul >= 1U << 21U);
    CHECK(score.value().mul < 1U << 22U);
    CHECK(score.value().shift >= 16);
    CHECK(score.value().shift <= 62);
    CHECK(std::ldexp(score.value().mul, 8 - static_cast<int>(score.value().shift)) ==
          Approx(scale * std::numbers::log2e).epsilon(3e-7));
  }
  for (const double wrong : {0.0, -1.0, 1e-12, 1e6, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_FALSE(make_score_scale(wrong).ok());
  }
}

TEST_CASE("a routed scale is Q24 up to 16", "[quant]") {
  CHECK(make_routed_scale(2.5).value() == 5U << 23U);
  CHECK(make_routed_scale(16.0).value() == 1U << 28U);
  CHECK_FALSE(make_routed_scale(16.1).ok());
}

TEST_CASE("biases of 16-bit weights are exact and every bias uses its 23 bits", "[quant]") {
  const auto bias = make_bias(std::vector<float>{0.75F, -1.5F, 0.0F, 0x1.01p-7F}, "b");
  REQUIRE(bias.ok());
  CHECK(bias.value().exponent == -22);
  CHECK(bias.value().mantissas == std::vector<std::int32_t>{3 << 20, -(3 << 21), 0, 0x101 << 7});
  const auto zero = make_bias(std::vector<float>{0.0F, -0.0F}, "b");
  REQUIRE(zero.ok());
  CHECK(zero.value().mantissas == std::vector<std::int32_t>{0, 0});
  CHECK(zero.value().exponent == -16384);
  // 2^23 - 1/2 rounds up to a power of two: the next exponent.
  const auto round_up = make_bias(std::vector<float>{0x1.fffffep0F}, "b");
  REQUIRE(round_up.ok());
  CHECK(round_up.value().mantissas == std::vector<std::int32_t>{1 << 22});
  CHECK(round_up.value().exponent == -21);
  CHECK_FALSE(make_bias(std::vector<float>{std::numeric_limits<float>::infinity()}, "b").ok());
}

TEST_CASE("sinks are logits times log2 e in Q16", "[quant]") {
  const auto sinks = make_sinks(std::vector<float>{0.0F, 1.0F, -2.5F}, "s");
  REQUIRE(sinks.ok());
  CHECK(sinks.value() == std::vector<std::int32_t>{0, 94548, -236371});  // log2 e = 1.4426950
  CHECK_FALSE(make_sinks(std::vector<float>{20'000.0F}, "s").ok());
  CHECK_FALSE(make_sinks(std::vector<float>{std::numeric_limits<float>::quiet_NaN()}, "s").ok());
}

}  // namespace sluice::quant
