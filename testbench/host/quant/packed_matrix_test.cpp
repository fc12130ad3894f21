#include "host/quant/packed_matrix.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

namespace sluice::quant {
namespace {

using device::Format;

constexpr std::array<Format, 4> kFormats{Format::kMxInt8, Format::kInt4, Format::kMxFp4, Format::kMxInt16};

std::vector<float> random_weights(const MatrixShape& shape, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal(0.0F, 0.02F);
  std::vector<float> weights(shape.num_weights());
  for (float& weight : weights) {
    weight = normal(random) * std::exp2(normal(random) * 100.0F);
  }
  return weights;
}

PackedMatrix packed(Format format, const MatrixShape& shape, std::span<const float> weights) {
  auto result = pack(format, shape, weights, "w");
  REQUIRE(result.ok());
  return std::move(result).value();
}

// The layout of docs/device.md written as a walk over the bytes in their order, apart from the code under test.
class LayoutWalk {
 public:
  LayoutWalk(const PackedMatrix& matrix, const UnpackedMatrix& expected)
      : matrix_(matrix), expected_(expected), blocks_((matrix.shape.columns + 31) / 32) {}

  // The bytes that the layout asks for.
  std::vector<std::uint8_t> bytes() {
    const MatrixShape& shape = matrix_.shape;
    for (std::uint64_t group = 0; group < shape.groups; ++group) {
      for (std::uint64_t row = 0; row < shape.rows; row += 32) {
        tile(group, row);
      }
    }
    return std::move(bytes_);
  }

 private:
  [[nodiscard]] int element(std::uint64_t group, std::uint64_t row, std::uint64_t column) const {
    const MatrixShape& shape = matrix_.shape;
    if (row >= shape.rows || column >= shape.columns) {
      return 0;
    }
    return expected_.elements[(group * shape.rows + row) * shape.columns + column];
  }
  [[nodiscard]] int scale(std::uint64_t group, std::uint64_t row, std::uint64_t block) const {
    const bool outside = row >= matrix_.shape.rows || block >= blocks_;
    return outside ? 0 : expected_.scales[(group * matrix_.shape.rows + row) * blocks_ + block];
  }

  void tile(std::uint64_t group, std::uint64_t row) {
    for (std::uint64_t first = 0; first < blocks_; first += 4) {
      for (std::uint64_t j = 0; j < 4; ++j) {
        for (std::uint64_t r = 0; r < 32; ++r) {
          bytes_.push_back(static_cast<std::uint8_t>(scale(group, row + r, first + j)));
        }
      }
      for (std::uint64_t block = first; block < std::min(first + 4, blocks_); ++block) {
        elements(group, row, block * 32);
      }
    }
  }

  // Appends one line: columns 8 k .. 8 k + 7, 16 rows from `row`; `byte_of(row, column)` gives each byte.
  template <typename ByteOf>
  void line(std::uint64_t row, std::uint64_t column, ByteOf byte_of) {
    for (std::uint64_t a = 0; a < 2; ++a) {
      for (std::uint64_t r = 0; r < 16; ++r) {
        for (std::uint64_t b = 0; b < 4; ++b) {
          bytes_.push_back(static_cast<std::uint8_t>(byte_of(row + r, column + 4 * a + b)));
        }
      }
    }
  }

  void elements(std::uint64_t group, std::uint64_t row, std::uint64_t column) {
    const auto whole = [&](std::uint64_t r, std::uint64_t c) { return element(group, r, c); };
    const auto high = [&](std::uint64_t r, std::uint64_t c) {
      return static_cast<int>(std::floor((element(group, r, c) + 128) / 256.0));
    };
    const auto low = [&](std::uint64_t r, std::uint64_t c) { return element(group, r, c) - 256 * high(r, c); };
    const auto pair = [&](std::uint64_t r, std::uint64_t c) {
      return nibble(element(group, r, c)) + 16 * nibble(element(group, r + 16, c));
    };
    const bool is_pair = matrix_.format == Format::kInt4 || matrix_.format == Format::kMxFp4;
    for (std::uint64_t half = 0; half < (is_pair ? 1 : 2); ++half) {
      for (std::uint64_t plane = 0; plane < (matrix_.format == Format::kMxInt16 ? 2 : 1); ++plane) {
        for (std::uint64_t k = 0; k < 4; ++k) {
          if (is_pair) {
            line(row, column + 8 * k, pair);
          } else if (matrix_.format == Format::kMxInt8) {
            line(row + 16 * half, column + 8 * k, whole);
          } else if (plane == 0) {
            line(row + 16 * half, column + 8 * k, high);
          } else {
            line(row + 16 * half, column + 8 * k, low);
          }
        }
      }
    }
  }

