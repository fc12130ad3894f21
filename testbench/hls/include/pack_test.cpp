#include <sluice_pack.h>

#include <catch2/catch.hpp>

namespace sluice::test {
namespace {

using sluice_hls::pack;
using sluice_hls::packed_bits;
using sluice_hls::unpack;
using sluice_hls::Words;

enum class Mode : unsigned char { kOff = 1, kOn = 0xA5 };
struct Inner {
  ap_int<3> a;
  bool b;
};
struct Beat {
  ap_uint<5> head;
  Inner inner[2];
  short s;
  ap_int<1> flags[2][3];
  bool last;
  Mode mode;
  Inner tail;
};
struct OneArray {
  ap_uint<77> x[1];
};
struct Lanes {
  ap_uint<7> x[3000];
};
struct Fields32 {
  bool a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7;
  bool c0, c1, c2, c3, c4, c5, c6, c7, d0, d1, d2, d3, d4, d5, d6, d7;
};

static_assert(packed_bits<bool> == 1 && packed_bits<int> == 32 && packed_bits<ap_int<129>> == 129);
static_assert(packed_bits<Beat> == 5 + 2 * 4 + 16 + 6 + 1 + 8 + 4);
static_assert(packed_bits<OneArray> == 77 && packed_bits<Lanes> == 21000 && packed_bits<Fields32> == 32);
static_assert(packed_bits<std::array<Inner, 5>> == 20);

}  // namespace

TEST_CASE("fields are packed without padding, the first one lowest", "[hls][pack]") {
  Beat beat{};
  beat.head = 3;
  beat.inner[0] = {-1, true};
  beat.inner[1] = {2, false};
  beat.s = -2;
  beat.flags[0][0] = beat.flags[0][2] = beat.flags[1][2] = -1;
  beat.last = true;
  beat.mode = Mode::kOn;
  beat.tail = {1, true};
  // From the top: tail 1001, mode 10100101, last 1, flags 100101, s 16 bits, inner[1] 0010, inner[0] 1111, head 00011.
  const auto bits =
      ((((((0b1001ull << 8 | 0xA5) << 1 | 1) << 6 | 0b100101) << 16 | 0xFFFE) << 4 | 0b0010) << 4 | 0b1111) << 5 |
      0b00011;
  REQUIRE(pack(beat) == Words<Beat>{static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32)});
  const Beat again = unpack<Beat>(pack(beat));
  REQUIRE(pack(again) == pack(beat));
  REQUIRE((again.s == -2 && again.flags[1][2] == -1 && again.flags[1][1] == 0 && again.inner[0].a == -1));
  REQUIRE(again.mode == Mode::kOn);
}

TEST_CASE("a wide word comes back from its 32-bit words", "[hls][pack]") {
  const ap_int<200> x = ap_int<200>("-0x123456789abcdef0fedcba9876543210ffff");
  const Words<ap_int<200>> words = pack(x);
  REQUIRE(words.size() == 7);
  REQUIRE(words[0] == 0xCDEF0001u);
  REQUIRE(words[6] == 0xFFu);
  REQUIRE(unpack<ap_int<200>>(words) == x);
  Lanes lanes{};
  for (int i = 0; i < 3000; ++i) lanes.x[i] = ap_uint<7>(i * 37);
  const Lanes back = unpack<Lanes>(pack(lanes));
  for (int i = 0; i < 3000; ++i) REQUIRE(back.x[i] == ap_uint<7>(i * 37));
}

}  // namespace sluice::test
