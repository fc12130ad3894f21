// LOOP_FLATTEN, and nests inside a pipelined loop.
#include <algorithm>

#include "testbench/hls/compiler/lower/lower_support.hpp"

namespace sluice::hlsc::testing {
namespace {

// A nest in `body` that reads `in` and writes `out`, against the words that `expected` says.
void check_nest(const std::string& body, const std::vector<std::int64_t>& expected, std::size_t pipelined,
                std::vector<int> scalars = {5, 3}) {
  INFO(body);
  Lowered lowered = lower_text("void top(hls::stream<int>& out, ap_uint<4> n, ap_uint<4> m) {\n" + body + "}\n", "top");
  REQUIRE(lowered.kernel.has_value());
  const auto& blocks = lowered.kernel->processes[0].blocks;
  CHECK(static_cast<std::size_t>(
            std::ranges::count_if(blocks, [](const Block& block) { return block.loop_depth > 0; })) == pipelined);
  CHECK(static_cast<std::size_t>(
            std::ranges::count_if(blocks, [](const Block& block) { return block.pipeline.has_value(); })) == pipelined);
  InterpreterResult result =
      run(*lowered.kernel, {.streams = {{}}, .scalars = {word(4, scalars[0]), word(4, scalars[1])}});
  CHECK(numbers(result.streams[0]) == expected);
}

std::vector<std::int64_t> pairs(int rows, int columns) {
  std::vector<std::int64_t> result;
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      result.push_back(10 * i + j);
    }
  }
  return result;
}

TEST_CASE("a perfect nest becomes one loop", "[lower][flatten]") {
  check_nest(R"(
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 6; j++) {
#pragma HLS LOOP_FLATTEN
#pragma HLS PIPELINE II=1
      out.write(10 * i + j);
    }
  }
)",
             pairs(4, 6), 1);
}

TEST_CASE("bounds that are not constant are flattened too", "[lower][flatten]") {
  const std::string nest = R"(
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < m; j++) {
#pragma HLS LOOP_FLATTEN
#pragma HLS PIPELINE II=1
      out.write(10 * i + j);
    }
  }
)";
  check_nest(nest, pairs(5, 3), 1);
  check_nest(nest, pairs(1, 1), 1, {1, 1});
  check_nest(nest, {}, 1, {0, 3});
  check_nest(nest, {}, 1, {3, 0});
}

TEST_CASE("three loops become one", "[lower][flatten]") {
  std::vector<std::int64_t> expected;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 2; ++j) {
      for (int k = 0; k < 4; ++k) {
        expected.push_back(100 * i + 10 * j + k);
      }
    }
  }
  check_nest(R"(
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 2; j++) {
      for (int k = 0; k < 4; k++) {
#pragma HLS LOOP_FLATTEN
#pragma HLS PIPELINE II=1
        out.write(100 * i + 10 * j + k);
      }
    }
  }
)",
             expected, 1);
}

TEST_CASE("work between the loops runs where it did", "[lower][flatten]") {
  std::vector<std::int64_t> expected;
  std::int64_t total = 0;
  for (int i = 0; i < 5; ++i) {
    std::int64_t sum = i;
    for (int j = 0; j < 3; ++j) {
      sum += 7 * j;
      expected.push_back(sum);
    }
    total += sum;
    expected.push_back(total);
  }
  check_nest(R"(
  int total = 0;
  for (int i = 0; i < n; i++) {
    int sum = i;
    for (int j = 0; j < m; j++) {
#pragma HLS LOOP_FLATTEN
#pragma HLS PIPELINE II=1
      sum += 7 * j;
      out.write(sum);
    }
    total += sum;
    out.write(total);
  }
)",
             expected, 1);
}

