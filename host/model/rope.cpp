#include "host/model/rope.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "host/base/check.hpp"

namespace sluice {
namespace {

// YaRN's growth of attention's magnitude with the extension of the context.
double magnitude_scale(double factor, double mscale) {
  return factor <= 1.0 ? 1.0 : 0.1 * mscale * std::log(factor) + 1.0;
}

// The dimension whose pair turns `rotations` times over `max_position` tokens (not a whole number).
double correction_dim(double rotations, double dims, double theta, double max_position) {
  return dims * std::log(max_position / (rotations * 2.0 * std::numbers::pi)) / (2.0 * std::log(theta));
}

double yarn_attention_factor(const RopeConfig& rope) {
  if (rope.attention_factor) {
    return *rope.attention_factor;
  }
  if (rope.mscale > 0.0 && rope.mscale_all_dim > 0.0) {
    return magnitude_scale(rope.factor, rope.mscale) / magnitude_scale(rope.factor, rope.mscale_all_dim);
  }
  return magnitude_scale(rope.factor, 1.0);
}

// Slow pairs (large index) are interpolated, fast ones kept, with a linear ramp between.
void apply_yarn(const RopeConfig& rope, double dims, std::vector<double>& inverse_frequencies) {
  const auto original = static_cast<double>(rope.original_max_position);
  double low = correction_dim(rope.beta_fast, dims, rope.theta, original);
  double high = correction_dim(rope.beta_slow, dims, rope.theta, original);
  if (rope.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, dims - 1.0);
  if (low == high) {
    high += 0.001;  // as the reference: no division by zero
  }
  for (std::size_t pair = 0; pair < inverse_frequencies.size(); ++pair) {
    const double ramp = std::clamp((static_cast<double>(pair) - low) / (high - low), 0.0, 1.0);
    const double kept = inverse_frequencies[pair];
    inverse_frequencies[pair] = kept / rope.factor * ramp + kept * (1.0 - ramp);
  }
}

}  // namespace

RopeFrequencies rope_frequencies(const RopeConfig& rope, std::int64_t rope_dims) {
  SLUICE_CHECK(rope_dims > 0 && rope_dims % 2 == 0);
  const auto dims = static_cast<double>(rope_dims);
  RopeFrequencies result;
  for (std::int64_t dim = 0; dim < rope_dims; dim += 2) {
    result.inverse_frequencies.push_back(1.0 / std::pow(rope.theta, static_cast<double>(dim) / dims));
  }
  if (rope.type == RopeType::kYarn) {
    apply_yarn(rope, dims, result.inverse_frequencies);
    result.attention_factor = yarn_attention_factor(rope);
  }
  return result;
}

double mla_softmax_scale(const MlaConfig& mla, const RopeConfig& rope) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(mla.qk_head_dim()));
  if (rope.type == RopeType::kDefault || !(rope.mscale_all_dim > 0.0)) {
    return scale;
  }
  const double magnitude = magnitude_scale(rope.factor, rope.mscale_all_dim);
  return scale * magnitude * magnitude;
}

}  // namespace sluice
