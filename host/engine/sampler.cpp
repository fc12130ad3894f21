#include "host/engine/sampler.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "hls/vector/fixed.hpp"
#include "host/base/check.hpp"

namespace sluice::engine {
namespace {

using hls::exp2_fixed;
using hls::kZeroExponent;

// How far below the maximum, in powers of two after the temperature, Q24.
std::int64_t distance(std::int64_t below, std::int64_t top, std::uint64_t multiplier) {
  const int width = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(below)));
  const int z = width > 22 ? width - 22 : 0;
  const std::int64_t a = (below >> z) * static_cast<std::int64_t>(multiplier);
  return hls::limit_fixed24(a, top - 24 + z);
}

std::int32_t greedy(const AlignedLogits& logits) {
  return static_cast<std::int32_t>(std::max_element(logits.value.begin(), logits.value.end()) - logits.value.begin());
}

}  // namespace

AlignedLogits align_logits(const Logits& logits) {
  AlignedLogits out;
  out.top = kZeroExponent;
  for (const std::int32_t e : logits.exponent) {
    out.top = std::max<std::int64_t>(out.top, e);
  }
  out.value.resize(logits.mantissa.size());
  for (std::size_t i = 0; i < out.value.size(); ++i) {
    const std::int32_t e = logits.exponent[i / kLogitSlice];
    out.value[i] = e == kZeroExponent ? 0 : hls::align(std::int64_t{logits.mantissa[i]} << 24, out.top - e);
  }
  return out;
}

std::vector<double> to_real(const Logits& logits) {
  std::vector<double> out(logits.mantissa.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = std::ldexp(logits.mantissa[i], logits.exponent[i / kLogitSlice]);
  }
  return out;
}

Result<SamplingParameters> SamplingParameters::make(double temperature, double top_p, std::uint64_t seed) {
  if (!(temperature >= 0.0 && temperature <= 100.0)) {
    return Error(ErrorCode::kInvalidInput, "temperature must be between 0 (greedy) and 100");
  }
  if (!(top_p > 0.0 && top_p <= 1.0)) {
    return Error(ErrorCode::kInvalidInput, "top-p must be above 0 and at most 1");
  }
  SamplingParameters out;
  out.seed = seed;
  out.top_p = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(std::lround(top_p * 65536.0)));
  if (temperature > 0.0) {
    constexpr double kLog2e = 1.4426950408889634;
    const double multiplier = std::round(kLog2e / temperature * 16777216.0);
    out.multiplier = static_cast<std::uint64_t>(std::clamp(multiplier, 1.0, 1099511627775.0));
  }
  return out;
}

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

std::int32_t draw(const AlignedLogits& logits, const SamplingParameters& parameters, std::uint64_t random) {
  SLUICE_CHECK(!logits.value.empty());
  const std::int32_t best = greedy(logits);
  if (parameters.multiplier == 0) {
    return best;
  }
  const std::int64_t largest = logits.value[static_cast<std::size_t>(best)];
  std::vector<std::int64_t> p(logits.value.size());
  for (std::size_t i = 0; i < p.size(); ++i) {
    p[i] = exp2_fixed(distance(largest - logits.value[i], logits.top, parameters.multiplier));
  }
  std::vector<std::int32_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&p](std::int32_t a, std::int32_t b) {
    const std::int64_t pa = p[static_cast<std::size_t>(a)];
    const std::int64_t pb = p[static_cast<std::size_t>(b)];
    return pa != pb ? pa > pb : a < b;
  });
  const std::uint64_t total = static_cast<std::uint64_t>(std::accumulate(p.begin(), p.end(), std::int64_t{0}));
  const std::uint64_t wanted = (total * parameters.top_p) >> 16;
  std::uint64_t kept = 0;
  std::size_t count = 0;
  while (count < order.size() && (count == 0 || kept < wanted)) {
    kept += static_cast<std::uint64_t>(p[static_cast<std::size_t>(order[count++])]);
  }
  __extension__ using Wide = unsigned __int128;
  const auto target = static_cast<std::uint64_t>((Wide{random} * kept) >> 64);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += static_cast<std::uint64_t>(p[static_cast<std::size_t>(order[i])]);
    if (sum > target) {
      return order[i];
    }
  }
  return order[count - 1];
}

std::int32_t sample(const Logits& logits, const SamplingParameters& parameters, std::uint64_t sequence,
                    std::uint64_t position) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  const auto random = philox({low(position), high(position), low(sequence), high(sequence)},
                             {low(parameters.seed), high(parameters.seed)});
  return draw(align_logits(logits), parameters, random[0] + (std::uint64_t{random[1]} << 32));
}

}  // namespace sluice::engine
