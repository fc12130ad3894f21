// Bits, ranges and concatenations, read and assigned at run-time indices, and operands of other kinds.
#include <sstream>

#include "ap_int_reference.hpp"

namespace sluice::test {
namespace {

Big bits_of(const Big& x, int width, int high, int low) {
  const Big all = as_bits(x, width);
  Big out = 0;
  const int step = high >= low ? 1 : -1, length = std::abs(high - low) + 1;
  for (int i = length - 1; i >= 0; --i) {
    const auto from = static_cast<unsigned>(low + step * i);
    out = out * 2 + (boost::multiprecision::bit_test(all, from) ? 1 : 0);
  }
  return out;
}
Big with_bits(const Big& x, int width, int high, int low, const Big& bits) {
  Big all = as_bits(x, width);
  const int step = high >= low ? 1 : -1, length = std::abs(high - low) + 1;
  for (int i = 0; i < length; ++i) {
    const auto to = static_cast<unsigned>(low + step * i);
    if (boost::multiprecision::bit_test(bits, static_cast<unsigned>(i))) {
      boost::multiprecision::bit_set(all, to);
    } else {
      boost::multiprecision::bit_unset(all, to);
    }
  }
  return all;
}

template <class A>
void check_proxies() {
  constexpr int w = A::width;
  constexpr bool s = A::sign_flag;
  std::mt19937_64 random(static_cast<std::uint64_t>(w) * 2 + (s ? 1 : 0));
  const std::vector<A> values = samples<A>(random, 24);
  const auto index = [&] { return static_cast<int>(random() % static_cast<unsigned>(w)); };
  for (std::size_t i = 0; i + 1 < values.size(); ++i) {
    const A a = values[i], b = values[i + 1];
    const int high = index(), low = index(), bit = index();
    INFO("indices " << high << ", " << low << ", " << bit);
    const Operation op{type_of<A>, type_of<A>, big(a), big(b)};
    const Big part = bits_of(op.a, w, high, low);
    const int length = std::abs(high - low) + 1;
    op.expect("range", a.range(high, low).get(), part);
    op.expect("()", A(a(ap_uint<12>(static_cast<unsigned>(high)), low)), wrapped(part, w, s));
    op.expect("range()", a.range().get(), as_bits(op.a, w));
    op.expect("range.length", Big(a.range(high, low).length()), length);
    op.expect("range.to_int", Big(a(high, low).to_int()), wrapped(part, 32, true));
    op.expect("range.to_uint64", Big(a(high, low).to_uint64()), as_bits(part, 64));
    op.expect("range.and_reduce", big(a(high, low).and_reduce()), part == power_of_two(length) - 1);
    op.expect("range.or_reduce", big(a(high, low).or_reduce()), part != 0);
    op.expect("range+1", a(high, low) + 1, part + 1);
    op.expect("1-range", 1 - a(high, low), 1 - part);
    op.expect("range*range", a(high, low) * b(high, low), part * bits_of(op.b, w, high, low));
    op.expect("range==", big(a(high, low) == ap_uint<w>(a(high, low))), 1);
    op.expect("[]", big(static_cast<bool>(a[bit])), bits_of(op.a, w, bit, bit));
    op.expect("a+b[]", a + b[bit], op.a + bits_of(op.b, w, bit, bit));
    op.expect("b[]*a", b[ap_uint<11>(bit)] * a, op.a * bits_of(op.b, w, bit, bit));

    A c = a;
    c.range(high, low) = b;
    op.expect("range=", c, wrapped(with_bits(op.a, w, high, low, as_bits(op.b, w)), w, s));
    c = a;
    c(high, low) += b;
    op.expect("range+=", c, wrapped(with_bits(op.a, w, high, low, as_bits(part + op.b, w)), w, s));
    c = a;
    c(high, low) = b(high, low);
    op.expect("range=range", c, wrapped(with_bits(op.a, w, high, low, bits_of(op.b, w, high, low)), w, s));
    c = a;
    c[bit] = b[high];
    op.expect("[]=[]", c, wrapped(with_bits(op.a, w, bit, bit, bits_of(op.b, w, high, high)), w, s));
    c = a;
    c[bit] = b;
    op.expect("[]=b", c, wrapped(with_bits(op.a, w, bit, bit, op.b != 0 ? 1 : 0), w, s));
    c = a;
    c.bit(bit) |= b[low];
    op.expect("[]|=[]", c,
              wrapped(with_bits(op.a, w, bit, bit, bits_of(op.a, w, bit, bit) | bits_of(op.b, w, low, low)), w, s));

    // (range, bit, variable): the range counts its length only.
    const Big joined = (((part << 1) + bits_of(op.b, w, bit, bit)) << static_cast<unsigned>(w)) + as_bits(op.b, w);
    op.expect("(r,b,v)", ap_uint<2 * w + 1>((a(high, low), b[bit], b)), joined);
    c = a;
    A d = b, e = 0;
    (c(high, low), d[bit], e) = from_big<ap_uint<2 * w + 1>>(joined);
    op.expect("(r,b,v)= r", c, op.a);
    op.expect("(r,b,v)= b", d, op.b);
    op.expect("(r,b,v)= v", e, op.b);
    op.expect("(v,int)", (a, 77u), (as_bits(op.a, w) << 32) + 77);
    op.expect("(int,v)", (static_cast<short>(-2), a), (Big(0xFFFE) << static_cast<unsigned>(w)) + as_bits(op.a, w));
  }
}

template <class A, class I>
void check_integer(I i) {
  std::mt19937_64 random(A::width);
  for (const A& a : samples<A>(random, 8)) {
    const Operation op{type_of<A>, {8 * static_cast<int>(sizeof(I)), std::is_signed_v<I>}, big(a), i};
    op.expect("a+i", a + i, op.a + op.b);
    op.expect("i+a", i + a, op.a + op.b);
    op.expect("i-a", i - a, op.b - op.a);
    op.expect("i*a", i * a, op.b * op.a);
    A c = a;
    op.expect("+=i", c += i, wrapped(op.a + op.b, A::width, A::sign_flag));
    op.expect("=i", c = i, wrapped(op.b, A::width, A::sign_flag));
    op.expect("A(i)", A(i), wrapped(op.b, A::width, A::sign_flag));
  }
}
template <class I>
void check_integers() {
  for (const I i : {I(0), I(1), I(-1), std::numeric_limits<I>::max(), std::numeric_limits<I>::min()}) {
    check_integer<ap_uint<1>>(i);
    check_integer<ap_int<7>>(i);
    check_integer<ap_uint<33>>(i);
    check_integer<ap_int<64>>(i);
    check_integer<ap_uint<200>>(i);
  }
}

}  // namespace

TEST_CASE("bits, ranges and concatenations are read and assigned at run-time indices", "[hls][ap_int]") {
  check_proxies<ap_uint<1>>();
  check_proxies<ap_int<1>>();
  check_proxies<ap_uint<2>>();
  check_proxies<ap_int<31>>();
  check_proxies<ap_uint<32>>();
  check_proxies<ap_int<33>>();
  check_proxies<ap_uint<64>>();
  check_proxies<ap_int<65>>();
  check_proxies<ap_uint<129>>();
  check_proxies<ap_int<512>>();
  check_proxies<ap_uint<1023>>();
  check_proxies<ap_uint<2047>>();
  check_proxies<ap_int<2047>>();
}

TEST_CASE("C integers of every type stand beside ap ints with their own width and sign", "[hls][ap_int]") {
  check_integers<bool>();
  check_integers<char>();
  check_integers<signed char>();
  check_integers<unsigned char>();
  check_integers<short>();
  check_integers<unsigned short>();
  check_integers<int>();
  check_integers<unsigned>();
  check_integers<long>();
  check_integers<unsigned long>();
  check_integers<long long>();
  check_integers<unsigned long long>();
}

TEST_CASE("ap ints print in the stream's base and convert where C++ wants an integer", "[hls][ap_int]") {
  const ap_int<8> x = -100;
  std::ostringstream out;
  out << x << " " << x(3, 0) << " " << std::hex << ap_uint<70>(255) << " " << std::oct << ap_uint<4>(9);
  REQUIRE(out.str() == "-100 12 0xff 0o11");
  REQUIRE(x.to_string(2) == "0b10011100");
  const int table[4] = {10, 11, 12, 13};
  const ap_uint<2> i = 3;
  REQUIRE(table[i] == 13);
  int taken = 0;
  switch (i) {
    case 3:
      taken = 1;
      break;
    default:
      break;
  }
  REQUIRE(taken == 1);
  REQUIRE((i ? 1 : 0) == 1);
}

}  // namespace sluice::test
