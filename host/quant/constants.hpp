// The numbers besides weights that commands take, made from floats (docs/numerics.md, sections 6 and 7).
//
// Purpose: importers call these once; the results are stored with the model, because a logarithm may differ in its last
//   bit from one C library to the next.
// Ownership, threading: plain values and functions. Rounding is to nearest, halves away from zero.
// Errors: kUnsupported for a value outside the range that commands take, kInvalidInput for one that is not finite.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "host/base/result.hpp"
#include "host/model/config.hpp"

namespace sluice::quant {

// A norm's weights: values[i] * 2^exponent.
struct Gamma {
  std::vector<std::int16_t> values;  // the largest magnitude is in [2^14, 2^15), or all are 0
  std::int32_t exponent = 0;

  bool operator==(const Gamma&) const = default;
};
Result<Gamma> make_gamma(std::span<const float> weights, std::string_view name);

// Biases for selecting experts in Q24; magnitudes below 128.
Result<std::vector<std::int32_t>> make_selection_bias(std::span<const float> biases, std::string_view name);

// A vector to add to a linear's result: mantissas[i] * 2^exponent (numerics.md, section 2).
struct Bias {
  std::vector<std::int32_t> mantissas;  // the largest magnitude is in [2^22, 2^23), or all are 0
  std::int32_t exponent = 0;

  bool operator==(const Bias&) const = default;
};
// Exact for weights of 16-bit formats that lie within 2^15 of the largest.
Result<Bias> make_bias(std::span<const float> weights, std::string_view name);

// Attention sinks: logits times log2 e in Q16.
Result<std::vector<std::int32_t>> make_sinks(std::span<const float> logits, std::string_view name);

// mantissa * 2^exponent, the mantissa in [2^30, 2^31).
struct Epsilon {
  std::uint32_t mantissa = 0;
  std::int32_t exponent = 0;

  bool operator==(const Epsilon&) const = default;
};
Epsilon make_epsilon(double value);

// isqrt(n * 2^40) of a norm of n elements, n <= 131,072.
std::uint32_t root_n(std::uint32_t n);

// Turns per position times 2^64, without whole turns, of frequencies in radians a position, which must not be negative.
std::vector<std::uint64_t> make_rope_increments(std::span<const double> inverse_frequencies);
// Q30; factors in [0, 2).
Result<std::uint32_t> make_rope_amplitude(double factor);

// mul * 2^(8 - shift), mul in [2^21, 2^22), shift 16..62.
struct ScoreScale {
  std::uint32_t mul = 0;
  std::uint32_t shift = 0;

  bool operator==(const ScoreScale&) const = default;
};
// For attention with this softmax scale: scale * log2 e.
Result<ScoreScale> make_score_scale(double softmax_scale);

// Q24; factors in [0, 16].
Result<std::uint32_t> make_routed_scale(double factor);

// Everything of the above that follows from a model's config alone.
struct Constants {
  Epsilon norm_epsilon;
  Epsilon latent_epsilon;                      // of the norms of MLA's latents
  std::vector<std::uint64_t> rope_increments;  // [rope_dim / 2]
  std::uint32_t rope_amplitude = 0;
  ScoreScale score;
  std::uint32_t routed_scale = 0;
  std::uint32_t activation_limit = 0;  // Q16, of the clamped SwiGLU
  std::uint32_t activation_scale = 0;  // Q28: alpha * log2 e

  bool operator==(const Constants&) const = default;
};
Result<Constants> make_constants(const ModelConfig& config);

}  // namespace sluice::quant
