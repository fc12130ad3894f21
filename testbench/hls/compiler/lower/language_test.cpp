// The language: what kernels may be written in, against its value natively.
#include <algorithm>

#include "testbench/hls/compiler/lower/lower_support.hpp"

namespace sluice::hlsc::testing {
namespace {

// What `top(out, x)` writes to `out` for x = 0, 1, ..., in one interpreter, so that statics go on.
std::vector<std::int64_t> outputs(const std::string& text, int count) {
  INFO(text);
  Lowered lowered = lower_text(text, "top");
  REQUIRE(lowered.kernel.has_value());
  Interpreter interpreter(*lowered.kernel);
  std::vector<std::int64_t> result;
  for (int x = 0; x < count; ++x) {
    InterpreterInput input{.streams = {}, .scalars = {word(32, x)}};
    input.check_dependences = true;
    input.any_seed = 7;
    InterpreterResult one = interpreter.run(input);
    CHECK(one.uncovered == std::nullopt);
    REQUIRE(one.outputs[0].has_value());
    result.push_back(one.outputs[0]->getSExtValue());
  }
  return result;
}

template <typename Function>
void check_equal(const std::string& text, int count, Function function) {
  std::vector<std::int64_t> expected;
  for (int x = 0; x < count; ++x) {
    expected.push_back(function(x));
  }
  CHECK(outputs(text, count) == expected);
}

TEST_CASE("templates, with recursion that ends", "[lower][language]") {
  check_equal(R"(
template <int N, typename T> struct Power { static T of(T x) { return x * Power<N - 1, T>::of(x); } };
template <typename T> struct Power<0, T> { static T of(T) { return 1; } };
template <class T, class F> T apply(T x, F f) { return f(x) + 1; }
void top(int& out, int x) { out = Power<3, int>::of(x) + apply(x, [](int v) { return v * 100; }); }
)",
              9, [](int x) { return x * x * x + x * 100 + 1; });
}

TEST_CASE("constexpr tables and enumerations", "[lower][language]") {
  check_equal(R"(
enum Size { kSize = 8 };
struct Squares { int v[kSize]; constexpr Squares() : v() { for (int i = 0; i < kSize; i++) v[i] = i * i; } };
static constexpr Squares kSquares;
constexpr int kPrimes[4] = {2, 3, 5, 7};
void top(int& out, int x) { out = kSquares.v[x & 7] * kPrimes[x & 3]; }
)",
              20, [](int x) {
                const int primes[] = {2, 3, 5, 7};
                return (x & 7) * (x & 7) * primes[x & 3];
              });
}

TEST_CASE("structs with methods, in arrays, copied and passed by reference", "[lower][language]") {
  check_equal(R"(
struct Point { int x; short y; ap_int<9> z; int sum() const { return x + y + z; } };
static void move(Point& p, int by) { p.x += by; p.y -= by; }
void top(int& out, int x) {
  Point points[4];
  for (int i = 0; i < 4; i++) { points[i].x = i * x; points[i].y = i; points[i].z = 100 - i; }
  Point copy = points[x & 3];
  move(copy, 5);
  move(points[(x + 1) & 3], 7 * x);
  points[2] = copy;
  out = points[2].sum() * 1000 + points[x & 3].x;
}
)",
              12, [](int x) {
                struct Point {
                  int x, y, z;
                } p[4];
                for (int i = 0; i < 4; ++i) {
                  p[i] = {i * x, i, 100 - i};
                }
                Point copy = p[x & 3];
                copy.x += 5;
                copy.y -= 5;
                p[(x + 1) & 3].x += 7 * x;
                p[(x + 1) & 3].y -= 7 * x;
                p[2] = copy;
                return (p[2].x + p[2].y + p[2].z) * 1000 + p[x & 3].x;
              });
}

TEST_CASE("arrays of several dimensions, whole rows as arguments", "[lower][language]") {
  check_equal(R"(
static int sum_row(const int row[5]) { int s = 0; for (int i = 0; i < 5; i++) s += row[i]; return s; }
void top(int& out, int x) {
  int a[3][4][5];
  for (int i = 0; i < 3; i++) for (int j = 0; j < 4; j++) for (int k = 0; k < 5; k++) a[i][j][k] = i * 100 + j * 10 + k * x;
  out = sum_row(a[2][x & 3]) + a[x % 3][1][4];
}
)",
              9, [](int x) { return 5 * (200 + (x & 3) * 10) + 10 * x + (x % 3) * 100 + 10 + 4 * x; });
}

