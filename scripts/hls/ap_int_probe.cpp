// Prints the results, widths and signs of ap_int operations on fixed pseudo-random and corner values. Compiled by
// compare_ap_int.py against this project's ap_int.h and against Xilinx's; the outputs must be equal.
#include <ap_int.h>

#include <cstdio>
#include <string>

static unsigned long long state = 0x9E3779B97F4A7C15ull;
static unsigned next_word() {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<unsigned>(state >> 16);
}

static std::string line;
template <int W, bool S>
void show(const char* what, const ap_int_base<W, S>& x) {
  std::printf("%s %s -> %s%d %s\n", line.c_str(), what, S ? "s" : "u", W, ap_int_base<W, S>(x).to_string(10).c_str());
}
static void show(const char* what, bool x) { std::printf("%s %s -> bool %d\n", line.c_str(), what, x); }
static void show(const char* what, int x) { std::printf("%s %s -> int %d\n", line.c_str(), what, x); }
static void show(const char* what, long long x) { std::printf("%s %s -> int64 %lld\n", line.c_str(), what, x); }
static void show(const char* what, unsigned long long x) {
  std::printf("%s %s -> uint64 %llu\n", line.c_str(), what, x);
}
#define SHOW(expression) show(#expression, expression)

// 0, 1, -1, the largest, the smallest, random ones and small random ones.
template <class T>
T sample(int i) {
  const int W = T::width;
  T x = 0;
  if (i == 0) return x;
  if (i == 1) return T(1);
  if (i == 2) return T(-1);
  if (i == 3 || i == 4) {
    x = -1;
    x[W - 1] = i == 4;
    if (i == 4) x = T(1) << (W - 1);
    return x;
  }
  for (int bit = 0; bit < W; bit += 32) x = (x << 32) | T(next_word());
  if (i % 3 == 0) x >>= static_cast<int>(next_word() % static_cast<unsigned>(W));
  return x;
}

template <class A, class B>
void binary(const A& a, const B& b) {
  line = std::to_string(A::width) + (A(-1) < A(0) ? "s " : "u ") + a.to_string(10) + " " + std::to_string(B::width) +
         (B(-1) < B(0) ? "s " : "u ") + b.to_string(10);
#if PART == 0
  SHOW(a + b);
  SHOW(a - b);
  SHOW(a * b);
  if (b != 0) SHOW(a / b);
  if (b != 0) SHOW(a % b);
#elif PART == 1
  SHOW(a & b);
  SHOW(a | b);
  SHOW(a ^ b);
  SHOW(a < b);
  SHOW(a > b);
  SHOW(a <= b);
  SHOW(a >= b);
  SHOW(a == b);
  SHOW(a != b);
#elif PART == 2
  A c = a;
  SHOW(c += b);
  SHOW(c -= a);
  SHOW(c *= b);
  if (b != 0) SHOW(c /= b);
  c = a;
  if (b != 0) SHOW(c %= b);
  c = a;
  SHOW(c &= b);
  SHOW(c |= b);
  SHOW(c ^= a);
  SHOW(c = b);
  SHOW((a, b));
  SHOW(a.concat(b).get());
  B d = b;
  (c, d) = ap_int<A::width + B::width>(a - b);
  SHOW(c);
  SHOW(d);
#elif PART == 3
  SHOW(a << b);
  SHOW(a >> b);
  A c = a;
  SHOW(c <<= b);
  c = a;
  SHOW(c >>= b);
#endif
}

// With ranges and bits as operands.
template <class A, class B>
void proxies(A a, B b) {
  const int hi = static_cast<int>(next_word() % static_cast<unsigned>(A::width));
  const int lo = static_cast<int>(next_word() % static_cast<unsigned>(A::width));
  const int bit = static_cast<int>(next_word() % static_cast<unsigned>(B::width));
  line = std::to_string(A::width) + (A(-1) < A(0) ? "s " : "u ") + a.to_string(10) + " " + std::to_string(B::width) +
         (B(-1) < B(0) ? "s " : "u ") + b.to_string(10) + " [" + std::to_string(hi) + ":" + std::to_string(lo) + "] " +
         std::to_string(bit);
  SHOW(a.range(hi, lo).get());
  SHOW(a(hi, lo) + b);
  SHOW(b - a(hi, lo));
  SHOW(a(hi, lo) * b);
  SHOW(a(hi, lo) & b);
  SHOW(b | a(hi, lo));
  SHOW(a(hi, lo) + 5);
  SHOW(-3 * a(hi, lo));
  SHOW(a(hi, lo) ^ 7u);
  SHOW(a(hi, lo) << 2);
  SHOW(a(hi, lo) >> 1);
  SHOW(a(hi, lo) - b(bit, 0));
  SHOW(a(hi, lo) < b);
  SHOW(b >= a(hi, lo));
  SHOW(a(hi, lo) == 3);
  SHOW(a(hi, lo) == b(bit, bit));
  SHOW(a(hi, lo).to_int());
  SHOW(a(hi, lo).to_uint64());
  SHOW(a(hi, lo).length());
  SHOW(b[bit] + a);
  SHOW(a - b[bit]);
  SHOW(a & b[bit]);
  SHOW(b[bit] * a);
  SHOW(b[bit] == a);
  SHOW(static_cast<bool>(b[bit]));
  SHOW(static_cast<bool>(~b[bit]));
  SHOW((a, b[bit]));
  SHOW((b[bit], a));
  SHOW((a(hi, lo), b));
  SHOW((b, a(hi, lo)));
  SHOW((a, b, a));
  SHOW(((a, b) & b));
  SHOW(((a, b) | a));
  SHOW(((a, b) ^ (b, a)));
  SHOW(((a, b) + (b, a)));
  SHOW(((a, b) == b));
  SHOW(((a, b) >> 3));
  SHOW((a, 5u));
  SHOW((static_cast<short>(-3), a));
  SHOW((a, static_cast<signed char>(-3)));
  A c = a;
  c.range(hi, lo) = b;
  SHOW(c);
  c(hi, lo) = -1;
  SHOW(c);
  c[hi] = b[bit];
  SHOW(c);
  c[lo] = b;
  SHOW(c);
  B d = b;
  (c(hi, lo), d[bit]) = a;
  SHOW(c);
  SHOW(d);
  c = a(hi, lo);
  SHOW(c);
  d = c[hi];
  SHOW(d);
}

