// The linear operation as docs/numerics.md, section 5, states it, and the layouts of docs/device.md, for tests.
//
// Purpose: random linears and their exact results, written straight from the documents, independent of the RTL's
//   structure. Ownership: plain values. Threading: none. Errors: none; callers give legal shapes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace sluice::test {

using Line = std::array<std::uint32_t, 32>;

enum class Format : unsigned { kMxInt8 = 0, kInt4 = 1, kMxFp4 = 2, kMxInt16 = 3 };

inline constexpr std::int64_t kEmptyExponent = -16384;  // E0

struct Shape {
  Format format = Format::kInt4;
  unsigned groups = 1;
  unsigned rows = 32;   // a group; a multiple of 32 where groups > 1
  unsigned blocks = 1;  // of 32 columns, a group
  unsigned block_offset = 0;
  unsigned block_stride = 0;
  unsigned input_elements = 32;

  unsigned row_tiles() const { return (rows + 31) / 32; }
  unsigned input_blocks() const { return (input_elements + 31) / 32; }
};

// One weight matrix with its parameters; rows are padded to whole tiles with zeros.
struct Matrix {
  Shape shape;
  int scale_max = 0;                 // W
  int scale_bias = 0;                // c
  std::vector<int> weights;          // [groups, row_tiles * 32, blocks * 32]
  std::vector<std::uint8_t> scales;  // [groups, row_tiles * 32, blocks]

  std::size_t row_index(unsigned group, unsigned row) const {
    return std::size_t{group} * shape.row_tiles() * 32 + row;
  }
  int weight(unsigned group, unsigned row, unsigned column) const {
    return weights[row_index(group, row) * shape.blocks * 32 + column];
  }
  std::uint8_t scale(unsigned group, unsigned row, unsigned block) const {
    return scales[row_index(group, row) * shape.blocks + block];
  }
};

// One token's quantised vector.
struct Activations {
  std::vector<int> elements;               // [input_blocks * 32]
  std::vector<int> deltas;                 // [input_blocks]
  std::int64_t exponent = kEmptyExponent;  // A
};

struct Result {
  std::int64_t exponent = kEmptyExponent;
  std::vector<std::int32_t> mantissas;  // [groups * row_tiles * 32]
};

inline int scale_exponent(Format format, std::uint8_t scale) { return format == Format::kInt4 ? scale >> 3 : scale; }
inline int scale_mantissa(Format format, std::uint8_t scale) { return format == Format::kInt4 ? 8 + (scale & 7) : 1; }

// ---- Making random operands --------------------------------------------------------------------------------------

using Random = std::mt19937_64;

inline int uniform(Random& random, int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); }

// A legal weight. `extreme`: only the largest magnitudes.
inline int random_weight(Random& random, Format format, bool extreme) {
  static constexpr int kTwiceE2m1[] = {0, 1, 2, 3, 4, 6, 8, 12};
  const int sign = uniform(random, 0, 1) == 0 ? 1 : -1;
  switch (format) {
    case Format::kMxInt8:
      return extreme ? sign * 127 : uniform(random, -127, 127);
    case Format::kInt4:
      return extreme ? (sign > 0 ? 7 : -8) : uniform(random, -8, 7);
    case Format::kMxFp4:
      return sign * kTwiceE2m1[extreme ? 7 : uniform(random, 0, 7)];
    case Format::kMxInt16:
      break;
  }
  return extreme ? sign * 32639 : uniform(random, -32639, 32639);
}

inline Matrix random_matrix(Random& random, const Shape& shape, bool extreme = false) {
  Matrix matrix{.shape = shape, .weights = {}, .scales = {}};
  matrix.scale_bias = uniform(random, -1024, 1023);
  const int top = shape.format == Format::kInt4 ? 31 : 254;
  matrix.scale_max = uniform(random, 0, top);
  const int span = extreme ? 0 : uniform(random, 0, 80);
  const std::size_t rows = std::size_t{shape.groups} * shape.row_tiles() * 32;
  matrix.weights.assign(rows * shape.blocks * 32, 0);
  matrix.scales.assign(rows * shape.blocks, 0);
  for (std::size_t row = 0; row < rows; ++row) {
    if (row % (shape.row_tiles() * 32) >= shape.rows) {
      continue;  // padding
    }
    for (std::size_t block = 0; block < shape.blocks; ++block) {
      const int exponent = std::max(0, matrix.scale_max - (span == 0 ? 0 : uniform(random, 0, span)));
      matrix.scales[row * shape.blocks + block] = static_cast<std::uint8_t>(
          shape.format == Format::kInt4 ? exponent * 8 + (extreme ? 7 : uniform(random, 0, 7)) : exponent);
      for (std::size_t i = 0; i < 32; ++i) {
        matrix.weights[(row * shape.blocks + block) * 32 + i] = random_weight(random, shape.format, extreme);
      }
    }
  }
  return matrix;
}

