#include "host/quant/packed_matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <system_error>
#include <thread>

#include "host/base/check.hpp"

namespace sluice::quant {
namespace {

using device::Format;
using device::kLineBytes;

constexpr std::uint64_t kTileRows = 32;
constexpr std::uint64_t kBlocksPerGroup = 4;  // whose scales share one line
constexpr std::uint64_t kColumnsPerLine = 8;
constexpr std::uint64_t kHalf = kTileRows / 2;
constexpr std::uint64_t kThreadedWeights = 1U << 20U;  // below, a thread costs more than it saves

// Section 5 of docs/numerics.md: no row's sum reaches 2^47. A block's dot product times its mantissa is at most 32
// times the largest activation, element and mantissa; F shifts it; flooring never makes it larger in magnitude.
constexpr bool sum_is_bounded(Format format, std::int64_t activation, int shift) {
  const std::int64_t dot = std::int64_t{kBlock} * activation * max_element(format) * max_mantissa(format);
  return (dot << shift) * std::int64_t{device::kMaxColumns / kBlock} < std::int64_t{1} << 47;
}
static_assert(sum_is_bounded(Format::kMxInt8, 127, 16) && sum_is_bounded(Format::kInt4, 127, 16) &&
              sum_is_bounded(Format::kMxFp4, 127, 16) && sum_is_bounded(Format::kMxInt16, 16384, 0));

// Lines that the elements of one block of a row tile take.
std::uint64_t lines_per_block(Format format) {
  switch (format) {
    case Format::kInt4:
    case Format::kMxFp4:
      return 4;
    case Format::kMxInt8:
      return 8;
    case Format::kMxInt16:
      return 16;
  }
  SLUICE_CHECK(false && "unknown format");
  return 0;
}

std::uint64_t num_blocks(std::uint32_t columns) { return (columns + kBlock - 1) / kBlock; }

std::uint64_t tiles_per_group(const MatrixShape& shape) { return (shape.rows + kTileRows - 1) / kTileRows; }

std::uint64_t tile_bytes(Format format, std::uint32_t columns) {
  const std::uint64_t blocks = num_blocks(columns);
  const std::uint64_t scale_lines = (blocks + kBlocksPerGroup - 1) / kBlocksPerGroup;
  return (scale_lines + blocks * lines_per_block(format)) * kLineBytes;
}

// Where block `block` of a tile lies in it.
struct BlockPlace {
  std::uint64_t scales;    // byte of row 0's scale; row r's follows r bytes behind
  std::uint64_t elements;  // first byte of the element lines
};

BlockPlace place_of_block(Format format, std::uint64_t block) {
  const std::uint64_t lines = lines_per_block(format);
  const std::uint64_t within = block % kBlocksPerGroup;
  const std::uint64_t group_line = block / kBlocksPerGroup * (1 + kBlocksPerGroup * lines);
  return {group_line * kLineBytes + kTileRows * within, (group_line + 1 + within * lines) * kLineBytes};
}

// Byte of column `column` of row `row` behind the block's first element line, for the half of the tile that the row is
// in; `lines_per_half` lines hold a half's rows (0: both halves share their lines).
std::uint64_t element_byte(std::uint64_t row, std::uint64_t column, std::uint64_t lines_per_half) {
  const std::uint64_t line = row / kHalf * lines_per_half + column / kColumnsPerLine;
  return line * kLineBytes + 64 * (column % kColumnsPerLine / 4) + 4 * (row % kHalf) + column % 4;
}

constexpr std::uint64_t kPlaneLines = kBlock / kColumnsPerLine;

// E2M1 code without sign -> twice its value.
constexpr std::array<std::int16_t, 8> kE2m1Doubled{0, 1, 2, 3, 4, 6, 8, 12};

unsigned nibble_of(Format format, std::int16_t element) {
  if (format == Format::kInt4) {
    return static_cast<unsigned>(element) & 0xFU;
  }
  const auto magnitude = static_cast<std::int16_t>(std::abs(element));
  const auto* found = std::find(kE2m1Doubled.begin(), kE2m1Doubled.end(), magnitude);
  SLUICE_CHECK(found != kE2m1Doubled.end());
  return static_cast<unsigned>(found - kE2m1Doubled.begin()) | (element < 0 ? 8U : 0U);
}

std::int16_t element_of(Format format, unsigned nibble) {
  if (format == Format::kInt4) {
    return static_cast<std::int16_t>(nibble >= 8 ? static_cast<int>(nibble) - 16 : static_cast<int>(nibble));
  }
  const std::int16_t magnitude = kE2m1Doubled[nibble & 7U];
  return static_cast<std::int16_t>((nibble & 8U) != 0 ? -magnitude : magnitude);
}

// Writes one row's block into a tile of zeros.
void store_block(Format format, std::span<std::byte> tile, BlockPlace place, std::uint64_t row,
                 const QuantisedBlock& block) {
  tile[place.scales + row] = static_cast<std::byte>(block.scale);
  const std::span<std::byte> lines = tile.subspan(place.elements);
  for (std::uint64_t column = 0; column < kBlock; ++column) {
    const std::int16_t element = block.elements[column];
    if (format == Format::kMxInt8) {
      lines[element_byte(row, column, kPlaneLines)] = static_cast<std::byte>(element);
    } else if (format == Format::kMxInt16) {
      const int high = (element + 128) >> 8;
      const std::uint64_t byte = element_byte(row, column, 2 * kPlaneLines);
      lines[byte] = static_cast<std::byte>(high);
      lines[byte + kPlaneLines * kLineBytes] = static_cast<std::byte>(element - 256 * high);
    } else {
      lines[element_byte(row, column, 0)] |=
          static_cast<std::byte>(nibble_of(format, element) << (row < kHalf ? 0U : 4U));
    }
  }
}

QuantisedBlock load_block(Format format, std::span<const std::byte> tile, BlockPlace place, std::uint64_t row) {
  QuantisedBlock block;
  block.scale = static_cast<std::uint8_t>(tile[place.scales + row]);
  const std::span<const std::byte> lines = tile.subspan(place.elements);
  for (std::uint64_t column = 0; column < kBlock; ++column) {
    std::int16_t& element = block.elements[column];
    if (format == Format::kMxInt8) {
      element = static_cast<std::int8_t>(lines[element_byte(row, column, kPlaneLines)]);
    } else if (format == Format::kMxInt16) {
      const std::uint64_t byte = element_byte(row, column, 2 * kPlaneLines);
      element = static_cast<std::int16_t>(256 * static_cast<std::int8_t>(lines[byte]) +
                                          static_cast<std::int8_t>(lines[byte + kPlaneLines * kLineBytes]));
    } else {
      const auto pair = static_cast<unsigned>(lines[element_byte(row, column, 0)]);
      element = element_of(format, row < kHalf ? pair & 0xFU : pair >> 4U);
    }
  }
  return block;
}

// Calls work(first, last) for two halves of [0, count), in two threads if there is much to do. Returns the first half's
// error before the second's.
Status in_two_threads(std::uint64_t count, bool worth_it,
                      const std::function<Status(std::uint64_t, std::uint64_t)>& work) {
  if (!worth_it || count < 2) {
    return work(0, count);
  }
  const std::uint64_t middle = count / 2;
  Status second;
  std::thread helper;
  try {
    helper = std::thread([&] { second = work(middle, count); });
  } catch (const std::system_error&) {  // the system has no thread to give
    return work(0, count);
  }
  const Status first = work(0, middle);
  helper.join();
  return first.ok() ? second : first;
}

class Packer {
 public:
  Packer(Format format, const MatrixShape& shape, const RowSource& source)
      : format_(format), shape_(shape), source_(source), blocks_(num_blocks(shape.columns)) {}

