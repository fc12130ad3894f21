// Choosing the next token, in integers: docs/numerics.md, section 7.
//
// Purpose: the same token on every backend and at every batch size for the same seed, sequence and position.
// Ownership, threading: plain values and pure functions. Errors: none; parameters are checked by
// SamplingParameters::make.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "host/base/result.hpp"
#include "host/engine/token_history.hpp"

namespace sluice::engine {

// Logits of one token in slices of kLogitSlice rows, each slice with an exponent of its own.
struct Logits {
  std::vector<std::int32_t> mantissa;  // [vocab]
  std::vector<std::int32_t> exponent;  // [slices]
};
inline constexpr std::uint32_t kLogitSlice = 4096;

// Logits as real numbers, for people and for perplexity; not on the way to a token.
[[nodiscard]] std::vector<double> to_real(const Logits& logits);

// What a request asks for, as real numbers; the defaults are greedy.
struct SamplingOptions {
  double temperature = 0.0;         // 0 (greedy) to 100
  std::uint32_t top_k = 0;          // 0: all
  double top_p = 1.0;               // above 0, at most 1 (all)
  double min_p = 0.0;               // 0 (all) to 1
  double repetition_penalty = 1.0;  // 1/16 to 16; 1: none
  std::uint64_t seed = 0;
};

inline constexpr std::uint32_t kNoPenalty = 1U << 24;

// The same as the integers of section 7.
struct SamplingParameters {
  std::uint64_t multiplier = 0;        // log2(e) / temperature in Q24; 0: greedy
  std::uint32_t top_k = 0;             // 0: all
  std::uint32_t top_p = 65536;         // Q16
  std::uint32_t min_p = 0;             // Q30
  std::uint32_t penalty = kNoPenalty;  // Q24
  std::uint64_t seed = 0;

  // kInvalidInput names the option that is outside its range.
  [[nodiscard]] static Result<SamplingParameters> make(const SamplingOptions& options);
};

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers, as easy as 1, 2, 3; 2011).
[[nodiscard]] std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key);

// What a draw takes: 64 bits that depend on nothing else.
[[nodiscard]] std::uint64_t random_number(std::uint64_t seed, std::uint64_t sequence, std::uint64_t position);

// Logits on one scale (section 6.9): element i stands for value[i] * 2^(top - 24).
struct AlignedLogits {
  std::vector<std::int64_t> value;
  std::int64_t top = 0;
};
// With the repetition penalty (Q24) for the tokens of `history`; ids beyond the logits do not count.
[[nodiscard]] AlignedLogits align_logits(const Logits& logits, std::uint32_t penalty, const TokenHistory& history);

// The token that a 64-bit random number draws; greedy when parameters.multiplier is 0. The penalty is already in
// `logits`.
[[nodiscard]] std::int32_t draw(const AlignedLogits& logits, const SamplingParameters& parameters,
                                std::uint64_t random);

// The token after position `position` of sequence `sequence`, whose tokens up to there are `history`. Time grows with
// the vocabulary and the distinct tokens of the history, not with its length; `history` is not looked at without a
// penalty.
[[nodiscard]] std::int32_t sample(const Logits& logits, const SamplingParameters& parameters,
                                  const TokenHistory& history, std::uint64_t sequence, std::uint64_t position);

}  // namespace sluice::engine
