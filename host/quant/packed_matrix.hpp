// A weight matrix in the layout that every device reads (docs/device.md, 'Weight layout').
//
// Purpose: float rows to tiles of quantised blocks, and tiles back to integers for tests and tools.
// Ownership: a PackedMatrix shares its bytes (shared_bytes.hpp). Threading: pack() uses two threads for large matrices
//   and gives the same bytes as with one; everything else is plain functions.
// Errors: a weight that is not finite is kInvalidInput, a shape that devices do not take kUnsupported; both name the
//   tensor.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "host/base/result.hpp"
#include "host/quant/constants.hpp"
#include "host/quant/formats.hpp"
#include "host/quant/shared_bytes.hpp"

namespace sluice::quant {

// A grouped linear's matrix: `groups` matrices of [rows, columns], one behind the other. A plain matrix has one group.
struct MatrixShape {
  std::uint32_t rows = 0;  // of a group
  std::uint32_t columns = 0;
  std::uint32_t groups = 1;

  [[nodiscard]] std::uint64_t num_rows() const { return std::uint64_t{rows} * groups; }
  [[nodiscard]] std::uint64_t num_weights() const { return num_rows() * columns; }
  bool operator==(const MatrixShape&) const = default;
};

struct PackedMatrix {
  device::Format format = device::Format::kMxInt8;
  MatrixShape shape;            // as used; the data is padded to multiples of 32
  std::uint32_t scale_max = 0;  // W, the largest block exponent
  std::int32_t scale_bias = 0;  // c
  SharedBytes data;             // packed_bytes(format, shape) bytes
  std::optional<Bias> bias;     // [groups * rows], added to the product

  bool operator==(const PackedMatrix&) const = default;
};

// Whether devices take such a matrix: 1..kMaxColumns columns (the bound of 2^47 on a row's sum), at least one row, and
// whole tiles where there are several groups. `name` is for the message.
Status check_shape(const MatrixShape& shape, std::string_view name);

// Bytes of the packed matrix, a multiple of device::kLineBytes. The shape must have passed check_shape().
std::uint64_t packed_bytes(device::Format format, const MatrixShape& shape);

// Fills `out` with the shape.columns weights of row `row` of [groups * rows]; they must pass check_weights(). It may be
// called from two threads, and twice for a row.
using RowSource = std::function<Status(std::uint64_t row, std::span<float> out)>;

// Quantises and packs. Holds the result and a few rows in memory. The first error in the order of rows is returned.
Result<PackedMatrix> pack(device::Format format, const MatrixShape& shape, const RowSource& source,
                          std::string_view name);

// The same from row-major weights [groups * rows, columns]; errors name the tensor as `name`.
Result<PackedMatrix> pack(device::Format format, const MatrixShape& shape, std::span<const float> weights,
                          std::string_view name);

// The integers of a packed matrix, without its padding.
struct UnpackedMatrix {
  std::vector<std::int16_t> elements;  // w: [groups * rows, columns]
  std::vector<std::uint8_t> scales;    // S: [groups * rows, ceil(columns / 32)]

  bool operator==(const UnpackedMatrix&) const = default;
};
UnpackedMatrix unpack(const PackedMatrix& matrix);

// The values that the packed weights stand for: [groups * rows, columns].
std::vector<double> dequantise(const PackedMatrix& matrix);

// Whether the scale bytes of a matrix that was read from a file are such that no block exponent passes scale_max, and
// scale_max and scale_bias are within the command's ranges. Devices rely on it. Reads all scale lines.
bool scales_are_valid(const PackedMatrix& matrix);

}  // namespace sluice::quant
