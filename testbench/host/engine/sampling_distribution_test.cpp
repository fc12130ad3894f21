// The distribution of the sampler against the real one: softmax of the logits, truncated and renormalised, computed
// here in long double; and against transformers' own (testbench/reference/data/sampling.json).
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>

#include "host/engine/sampler.hpp"

using namespace sluice::engine;

namespace {

// Probabilities differ by this at most. P_i is within 2^-22 of the real one when the largest is 1: a distance keeps 22
// bits, so it is at most 2^-21 too small relatively, which changes x * 2^-x ln 2 <= 0.37 by less than 2^-22; exp2 and
// the rounding of the temperature are below 2^-26. Normalising doubles that, and a penalty in Q24 may be off by 2^-25
// relatively, which moves a logit of 8 by 2^-22: 2^-20 holds all of it.
constexpr long double kBound = 0x1p-20L;
// A token this likely can be drawn; P of a less likely one may be 0 in Q30.
constexpr long double kLeast = 0x1p-26L;

struct Situation {
  std::string name;
  Logits logits;
  std::vector<std::int32_t> seen;
  SamplingOptions options;
};

// The definition in real numbers; by id, 0 for what cannot follow.
std::vector<long double> real_distribution(const Situation& s) {
  const std::size_t size = s.logits.mantissa.size();
  std::vector<long double> logit(size);
  std::vector<long double> p(size);
  for (std::size_t i = 0; i < size; ++i) {
    logit[i] = std::ldexp(static_cast<long double>(s.logits.mantissa[i]), s.logits.exponent[i / kLogitSlice]);
    if (std::find(s.seen.begin(), s.seen.end(), static_cast<std::int32_t>(i)) != s.seen.end()) {
      logit[i] = logit[i] < 0 ? logit[i] * s.options.repetition_penalty : logit[i] / s.options.repetition_penalty;
    }
  }
  const long double largest = *std::max_element(logit.begin(), logit.end());
  for (std::size_t i = 0; i < size; ++i) {
    p[i] = std::exp((logit[i] - largest) / s.options.temperature);
  }
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return logit[a] != logit[b] ? logit[a] > logit[b] : a < b; });
  const auto sum_of = [&] {
    return std::accumulate(order.begin(), order.end(), 0.0L,
                           [&](long double sum, std::size_t i) { return sum + p[i]; });
  };
  if (s.options.top_k > 0 && s.options.top_k < size) {
    order.resize(s.options.top_k);
  }
  const long double wanted = sum_of() * s.options.top_p;
  long double cumulative = 0;
  std::size_t count = 0;
  while (count < order.size() && (count == 0 || cumulative < wanted)) {
    cumulative += p[order[count++]];
  }
  order.resize(s.options.top_p < 1.0 ? count : order.size());
  std::erase_if(order, [&](std::size_t i) { return p[i] < s.options.min_p; });
  const long double kept = sum_of();
  std::vector<long double> out(size, 0.0L);
  for (const std::size_t i : order) {
    out[i] = p[i] / kept;
  }
  return out;
}

// The distribution that draw() has, exactly: the share of all 2^64 random numbers that gives each token. As the number
// rises the token changes at the ends of intervals only, which bisection finds.
std::vector<long double> exact_distribution(const Situation& s) {
  const SamplingParameters parameters = SamplingParameters::make(s.options).value();
  const AlignedLogits logits = align_logits(s.logits, parameters.penalty, TokenHistory(s.seen));
  std::vector<long double> out(s.logits.mantissa.size(), 0.0L);
  std::uint64_t first = 0;
  while (true) {
    const std::int32_t token = draw(logits, parameters, first);
    std::uint64_t last = first;
    for (std::uint64_t step = std::uint64_t{1} << 63; step > 0; step >>= 1) {
      if (step <= ~last && draw(logits, parameters, last + step) == token) {
        last += step;
      }
    }
    REQUIRE(out[static_cast<std::size_t>(token)] == 0.0L);  // one interval a token
    out[static_cast<std::size_t>(token)] = std::ldexp(static_cast<long double>(last - first) + 1, -64);
    if (last == ~std::uint64_t{0}) {
      return out;
    }
    first = last + 1;
  }
}

// Logits of about +-6, some of them equal.
Logits bell(std::uint32_t seed, std::size_t size) {
  std::mt19937 random(seed);
  Logits out;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint32_t sum = random() % 8'000'000 + random() % 8'000'000;
    out.mantissa.push_back(static_cast<std::int32_t>(sum) - 8'000'000);
  }
  out.mantissa[size / 2] = out.mantissa[size / 3];
  out.exponent.assign((size + kLogitSlice - 1) / kLogitSlice, -20);
  return out;
}