// `fill`: percentage of blocks that are not empty.
inline Activations random_activations(Random& random, const Shape& shape, int fill, bool extreme = false) {
  const int limit = shape.format == Format::kMxInt16 ? 16384 : 127;
  Activations vector;
  vector.elements.assign(std::size_t{shape.input_blocks()} * 32, 0);
  vector.deltas.assign(shape.input_blocks(), 63);
  for (std::size_t block = 0; block < shape.input_blocks(); ++block) {
    if (uniform(random, 1, 100) > fill) {
      continue;
    }
    vector.exponent = vector.exponent == kEmptyExponent ? uniform(random, -600, 600) : vector.exponent;
    vector.deltas[block] = extreme ? 0 : uniform(random, 0, 3) == 0 ? uniform(random, 0, 63) : uniform(random, 0, 8);
    for (std::size_t i = 0; i < 32; ++i) {
      vector.elements[block * 32 + i] =
          extreme ? (uniform(random, 0, 1) == 0 ? limit : -limit) : uniform(random, -limit, limit);
    }
  }
  return vector;
}

// ---- Section 5 ---------------------------------------------------------------------------------------------------

inline int bit_length(std::int64_t x) {
  int bits = 0;
  for (; x > 0; x >>= 1) {
    ++bits;
  }
  return bits;
}

inline Result normalise(const std::vector<std::int64_t>& sums, std::int64_t exponent) {
  Result result{.mantissas = std::vector<std::int32_t>(sums.size(), 0)};
  if (std::all_of(sums.begin(), sums.end(), [](std::int64_t s) { return s == 0; })) {
    return result;
  }
  int width = 0;
  for (const std::int64_t sum : sums) {
    width = std::max(width, bit_length(sum >= 0 ? sum : -sum - 1));
  }
  const int shift = width - 23;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const std::int64_t m =
        shift > 0 ? (sums[i] + (std::int64_t{1} << (shift - 1))) >> shift : sums[i] * (std::int64_t{1} << -shift);
    result.mantissas[i] = static_cast<std::int32_t>(std::clamp<std::int64_t>(m, -8388607, 8388607));
  }
  result.exponent = exponent + shift;
  return result;
}

inline Result linear(const Matrix& matrix, const Activations& input) {
  const Shape& shape = matrix.shape;
  const int f = shape.format == Format::kMxInt16 ? 0 : 16;
  std::vector<std::int64_t> sums;
  for (unsigned group = 0; group < shape.groups; ++group) {
    for (unsigned row = 0; row < shape.row_tiles() * 32; ++row) {
      std::int64_t sum = 0;
      for (unsigned block = 0; block < shape.blocks; ++block) {
        const std::size_t input_block = shape.block_offset + group * shape.block_stride + block;
        std::int64_t dot = 0;
        for (unsigned i = 0; i < 32; ++i) {
          dot += std::int64_t{matrix.weight(group, row, block * 32 + i)} * input.elements[input_block * 32 + i];
        }
        const std::uint8_t scale = matrix.scale(group, row, block);
        const int d = std::min(input.deltas[input_block] + matrix.scale_max - scale_exponent(shape.format, scale), 63);
        sum += dot * scale_mantissa(shape.format, scale) * (std::int64_t{1} << f) >> d;
      }
      sums.push_back(sum);
    }
  }
  return normalise(sums, input.exponent + matrix.scale_max + matrix.scale_bias - f);
}

// ---- Layouts (docs/device.md) ------------------------------------------------------------------------------------

inline void set_byte(Line& line, std::size_t index, int value) {
  line[index / 4] |= (static_cast<std::uint32_t>(value) & 0xFF) << (8 * (index % 4));
}

// The int8 planes of an MXINT16 element.
inline int high_plane(int q) { return (q + 128) >> 8; }
inline int low_plane(int q) { return q - 256 * high_plane(q); }

