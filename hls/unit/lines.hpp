// Vectors to and from lines of vector memory (docs/device.md), for the unit commands and the software device.
#pragma once

#include <cstring>
#include <span>
#include <vector>

#include "hls/unit/unit.hpp"
#include "hls/vector/fixed.hpp"
#include "host/device/command.hpp"

namespace sluice::hls {

using device::ceil_div;
using device::delta_lines;
using device::plane_lines;
using device::q16_lines;
using device::q8_lines;
using device::vector_data_lines;
using device::vector_lines;

// A vector outside of vector memory: mantissas and exponent.
struct VectorValue {
  std::vector<i32> m;
  i32 e = kZeroExponent;
};

// A quantised vector outside of vector memory; low is empty for q8.
struct QuantisedValue {
  std::vector<i8> high;          // [elements, rounded up to 128]
  std::vector<i8> low;           // the same, q16 only
  std::vector<u8> delta;         // [blocks, rounded up to 128]
  i32 exponent = kZeroExponent;  // A
  u32 elements = 0;
};

// normalise() into a value.
[[nodiscard]] VectorValue make_vector(std::span<const i64> sums, i64 exponent);

// The value of `elements` mantissas that start at the first byte of `data`, under the exponent in `header`. Mantissas
// and exponents that no operation makes (a host can import anything) are limited to the contract's range.
[[nodiscard]] VectorValue vector_from_lines(const Line& header, std::span<const Line> data, std::size_t elements);

[[nodiscard]] std::vector<Line> lines_of_vector(const VectorValue& value);

// Section 3 of numerics.md.
[[nodiscard]] QuantisedValue quantise(const VectorValue& value, bool wide);

[[nodiscard]] std::vector<Line> lines_of_quantised(const QuantisedValue& value);

// The reverse of lines_of_quantised().
[[nodiscard]] QuantisedValue quantised_from_lines(std::span<const Line> lines, u32 elements, bool wide);

inline u32 word_of(const Line& line, std::size_t index) {
  u32 word;
  std::memcpy(&word, line.data() + 4 * index, 4);
  return word;
}
inline void set_word(Line& line, std::size_t index, u32 word) { std::memcpy(line.data() + 4 * index, &word, 4); }

}  // namespace sluice::hls