  [[nodiscard]] int nibble(int w) const {
    if (matrix_.format == Format::kInt4) {
      return w & 15;
    }
    // E2M1: sign, exponent with bias 1, mantissa; exponent 0 is subnormal.
    for (int code = 0; code < 16; ++code) {
      const int exponent = (code >> 1) & 3;
      const double magnitude = exponent == 0 ? 0.5 * (code & 1) : std::ldexp(1.0 + 0.5 * (code & 1), exponent - 1);
      if (w == 2.0 * ((code & 8) != 0 ? -magnitude : magnitude)) {
        return code;
      }
    }
    return -1;
  }

  const PackedMatrix& matrix_;
  const UnpackedMatrix& expected_;
  std::uint64_t blocks_;
  std::vector<std::uint8_t> bytes_;
};

// What the formats' functions give block by block, apart from packing.
UnpackedMatrix quantise_all(Format format, const MatrixShape& shape, std::span<const float> weights,
                            std::int32_t bias) {
  UnpackedMatrix result;
  for (std::uint64_t row = 0; row < shape.num_rows(); ++row) {
    for (std::uint64_t first = 0; first < shape.columns; first += kBlock) {
      const std::uint64_t count = std::min<std::uint64_t>(kBlock, shape.columns - first);
      std::array<float, kBlock> block = {};
      std::ranges::copy(weights.subspan(row * shape.columns + first, count), block.begin());
      const QuantisedBlock q = format == Format::kMxInt8    ? quantise_mxint8(block)
                               : format == Format::kMxFp4   ? quantise_mxfp4(block)
                               : format == Format::kMxInt16 ? quantise_mxint16(block)
                                                            : quantise_int4(block, search_int4_scale(block), bias);
      result.elements.insert(result.elements.end(), q.elements.begin(),
                             q.elements.begin() + static_cast<std::ptrdiff_t>(count));
      result.scales.push_back(q.scale);
    }
  }
  return result;
}

}  // namespace

TEST_CASE("every byte of a packed matrix lies where docs/device.md says", "[quant]") {
  const std::vector<MatrixShape> shapes{{32, 32, 1}, {32, 128, 1}, {64, 160, 1}, {40, 96, 1}, {1, 1, 1},
                                        {70, 50, 1}, {32, 64, 3},  {64, 288, 2}, {33, 300, 1}};
  for (const Format format : kFormats) {
    for (const MatrixShape& shape : shapes) {
      CAPTURE(format_name(format), shape.rows, shape.columns, shape.groups);
      const std::vector<float> weights = random_weights(shape, 7 + shape.num_weights());
      const PackedMatrix matrix = packed(format, shape, weights);
      const UnpackedMatrix expected = quantise_all(format, shape, weights, matrix.scale_bias);
      const std::vector<std::uint8_t> bytes = LayoutWalk(matrix, expected).bytes();
      REQUIRE(matrix.data.size() == bytes.size());
      REQUIRE(packed_bytes(format, shape) == bytes.size());
      CHECK(std::equal(bytes.begin(), bytes.end(), matrix.data.span().begin(),
                       [](std::uint8_t a, std::byte b) { return std::byte{a} == b; }));
      CHECK(unpack(matrix) == expected);
    }
  }
}

TEST_CASE("the extremes of every format survive packing", "[quant]") {
  for (const Format format : kFormats) {
    std::vector<float> weights(32 * 32, 0.0F);
    const auto limit = static_cast<float>(format == Format::kInt4 ? 7 : max_element(format));
    for (std::size_t i = 0; i < weights.size(); ++i) {
      weights[i] = i % 32 == 0 ? limit : std::remainder(static_cast<float>(i) * 37.0F, 2.0F * limit);
    }
    const PackedMatrix matrix = packed(format, {32, 32, 1}, weights);
    CHECK(unpack(matrix) == quantise_all(format, {32, 32, 1}, weights, matrix.scale_bias));
  }
}

TEST_CASE("W is the largest block exponent and c lets every scale fit", "[quant]") {
  const MatrixShape shape{48, 96, 1};
  std::vector<float> weights = random_weights(shape, 5);
  for (std::size_t i = 0; i < 32; ++i) {
    weights[i] *= 0x1p30F;                                      // one large block
    weights[static_cast<std::size_t>(96 * 5) + i] *= 0x1p-40F;  // one that no common exponent range holds
  }
  for (const Format format : kFormats) {
    CAPTURE(format_name(format));
    const PackedMatrix matrix = packed(format, shape, weights);
    std::uint32_t largest = 0;
    const UnpackedMatrix unpacked = unpack(matrix);
    for (const std::uint8_t scale : unpacked.scales) {
      largest = std::max(largest, block_exponent(format, scale));
    }
    CHECK(matrix.scale_max == largest);
    CHECK(matrix.scale_max <= max_block_exponent(format));
    CHECK(scales_are_valid(matrix));
    if (format == Format::kInt4) {
      CHECK(matrix.scale_max == 31);
      CHECK(unpacked.scales[5 * 3] == 0);
      CHECK(matrix.scale_bias >= -1024);
      CHECK(matrix.scale_bias <= 1023);
    } else {
      CHECK(matrix.scale_bias == fixed_scale_bias(format));
    }
    PackedMatrix wrong = matrix;
    wrong.scale_max -= 1;
    CHECK_FALSE(scales_are_valid(wrong));
    wrong = matrix;
    wrong.scale_bias = 1024;
    CHECK_FALSE(scales_are_valid(wrong));
  }
}

TEST_CASE("a matrix of zeros packs to zeros", "[quant]") {
  for (const Format format : kFormats) {
    const std::vector<float> weights(64 * 64, 0.0F);
    const PackedMatrix matrix = packed(format, {64, 64, 1}, weights);
    CHECK(matrix.scale_max == 0);
    CHECK(std::ranges::all_of(matrix.data.span(), [](std::byte byte) { return byte == std::byte{0}; }));
  }
}

TEST_CASE("dequantised weights are near the weights that were packed", "[quant]") {
  const MatrixShape shape{64, 256, 2};
  const std::vector<float> weights = random_weights(shape, 11);
  const std::array<double, 4> limits{0.02, 0.13, 0.15, 0.0001};  // relative RMS error, in the order of kFormats
  for (std::size_t f = 0; f < kFormats.size(); ++f) {
    const std::vector<double> values = dequantise(packed(kFormats[f], shape, weights));
    REQUIRE(values.size() == weights.size());
    double error = 0.0;
    double energy = 0.0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const auto weight = static_cast<double>(weights[i]);
      error += (values[i] - weight) * (values[i] - weight);
      energy += weight * weight;
    }
    CAPTURE(format_name(kFormats[f]), std::sqrt(error / energy));
    CHECK(std::sqrt(error / energy) < limits[f]);
  }
}

