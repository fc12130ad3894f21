#include "host/engine/sampler.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>

#include "hls/vector/fixed.hpp"
#include "host/base/check.hpp"

namespace sluice::engine {
namespace {

using hls::exp2_fixed;
using hls::kZeroExponent;
__extension__ using Wide = unsigned __int128;

// How far below the maximum, in powers of two after the temperature, Q24.
std::int64_t distance(std::int64_t below, std::int64_t top, std::uint64_t multiplier) {
  const int width = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(below)));
  const int z = width > 22 ? width - 22 : 0;
  const std::int64_t a = (below >> z) * static_cast<std::int64_t>(multiplier);
  return hls::limit_fixed24(a, top - 24 + z);
}

// The real number x >= 0 with `bits` bits behind the point.
std::uint32_t fixed(double x, int bits) { return static_cast<std::uint32_t>(std::llround(std::ldexp(x, bits))); }

std::int32_t greedy(const AlignedLogits& logits) {
  return static_cast<std::int32_t>(std::max_element(logits.value.begin(), logits.value.end()) - logits.value.begin());
}

// Ids of the `count` largest logits, in no order; of equal ones those with the lower id.
std::vector<std::int32_t> largest_logits(const AlignedLogits& logits, std::size_t count) {
  std::vector<std::int32_t> ids(logits.value.size());
  std::iota(ids.begin(), ids.end(), 0);
  const auto value = [&logits](std::int32_t id) { return logits.value[static_cast<std::size_t>(id)]; };
  std::nth_element(
      ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count), ids.end(),
      [&value](std::int32_t a, std::int32_t b) { return value(a) != value(b) ? value(a) > value(b) : a < b; });
  ids.resize(count);
  return ids;
}

// Candidates in the order (P descending, id ascending), which is found by selection only: to sort a vocabulary of
// 200,000 takes longer than all of the rest.
class Candidates {
 public:
  explicit Candidates(std::size_t capacity) { keys_.reserve(capacity); }

  // Those with P = 0 add to no sum and cannot be drawn; they are left out.
  void add(std::int32_t id, std::int64_t p) {
    if (p > 0) {
      keys_.push_back((static_cast<std::uint64_t>(p) << 32) | ~static_cast<std::uint32_t>(id));
    }
  }

  // The first whose cumulative sum is at least top_p of all ends what stays.
  void keep_top_p(std::uint32_t top_p) {
    if (top_p < 65536) {
      const auto least = static_cast<std::uint64_t>((Wide{sum()} * top_p) >> 16);
      keys_.resize(crossing(std::max<std::uint64_t>(least, 1) - 1) + 1);
    }
  }

  void keep_min_p(std::uint32_t min_p) {
    std::erase_if(keys_, [min_p](std::uint64_t key) { return p_of(key) < min_p; });
  }

  [[nodiscard]] std::uint64_t sum() const { return sum_of(0, keys_.size()); }

  // The first whose cumulative sum exceeds target, which must be below the sum.
  std::int32_t draw(std::uint64_t target) {
    return static_cast<std::int32_t>(~static_cast<std::uint32_t>(keys_[crossing(target)]));
  }

 private:
  static std::uint64_t p_of(std::uint64_t key) { return key >> 32; }

  [[nodiscard]] std::uint64_t sum_of(std::size_t first, std::size_t last) const {
    std::uint64_t sum = 0;
    for (std::size_t i = first; i < last; ++i) {
      sum += p_of(keys_[i]);
    }
    return sum;
  }

  // The place in the order of the first key whose cumulative sum exceeds target. Moves the keys before it before it.
  std::size_t crossing(std::uint64_t target) {
    const auto at = [this](std::size_t i) { return keys_.begin() + static_cast<std::ptrdiff_t>(i); };
    std::size_t first = 0;  // it lies in [first, last); all keys before are larger, all after smaller
    std::size_t last = keys_.size();
    std::uint64_t before = 0;  // sum of the keys before first
    while (last - first > 1) {
      const std::size_t middle = first + (last - first) / 2;
      std::nth_element(at(first), at(middle), at(last), std::greater<>());
      const std::uint64_t larger = before + sum_of(first, middle);
      if (larger > target) {
        last = middle;
      } else {
        first = middle;
        before = larger;
      }
    }
    return first;
  }