template <class A, class I>
void with_int(const char* type, const A& a, I i) {
  line =
      std::to_string(A::width) + (A(-1) < A(0) ? "s " : "u ") + a.to_string(10) + " " + type + " " + std::to_string(i);
  SHOW(a + i);
  SHOW(i - a);
  SHOW(a * i);
  if (i != 0) SHOW(a / i);
  if (a != 0) SHOW(i % a);
  SHOW(a & i);
  SHOW(i | a);
  SHOW(a ^ i);
  SHOW(a < i);
  SHOW(i < a);
  SHOW(a >= i);
  SHOW(a == i);
  SHOW(i != a);
  SHOW(a << static_cast<I>(i % 100));
  SHOW(a >> static_cast<I>(i % 100));
  A c = a;
  SHOW(c += i);
  SHOW(c *= i);
  SHOW(c -= i);
  SHOW(c ^= i);
  SHOW(c <<= static_cast<I>(i % 50));
  SHOW(c >>= static_cast<I>(i % 50));
  SHOW(c = i);
}

template <class A>
void unary(A a) {
  line = std::to_string(A::width) + (A(-1) < A(0) ? "s " : "u ") + a.to_string(10);
  SHOW(-a);
  SHOW(~a);
  SHOW(+a);
  SHOW(!a);
  SHOW(a.and_reduce());
  SHOW(a.nand_reduce());
  SHOW(a.or_reduce());
  SHOW(a.nor_reduce());
  SHOW(a.xor_reduce());
  SHOW(a.xnor_reduce());
  SHOW(a.sign());
  SHOW(a.iszero());
  SHOW(a.length());
  SHOW(a.countLeadingZeros());
  SHOW(a.to_int());
  SHOW(a.to_int64());
  SHOW(a.to_uint64());
  SHOW(static_cast<int>(a.to_char()));
  SHOW(static_cast<int>(a.to_short()));
  SHOW(static_cast<int>(a.to_ushort()));
  SHOW(a.to_bool());
  if (a) SHOW(1);
  A c = a;
  SHOW(c++);
  SHOW(++c);
  SHOW(c--);
  SHOW(--c);
  const int n = static_cast<int>(next_word() % static_cast<unsigned>(A::width));
  // Xilinx's rotation of signed variables beyond 64 bits fills with the sign.
  if (A::width <= 64 || A(-1) > A(0)) c.lrotate(n);
  SHOW(c);
  if (A::width <= 64 || A(-1) > A(0)) c.rrotate(static_cast<int>(next_word() % static_cast<unsigned>(A::width)));
  SHOW(c);
  c.reverse();
  SHOW(c);
  c.invert(n);
  SHOW(c);
  c.set(n);
  SHOW(c.test(n));
  c.clear(n);
  SHOW(c);
  c.set_bit(n, true);
  SHOW(c.get_bit(n));
  c.b_not();
  SHOW(c);
  c = A("0x5a");
  SHOW(c);
  c = A("-1011101", 2);
  SHOW(c);
}

template <class A, class B>
void pair() {
  const int rounds = A::width + B::width > 300 ? 12 : 30;
  for (int i = 0; i < rounds; ++i) {
    const A a = sample<A>(i < 25 ? i / 5 : i);
    const B b = sample<B>(i < 25 ? i % 5 : i);
#if PART == 3
    binary(a, b);
    binary(a, B(static_cast<int>(next_word() % 150) - 75));
#elif PART == 4
    proxies(a, b);
#elif PART == 5
    unary(a);
    unary(b);
    if (i % 4 == 3) with_int("bool", a, static_cast<bool>(b[0]));
    if (i % 4 == 2) with_int("schar", a, static_cast<signed char>(b.to_char()));
    with_int("ushort", a, b.to_ushort());
    with_int("int", a, b.to_int());
    if (i % 4 == 1) with_int("uint", a, b.to_uint());
    with_int("long", a, b.to_long());
    if (i % 4 == 0) with_int("uint64", a, b.to_uint64());
#else
    binary(a, b);
#endif
  }
}
template <int W1, int W2>
void widths() {
  pair<ap_uint<W1>, ap_uint<W2>>();
  pair<ap_int<W1>, ap_uint<W2>>();
  pair<ap_uint<W1>, ap_int<W2>>();
  pair<ap_int<W1>, ap_int<W2>>();
}

int main() {
  widths<1, 1>();
  widths<1, 8>();
  widths<2, 31>();
  widths<7, 5>();
  widths<8, 33>();
  widths<31, 31>();
  widths<32, 16>();
  widths<32, 32>();
  widths<33, 64>();
  widths<63, 2>();
  widths<64, 63>();
  widths<64, 64>();
  widths<65, 1>();
  widths<17, 65>();
  widths<100, 77>();
  widths<127, 128>();
  widths<129, 32>();
  widths<255, 512>();
}