inline int e2m1_code(int twice) {
  static constexpr int kTwiceE2m1[] = {0, 1, 2, 3, 4, 6, 8, 12};
  const auto* found = std::find(std::begin(kTwiceE2m1), std::end(kTwiceE2m1), twice < 0 ? -twice : twice);
  return static_cast<int>(found - std::begin(kTwiceE2m1)) + (twice < 0 ? 8 : 0);
}

// Element lines of one block of one row tile.
inline void append_block(std::vector<Line>& lines, const Matrix& matrix, unsigned group, unsigned tile,
                         unsigned block) {
  const Format format = matrix.shape.format;
  const bool four_bit = format == Format::kInt4 || format == Format::kMxFp4;
  const unsigned halves = four_bit ? 1 : 2;
  const unsigned planes = format == Format::kMxInt16 ? 2 : 1;
  for (unsigned half = 0; half < halves; ++half) {
    for (unsigned plane = 0; plane < planes; ++plane) {
      for (unsigned k = 0; k < 4; ++k) {
        Line line{};
        for (unsigned r = 0; r < 16; ++r) {
          for (unsigned column = 0; column < 8; ++column) {
            const unsigned row = tile * 32 + half * 16 + r;
            const unsigned i = block * 32 + 8 * k + column;
            const int weight = matrix.weight(group, row, i);
            int byte = weight;
            if (planes == 2) {
              byte = plane == 0 ? high_plane(weight) : low_plane(weight);
            } else if (four_bit) {
              const int upper = matrix.weight(group, row + 16, i);
              const int low_code = format == Format::kInt4 ? weight & 15 : e2m1_code(weight);
              const int high_code = format == Format::kInt4 ? upper & 15 : e2m1_code(upper);
              byte = high_code * 16 + low_code;
            }
            set_byte(line, 64 * (column / 4) + 4 * r + column % 4, byte);
          }
        }
        lines.push_back(line);
      }
    }
  }
}

inline std::vector<Line> weight_lines(const Matrix& matrix) {
  std::vector<Line> lines;
  for (unsigned group = 0; group < matrix.shape.groups; ++group) {
    for (unsigned tile = 0; tile < matrix.shape.row_tiles(); ++tile) {
      for (unsigned first = 0; first < matrix.shape.blocks; first += 4) {
        const unsigned count = std::min(4u, matrix.shape.blocks - first);
        Line scales{};
        for (unsigned j = 0; j < count; ++j) {
          for (unsigned r = 0; r < 32; ++r) {
            set_byte(scales, 32 * j + r, matrix.scale(group, tile * 32 + r, first + j));
          }
        }
        lines.push_back(scales);
        for (unsigned j = 0; j < count; ++j) {
          append_block(lines, matrix, group, tile, first + j);
        }
      }
    }
  }
  return lines;
}

// q8, or q16 for MXINT16.
inline std::vector<Line> activation_lines(const Shape& shape, const Activations& input) {
  std::vector<Line> lines(1);
  lines[0][0] = static_cast<std::uint32_t>(static_cast<std::int32_t>(input.exponent));
  lines[0][1] = shape.input_elements;
  const auto append_bytes = [&lines](const std::vector<int>& bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (i % 128 == 0) {
        lines.emplace_back();
      }
      set_byte(lines.back(), i % 128, bytes[i]);
    }
  };
  append_bytes(input.deltas);
  if (shape.format != Format::kMxInt16) {
    append_bytes(input.elements);
    return lines;
  }
  std::vector<int> high, low;
  for (const int q : input.elements) {
    high.push_back(high_plane(q));
    low.push_back(low_plane(q));
  }
  append_bytes(high);
  append_bytes(low);
  return lines;
}

inline std::vector<Line> result_lines(const Result& result, unsigned elements) {
  std::vector<Line> lines(1);
  lines[0][0] = static_cast<std::uint32_t>(static_cast<std::int32_t>(result.exponent));
  lines[0][1] = elements;
  for (std::size_t i = 0; i < result.mantissas.size(); ++i) {
    if (i % 32 == 0) {
      lines.emplace_back();
    }
    lines.back()[i % 32] = static_cast<std::uint32_t>(result.mantissas[i]);
  }
  return lines;
}

}  // namespace sluice::test
