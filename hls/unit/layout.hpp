// Where the parts of a vector lie in vector memory (docs/device.md, 'Layouts in vector memory').
#pragma once

#include <cstdint>

#include "host/device/command.hpp"

namespace sluice::hls {

constexpr std::uint64_t ceil_div(std::uint64_t x, std::uint64_t unit) { return (x + unit - 1) / unit; }

constexpr std::uint64_t vector_data_lines(std::uint64_t elements) { return ceil_div(elements, 32); }
constexpr std::uint64_t vector_lines(std::uint64_t elements) { return 1 + vector_data_lines(elements); }

constexpr std::uint64_t delta_lines(std::uint64_t elements) { return ceil_div(ceil_div(elements, 32), 128); }
constexpr std::uint64_t plane_lines(std::uint64_t elements) { return ceil_div(elements, 128); }
constexpr std::uint64_t q8_lines(std::uint64_t elements) { return 1 + delta_lines(elements) + plane_lines(elements); }
constexpr std::uint64_t q16_lines(std::uint64_t elements) { return q8_lines(elements) + plane_lines(elements); }

// Bytes of a stored matrix: rows and columns of a group, padded to 32.
constexpr std::uint64_t matrix_lines(std::uint64_t rows, std::uint64_t columns, std::uint64_t groups,
                                     device::Format format) {
  const std::uint64_t blocks = ceil_div(columns, 32);
  const std::uint64_t per_block = format == device::Format::kMxInt8 ? 8 : (format == device::Format::kMxInt16 ? 16 : 4);
  return groups * ceil_div(rows, 32) * (ceil_div(blocks, 4) + blocks * per_block);
}

}  // namespace sluice::hls