TEST_CASE("an inner bound that depends on the outer loop, and breaks out of either", "[lower][flatten]") {
  std::vector<std::int64_t> expected;
  for (int i = 1; i < 8; ++i) {
    for (int j = 0; j < i; ++j) {
      if (j == 4) {
        break;
      }
      expected.push_back(10 * i + j);
    }
    if (i == 6) {
      break;
    }
  }
  check_nest(R"(
  for (int i = 1; i < 8; i++) {
    for (int j = 0; j < i; j++) {
#pragma HLS LOOP_FLATTEN
#pragma HLS PIPELINE II=1
      if (j == 4) { break; }
      out.write(10 * i + j);
    }
    if (i == n + 1) { break; }
  }
)",
             expected, 1);
}

TEST_CASE("LOOP_FLATTEN off and none leave the nest", "[lower][flatten]") {
  for (const char* pragma : {"", "#pragma HLS LOOP_FLATTEN off\n"}) {
    Lowered lowered = lower_text(
        std::string(
            "void top(hls::stream<int>& out) {\nrows:\n  for (int i = 0; i < 4; i++) {\ncolumns:\n    for (int j "
            "= 0; j < 6; j++) {\n") +
            pragma + "#pragma HLS PIPELINE II=1\n      out.write(10 * i + j);\n    }\n  }\n}\n",
        "top");
    REQUIRE(lowered.kernel.has_value());
    CHECK(pipelined_block(*lowered.kernel, "columns") != nullptr);
    const auto& blocks = lowered.kernel->processes[0].blocks;
    CHECK(std::ranges::find(blocks, "rows", &Block::name) != blocks.end());
    CHECK(numbers(run(*lowered.kernel, {.streams = {{}}}).streams[0]) == pairs(4, 6));
  }
}

TEST_CASE("a LOOP_FLATTEN that can't be honoured says why", "[lower][flatten]") {
  auto text = [](const std::string& body) { return "void top(hls::stream<int>& out) {\n" + body + "}\n"; };
  CHECK(has_error(lower_text(text("  for (int i = 0; i < 4; i++) {\n#pragma HLS LOOP_FLATTEN\n#pragma HLS PIPELINE "
                                  "II=1\n    out.write(i);\n  }\n"),
                             "top"),
                  2, "no loop around it"));
  CHECK(has_error(lower_text(text("  for (int i = 0; i < 4; i++) {\n    for (int j = 0; j < 4; j++) {\n#pragma HLS "
                                  "LOOP_FLATTEN\n      out.write(i);\n    }\n  }\n"),
                             "top"),
                  3, "has no PIPELINE"));
  CHECK(
      has_error(lower_text(text("  for (int i = 0; i < 4; i++) {\n    for (int j = 0; j < 4; j++) {\n#pragma HLS "
                                "LOOP_FLATTEN\n#pragma HLS PIPELINE II=1\n      out.write(i);\n    }\n    for (int j = "
                                "0; j < 4; j++) { out.write(j); }\n  }\n"),
                           "top"),
                3, "also has the loop 'loop_8'"));
  CHECK(
      has_error(lower_text(text("  for (int i = 0; i < 4; i++) {\n#pragma HLS LOOP_FLATTEN\n    for (int j = 0; j < 4; "
                                "j++) {\n#pragma HLS PIPELINE II=1\n      out.write(i);\n    }\n  }\n"),
                           "top"),
                2, "put it into the innermost"));
}

TEST_CASE("loops inside a pipelined loop are unrolled, whatever their nesting", "[lower][flatten]") {
  std::vector<std::int64_t> expected;
  for (int i = 0; i < 5; ++i) {
    int sum = 0;
    for (int j = 0; j < 3; ++j) {
      for (int k = j; k < 4; ++k) {
        sum += (i << j) + k;
      }
    }
    expected.push_back(sum);
  }
  check_nest(R"(
  for (int i = 0; i < n; i++) {
#pragma HLS PIPELINE II=1
    int sum = 0;
    for (int j = 0; j < 3; j++) {
      for (int k = j; k < 4; k++) { sum += (i << j) + k; }
    }
    out.write(sum);
  }
)",
             expected, 1);
}

}  // namespace
}  // namespace sluice::hlsc::testing
