// DATAFLOW: what may be between its processes, and what is an error.
#include <algorithm>

#include "testbench/hls/compiler/lower/lower_support.hpp"

namespace sluice::hlsc::testing {
namespace {

TEST_CASE("STREAM gives a stream between processes its depth", "[lower][dataflow]") {
  auto text = [](const std::string& depth) {
    return "static void first(hls::stream<int>& in, hls::stream<int>& out) { out.write(in.read() + 1); }\n"
           "void top(hls::stream<int>& in, hls::stream<int>& out) {\n#pragma HLS DATAFLOW\n  hls::stream<int> middle;\n"
           "#pragma HLS STREAM variable=middle depth=" +
           depth + "\n  first(in, middle);\n  first(middle, out);\n}\n";
  };
  const Kernel kernel = lower_text(text("17"), "top").kernel.value();
  CHECK(kernel.processes.size() == 2);
  REQUIRE(kernel.streams.size() == 3);
  auto middle = std::ranges::find(kernel.streams, "middle", &Stream::name);
  REQUIRE(middle != kernel.streams.end());
  CHECK(middle->depth == 17);
  CHECK(has_error(lower_text(text("0"), "top"), 5, "1 or more"));
}

TEST_CASE("DATAFLOW needs streams between its processes", "[lower][dataflow]") {
  Lowered result = lower_text(R"(static void fill(hls::stream<int>& in, int a[8]) {
  for (int i = 0; i < 8; i++) { a[i] = in.read(); }
}
static void empty(int a[8], hls::stream<int>& out) {
  for (int i = 0; i < 8; i++) { out.write(a[i]); }
}
void top(hls::stream<int>& in, hls::stream<int>& out) {
#pragma HLS DATAFLOW
  int shared[8];
  fill(in, shared);
  empty(shared, out);
}
)",
                              "top");
  CHECK(has_error(result, 11, "'shared' is shared by two processes"));
}

TEST_CASE("a process of a DATAFLOW region computes no value for another, in registers or in memory",
          "[lower][dataflow]") {
  const auto text = [](const std::string& more, const std::string& given) {
    return "static ap_int<77> first(hls::stream<int>& in, hls::stream<int>& out) {\n"
           "  ap_int<77> last = in.read();\n  out.write(last);\n  return last;\n}\n"
           "static void second(hls::stream<int>& in, hls::stream<int>& out, " +
           more +
           "ap_int<77> offset) {\n  out.write(in.read() + offset);\n}\n"
           "void top(hls::stream<int>& in, hls::stream<int>& out, ap_int<77> given, int n) {\n"
           "#pragma HLS DATAFLOW\n  hls::stream<int> middle;\n  ap_int<77> last = first(in, middle);\n"
           "  second(middle, out, " +
           given + ");\n}\n";
  };
  CHECK(has_error(lower_text(text("", "last"), "top"), 13, "computes for another"));
  CHECK(has_error(lower_text(text("int a, int b, int c, int d, ", "n, n, n, n, last"), "top"), 13,
                  "computes for another"));
  CHECK(lower_text(text("int a, int b, int c, int d, ", "n, n, n, n, given"), "top").kernel.has_value());
}

TEST_CASE("DATAFLOW in a loop and a condition in a region are errors", "[lower][dataflow]") {
  const std::string process =
      "static void step(hls::stream<int>& in, hls::stream<int>& out) { out.write(in.read()); }\n";
  CHECK(has_error(lower_text(process + "void top(hls::stream<int>& in, hls::stream<int>& out) {\n  for (int i = 0; i < "
                                       "2; i++) {\n#pragma HLS DATAFLOW\n    step(in, out);\n  }\n}\n",
                             "top"),
                  4, "DATAFLOW inside a loop"));
  CHECK(has_error(lower_text(process + "void top(hls::stream<int>& in, hls::stream<int>& out, bool b) {\n#pragma HLS "
                                       "DATAFLOW\n  if (b) {\n    step(in, out);\n  }\n}\n",
                             "top"),
                  4, "condition in a DATAFLOW region"));
}

}  // namespace
}  // namespace sluice::hlsc::testing