TEST_CASE("break, continue, early return and loops that test at their end", "[lower][language]") {
  check_equal(R"(
static int find(const int a[8], int wanted) {
  for (int i = 0; i < 8; i++) { if (a[i] == wanted) { return i; } }
  return -1;
}
void top(int& out, int x) {
  int a[8];
  for (int i = 0; i < 8; i++) { a[i] = i * 3; }
  int sum = 0, n = 0;
  for (int i = 0; i < 20; i++) {
#pragma HLS PIPELINE II=4
    if (i == x) { continue; }
    if (sum > 100) { break; }
    sum += i;
  }
  do { n += 2; } while (n < x);
  out = sum * 1000 + n * 10 + find(a, x);
}
)",
              30, [](int x) {
                int sum = 0;
                for (int i = 0; i < 20 && sum <= 100; ++i) {
                  sum += i == x ? 0 : i;
                }
                const int n = x <= 2 ? 2 : (x + 1) / 2 * 2;
                return sum * 1000 + n * 10 + (x % 3 == 0 && x < 24 ? x / 3 : -1);
              });
}

TEST_CASE("statics keep their value from call to call and start with what they are given", "[lower][language]") {
  int total = 100;
  int history[4] = {9, 8, 7, 6};
  check_equal(R"(
void top(int& out, int x) {
  static int total = 100;
  static int history[4] = {9, 8, 7, 6};
  total += x + history[3];
  for (int i = 3; i > 0; i--) { history[i] = history[i - 1]; }
  history[0] = x;
  out = total;
}
)",
              10, [&](int x) {
                total += x + history[3];
                for (int i = 3; i > 0; --i) {
                  history[i] = history[i - 1];
                }
                history[0] = x;
                return total;
              });
}

TEST_CASE("division and remainder by constants, of either sign", "[lower][language]") {
  for (int divisor : {1, 2, 3, 7, 10, 64, 100, -5}) {
    check_equal("void top(int& out, int x) { int v = (x - 20) * 12345; out = v / " + std::to_string(divisor) +
                    " * 3 + v % " + std::to_string(divisor) + "; }",
                40, [divisor](int x) {
                  const int v = (x - 20) * 12345;
                  return v / divisor * 3 + v % divisor;
                });
  }
}

TEST_CASE("switch with fall-through, and chains of conditional operators", "[lower][language]") {
  check_equal(R"(
void top(int& out, int x) {
  int r = 0;
  switch (x & 7) {
    case 0: r = 5; break;
    case 1: r = 6;
    case 2: r += 7; break;
    case 5: case 6: r = 40; break;
    default: r = -x;
  }
  out = x < 3 ? r : x < 6 ? r * 2 : x == 9 ? 1000 : r * 3;
}
)",
              16, [](int x) {
                const int cases[] = {5, 13, 7, -x, -x, 40, 40, -x};
                const int r = cases[x & 7];
                return x < 3 ? r : x < 6 ? r * 2 : x == 9 ? 1000 : r * 3;
              });
}

TEST_CASE("memcpy and memset of arrays and structs", "[lower][language]") {
  check_equal(R"(
#include <string.h>
void top(int& out, int x) {
  int a[40], b[40];
  for (int i = 0; i < 40; i++) { a[i] = i * x; }
  memset(b, 0, sizeof(b));
  memcpy(b, a, 20 * sizeof(int));
  out = b[x % 40] + b[19] + b[20];
}
)",
              40, [](int x) { return (x < 20 ? x * x : 0) + 19 * x; });
}

TEST_CASE("structs with padding at their end", "[lower][language]") {
  check_equal(R"(
struct Beat { ap_int<32> data; ap_uint<4> keep; ap_uint<1> last; };
static Beat make(int x) { Beat b; b.data = x * 3; b.keep = x; b.last = x & 1; return b; }
void top(int& out, int x) {
  Beat a, b;
  a = make(x);
  b = a;
  b.data += 1;
  out = b.data * 100 + b.keep * 2 + a.last;
}
)",
              20, [](int x) { return (x * 3 + 1) * 100 + (x & 15) * 2 + (x & 1); });
}