  std::vector<std::uint64_t> keys_;  // P * 2^32 + 2^32 - 1 - id, so that the larger key comes first
};

}  // namespace

AlignedLogits align_logits(const Logits& logits, std::uint32_t penalty, const TokenHistory& history) {
  AlignedLogits out;
  out.top = kZeroExponent;
  for (const std::int32_t e : logits.exponent) {
    out.top = std::max<std::int64_t>(out.top, e);
  }
  const auto aligned = [&](std::size_t id, std::int64_t factor) {
    const std::int32_t e = logits.exponent[id / kLogitSlice];
    return e == kZeroExponent ? 0 : hls::align(logits.mantissa[id] * factor, out.top - e);
  };
  out.value.resize(logits.mantissa.size());
  for (std::size_t id = 0; id < out.value.size(); ++id) {
    out.value[id] = aligned(id, kNoPenalty);
  }
  if (penalty != kNoPenalty) {
    const std::int64_t inverse = ((std::int64_t{1} << 48) + (penalty >> 1)) / penalty;
    for (const std::int32_t token : history.distinct()) {
      const auto id = static_cast<std::size_t>(token);
      if (id < out.value.size()) {
        out.value[id] = aligned(id, logits.mantissa[id] < 0 ? penalty : inverse);
      }
    }
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

Result<SamplingParameters> SamplingParameters::make(const SamplingOptions& options) {
  // Written so that NaN is refused.
  if (!(options.temperature >= 0.0 && options.temperature <= 100.0)) {
    return Error(ErrorCode::kInvalidInput, "temperature must be between 0 (greedy) and 100");
  }
  if (!(options.top_p > 0.0 && options.top_p <= 1.0)) {
    return Error(ErrorCode::kInvalidInput, "top-p must be above 0 and at most 1");
  }
  if (!(options.min_p >= 0.0 && options.min_p <= 1.0)) {
    return Error(ErrorCode::kInvalidInput, "min-p must be between 0 and 1");
  }
  if (!(options.repetition_penalty >= 0.0625 && options.repetition_penalty <= 16.0)) {
    return Error(ErrorCode::kInvalidInput, "repetition-penalty must be between 0.0625 and 16 (1 is none)");
  }
  SamplingParameters out;
  out.top_k = options.top_k;
  out.top_p = std::max(1U, fixed(options.top_p, 16));
  out.min_p = fixed(options.min_p, 30);
  out.penalty = fixed(options.repetition_penalty, 24);
  out.seed = options.seed;
  if (options.temperature > 0.0) {
    constexpr double kLog2e = 1.4426950408889634;
    const double multiplier = std::round(kLog2e / options.temperature * 16777216.0);
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
  Candidates candidates(logits.value.size());
  const auto offer = [&](std::int32_t id) {
    const std::int64_t below = largest - logits.value[static_cast<std::size_t>(id)];
    candidates.add(id, exp2_fixed(distance(below, logits.top, parameters.multiplier)));
  };
  const auto size = static_cast<std::int32_t>(logits.value.size());
  if (parameters.top_k > 0 && parameters.top_k < logits.value.size()) {
    for (const std::int32_t id : largest_logits(logits, parameters.top_k)) {
      offer(id);
    }
  } else {
    for (std::int32_t id = 0; id < size; ++id) {
      offer(id);
    }
  }
  candidates.keep_top_p(parameters.top_p);
  candidates.keep_min_p(parameters.min_p);
  return candidates.draw(static_cast<std::uint64_t>((Wide{random} * candidates.sum()) >> 64));
}

std::uint64_t random_number(std::uint64_t seed, std::uint64_t sequence, std::uint64_t position) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  const auto words = philox({low(position), high(position), low(sequence), high(sequence)}, {low(seed), high(seed)});
  return words[0] + (std::uint64_t{words[1]} << 32);
}

std::int32_t sample(const Logits& logits, const SamplingParameters& parameters, const TokenHistory& history,
                    std::uint64_t sequence, std::uint64_t position) {
  return draw(align_logits(logits, parameters.penalty, history), parameters,
              random_number(parameters.seed, sequence, position));
}

}  // namespace sluice::engine