  Result<PackedMatrix> run() {
    const bool large = shape_.num_weights() >= kThreadedWeights;
    PackedMatrix matrix{format_, shape_, 0, 0, {}, {}};
    if (format_ == Format::kInt4) {
      int4_scales_.resize(shape_.num_rows() * blocks_);
      SLUICE_RETURN_IF_ERROR(
          in_two_threads(shape_.num_rows(), large, [&](auto first, auto last) { return search(first, last); }));
      scale_bias_ = bias_of_scales();
    } else {
      scale_bias_ = fixed_scale_bias(format_);
    }
    std::vector<std::byte> data(packed_bytes(format_, shape_));
    const std::uint64_t tiles = tiles_per_group(shape_) * shape_.groups;
    SLUICE_RETURN_IF_ERROR(
        in_two_threads(tiles, large, [&](auto first, auto last) { return pack_tiles(data, first, last); }));
    matrix.data = SharedBytes(std::move(data));
    matrix.scale_bias = scale_bias_;
    matrix.scale_max = largest_block_exponent(matrix);
    return matrix;
  }

  static std::uint32_t largest_block_exponent(const PackedMatrix& matrix);

 private:
  // A row with zeros behind it up to a multiple of 32.
  std::vector<float> row_buffer() const { return std::vector<float>(blocks_ * kBlock); }

