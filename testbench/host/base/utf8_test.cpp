#include "host/base/utf8.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using sluice::replace_invalid_utf8;

struct Case {
  std::string_view bytes;
  std::string_view expected;
};

// Made by Python 3.11: bytes.decode('utf-8', errors='replace').encode().
const std::vector<Case> kCases = {
    {std::string_view("", 0), std::string_view("", 0)},
    {std::string_view("\x70\x6c\x61\x69\x6e", 5), std::string_view("\x70\x6c\x61\x69\x6e", 5)},
    {std::string_view("\x00\x61\x00", 3), std::string_view("\x00\x61\x00", 3)},
    {std::string_view("\x80", 1), std::string_view("\xef\xbf\xbd", 3)},
    {std::string_view("\xff\xfe", 2), std::string_view("\xef\xbf\xbd\xef\xbf\xbd", 6)},
    {std::string_view("\xc0\xaf", 2), std::string_view("\xef\xbf\xbd\xef\xbf\xbd", 6)},
    {std::string_view("\xc1\xbf", 2), std::string_view("\xef\xbf\xbd\xef\xbf\xbd", 6)},
    {std::string_view("\xc2", 1), std::string_view("\xef\xbf\xbd", 3)},
    {std::string_view("\xc2\x61", 2), std::string_view("\xef\xbf\xbd\x61", 4)},
    {std::string_view("\xe2\x82", 2), std::string_view("\xef\xbf\xbd", 3)},
    {std::string_view("\xe2\x82\xac", 3), std::string_view("\xe2\x82\xac", 3)},
    {std::string_view("\xe2\x82\x61", 3), std::string_view("\xef\xbf\xbd\x61", 4)},
    {std::string_view("\xe2\x61", 2), std::string_view("\xef\xbf\xbd\x61", 4)},
    {std::string_view("\xe0\x80\x80", 3), std::string_view("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 9)},
    {std::string_view("\xe0\x9f\xbf", 3), std::string_view("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 9)},
    {std::string_view("\xe0\xa0\x80", 3), std::string_view("\xe0\xa0\x80", 3)},
    {std::string_view("\xed\x9f\xbf", 3), std::string_view("\xed\x9f\xbf", 3)},
    {std::string_view("\xed\xa0\x80", 3), std::string_view("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 9)},
    {std::string_view("\xed\xbf\xbf", 3), std::string_view("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 9)},
    {std::string_view("\xef\xbf\xbd", 3), std::string_view("\xef\xbf\xbd", 3)},
    {std::string_view("\xf0\x80\x80\x80", 4), std::string_view("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 12)},
    {std::string_view("\xf0\x8f\xbf\xbf", 4), std::string_view("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 12)},
    {std::string_view("\xf0\x90\x80\x80", 4), std::string_view("\xf0\x90\x80\x80", 4)},
    {std::string_view("\xf0\x9f\x98", 3), std::string_view("\xef\xbf\xbd", 3)},
    {std::string_view("\xf0\x9f\x98\x80", 4), std::string_view("\xf0\x9f\x98\x80", 4)},
    {std::string_view("\xf0\x9f\x98\xf0\x9f\x98\x80", 7), std::string_view("\xef\xbf\xbd\xf0\x9f\x98\x80", 7)},
    {std::string_view("\xf4\x8f\xbf\xbf", 4), std::string_view("\xf4\x8f\xbf\xbf", 4)},
    {std::string_view("\xf4\x90\x80\x80", 4), std::string_view("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 12)},
    {std::string_view("\xf5\x80\x80\x80", 4), std::string_view("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 12)},
    {std::string_view("\xf8\x88\x80\x80\x80", 5),
     std::string_view("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 15)},
    {std::string_view("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64", 13),
     std::string_view("\x61\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\x62\xef\xbf\xbd\x63\xef\xbf\xbd\xef\xbf\xbd\x64", 22)},
    {std::string_view("\xe2\x82\xe2\x82\xac", 5), std::string_view("\xef\xbf\xbd\xe2\x82\xac", 6)},
    {std::string_view("\xf0\x9f\x00", 3), std::string_view("\xef\xbf\xbd\x00", 4)},
    {std::string_view("\xc3\xa9\xc3", 3), std::string_view("\xc3\xa9\xef\xbf\xbd", 5)},
    {std::string_view("\xdf\xbf\xe0", 3), std::string_view("\xdf\xbf\xef\xbf\xbd", 5)},
};

std::uint64_t next_random(std::uint64_t& state) {
  state ^= state << 13U;
  state ^= state >> 7U;
  state ^= state << 17U;
  return state;
}

// Up to 11 bytes, three in four of them at the edges of UTF-8's ranges.
std::string random_bytes(std::uint64_t& state) {
  constexpr std::array<unsigned char, 21> kEdges{0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2,
                                                 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff};
  std::string bytes;
  const std::uint64_t length = next_random(state) % 12;
  for (std::uint64_t i = 0; i < length; ++i) {
    const bool edge = (next_random(state) >> 16U) % 4 != 0;
    const std::uint64_t random = next_random(state);
    bytes += static_cast<char>(edge ? kEdges[(random >> 8U) % kEdges.size()] : (random >> 24U) & 0xffU);
  }
  return bytes;
}

}  // namespace

TEST_CASE("invalid UTF-8 is replaced as Python does it", "[base]") {
  for (const Case& c : kCases) {
    INFO("case " << (&c - kCases.data()));
    CHECK(replace_invalid_utf8(c.bytes) == c.expected);
  }
}

TEST_CASE("20,000 random byte strings are mended as Python mends them", "[base]") {
  // The hash (FNV-1a of each result and a newline) and the number of bytes come from the same loop in Python 3.11.
  std::uint64_t state = 0x9e3779b97f4a7c15;
  std::uint64_t hash = 0xcbf29ce484222325;
  std::size_t total = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string mended = replace_invalid_utf8(random_bytes(state)) + "\n";
    total += mended.size();
    for (const char c : mended) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
  }
  CHECK(total == 270080);
  CHECK(hash == 0xac11ed88b6f49ca7);
}