TEST_CASE("two threads pack the same bytes as one and stop at the first error", "[quant]") {
  const MatrixShape whole{1024, 1056, 1};
  const std::vector<float> weights = random_weights(whole, 3);
  const PackedMatrix threaded = packed(Format::kMxInt8, whole, weights);
  const PackedMatrix half = packed(Format::kMxInt8, {512, 1056, 1}, std::span(weights).first(512 * 1056));
  REQUIRE(threaded.data.size() == 2 * half.data.size());
  CHECK(std::ranges::equal(threaded.data.span().first(half.data.size()), half.data.span()));

  const RowSource failing = [](std::uint64_t row, std::span<float> out) -> Status {
    std::ranges::fill(out, 1.0F);
    return row == 100 || row == 900 ? Status(Error(ErrorCode::kIo, std::to_string(row))) : Status();
  };
  for (const Format format : {Format::kMxInt8, Format::kInt4}) {
    const auto result = pack(format, whole, failing, "w");
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().message() == "100");
  }
}

TEST_CASE("shapes that no device takes are refused by name", "[quant]") {
  CHECK(check_shape({1, device::kMaxColumns, 1}, "w").ok());
  for (const MatrixShape& shape : std::vector<MatrixShape>{
           {1, device::kMaxColumns + 1, 1}, {0, 32, 1}, {32, 0, 1}, {32, 32, 0}, {33, 32, 2}, {32, 31, 2}}) {
    const Status status = check_shape(shape, "some.weight");
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code() == ErrorCode::kUnsupported);
    CHECK(status.error().message().find("tensor some.weight: ") == 0);
  }
}

}  // namespace sluice::quant