  static WeightBlock block_of(const std::vector<float>& row, std::uint64_t block) {
    return WeightBlock(row.data() + block * kBlock, kBlock);
  }

  Status search(std::uint64_t first_row, std::uint64_t last_row) {
    std::vector<float> buffer = row_buffer();
    for (std::uint64_t row = first_row; row < last_row; ++row) {
      SLUICE_RETURN_IF_ERROR(source_(row, std::span(buffer).first(shape_.columns)));
      for (std::uint64_t block = 0; block < blocks_; ++block) {
        int4_scales_[row * blocks_ + block] = search_int4_scale(block_of(buffer, block));
      }
    }
    return {};
  }

  std::int32_t bias_of_scales() const {
    std::int32_t largest = std::numeric_limits<std::int32_t>::min();
    for (const Int4Scale& scale : int4_scales_) {
      largest = scale.mantissa == 0 ? largest : std::max(largest, scale.exponent);
    }
    return largest == std::numeric_limits<std::int32_t>::min() ? 0 : int4_scale_bias(largest);
  }

  QuantisedBlock quantise(WeightBlock weights, std::uint64_t row, std::uint64_t block) const {
    switch (format_) {
      case Format::kMxInt8:
        return quantise_mxint8(weights);
      case Format::kMxFp4:
        return quantise_mxfp4(weights);
      case Format::kMxInt16:
        return quantise_mxint16(weights);
      case Format::kInt4:
        break;
    }
    return quantise_int4(weights, int4_scales_[row * blocks_ + block], scale_bias_);
  }

  Status pack_tiles(std::span<std::byte> data, std::uint64_t first_tile, std::uint64_t last_tile) const {
    std::vector<float> buffer = row_buffer();
    const std::uint64_t bytes = tile_bytes(format_, shape_.columns);
    const std::uint64_t tiles = tiles_per_group(shape_);
    for (std::uint64_t tile = first_tile; tile < last_tile; ++tile) {
      const std::uint64_t first_row = tile % tiles * kTileRows;
      const std::uint64_t rows = std::min(kTileRows, shape_.rows - first_row);
      const std::span<std::byte> out = data.subspan(tile * bytes, bytes);
      for (std::uint64_t r = 0; r < rows; ++r) {
        const std::uint64_t row = tile / tiles * shape_.rows + first_row + r;
        SLUICE_RETURN_IF_ERROR(source_(row, std::span(buffer).first(shape_.columns)));
        for (std::uint64_t block = 0; block < blocks_; ++block) {
          store_block(format_, out, place_of_block(format_, block), r, quantise(block_of(buffer, block), row, block));
        }
      }
    }
    return {};
  }

