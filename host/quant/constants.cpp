#include "host/quant/constants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "host/base/check.hpp"
#include "host/model/rope.hpp"
#include "host/quant/formats.hpp"

namespace sluice::quant {
namespace {

Error unsupported(std::string_view what, double value, std::string_view range) {
  return {ErrorCode::kUnsupported, fmt::format("{} {} is outside the range of devices: {}", what, value, range)};
}

// An unsigned fixed-point number with `fraction_bits`, or an error unless min <= value * 2^fraction_bits <= max.
Result<std::uint32_t> make_fixed(double value, int fraction_bits, double max, std::string_view what,
                                 std::string_view range) {
  const double fixed = std::round(std::ldexp(value, fraction_bits));
  if (!(fixed >= 0.0 && fixed <= max)) {
    return unsupported(what, value, range);
  }
  return static_cast<std::uint32_t>(fixed);
}

// value = mantissa * 2^exponent with a mantissa of exactly `bits` bits.
struct Scaled {
  double mantissa;
  int exponent;
};
Scaled scale_to_bits(double value, int bits) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  double mantissa = std::round(std::ldexp(fraction, bits));
  if (mantissa >= std::ldexp(1.0, bits)) {  // rounding reached the next power of two
    mantissa /= 2.0;
    ++exponent;
  }
  return {mantissa, exponent - bits};
}

}  // namespace

Result<Gamma> make_gamma(std::span<const float> weights, std::string_view name) {
  constexpr int kBits = 15;
  SLUICE_RETURN_IF_ERROR(check_weights(weights, name));
  Gamma gamma;
  gamma.values.resize(weights.size());
  double largest = 0.0;
  for (const float weight : weights) {
    largest = std::max(largest, std::abs(static_cast<double>(weight)));
  }
  if (largest == 0.0) {
    return gamma;
  }
  gamma.exponent = scale_to_bits(largest, kBits).exponent;
  std::transform(weights.begin(), weights.end(), gamma.values.begin(), [&](float weight) {
    return static_cast<std::int16_t>(std::round(std::ldexp(static_cast<double>(weight), -gamma.exponent)));
  });
  return gamma;
}

Result<std::vector<std::int32_t>> make_selection_bias(std::span<const float> biases, std::string_view name) {
  constexpr float kLimit = 127.0F;
  std::vector<std::int32_t> result;
  result.reserve(biases.size());
  for (const float bias : biases) {
    if (!(std::abs(bias) <= kLimit)) {
      return Error(std::isfinite(bias) ? ErrorCode::kUnsupported : ErrorCode::kInvalidInput,
                   fmt::format("tensor {}: the bias {} is not a number from -{} to {}", name, bias, kLimit, kLimit));
    }
    result.push_back(static_cast<std::int32_t>(std::round(std::ldexp(static_cast<double>(bias), 24))));
  }
  return result;
}

Result<Bias> make_bias(std::span<const float> weights, std::string_view name) {
  constexpr int kBits = 23;
  constexpr double kLargestMantissa = 0x1p23 - 1.0;
  constexpr std::int32_t kZeroExponent = -16384;  // of a vector that is all zero
  SLUICE_RETURN_IF_ERROR(check_weights(weights, name));
  Bias bias;
  bias.mantissas.resize(weights.size());
  double largest = 0.0;
  for (const float weight : weights) {
    largest = std::max(largest, std::abs(static_cast<double>(weight)));
  }
  if (largest == 0.0) {
    bias.exponent = kZeroExponent;
    return bias;
  }
  bias.exponent = scale_to_bits(largest, kBits).exponent;
  std::transform(weights.begin(), weights.end(), bias.mantissas.begin(), [&](float weight) {
    const double mantissa = std::round(std::ldexp(static_cast<double>(weight), -bias.exponent));
    return static_cast<std::int32_t>(std::clamp(mantissa, -kLargestMantissa, kLargestMantissa));
  });
  return bias;
}

Result<std::vector<std::int32_t>> make_sinks(std::span<const float> logits, std::string_view name) {
  constexpr float kLimit = 10'000.0F;
  std::vector<std::int32_t> result;
  result.reserve(logits.size());
  for (const float logit : logits) {
    if (!(std::abs(logit) <= kLimit)) {
      return Error(std::isfinite(logit) ? ErrorCode::kUnsupported : ErrorCode::kInvalidInput,
                   fmt::format("tensor {}: the sink {} is not a number from -{} to {}", name, logit, kLimit, kLimit));
    }
    result.push_back(
        static_cast<std::int32_t>(std::round(std::ldexp(static_cast<double>(logit) * std::numbers::log2e, 16))));
  }
  return result;
}