std::vector<Situation> situations() {
  const std::vector<std::int32_t> seen = {3, 4, 8, 9, 9, 14, 20, 21, 3, 39};
  const Logits some = bell(5, 40);
  Logits two_slices = bell(6, kLogitSlice + 8);
  two_slices.exponent.back() = -19;
  return {
      {"temperature 1", some, seen, {.temperature = 1.0}},
      {"temperature 0.4", some, seen, {.temperature = 0.4}},
      {"temperature 3", some, seen, {.temperature = 3.0}},
      {"top-k", some, seen, {.temperature = 1.5, .top_k = 7}},
      {"top-k over two slices", two_slices, seen, {.temperature = 2.0, .top_k = 25}},
      {"top-p", some, seen, {.temperature = 2.0, .top_p = 0.77}},
      {"min-p", some, seen, {.temperature = 2.0, .min_p = 0.08}},
      {"penalty", some, seen, {.temperature = 1.0, .repetition_penalty = 1.3}},
      {"reward", some, seen, {.temperature = 1.0, .repetition_penalty = 0.7}},
      {"all", some, seen, {.temperature = 2.5, .top_k = 20, .top_p = 0.9, .min_p = 0.1, .repetition_penalty = 1.15}},
  };
}

void check_close(const std::vector<long double>& want, const std::vector<long double>& got) {
  for (std::size_t id = 0; id < want.size(); ++id) {
    CAPTURE(id, static_cast<double>(want[id]), static_cast<double>(got[id]));
    CHECK(std::abs(want[id] - got[id]) < kBound);
    CHECK((want[id] > 0 || got[id] == 0));
    CHECK((want[id] < kLeast || got[id] > 0));
  }
}

// Pearson's statistic and its degrees of freedom; tokens expected less than 10 times count as one.
struct ChiSquare {
  long double statistic = 0;
  int degrees = -1;
  void cell(long double expected, std::uint64_t counted) {
    const long double d = static_cast<long double>(counted) - expected;
    statistic += d * d / expected;
    ++degrees;
  }
};

ChiSquare chi_square(const std::vector<long double>& p, const std::vector<std::uint64_t>& counts, std::uint64_t draws) {
  ChiSquare out;
  long double rare = 0;
  std::uint64_t rare_count = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const long double expected = p[i] * static_cast<long double>(draws);
    if (expected >= 10) {
      out.cell(expected, counts[i]);
    } else {
      rare += expected;
      rare_count += counts[i];
    }
  }
  if (rare > 0) {
    out.cell(rare, rare_count);
  }
  return out;
}

// The value that chi-square exceeds with a probability of 1e-6 (Wilson and Hilferty, 1931; within 2 % for two degrees
// and more).
long double critical_value(int degrees) {
  constexpr long double kNormalQuantile = 4.753424L;
  const long double v = 2.0L / (9.0L * degrees);
  return degrees * std::pow(1 - v + kNormalQuantile * std::sqrt(v), 3.0L);
}

}  // namespace

TEST_CASE("the integer distribution is the real one to 20 bits", "[sampling]") {
  for (const Situation& s : situations()) {
    CAPTURE(s.name);
    const std::vector<long double> want = real_distribution(s);
    const std::vector<long double> got = exact_distribution(s);
    CHECK(std::count_if(got.begin(), got.end(), [](long double p) { return p > 0; }) > 3);
    check_close(want, got);
  }
}

TEST_CASE("the integer distribution is that of transformers to 20 bits", "[sampling]") {
  std::ifstream file("testbench/reference/data/sampling.json");
  const nlohmann::json truth = nlohmann::json::parse(file);
  REQUIRE(truth.at("cases").size() == 15);
  for (const nlohmann::json& c : truth.at("cases")) {
    const Situation s = {c.at("repetition_penalty").dump(),
                         {c.at("m").get<std::vector<std::int32_t>>(), {c.at("e").get<std::int32_t>()}},
                         c.at("seen").get<std::vector<std::int32_t>>(),
                         {.temperature = c.at("temperature"),
                          .top_k = c.at("top_k"),
                          .top_p = c.at("top_p"),
                          .min_p = c.at("min_p"),
                          .repetition_penalty = c.at("repetition_penalty")}};
    CAPTURE(c.dump());
    std::vector<long double> want(s.logits.mantissa.size(), 0.0L);
    for (std::size_t i = 0; i < c.at("kept").size(); ++i) {
      want[c.at("kept")[i].get<std::size_t>()] = c.at("probabilities")[i].get<double>();
    }
    const std::vector<long double> got = exact_distribution(s);
    check_close(want, got);
    check_close(want, real_distribution(s));
  }
}

TEST_CASE("200,000 draws follow the real distribution: chi-square at a significance of 1e-6", "[sampling]") {
  constexpr std::uint64_t kDraws = 200'000;
  constexpr std::uint64_t kSeed = 20;
  for (const Situation& s : situations()) {
    if (s.logits.mantissa.size() > 100) {
      continue;  // 200,000 draws of a long vector take a minute; the exact test above has it
    }
    SamplingOptions options = s.options;
    options.seed = kSeed;
    const SamplingParameters parameters = SamplingParameters::make(options).value();
    const TokenHistory history(s.seen);
    const std::vector<long double> p = real_distribution(s);
    std::vector<std::uint64_t> counts(p.size());
    for (std::uint64_t position = 0; position < kDraws; ++position) {
      ++counts[static_cast<std::size_t>(sample(s.logits, parameters, history, 0, position))];
    }
    const ChiSquare result = chi_square(p, counts, kDraws);
    CAPTURE(s.name, kSeed, result.degrees);
    CHECK(result.degrees > 2);
    CHECK(static_cast<double>(result.statistic) < static_cast<double>(critical_value(result.degrees)));
    for (std::size_t id = 0; id < p.size(); ++id) {
      CHECK((p[id] > 0 || counts[id] == 0));
    }
  }
}
