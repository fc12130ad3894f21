#include "host/quant/formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>

#include "host/base/check.hpp"

namespace sluice::quant {
namespace {

using device::Format;

constexpr std::array<double, 11> kInt4Factors{1.15, 1.05, 1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6};
constexpr double kInt4Max = 7.0;
constexpr auto kInt4MaxExponent = static_cast<std::int32_t>(max_block_exponent(Format::kInt4));
constexpr std::uint32_t kMagnitudeBits = 0x7fffffff;

// NaN is the largest bit pattern of all, so that it comes out and is caught, which std::max on floats would not do.
double largest_magnitude(WeightBlock weights) {
  std::uint32_t largest = 0;
  for (const float weight : weights) {
    largest = std::max(largest, std::bit_cast<std::uint32_t>(weight) & kMagnitudeBits);
  }
  const float magnitude = std::bit_cast<float>(largest);
  SLUICE_CHECK(magnitude <= kMaxWeight);
  return static_cast<double>(magnitude);
}

// The k with 2^(k-1) <= value < 2^k.
std::int32_t binary_exponent(double value) {
  int exponent = 0;
  (void)std::frexp(value, &exponent);
  return exponent;
}

// MXINT8 and MXINT16: integers up to `limit`, which has `limit_bits` bits, with a power of two as the scale.
QuantisedBlock quantise_integers(WeightBlock weights, Format format, std::int32_t limit_bits) {
  QuantisedBlock block;
  const double largest = largest_magnitude(weights);
  if (largest == 0.0) {
    return block;
  }
  const double limit = max_element(format);
  std::int32_t exponent = binary_exponent(largest) - limit_bits;
  if (std::nearbyint(std::ldexp(largest, -exponent)) > limit) {
    ++exponent;
  }
  const std::int32_t bias = fixed_scale_bias(format);
  exponent = std::max(exponent, bias);
  block.scale = static_cast<std::uint8_t>(exponent - bias);
  const double inverse = std::ldexp(1.0, -exponent);
  for (std::size_t i = 0; i < kBlock; ++i) {
    block.elements[i] = static_cast<std::int16_t>(std::nearbyint(static_cast<double>(weights[i]) * inverse));
  }
  return block;
}

// Twice the E2M1 value nearest to x / 2; on a tie the one whose mantissa bit is 0.
std::int16_t nearest_e2m1_doubled(double x) {
  const double magnitude = std::abs(x);
  double nearest = 12.0;
  if (magnitude <= 4.0) {
    nearest = std::nearbyint(magnitude);
  } else if (magnitude <= 8.0) {
    nearest = 2.0 * std::nearbyint(magnitude / 2.0);
  } else if (magnitude <= 10.0) {
    nearest = 8.0;
  }
  return static_cast<std::int16_t>(x < 0.0 ? -nearest : nearest);
}

// Sum of squared differences; four partial sums, each in the order of its elements, so that it is the same everywhere.
template <typename Approximate>
double squared_error(WeightBlock weights, Approximate approximate) {
  constexpr std::size_t kLanes = 4;
  std::array<double, kLanes> sums = {};
  for (std::size_t i = 0; i < kBlock; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const auto weight = static_cast<double>(weights[i + lane]);
      const double difference = approximate(weight) - weight;
      sums[lane] += difference * difference;
    }
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

double int4_element(double weight, double scale) { return std::clamp(std::nearbyint(weight / scale), -8.0, 7.0); }

double value_of(Int4Scale scale) { return std::ldexp(scale.mantissa, scale.exponent); }

// The smallest scale with which every weight is an element times the scale, if there is one; the largest weight is then
// 1 to 8 times the scale. All quotients are exact or not whole: weights have 24 bits, elements and mantissas 4.
std::optional<Int4Scale> exact_int4_scale(WeightBlock weights, double largest) {
  for (int element = 8; element >= 1; --element) {
    const double value = largest / element;
    const bool whole = std::ranges::all_of(weights, [value](float weight) {
      const double quotient = static_cast<double>(weight) / value;
      return quotient == std::clamp(std::nearbyint(quotient), -8.0, 7.0);
    });
    if (whole) {  // which is rare, and cheaper to find out than the scale
      const Int4Scale scale = nearest_int4_scale(value);
      if (value_of(scale) == value) {
        return scale;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view format_name(Format format) {
  constexpr std::array<std::string_view, 4> kNames{"MXINT8", "INT4", "MXFP4", "MXINT16"};
  const auto index = static_cast<std::size_t>(format);
  SLUICE_CHECK(index < kNames.size());
  return kNames[index];
}

std::int32_t fixed_scale_bias(Format format) {
  SLUICE_CHECK(format != Format::kInt4);
  constexpr std::array<std::int32_t, 4> kBias{-133, 0, -128, -141};
  return kBias[static_cast<std::size_t>(format)];
}

std::uint32_t block_exponent(Format format, std::uint8_t scale) {
  return format == Format::kInt4 ? scale >> 3U : scale;
}

std::int32_t block_mantissa(Format format, std::uint8_t scale) { return format == Format::kInt4 ? 8 + (scale & 7) : 1; }

Status check_weights(std::span<const float> weights, std::string_view name, std::uint64_t first) {
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!(std::abs(weights[i]) <= kMaxWeight)) {
      const std::string_view fault = std::isfinite(weights[i]) ? "larger than 2^100" : "not finite";
      return Error(ErrorCode::kInvalidInput, fmt::format("tensor {}: the weight {} is {}", name, first + i, fault));
    }
  }
  return {};
}

QuantisedBlock quantise_mxint8(WeightBlock weights) { return quantise_integers(weights, Format::kMxInt8, 7); }

QuantisedBlock quantise_mxint16(WeightBlock weights) { return quantise_integers(weights, Format::kMxInt16, 15); }

QuantisedBlock quantise_mxfp4(WeightBlock weights) {
  QuantisedBlock best;
  const double largest = largest_magnitude(weights);
  if (largest == 0.0) {
    return best;
  }
  const std::int32_t bias = fixed_scale_bias(Format::kMxFp4);
  // OCP: the largest weight's power of two, less that of the largest E2M1 value (2); less 1 for twice the value.
  const std::int32_t first = binary_exponent(largest) - 1 - 2 - 1;
  double least = std::numeric_limits<double>::infinity();
  for (const std::int32_t step : {0, 1, -1}) {
    const std::int32_t exponent = std::max(first + step, bias);
    const double scale = std::ldexp(1.0, exponent);
    const double inverse = std::ldexp(1.0, -exponent);
    const double error =
        squared_error(weights, [&](double weight) { return scale * nearest_e2m1_doubled(weight * inverse); });
    if (error < least) {
      least = error;
      best.scale = static_cast<std::uint8_t>(exponent - bias);
      std::transform(weights.begin(), weights.end(), best.elements.begin(),
                     [&](float weight) { return nearest_e2m1_doubled(static_cast<double>(weight) * inverse); });
    }
  }
  return best;
}

Int4Scale nearest_int4_scale(double value) {
  SLUICE_CHECK(value > 0.0);
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  const auto mantissa = static_cast<std::int32_t>(std::nearbyint(fraction * 16.0));
  return mantissa == 16 ? Int4Scale{8, exponent - 3} : Int4Scale{mantissa, exponent - 4};
}

Int4Scale search_int4_scale(WeightBlock weights) {
  const double largest = largest_magnitude(weights);
  if (largest == 0.0) {
    return {};
  }
  Int4Scale best;
  Int4Scale previous;
  double least = std::numeric_limits<double>::infinity();
  for (const double factor : kInt4Factors) {
    const Int4Scale candidate = nearest_int4_scale(largest / kInt4Max * factor);
    if (candidate == previous) {
      continue;
    }
    previous = candidate;
    const double scale = value_of(candidate);
    const double error = squared_error(weights, [scale](double w) { return int4_element(w, scale) * scale; });
    if (error < least) {
      least = error;
      best = candidate;
    }
  }
  return least > 0.0 ? exact_int4_scale(weights, largest).value_or(best) : best;
}

std::int32_t int4_scale_bias(std::int32_t largest) { return largest - kInt4MaxExponent; }

QuantisedBlock quantise_int4(WeightBlock weights, Int4Scale scale, std::int32_t scale_bias) {
  QuantisedBlock block;
  if (scale.mantissa == 0) {
    return block;
  }
  if (scale.exponent < scale_bias) {
    scale = {8, scale_bias};
  }
  const std::int32_t exponent = scale.exponent - scale_bias;
  SLUICE_CHECK(exponent <= kInt4MaxExponent);
  block.scale = static_cast<std::uint8_t>((exponent << 3) | (scale.mantissa - 8));
  const double step = value_of(scale);
  std::transform(weights.begin(), weights.end(), block.elements.begin(), [step](float weight) {
    return static_cast<std::int16_t>(int4_element(static_cast<double>(weight), step));
  });
  return block;
}

std::array<double, kBlock> dequantise(Format format, const QuantisedBlock& block, std::int32_t scale_bias) {
  const std::int32_t exponent = static_cast<std::int32_t>(block_exponent(format, block.scale)) + scale_bias;
  const double step = std::ldexp(block_mantissa(format, block.scale), exponent);
  std::array<double, kBlock> values = {};
  std::transform(block.elements.begin(), block.elements.end(), values.begin(),
                 [step](std::int16_t element) { return element * step; });
  return values;
}

}  // namespace sluice::quant