Epsilon make_epsilon(double value) {
  SLUICE_CHECK(value > 0.0 && std::isfinite(value));
  const Scaled scaled = scale_to_bits(value, 31);
  return {static_cast<std::uint32_t>(scaled.mantissa), scaled.exponent};
}

std::uint32_t root_n(std::uint32_t n) {
  SLUICE_CHECK(n <= device::kMaxColumns);
  const std::uint64_t square = std::uint64_t{n} << 40U;
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 29U; bit != 0; bit >>= 1U) {
    if ((root + bit) * (root + bit) <= square) {
      root += bit;
    }
  }
  return static_cast<std::uint32_t>(root);
}

std::vector<std::uint64_t> make_rope_increments(std::span<const double> inverse_frequencies) {
  constexpr long double kTurn = 2.0L * std::numbers::pi_v<long double>;
  std::vector<std::uint64_t> increments;
  increments.reserve(inverse_frequencies.size());
  for (const double frequency : inverse_frequencies) {
    SLUICE_CHECK(frequency >= 0.0 && std::isfinite(frequency));
    const long double turns = static_cast<long double>(frequency) / kTurn;
    const long double increment = std::round(std::ldexp(turns - std::floor(turns), 64));  // whole turns change nothing
    increments.push_back(increment < 0x1p64L ? static_cast<std::uint64_t>(increment) : 0);
  }
  return increments;
}

Result<std::uint32_t> make_rope_amplitude(double factor) {
  return make_fixed(factor, 30, 0x1p31 - 1.0, "rope's attention factor", "0 to 2, without 2");
}

Result<ScoreScale> make_score_scale(double softmax_scale) {
  constexpr int kMinShift = 16;
  constexpr int kMaxShift = 62;
  const double scale = softmax_scale * std::numbers::log2e;
  if (scale > 0.0 && std::isfinite(scale)) {
    const Scaled scaled = scale_to_bits(scale, 22);
    const int shift = 8 - scaled.exponent;
    if (shift >= kMinShift && shift <= kMaxShift) {
      return ScoreScale{static_cast<std::uint32_t>(scaled.mantissa), static_cast<std::uint32_t>(shift)};
    }
  }
  return unsupported("the softmax scale", softmax_scale, "2^-33 to 2^13");
}

Result<std::uint32_t> make_routed_scale(double factor) {
  return make_fixed(factor, 24, 0x1p28, "routed_scaling_factor", "0 to 16");
}

namespace {

double softmax_scale(const ModelConfig& config) {
  return config.attention_kind == AttentionKind::kMla ? mla_softmax_scale(config.mla, config.rope)
                                                      : 1.0 / std::sqrt(static_cast<double>(config.gqa.head_dim));
}

}  // namespace

Result<Constants> make_constants(const ModelConfig& config) {
  const RopeFrequencies rope = rope_frequencies(config.rope, config.rope_dim());
  Constants constants;
  constants.norm_epsilon = make_epsilon(config.rms_norm_eps);
  if (config.attention_kind == AttentionKind::kMla) {
    constants.latent_epsilon = make_epsilon(config.mla.latent_norm_eps);
  }
  constants.rope_increments = make_rope_increments(rope.inverse_frequencies);
  SLUICE_ASSIGN_OR_RETURN(constants.rope_amplitude, make_rope_amplitude(rope.attention_factor));
  SLUICE_ASSIGN_OR_RETURN(constants.score, make_score_scale(softmax_scale(config)));
  SLUICE_ASSIGN_OR_RETURN(constants.routed_scale, make_routed_scale(config.moe.routed_scaling_factor));
  if (config.activation.kind == ActivationConfig::Kind::kSwigluClamped) {
    SLUICE_ASSIGN_OR_RETURN(constants.activation_limit,
                            make_fixed(config.activation.limit, 16, 0x1p32 - 1.0, "swiglu_limit", "0 to 65535"));
    SLUICE_ASSIGN_OR_RETURN(constants.activation_scale, make_fixed(config.activation.alpha * std::numbers::log2e, 28,
                                                                   0x1p32 - 1.0, "swiglu_alpha", "0 to 11"));
    if (constants.activation_limit == 0) {
      return unsupported("swiglu_limit", config.activation.limit, "2^-16 to 65535");
    }
  }
  return constants;
}

}  // namespace sluice::quant
