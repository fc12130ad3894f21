// The weight formats of the numerics contract (docs/numerics.md, section 4), one block of 32 weights at a time.
//
// Purpose: float blocks to integers and one scale byte, and back. This is the only arithmetic of the project in
// floating
//   point; what it makes is data. It is IEEE double throughout, without contraction, sums in one fixed order, rounding
//   to nearest with ties to even: every machine makes the same bytes.
// Ownership, threading: plain functions and values.
// Errors: weights must have passed check_weights(); other weights are a broken invariant.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "host/base/result.hpp"
#include "host/device/command.hpp"

namespace sluice::quant {

inline constexpr std::size_t kBlock = device::kBlock;

// Larger weights are refused: no model has them, and the scales of all formats reach this far.
inline constexpr float kMaxWeight = 0x1p100F;

using WeightBlock = std::span<const float, kBlock>;

struct QuantisedBlock {
  std::array<std::int16_t, kBlock> elements = {};  // the integers w of section 4 (MXFP4: twice the E2M1 value)
  std::uint8_t scale = 0;                          // S

  bool operator==(const QuantisedBlock&) const = default;
};

// "MXINT8", "INT4", "MXFP4", "MXINT16"
std::string_view format_name(device::Format format);

// Largest |w|, largest mantissa mu and largest block exponent w_b that the format has.
constexpr std::int32_t max_element(device::Format format) {
  constexpr std::array<std::int32_t, 4> kMax{127, 8, 12, 127 * 256 + 127};
  return kMax[static_cast<std::size_t>(format)];
}
constexpr std::int32_t max_mantissa(device::Format format) { return format == device::Format::kInt4 ? 15 : 1; }
constexpr std::uint32_t max_block_exponent(device::Format format) {
  return format == device::Format::kInt4 ? 31 : 254;  // 255 is NaN in E8M0
}
// c of the formats whose c is fixed: all but INT4.
std::int32_t fixed_scale_bias(device::Format format);

// w_b and mu of a scale byte.
std::uint32_t block_exponent(device::Format format, std::uint8_t scale);
std::int32_t block_mantissa(device::Format format, std::uint8_t scale);

// Fails, naming `name` and the index, unless every weight is finite and at most kMaxWeight. `weights` are those of the
// tensor from index `first` on.
Status check_weights(std::span<const float> weights, std::string_view name, std::uint64_t first = 0);

// Smallest scale with which no element passes the limit. Errors are at most half a step, except where the block is too
// small for S = 0.
QuantisedBlock quantise_mxint8(WeightBlock weights);
QuantisedBlock quantise_mxint16(WeightBlock weights);

// The scale that OCP's rule gives, or one step more or less, whichever has the least squared error (the first of them
// on a tie).
QuantisedBlock quantise_mxfp4(WeightBlock weights);

// An INT4 scale before the tensor's bias is known: mantissa * 2^exponent, mantissa 8..15.
struct Int4Scale {
  std::int32_t mantissa = 0;  // 0: the block is all zero and has no scale
  std::int32_t exponent = 0;

  bool operator==(const Int4Scale&) const = default;
};

// The nearest scale to a value > 0.
Int4Scale nearest_int4_scale(double value);

// Least squared error over the scales nearest to max |w| / 7 times 1.15, 1.05, 1.0, 0.95 ... 0.6; the first on a tie.
// Where none of them is without error, a scale that is, if the format has one.
Int4Scale search_int4_scale(WeightBlock weights);

// The bias c of a tensor whose largest block has the exponent `largest`: that block gets the exponent 31, the most that
// 5 bits hold.
std::int32_t int4_scale_bias(std::int32_t largest);

// The block with a found scale. A scale too small for the bias becomes the smallest, S = 0.
QuantisedBlock quantise_int4(WeightBlock weights, Int4Scale scale, std::int32_t scale_bias);

// The value of each element: w * mu * 2^(w_b + c).
std::array<double, kBlock> dequantise(device::Format format, const QuantisedBlock& block, std::int32_t scale_bias);

}  // namespace sluice::quant
