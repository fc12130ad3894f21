#include "testbench/conformance/random_data.hpp"

#include <algorithm>
#include <cstring>
#include <span>

namespace sluice::test {

using namespace device;

std::vector<std::byte> random_weights(std::mt19937& random, Format format, std::uint32_t rows, std::uint32_t columns,
                                      std::uint32_t groups, std::uint32_t scale_max) {
  std::vector<std::byte> bytes(matrix_lines(rows, columns, groups, format) * kLineBytes);
  for (std::byte& byte : bytes) {
    byte = static_cast<std::byte>(random());
    byte = byte == std::byte{0x80} ? std::byte{0x81} : byte;  // -128 does not occur
  }
  const std::uint32_t blocks = columns / kBlock;
  const std::uint32_t block_lines = format == Format::kMxInt8 ? 8 : (format == Format::kMxInt16 ? 16 : 4);
  std::size_t line = 0;
  while (line * kLineBytes < bytes.size()) {
    for (std::uint32_t group = 0; group < blocks; group += 4) {
      for (std::uint32_t i = 0; i < kLineBytes; ++i) {
        bytes[line * kLineBytes + i] = static_cast<std::byte>(scale_max - random() % 20);
      }
      line += 1 + std::size_t{std::min(4u, blocks - group)} * block_lines;
    }
  }
  return bytes;
}

std::vector<std::byte> random_bias(std::mt19937& random, std::uint32_t elements) {
  const std::uint32_t kind = static_cast<std::uint32_t>(random() % 8);
  std::vector<std::uint32_t> words(vector_lines(elements) * (kLineBytes / 4));
  words[0] = kind == 0 ? static_cast<std::uint32_t>(random())
                       : std::uint32_t{0} - (10 + static_cast<std::uint32_t>(random() % 41));
  words[1] = elements;
  for (std::uint32_t i = 0; kind != 1 && i < elements; ++i) {
    const auto value = static_cast<std::int32_t>(random());
    words[kLineBytes / 4 + i] = static_cast<std::uint32_t>(kind == 0 ? value : value >> 8);
  }
  const std::span<const std::byte> bytes = std::as_bytes(std::span(words));
  return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> random_integers(std::mt19937& random, std::uint32_t count, std::uint32_t bytes_each, int shift) {
  std::vector<std::byte> bytes;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t number = (std::uint64_t{random()} << 32) | random();
    const std::int64_t value = static_cast<std::int64_t>(number) >> shift;
    const std::size_t at = bytes.size();
    bytes.resize(at + bytes_each);
    std::memcpy(bytes.data() + at, &value, bytes_each);
  }
  bytes.resize((bytes.size() + kLineBytes - 1) / kLineBytes * kLineBytes);
  return bytes;
}

}  // namespace sluice::test
