// What kernels can't do: an error at the line, in the source's terms, with the next step.
#include "testbench/hls/compiler/lower/lower_support.hpp"

namespace sluice::hlsc::testing {
namespace {

void check_refused(const std::string& text, int line, const std::string& words) {
  INFO(text);
  CHECK(has_error(lower_text(text, "top"), line, words));
}

// `body` from line 2 on.
std::string top(const std::string& body) { return "void top(int& out, int x) {\n" + body + "\n}\n"; }

TEST_CASE("recursion", "[lower][diagnostics]") {
  check_refused("static int f(int n) {\n  return n < 2 ? 1 : n * f(n - 1);\n}\n" + top("out = f(x);"), 2,
                "recursion: 'f' calls itself");
  check_refused("int g(int n);\nint f(int n) { return n == 0 ? 0 : g(n - 1); }\nint g(int n) { return f(n) + 1; }\n" +
                    top("out = f(x);"),
                3, "recursion");
}

TEST_CASE("memory at run time", "[lower][diagnostics]") {
  check_refused("#include <stdlib.h>\n" + top("int* p = (int*)malloc(40);\np[x & 7] = x;\nout = p[0];"), 3,
                "declare an array of the largest size");
  check_refused(top("int* p = new int[10];\np[x & 7] = x;\nout = p[0];"), 2, "declare an array of the largest size");
  check_refused(top("int a[x];\na[0] = x;\nout = a[0];"), 2, "not constant");
}

TEST_CASE("floating point", "[lower][diagnostics]") {
  check_refused(top("float f = x;\nout = (int)(f * 0.5f);"), 2, "fixed point in ap_int");
}

TEST_CASE("calls through pointers and virtual functions", "[lower][diagnostics]") {
  check_refused("static int a(int v) { return v; }\nstatic int b(int v) { return -v; }\n" +
                    top("int (*f[2])(int) = {a, b};\nout = f[x & 1](x);"),
                5, "call through a pointer");
  check_refused(
      "struct Base { virtual int f(int v) { return v; } };\nstruct Other : Base { int f(int v) override { "
      "return -v; } };\n" +
          top("Base a; Other b;\nBase* p = x > 0 ? &a : &b;\nout = p->f(x);"),
      6, "call");
}

TEST_CASE("pointers as data", "[lower][diagnostics]") {
  check_refused(
      top("int a[4] = {x, 1, 2, 3}, b[4] = {4, 5, 6, x};\nint* p[2] = {a, b};\nint** q = p;\nout = q[x & 1][x "
          "& 3];"),
      5, "index");
  check_refused(top("int a = x;\nout = (int)(long)&a;"), 3, "use indices into arrays");
  check_refused(top("int a[4], b[4];\nfor (int i = 0; i < 4; i++) { a[i] = i; b[i] = 2 * i; }\nint* p = a;\n"
                    "for (int i = 0; i < 9; i++) {\n  if (i == x) { p = b; }\n  out = p[i & 3];\n}"),
                7, "one of several arrays");
}

TEST_CASE("a division by what is not constant", "[lower][diagnostics]") {
  check_refused(top("out = 1000 / x;"), 2, "reciprocal");
}

TEST_CASE("a loop without a constant bound inside a pipelined one", "[lower][diagnostics]") {
  check_refused(
      top("int s = 0;\nfor (int i = 0; i < 8; i++) {\n#pragma HLS PIPELINE II=1\n  for (int j = 0; j < x; j++) "
          "{ s += j; }\n}\nout = s;"),
      5, "inside a pipelined loop");
}

TEST_CASE("a function without a body, and exceptions", "[lower][diagnostics]") {
  check_refused("int elsewhere(int);\n" + top("out = elsewhere(x);"), 3, "has no body in this file");
}

TEST_CASE("a copy whose length is not constant", "[lower][diagnostics]") {
  check_refused("#include <string.h>\n" +
                    top("int a[8], b[8];\nfor (int i = 0; i < 8; i++) { a[i] = i; b[i] = 0; }\nmemcpy(b, a, 4 * (x & "
                        "7));\nout = b[1];"),
                5, "write a loop over the elements");
}

TEST_CASE("an output that is read before it is written", "[lower][diagnostics]") {
  check_refused(top("out = out + x;"), 1, "'out' is read before it is written");
}

TEST_CASE("a static that two processes use", "[lower][diagnostics]") {
  check_refused(R"(static int shared[4];
static void first(hls::stream<int>& in, hls::stream<int>& out) { shared[0] = in.read(); out.write(1); }
static void second(hls::stream<int>& in, hls::stream<int>& out) { out.write(in.read() + shared[0]); }
void top(hls::stream<int>& in, hls::stream<int>& out) {
#pragma HLS DATAFLOW
  hls::stream<int> middle;
  first(in, middle);
  second(middle, out);
}
)",
                1, "processes share streams only");
}

TEST_CASE("an access across the elements of an array", "[lower][diagnostics]") {
  check_refused(top("short a[8];\nfor (int i = 0; i < 8; i++) { a[i] = i; }\nint* p = (int*)a;\nout = p[x & 3];"), 5,
                "casts of pointers");
}

TEST_CASE("atomics and inline assembly", "[lower][diagnostics]") {
  check_refused(top("int a[2] = {x, 1};\n__atomic_fetch_add(&a[x & 1], 1, __ATOMIC_SEQ_CST);\nout = a[0];"), 3,
                "atomic operations");
  check_refused(top("asm(\"nop\");\nout = x;"), 2, "inline assembly");
}

TEST_CASE("a stream that one process reads and writes", "[lower][diagnostics]") {
  check_refused(top("hls::stream<int> s;\ns.write(x);\nout = s.read();"), 3, "a stream that is read and written");
}

TEST_CASE("a top whose parameters are structs", "[lower][diagnostics]") {
  check_refused("struct Pair { int a, b; };\nvoid top(int& out, Pair p) { out = p.a + p.b; }\n", 2,
                "pass its members one by one");
}

TEST_CASE("a helper that is static: a top like any other where something calls it", "[lower][diagnostics]") {
  const std::string helper =
      "static void top(ap_uint<12>& low, ap_uint<12>& high) {\n  if (low > high) {\n    ap_uint<12> other = low;\n    "
      "low = high;\n    high = other;\n  }\n}\n";
  check_refused(helper, 1, "make it an ordinary function");
  check_refused(helper + "void caller(ap_uint<12>& a, ap_uint<12>& b) { top(a, b); }\n", 1,
                "is read before it is written");
  CHECK(lower_text("static int top(int x) { return x + 1; }\nint caller(int x) { return top(x); }\n", "top")
            .kernel.has_value());
}

}  // namespace
}  // namespace sluice::hlsc::testing
