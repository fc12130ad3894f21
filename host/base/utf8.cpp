#include "host/base/utf8.hpp"

#include <algorithm>
#include <cstddef>

namespace sluice {
namespace {

// What may follow a first byte (Unicode 15, table 3-7): how many bytes, and the range of the first of them; the others
// are 80 to BF. `following` is 0 for ASCII and -1 for bytes that start no character.
struct Lead {
  int following;
  unsigned char second_min;
  unsigned char second_max;
};

Lead classify(unsigned char byte) {
  if (byte < 0x80) {
    return {0, 0, 0};
  }
  if (byte < 0xc2 || byte > 0xf4) {
    return {-1, 0, 0};
  }
  if (byte < 0xe0) {
    return {1, 0x80, 0xbf};
  }
  if (byte < 0xf0) {  // no overlong forms after E0, no surrogates after ED
    return {2, static_cast<unsigned char>(byte == 0xe0 ? 0xa0 : 0x80),
            static_cast<unsigned char>(byte == 0xed ? 0x9f : 0xbf)};
  }
  // no overlong forms after F0, nothing above U+10FFFF after F4
  return {3, static_cast<unsigned char>(byte == 0xf0 ? 0x90 : 0x80),
          static_cast<unsigned char>(byte == 0xf4 ? 0x8f : 0xbf)};
}

// The length of the character at the start of `bytes`, or, negative, of the part to replace.
std::ptrdiff_t leading_part(std::string_view bytes) {
  const Lead lead = classify(static_cast<unsigned char>(bytes.front()));
  if (lead.following < 0) {
    return -1;
  }
  const std::ptrdiff_t wanted = 1 + lead.following;
  const std::ptrdiff_t available = std::min(wanted, static_cast<std::ptrdiff_t>(bytes.size()));
  std::ptrdiff_t length = 1;
  for (; length < available; ++length) {
    const auto byte = static_cast<unsigned char>(bytes[static_cast<std::size_t>(length)]);
    const unsigned char min = length == 1 ? lead.second_min : 0x80;
    const unsigned char max = length == 1 ? lead.second_max : 0xbf;
    if (byte < min || byte > max) {
      break;
    }
  }
  return length == wanted ? length : -length;
}

}  // namespace

std::string replace_invalid_utf8(std::string_view bytes) {
  std::string result;
  result.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::ptrdiff_t part = leading_part(bytes);
    const auto length = static_cast<std::size_t>(part < 0 ? -part : part);
    result += part < 0 ? std::string_view("\xef\xbf\xbd") : bytes.substr(0, length);
    bytes.remove_prefix(length);
  }
  return result;
}

}  // namespace sluice