TEST_CASE("two loads in two branches that LLVM makes one of a pointer", "[lower][language]") {
  check_equal(R"(
void top(int& out, int x) {
  int a[16], b[16];
  for (int i = 0; i < 16; i++) { a[i] = i * 5; b[i] = i - 90; }
  int r = 0;
  for (int i = 0; i < 16; i++) {
    int v;
    if ((i ^ x) & 1) { v = a[(i + x) & 15] + 1; } else { v = b[(i * x) & 15] + 1; }
    r += v;
    a[i] = r;
  }
  out = r;
}
)",
              12, [](int x) {
                int a[16], b[16];
                for (int i = 0; i < 16; ++i) {
                  a[i] = i * 5;
                  b[i] = i - 90;
                }
                int r = 0;
                for (int i = 0; i < 16; ++i) {
                  r += (((i ^ x) & 1) != 0 ? a[(i + x) & 15] : b[(i * x) & 15]) + 1;
                  a[i] = r;
                }
                return r;
              });
}

TEST_CASE("a pointer that walks through an array", "[lower][language]") {
  check_equal(R"(
void top(int& out, int x) {
  int a[8];
  int *p = a;
  for (int i = 0; i < 8; i++) { *p++ = i + x; }
  int sum = 0;
  for (const int *q = a + 2; q != a + 6; ++q) { sum += *q; }
  out = sum;
}
)",
              5, [](int x) { return 14 + 4 * x; });
}

TEST_CASE("assert is a promise and printf is dropped", "[lower][language]") {
  Lowered lowered = lower_text(
      "#include <assert.h>\n#include <stdio.h>\nvoid top(int& out, int x) {\n  assert(x < 100);\n  printf(\"%d\\n\", "
      "x);\n"
      "  out = x + 1;\n}\n",
      "top");
  REQUIRE(lowered.kernel.has_value());
  REQUIRE(lowered.diagnostics.all().size() == 1);
  CHECK(lowered.diagnostics.all()[0].line == 5);
  CHECK(lowered.diagnostics.all()[0].severity == Severity::kWarning);
  CHECK(run(*lowered.kernel, {.scalars = {word(32, 4)}}).outputs[0]->getSExtValue() == 5);
}

TEST_CASE("a prefix sum's recurrence is one addition, its sums come out of a chain", "[lower][language]") {
  Lowered lowered = lower_text(R"(
void top(int in[16], int out[16]) {
#pragma HLS ARRAY_PARTITION variable=in complete
#pragma HLS ARRAY_PARTITION variable=out complete
  int sum = 0;
sums:
  for (int i = 0; i < 16; i++) {
#pragma HLS UNROLL factor=4
#pragma HLS PIPELINE II=1
    sum += in[i];
    out[i] = sum;
  }
}
)",
                               "top");
  REQUIRE(lowered.kernel.has_value());
  const Block* sums = pipelined_block(*lowered.kernel, "sums");
  REQUIRE(sums != nullptr);
  const Process& process = lowered.kernel->processes[0];
  int additions_of_phi = 0;
  for (OpId id : sums->ops) {
    const Op& op = process.ops[index(id)];
    if (op.kind == OpKind::kPhi && op.width == 32) {
      for (std::size_t i = 0; i < op.operands.size(); ++i) {
        const Op& next = process.ops[index(op.operands[i])];
        for (OpId operand : next.operands) {
          const bool counts = std::ranges::any_of(
              next.operands, [&](OpId it) { return process.ops[index(it)].kind == OpKind::kConstant; });
          additions_of_phi += next.kind == OpKind::kAdd && operand == id && !counts ? 1 : 0;
        }
      }
    }
  }
  CHECK(additions_of_phi == 1);
  InterpreterInput input;
  for (int i = 0; i < 16; ++i) {
    input.arrays.push_back({word(32, i * 5 - 9)});
  }
  input.arrays.resize(32);
  InterpreterResult result = run(*lowered.kernel, input);
  int sum = 0;
  for (int i = 0; i < 16; ++i) {
    sum += i * 5 - 9;
    CHECK(result.arrays[static_cast<std::size_t>(16 + i)][0].getSExtValue() == sum);
  }
}

}  // namespace
}  // namespace sluice::hlsc::testing
