// Result types, by hand from Xilinx's rules, and what must hold at compile time.
#include <ap_int.h>

#include <catch2/catch.hpp>
#include <type_traits>

namespace sluice::test {
namespace types {

template <class Expression, class Want>
constexpr bool is() {
  return std::is_same_v<std::remove_cv_t<std::remove_reference_t<Expression>>, Want>;
}
#define TYPE_IS(expression, ...) static_assert(is<decltype(expression), __VA_ARGS__>())

// Never defined: only their types are looked at.
extern ap_uint<8> u8;
extern ap_int<8> s8;
extern ap_uint<5> u5;
extern ap_int<12> s12;
extern ap_int<1> s1;
extern ap_uint<2048> u2048;
extern const ap_uint<8> constant;
extern int i32;
extern unsigned u32;
extern bool b1;
extern short s16;
extern unsigned char c8;
extern long long s64;

TYPE_IS(u8 + u5, ap_uint<9>);
TYPE_IS(u8 + s8, ap_int<10>);
TYPE_IS(s12 + u8, ap_int<13>);
TYPE_IS(s12 + s8, ap_int<13>);
TYPE_IS(u8 - u5, ap_int<9>);
TYPE_IS(s8 - u8, ap_int<10>);
TYPE_IS(u8* u5, ap_uint<13>);
TYPE_IS(s8* u5, ap_int<13>);
TYPE_IS(u2048* u2048, ap_uint<4096>);
TYPE_IS(u2048 + u2048, ap_uint<2049>);
TYPE_IS(s1* s1, ap_int<2>);
TYPE_IS(u8 / u5, ap_uint<8>);
TYPE_IS(u8 / s12, ap_int<9>);
TYPE_IS(s8 / u5, ap_int<8>);
TYPE_IS(s8 / s12, ap_int<9>);
TYPE_IS(u8 % u5, ap_uint<5>);
TYPE_IS(u5 % u8, ap_uint<5>);
TYPE_IS(s12 % u8, ap_int<9>);
TYPE_IS(u8 % s12, ap_uint<8>);
TYPE_IS(s12 % s8, ap_int<8>);
TYPE_IS(u8& u5, ap_uint<8>);
TYPE_IS(u8 | s8, ap_int<9>);
TYPE_IS(s12 ^ u8, ap_int<12>);
TYPE_IS(-u8, ap_int<9>);
TYPE_IS(-s8, ap_int<9>);
TYPE_IS(-s1, ap_int<3>);
TYPE_IS(~u8, ap_uint<8>);
TYPE_IS(+s8, ap_int<8>);
TYPE_IS(!u8, bool);
TYPE_IS(u8 << s12, ap_uint<8>);
TYPE_IS(s8 >> 3, ap_int<8>);
TYPE_IS(u8 < s8, bool);
TYPE_IS(u8++, ap_uint<8>);
TYPE_IS(++u8, ap_int_base<8, false>);
TYPE_IS(u8 += s12, ap_int_base<8, false>);

TYPE_IS(u8 + 1, ap_int<33>);
TYPE_IS(u8 + 1u, ap_uint<33>);
TYPE_IS(s8 + u32, ap_int<34>);
TYPE_IS(u8* b1, ap_uint<9>);
TYPE_IS(s16 - s8, ap_int<17>);
TYPE_IS(c8 + u8, ap_uint<9>);
TYPE_IS(s64* u8, ap_int<72>);
TYPE_IS(u8 & 1, ap_int<32>);
TYPE_IS(u8 / i32, ap_int<9>);
TYPE_IS(i32 / u8, ap_int<9>);  // Xilinx's: the type of (u8 / i32)
TYPE_IS(i32 % u8, ap_uint<8>);
TYPE_IS(1 << u8, int);  // C++'s, through the conversion to 64 bits

// A range is as wide as its variable; beside an ap int its declared sign is the variable's.
TYPE_IS(u8(3, 0) + u5, ap_uint<9>);
TYPE_IS(s8(3, 0) + u5, ap_int<9>);
TYPE_IS(s8(3, 0) + s8(7, 4), ap_uint<9>);
TYPE_IS(s8(3, 0) + 1, ap_int<33>);
TYPE_IS(u8(3, 0) << 2, ap_uint<8>);
TYPE_IS(u8[0] + u5, ap_uint<6>);
TYPE_IS(u8 + u5[0], ap_uint<9>);
TYPE_IS(u8[0] + u5[0], int);
TYPE_IS(u8[0] + 1, int);
TYPE_IS(constant[0], bool);
TYPE_IS((u8, 1), ap_uint<40>);
TYPE_IS((b1, u8), ap_uint<9>);
TYPE_IS((u8, s12).get(), ap_uint<20>);
TYPE_IS((u8, s12, u5).get(), ap_uint<25>);
TYPE_IS((u8, u5) + (u8, u5), ap_uint<14>);
TYPE_IS((u8, u5) & s12, ap_int<13>);

static_assert(std::is_trivially_copyable_v<ap_int<77>> && std::is_trivially_default_constructible_v<ap_uint<300>>);
static_assert(std::is_standard_layout_v<ap_int<77>>);
static_assert(!std::is_constructible_v<ap_int<8>, double>, "integers only");
static_assert(ap_uint<8>::width == 8 && ap_int<8>::RType<5, false>::mult_w == 13);

// Everything works in constant expressions.
constexpr ap_uint<12> kTwelve = 0xABC;
static_assert(kTwelve.range(11, 8) == 0xA && kTwelve(7, 4) == 0xB && kTwelve[2] && !kTwelve[0]);
static_assert(kTwelve.range(0, 11) == 0x3D5, "high below low reverses");
constexpr ap_uint<12> edited() {
  ap_uint<12> x = kTwelve;
  x(3, 0) = 0xD;
  x[11] = false;
  x.range(4, 7) = 1;
  return x;
}
static_assert(edited() == 0x28D);
constexpr ap_uint<128> kWide("0x123456789abcdef00fedcba987654321");
static_assert(kWide(127, 64) == 0x123456789abcdef0u && (kWide >> 100) == 0x1234567);
static_assert(ap_int<70>(-5) / ap_int<3>(2) == -2 && ap_int<70>(-5) % ap_int<3>(2) == -1);
static_assert(ap_uint<8>(-1) == 255 && ap_int<8>(200) == -56 && ap_int<1>(1) == -1);

enum Phase { kIdle, kBusy };
static_assert(ap_uint<2>(kBusy) == kBusy && ap_uint<2>(1) + kBusy == 2);

}  // namespace types

TEST_CASE("result types and constant expressions are Xilinx's", "[hls][ap_int]") { SUCCEED("checked when compiled"); }

}  // namespace sluice::test
