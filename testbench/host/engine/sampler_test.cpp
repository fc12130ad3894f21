#include "host/engine/sampler.hpp"

#include <catch2/catch.hpp>

#include "testbench/support/golden.hpp"

using namespace sluice::engine;
using nlohmann::json;
using sluice::test::golden_cases;
using sluice::test::integer;
using sluice::test::integers;
using sluice::test::unsigned_integer;

TEST_CASE("Philox equals its golden vectors, the published ones among them", "[sampler]") {
  for (const json& c : golden_cases("sample")) {
    if (c.at("kind") == "philox") {
      const auto counter = integers<std::uint32_t>(c.at("counter"));
      const auto key = integers<std::uint32_t>(c.at("key"));
      const auto words = philox({counter[0], counter[1], counter[2], counter[3]}, {key[0], key[1]});
      CHECK(std::vector<std::uint32_t>(words.begin(), words.end()) == integers<std::uint32_t>(c.at("words")));
    }
  }
}

TEST_CASE("draws and greedy choices equal their golden vectors", "[sampler]") {
  int draws = 0;
  for (const json& c : golden_cases("sample")) {
    if (c.at("kind") == "greedy" || c.at("kind") == "temperature") {
      SamplingParameters parameters;
      std::uint64_t random = 0;
      AlignedLogits logits = {integers<std::int64_t>(c.at("l")), 0};
      if (c.at("kind") == "temperature") {
        logits.top = integer(c.at("X"));
        parameters.multiplier = unsigned_integer(c.at("mul"));
        parameters.top_p = c.at("top_p");
        random = unsigned_integer(c.at("random"));
      }
      CHECK(draw(logits, parameters, random) == c.at("token").get<int>());
      ++draws;
    }
  }
  CHECK(draws > 20);
}

TEST_CASE("logits of slices with exponents of their own are compared on one scale", "[sampler]") {
  Logits logits;
  logits.mantissa.assign(kLogitSlice + 2, 0);
  logits.mantissa[7] = 5'000'000;
  logits.mantissa[kLogitSlice + 1] = 4'999'999;
  logits.exponent = {-20, -20};
  CHECK(sample(logits, {}, 0, 0) == 7);
  logits.exponent = {-20, -19};
  CHECK(sample(logits, {}, 0, 0) == static_cast<int>(kLogitSlice) + 1);
}

TEST_CASE("a seed, a sequence and a position each change the draw", "[sampler]") {
  Logits logits;
  logits.exponent = {-20};
  for (int i = 0; i < 1000; ++i) {
    logits.mantissa.push_back(4'500'000 + i);
  }
  const auto parameters = [](std::uint64_t seed) { return SamplingParameters::make(1.0, 1.0, seed).value(); };
  std::vector<std::int32_t> base;
  std::vector<std::int32_t> by_seed;
  std::vector<std::int32_t> by_sequence;
  for (std::uint64_t position = 0; position < 8; ++position) {
    base.push_back(sample(logits, parameters(1), 0, position));
    by_seed.push_back(sample(logits, parameters(2), 0, position));
    by_sequence.push_back(sample(logits, parameters(1), 1, position));
  }
  CHECK(base != by_seed);
  CHECK(base != by_sequence);
  CHECK(std::vector<std::int32_t>(8, base[0]) != base);
}

TEST_CASE("sampling parameters outside their ranges are refused", "[sampler]") {
  CHECK_FALSE(SamplingParameters::make(-0.1, 1.0, 0).ok());
  CHECK_FALSE(SamplingParameters::make(101, 1.0, 0).ok());
  CHECK_FALSE(SamplingParameters::make(std::numeric_limits<double>::quiet_NaN(), 1.0, 0).ok());
  CHECK_FALSE(SamplingParameters::make(1.0, 0.0, 0).ok());
  CHECK_FALSE(SamplingParameters::make(1.0, 1.1, 0).ok());
  CHECK(SamplingParameters::make(0.0, 1.0, 0).value().multiplier == 0);
}
