// Choosing the next token, in integers: docs/numerics.md, section 7.
//
// Purpose: the same token on every backend and at every batch size for the same seed, sequence and position.
// Ownership, threading: plain values and pure functions. Errors: none; parameters are checked by
// SamplingParameters::make.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "host/base/result.hpp"

namespace sluice::engine {

// Logits of one token in slices of kLogitSlice rows, each slice with an exponent of its own.
struct Logits {
  std::vector<std::int32_t> mantissa;  // [vocab]
  std::vector<std::int32_t> exponent;  // [slices]
};
inline constexpr std::uint32_t kLogitSlice = 4096;

// Logits as real numbers, for people and for perplexity; not on the way to a token.
[[nodiscard]] std::vector<double> to_real(const Logits& logits);

struct SamplingParameters {
  std::uint64_t multiplier = 0;  // log2(e) / temperature in Q24; 0: greedy
  std::uint32_t top_p = 65536;   // Q16
  std::uint64_t seed = 0;

  // temperature 0 is greedy; kInvalidInput for a temperature outside [0, 100] or a top_p outside (0, 1].
  [[nodiscard]] static Result<SamplingParameters> make(double temperature, double top_p, std::uint64_t seed);
};

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers, as easy as 1, 2, 3; 2011).
[[nodiscard]] std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key);

// Logits on one scale (section 6.9): element i stands for value[i] * 2^(top - 24).
struct AlignedLogits {
  std::vector<std::int64_t> value;
  std::int64_t top = 0;
};
[[nodiscard]] AlignedLogits align_logits(const Logits& logits);

// The token that a 64-bit random number draws; greedy when parameters.multiplier is 0.
[[nodiscard]] std::int32_t draw(const AlignedLogits& logits, const SamplingParameters& parameters,
                                std::uint64_t random);

// The token after position `position` of sequence `sequence`.
[[nodiscard]] std::int32_t sample(const Logits& logits, const SamplingParameters& parameters, std::uint64_t sequence,
                                  std::uint64_t position);

}  // namespace sluice::engine
