#include "hls/unit/lines.hpp"

#include <algorithm>

namespace sluice::hls {

VectorValue make_vector(std::span<const i64> sums, i64 exponent) {
  VectorValue value;
  value.m.resize(sums.size());
  value.e = normalise(sums.data(), static_cast<int>(sums.size()), exponent, value.m.data());
  return value;
}

VectorValue vector_from_lines(const Line& header, std::span<const Line> data, std::size_t elements) {
  VectorValue value;
  value.m.resize(elements);
  std::memcpy(value.m.data(), data.data(), 4 * elements);
  for (i32& m : value.m) {
    m = std::clamp(m, -kMantissaLimit, kMantissaLimit);
  }
  value.e = std::clamp(static_cast<i32>(word_of(header, 0)), kZeroExponent, -kZeroExponent);
  return value;
}

std::vector<Line> lines_of_vector(const VectorValue& value) {
  std::vector<Line> lines(vector_lines(value.m.size()), Line{});
  set_word(lines[0], 0, static_cast<u32>(value.e));
  set_word(lines[0], 1, static_cast<u32>(value.m.size()));
  std::memcpy(lines.data() + 1, value.m.data(), 4 * value.m.size());
  return lines;
}

QuantisedValue quantise(const VectorValue& value, bool wide) {
  const std::size_t blocks = ceil_div(value.m.size(), 32);
  QuantisedValue out;
  out.elements = static_cast<u32>(value.m.size());
  out.high.resize(plane_lines(value.m.size()) * 128);
  out.low.resize(wide ? out.high.size() : 0);
  out.delta.resize(delta_lines(value.m.size()) * 128);
  std::vector<i32> exponent(blocks);
  std::vector<bool> filled(blocks);
  bool any = false;  // an exponent may lie below that of a vector without any filled block
  for (std::size_t b = 0; b < blocks; ++b) {
    i32 block[32] = {};
    const std::size_t count = std::min<std::size_t>(32, value.m.size() - 32 * b);
    std::copy_n(value.m.begin() + static_cast<std::ptrdiff_t>(32 * b), count, block);
    i32 q[32];
    filled[b] =
        quantise_block(block, value.e, wide ? kQ16Width : kQ8Width, wide ? kQ16Limit : kQ8Limit, q, &exponent[b]);
    if (filled[b]) {
      out.exponent = any ? std::max(out.exponent, exponent[b]) : exponent[b];
      any = true;
    }
    for (std::size_t i = 0; i < 32; ++i) {
      out.high[32 * b + i] = static_cast<i8>(wide ? q16_high(q[i]) : q[i]);
      if (wide) {
        out.low[32 * b + i] = static_cast<i8>(q16_low(q[i]));
      }
    }
  }
  for (std::size_t b = 0; b < blocks; ++b) {
    out.delta[b] = static_cast<u8>(filled[b] ? std::min(out.exponent - exponent[b], 63) : 63);
  }
  return out;
}

std::vector<Line> lines_of_quantised(const QuantisedValue& value) {
  std::vector<Line> lines(value.low.empty() ? q8_lines(value.elements) : q16_lines(value.elements), Line{});
  set_word(lines[0], 0, static_cast<u32>(value.exponent));
  set_word(lines[0], 1, value.elements);
  std::byte* at = lines.data()->data() + sizeof(Line);
  std::memcpy(at, value.delta.data(), value.delta.size());
  std::memcpy(at + value.delta.size(), value.high.data(), value.high.size());
  if (!value.low.empty()) {
    std::memcpy(at + value.delta.size() + value.high.size(), value.low.data(), value.low.size());
  }
  return lines;
}

QuantisedValue quantised_from_lines(std::span<const Line> lines, u32 elements, bool wide) {
  QuantisedValue value;
  value.elements = elements;
  value.exponent = static_cast<i32>(word_of(lines[0], 0));
  value.delta.resize(delta_lines(elements) * 128);
  value.high.resize(plane_lines(elements) * 128);
  value.low.resize(wide ? value.high.size() : 0);
  const std::byte* at = lines.data()->data() + sizeof(Line);
  std::memcpy(value.delta.data(), at, value.delta.size());
  std::memcpy(value.high.data(), at + value.delta.size(), value.high.size());
  if (wide) {
    std::memcpy(value.low.data(), at + value.delta.size() + value.high.size(), value.low.size());
  }
  return value;
}

}  // namespace sluice::hls
