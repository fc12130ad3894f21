#include "host/engine/sampler.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <numeric>
#include <random>

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

TEST_CASE("the number for a draw equals its golden vectors", "[sampler]") {
  int cases = 0;
  for (const json& c : golden_cases("sample")) {
    if (c.at("kind") == "random") {
      const auto number = [&c](const char* name) { return unsigned_integer(c.at(name)); };
      CHECK(random_number(number("seed"), number("sequence"), number("position")) == number("random"));
      ++cases;
    }
  }
  CHECK(cases > 2);
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

TEST_CASE("penalised logits and truncated draws equal their golden vectors", "[sampler]") {
  int cases = 0;
  for (const json& c : golden_cases("sample")) {
    if (c.at("kind") == "next") {
      CAPTURE(++cases, c.dump());
      SamplingParameters parameters;
      parameters.multiplier = unsigned_integer(c.at("mul"));
      parameters.top_k = c.at("top_k");
      parameters.top_p = c.at("top_p");
      parameters.min_p = c.at("min_p");
      parameters.penalty = c.at("penalty");
      const Logits logits = {integers<std::int32_t>(c.at("m")), {c.at("e").get<std::int32_t>()}};
      const AlignedLogits aligned =
          align_logits(logits, parameters.penalty, TokenHistory(integers<std::int32_t>(c.at("seen"))));
      CHECK(aligned.value == integers<std::int64_t>(c.at("l")));
      CHECK(aligned.top == integer(c.at("X")));
      CHECK(draw(aligned, parameters, unsigned_integer(c.at("random"))) == c.at("token").get<int>());
    }
  }
  CHECK(cases > 150);
}

TEST_CASE("a penalty reaches tokens of every slice, in each slice's own exponent", "[sampler]") {
  Logits logits;
  logits.mantissa.assign(2 * kLogitSlice, 0);
  logits.exponent = {-20, -18};
  logits.mantissa[3] = 4 << 20;
  logits.mantissa[kLogitSlice + 3] = 1 << 20;
  logits.mantissa[kLogitSlice + 4] = -(1 << 20);
  const auto last = static_cast<std::int32_t>(kLogitSlice + 4);
  const AlignedLogits out = align_logits(logits, 2 * kNoPenalty, TokenHistory(std::vector{last, last - 1}));
  const std::int64_t four = std::int64_t{1} << 44;  // in units of 2^(-18 - 24)
  CHECK(out.top == -18);
  CHECK(out.value[3] == four);
  CHECK(out.value[kLogitSlice + 3] == four / 2);
  CHECK(out.value[kLogitSlice + 4] == -2 * four);
}

TEST_CASE("a penalty changes the greedy choice once, however often the token occurs", "[sampler]") {
  const Logits logits = {{4'000'000, 3'000'000, 1'500'000}, {-20}};
  const auto parameters = SamplingParameters::make({.repetition_penalty = 2.0}).value();
  CHECK(sample(logits, parameters, {}, 0, 0) == 0);
  CHECK(sample(logits, parameters, TokenHistory(std::vector{0, 0, 0, 0}), 0, 0) == 1);
  CHECK(sample(logits, parameters, TokenHistory(std::vector{0, 1}), 0, 0) == 0);
}

TEST_CASE("a draw from many candidates is that of a full sort", "[sampler]") {
  std::mt19937 random(3);
  for (const std::uint32_t top_p : {65536U, 60000U}) {
    AlignedLogits logits;
    for (int i = 0; i < 5000; ++i) {
      logits.value.push_back(static_cast<std::int64_t>(random() % 1000) << 35);  // many equal ones
    }
    logits.top = -20;  // all within two powers of two
    SamplingParameters parameters;
    parameters.multiplier = 1 << 24;
    parameters.top_p = top_p;
    std::vector<std::int32_t> order(logits.value.size());
    std::iota(order.begin(), order.end(), 0);
    const auto value = [&](std::int32_t id) { return logits.value[static_cast<std::size_t>(id)]; };
    std::sort(order.begin(), order.end(),
              [&](std::int32_t a, std::int32_t b) { return value(a) != value(b) ? value(a) > value(b) : a < b; });
    // As random numbers rise, the tokens drawn are met in the sorted order, from the first on.
    CHECK(draw(logits, parameters, 0) == order.front());
    auto at = order.begin();
    for (std::uint64_t step = 0; step < 4096; ++step) {
      const std::int32_t token = draw(logits, parameters, step << 52);
      at = std::find(at, order.end(), token);
      REQUIRE(at != order.end());
    }
    CHECK(at - order.begin() > 1000);
  }
}

TEST_CASE("the sums of 300,000 equal logits do not overflow", "[sampler]") {
  const AlignedLogits logits = {std::vector<std::int64_t>(300'000, 7), 0};
  SamplingParameters parameters;
  parameters.multiplier = 1 << 24;
  const std::uint64_t last = ~std::uint64_t{0};
  CHECK(draw(logits, parameters, last) == 299'999);
  parameters.top_p = 65535;  // leaves all but the part 1/65536, 4.6 candidates; 300,000 * 2^30 * 65535 is above 2^64
  CHECK(draw(logits, parameters, last) == 299'995);
}

TEST_CASE("a token history holds what was added and each id once", "[sampler]") {
  TokenHistory history;
  CHECK_FALSE(history.contains(0));
  history.add(std::vector{5, 0, 5, 200'000});
  history.add(0);
  CHECK(history.contains(5));
  CHECK(history.contains(0));
  CHECK(history.contains(200'000));
  CHECK_FALSE(history.contains(4));
  CHECK_FALSE(history.contains(200'001));
  CHECK_FALSE(history.contains(-1));
  CHECK(std::vector(history.distinct().begin(), history.distinct().end()) == std::vector{5, 0, 200'000});
}

TEST_CASE("logits of slices with exponents of their own are compared on one scale", "[sampler]") {
  Logits logits;
  logits.mantissa.assign(kLogitSlice + 2, 0);
  logits.mantissa[7] = 5'000'000;
  logits.mantissa[kLogitSlice + 1] = 4'999'999;
  logits.exponent = {-20, -20};
  CHECK(sample(logits, {}, {}, 0, 0) == 7);
  logits.exponent = {-20, -19};
  CHECK(sample(logits, {}, {}, 0, 0) == static_cast<int>(kLogitSlice) + 1);
}

TEST_CASE("a seed, a sequence and a position each change the draw", "[sampler]") {
  Logits logits;
  logits.exponent = {-20};
  for (int i = 0; i < 1000; ++i) {
    logits.mantissa.push_back(4'500'000 + i);
  }
  const auto parameters = [](std::uint64_t seed) {
    return SamplingParameters::make({.temperature = 1.0, .seed = seed}).value();
  };
  std::vector<std::int32_t> base;
  std::vector<std::int32_t> by_seed;
  std::vector<std::int32_t> by_sequence;
  for (std::uint64_t position = 0; position < 8; ++position) {
    base.push_back(sample(logits, parameters(1), {}, 0, position));
    by_seed.push_back(sample(logits, parameters(2), {}, 0, position));
    by_sequence.push_back(sample(logits, parameters(1), {}, 1, position));
  }
  CHECK(base != by_seed);
  CHECK(base != by_sequence);
  CHECK(std::vector<std::int32_t>(8, base[0]) != base);
}

TEST_CASE("sampling parameters outside their ranges are refused by name", "[sampler]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto refused = [](const SamplingOptions& options, const std::string& name) {
    const auto made = SamplingParameters::make(options);
    REQUIRE_FALSE(made.ok());
    CHECK_THAT(made.error().message(), Catch::Matchers::StartsWith(name + " must be "));
  };
  for (const double x : {-0.1, 100.1, nan, infinity}) {
    refused({.temperature = x}, "temperature");
  }
  for (const double x : {0.0, -0.1, 1.1, nan}) {
    refused({.top_p = x}, "top-p");
  }
  for (const double x : {-0.1, 1.1, nan}) {
    refused({.min_p = x}, "min-p");
  }
  for (const double x : {0.0, -1.0, 0.0624, 16.1, nan, infinity}) {
    refused({.repetition_penalty = x}, "repetition-penalty");
  }
}

TEST_CASE("the limits of the sampling parameters are those of the contract", "[sampler]") {
  const SamplingParameters none = SamplingParameters::make({}).value();
  CHECK(none.multiplier == 0);
  CHECK(none.top_k == 0);
  CHECK(none.top_p == 65536);
  CHECK(none.min_p == 0);
  CHECK(none.penalty == kNoPenalty);
  const auto least = SamplingParameters::make(
      {.temperature = 1e-300, .top_k = 1, .top_p = 1e-300, .min_p = 1e-300, .repetition_penalty = 0.0625});
  CHECK(least.value().multiplier == (std::uint64_t{1} << 40) - 1);
  CHECK(least.value().top_p == 1);
  CHECK(least.value().min_p == 0);
  CHECK(least.value().penalty == 1U << 20);
  const auto most = SamplingParameters::make({.temperature = 100, .min_p = 1, .repetition_penalty = 16}).value();
  CHECK(most.multiplier == 242044);
  CHECK(most.min_p == 1U << 30);
  CHECK(most.penalty == 1U << 28);
}