  Format format_;
  const MatrixShape& shape_;
  const RowSource& source_;
  std::uint64_t blocks_;
  std::int32_t scale_bias_ = 0;
  std::vector<Int4Scale> int4_scales_;  // [groups * rows, blocks]
};

// Calls visit(scale byte) for every row and block, padding included.
template <typename Visit>
void for_each_scale(const PackedMatrix& matrix, Visit visit) {
  const std::uint64_t bytes = tile_bytes(matrix.format, matrix.shape.columns);
  const std::span<const std::byte> data = matrix.data.span();
  for (std::uint64_t tile = 0; tile < data.size(); tile += bytes) {
    for (std::uint64_t block = 0; block < num_blocks(matrix.shape.columns); ++block) {
      const std::uint64_t first = tile + place_of_block(matrix.format, block).scales;
      for (const std::byte scale : data.subspan(first, kTileRows)) {
        visit(static_cast<std::uint8_t>(scale));
      }
    }
  }
}

std::uint32_t Packer::largest_block_exponent(const PackedMatrix& matrix) {
  std::uint32_t largest = 0;
  for_each_scale(matrix,
                 [&](std::uint8_t scale) { largest = std::max(largest, block_exponent(matrix.format, scale)); });
  return largest;
}

// Calls visit(row of [groups * rows], block, QuantisedBlock) in row-major order.
template <typename Visit>
void for_each_block(const PackedMatrix& matrix, Visit visit) {
  const MatrixShape& shape = matrix.shape;
  const std::uint64_t bytes = tile_bytes(matrix.format, shape.columns);
  for (std::uint64_t row = 0; row < shape.num_rows(); ++row) {
    const std::uint64_t in_group = row % shape.rows;
    const std::uint64_t tile = row / shape.rows * tiles_per_group(shape) + in_group / kTileRows;
    for (std::uint64_t block = 0; block < num_blocks(shape.columns); ++block) {
      visit(row, block,
            load_block(matrix.format, matrix.data.span().subspan(tile * bytes, bytes),
                       place_of_block(matrix.format, block), in_group % kTileRows));
    }
  }
}

}  // namespace

Status check_shape(const MatrixShape& shape, std::string_view name) {
  const auto unsupported = [&](std::string_view what) {
    return Error(ErrorCode::kUnsupported, fmt::format("tensor {}: {} x {} x {} (groups, rows, columns): {}", name,
                                                      shape.groups, shape.rows, shape.columns, what));
  };
  if (shape.rows == 0 || shape.columns == 0 || shape.groups == 0) {
    return unsupported("a matrix needs at least one weight");
  }
  if (shape.columns > device::kMaxColumns) {
    return unsupported(fmt::format("devices take at most {} columns", device::kMaxColumns));
  }
  if (shape.groups > 1 && (shape.rows % kTileRows != 0 || shape.columns % kBlock != 0)) {
    return unsupported("in a grouped linear, rows and columns must be multiples of 32");
  }
  return {};
}

std::uint64_t packed_bytes(Format format, const MatrixShape& shape) {
  return tiles_per_group(shape) * shape.groups * tile_bytes(format, shape.columns);
}

Result<PackedMatrix> pack(Format format, const MatrixShape& shape, const RowSource& source, std::string_view name) {
  SLUICE_RETURN_IF_ERROR(check_shape(shape, name));
  return Packer(format, shape, source).run();
}

Result<PackedMatrix> pack(Format format, const MatrixShape& shape, std::span<const float> weights,
                          std::string_view name) {
  SLUICE_CHECK(weights.size() == shape.num_weights());
  SLUICE_RETURN_IF_ERROR(check_weights(weights, name));
  const RowSource source = [&](std::uint64_t row, std::span<float> out) -> Status {
    std::ranges::copy(weights.subspan(row * shape.columns, shape.columns), out.begin());
    return {};
  };
  return pack(format, shape, source, name);
}

UnpackedMatrix unpack(const PackedMatrix& matrix) {
  UnpackedMatrix result;
  const std::uint32_t columns = matrix.shape.columns;
  for_each_block(matrix, [&](std::uint64_t, std::uint64_t block, const QuantisedBlock& quantised) {
    const auto count = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(kBlock, columns - block * kBlock));
    result.elements.insert(result.elements.end(), quantised.elements.begin(), quantised.elements.begin() + count);
    result.scales.push_back(quantised.scale);
  });
  return result;
}

std::vector<double> dequantise(const PackedMatrix& matrix) {
  std::vector<double> values;
  const std::uint32_t columns = matrix.shape.columns;
  for_each_block(matrix, [&](std::uint64_t, std::uint64_t block, const QuantisedBlock& quantised) {
    const auto count = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(kBlock, columns - block * kBlock));
    const std::array<double, kBlock> all = dequantise(matrix.format, quantised, matrix.scale_bias);
    values.insert(values.end(), all.begin(), all.begin() + count);
  });
  return values;
}

bool scales_are_valid(const PackedMatrix& matrix) {
  constexpr std::uint8_t kNan = 255;  // in E8M0
  const bool is_int4 = matrix.format == Format::kInt4;
  constexpr std::int32_t kMinBias = -1024;
  constexpr std::int32_t kMaxBias = 1023;
  if (matrix.scale_max > max_block_exponent(matrix.format) ||
      (is_int4 ? matrix.scale_bias < kMinBias || matrix.scale_bias > kMaxBias
               : matrix.scale_bias != fixed_scale_bias(matrix.format))) {
    return false;
  }
  bool valid = true;
  for_each_scale(matrix, [&](std::uint8_t scale) {
    valid = valid && block_exponent(matrix.format, scale) <= matrix.scale_max && (is_int4 || scale != kNan);
  });
  return valid;
}

}  // namespace sluice::quant
