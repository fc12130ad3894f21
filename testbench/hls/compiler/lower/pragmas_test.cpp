// Every pragma: what it makes of a kernel, and the error where it can't be honoured.
#include <algorithm>

#include "testbench/hls/compiler/lower/lower_support.hpp"

namespace sluice::hlsc::testing {
namespace {

Kernel lowered(const std::string& text) {
  Lowered result = lower_text(text, "top");
  REQUIRE(result.kernel.has_value());
  return std::move(*result.kernel);
}

bool has_warning(const Lowered& lowered, int line, const std::string& words) {
  return lowered.kernel && std::ranges::any_of(lowered.diagnostics.all(), [&](const Diagnostic& diagnostic) {
           return diagnostic.severity == Severity::kWarning && diagnostic.line == line &&
                  diagnostic.message.find(words) != std::string::npos;
         });
}

std::vector<std::string> memory_names(const Kernel& kernel) {
  std::vector<std::string> names;
  for (const Memory& memory : kernel.processes[0].memories) {
    names.push_back(memory.name);
  }
  std::ranges::sort(names);
  return names;
}

const Memory& memory(const Kernel& kernel, const std::string& name) {
  for (const Memory& each : kernel.processes[0].memories) {
    if (each.name == name) {
      return each;
    }
  }
  FAIL("no memory " << name);
  std::abort();
}

// A kernel that copies `in` through an array `a` with `pragma` on line 4.
std::string through_array(const std::string& pragma, const std::string& element = "int") {
  return "void top(hls::stream<" + element + ">& in, hls::stream<" + element + ">& out) {\n  " + element +
         " a[4][8];\n#pragma HLS " + pragma + R"(
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 8; j++) { a[i][j] = in.read(); }
  }
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 8; j++) { out.write(a[3 - i][7 - j]); }
  }
}
)";
}

void check_reverses(const Kernel& kernel) {
  std::vector<int> values;
  for (int i = 0; i < 32; ++i) {
    values.push_back(i * 37 - 500);
  }
  InterpreterResult result = run(kernel, {.streams = {words(32, values), {}}});
  REQUIRE(result.streams[1].size() == 32);
  for (std::size_t i = 0; i < 32; ++i) {
    CHECK(result.streams[1][i].getSExtValue() == values[31 - i]);
  }
}

TEST_CASE("ARRAY_PARTITION: complete, cyclic and block, by dimension", "[lower][pragmas]") {
  struct Case {
    std::string pragma;
    std::size_t memories;
    std::uint64_t depth;
  };
  for (const Case& each : {Case{"ARRAY_PARTITION variable=a complete dim=1", 4, 8},
                           Case{"ARRAY_PARTITION variable=a complete dim=2", 8, 4},
                           Case{"ARRAY_PARTITION variable=a cyclic factor=2 dim=2", 2, 16},
                           Case{"ARRAY_PARTITION variable=a block factor=4 dim=2", 4, 8},
                           Case{"ARRAY_PARTITION variable=a cyclic factor=3 dim=2", 3, 12},
                           Case{"ARRAY_PARTITION variable=a off", 1, 32}}) {
    INFO(each.pragma);
    Kernel kernel = lowered(through_array(each.pragma));
    CHECK(kernel.processes[0].memories.size() == each.memories);
    CHECK(kernel.processes[0].memories[0].depth == each.depth);
    check_reverses(kernel);
  }
}

TEST_CASE("ARRAY_PARTITION complete of all dimensions makes registers", "[lower][pragmas]") {
  Kernel kernel = lowered(through_array("ARRAY_PARTITION variable=a complete dim=0"));
  REQUIRE(memory_names(kernel) == std::vector<std::string>{"a"});
  CHECK(memory(kernel, "a").kind == MemoryKind::kRegisters);
  check_reverses(kernel);
}

TEST_CASE("an ARRAY_PARTITION that can't be is an error", "[lower][pragmas]") {
  CHECK(has_error(lower_text(through_array("ARRAY_PARTITION variable=a complete dim=3"), "top"), 2, "dim=3"));
  CHECK(has_error(lower_text(through_array("ARRAY_PARTITION variable=a cyclic"), "top"), 3, "factor=N"));
  CHECK(has_error(lower_text("void top(int& out, int n) {\n  int a[20000];\n#pragma HLS ARRAY_PARTITION variable=a\n"
                             "  for (int i = 0; i < 20000; i++) { a[i] = n + i; }\n  out = a[n];\n}\n",
                             "top"),
                  2, "20000 elements of 'a'"));
}

TEST_CASE("ARRAY_RESHAPE gives the accesses of ARRAY_PARTITION and says so", "[lower][pragmas]") {
  Lowered result = lower_text(through_array("ARRAY_RESHAPE variable=a complete dim=2"), "top");
  CHECK(has_warning(result, 3, "as ARRAY_PARTITION"));
  CHECK(result.kernel->processes[0].memories.size() == 8);
  check_reverses(*result.kernel);
}

TEST_CASE("BIND_STORAGE chooses the cell and the ports", "[lower][pragmas]") {
  Kernel kernel = lowered(through_array("BIND_STORAGE variable=a type=ram_s2p impl=uram"));
  CHECK(memory(kernel, "a").kind == MemoryKind::kUltraRam);
  CHECK(memory(kernel, "a").ports.read == 1);
  CHECK(memory(kernel, "a").ports.write == 1);
  CHECK(memory(lowered(through_array("BIND_STORAGE variable=a type=ram_1p impl=lutram")), "a").ports.read_write == 1);
  CHECK(memory(lowered(through_array("BIND_STORAGE variable=a type=ram_t2p impl=bram")), "a").kind ==
        MemoryKind::kBlockRam);
  CHECK(has_error(lower_text(through_array("BIND_STORAGE variable=a type=rom_1p"), "top"), 2, "'a' is written"));
}

TEST_CASE("RESOURCE's memory cores are BIND_STORAGE, its operators ignored", "[lower][pragmas]") {
  Kernel kernel = lowered(through_array("RESOURCE variable=a core=RAM_T2P_BRAM"));
  CHECK(memory(kernel, "a").ports.read_write == 2);
  CHECK(memory(kernel, "a").kind == MemoryKind::kBlockRam);
  CHECK(has_warning(lower_text(through_array("RESOURCE variable=a core=DSP48"), "top"), 3, "core=DSP48 is ignored"));
  CHECK(has_error(lower_text(through_array("RESOURCE variable=a core=RAM_3P"), "top"), 3, "write BIND_STORAGE"));
}

std::string summed(const std::string& pragma, const std::string& bound = "16") {
  return "void top(hls::stream<int>& in, int& out, int n) {\n  int sum = 0;\nloop:\n  for (int i = 0; i < " + bound +
         "; i++) {\n#pragma HLS " + pragma + "\n    sum += in.read() ^ i;\n  }\n  out = sum;\n}\n";
}

void check_sums(const Kernel& kernel, int count) {
  std::vector<int> values;
  int expected = 0;
  for (int i = 0; i < count; ++i) {
    values.push_back(i * i - 30);
    expected += values.back() ^ i;
  }
  InterpreterInput input{.streams = {words(32, values)}, .scalars = {}};
  for (const ScalarArgument& scalar : kernel.scalars) {
    input.scalars.push_back(word(scalar.width, count));
  }
  InterpreterResult result = run(kernel, input);
  REQUIRE(result.outputs[0].has_value());
  CHECK(result.outputs[0]->getSExtValue() == expected);
}

TEST_CASE("PIPELINE makes one block with the II asked for", "[lower][pragmas]") {
  Kernel kernel = lowered(summed("PIPELINE II=3"));
  const Block* loop = pipelined_block(kernel, "loop");
  REQUIRE(loop != nullptr);
  CHECK(loop->pipeline->target_ii == 3);
  CHECK_FALSE(loop->pipeline->may_be_larger);
  CHECK(loop->max_trips == 16U);
  check_sums(kernel, 16);
}

TEST_CASE("PIPELINE without an II asks for the smallest that can be had", "[lower][pragmas]") {
  Kernel kernel = lowered(summed("pipeline"));
  const Block* loop = pipelined_block(kernel, "loop");
  REQUIRE(loop != nullptr);
  CHECK(loop->pipeline->target_ii == 1);
  CHECK(loop->pipeline->may_be_larger);
}

TEST_CASE("PIPELINE off and an II of 0", "[lower][pragmas]") {
  CHECK(pipelined_block(lowered(summed("PIPELINE off")), "loop") == nullptr);
  CHECK(has_error(lower_text(summed("PIPELINE II=0"), "top"), 5, "1 or more"));
}

TEST_CASE("LOOP_TRIPCOUNT is for the report where the bound is not known", "[lower][pragmas]") {
  Kernel kernel = lowered(summed("LOOP_TRIPCOUNT min=3 max=50", "n"));
  const auto& blocks = kernel.processes[0].blocks;
  auto loop = std::ranges::find(blocks, "loop", &Block::name);
  REQUIRE(loop != blocks.end());
  CHECK(loop->min_trips == 3U);
  CHECK(loop->max_trips == 50U);
  check_sums(kernel, 7);
}

TEST_CASE("a bound that is all an int can count is none", "[lower][pragmas]") {
  Kernel kernel = lowered(summed("PIPELINE II=1", "n"));
  const Block* loop = pipelined_block(kernel, "loop");
  REQUIRE(loop != nullptr);
  CHECK(loop->max_trips == std::nullopt);
}

TEST_CASE("UNROLL leaves no loop, by a factor a shorter one", "[lower][pragmas]") {
  check_sums(lowered(summed("UNROLL")), 16);
  for (const char* factor : {"2", "3", "5", "16", "20"}) {
    INFO(factor);
    check_sums(lowered(summed(std::string("UNROLL factor=") + factor)), 16);
  }
  CHECK(has_error(lower_text(summed("UNROLL", "n"), "top"), 4, "not constant"));
}

TEST_CASE("UNROLL by a factor with a bound that is not constant does the rest too", "[lower][pragmas]") {
  Kernel kernel = lowered(summed("UNROLL factor=4", "n"));
  for (int count : {1, 2, 3, 4, 5, 8, 11, 16}) {
    INFO(count);
    check_sums(kernel, count);
  }
}

TEST_CASE("UNROLL by the factor of a cyclic partition needs one bank an access, whatever the index is made of",
          "[lower][pragmas]") {
  Kernel kernel = lowered(R"(
void top(hls::stream<int>& in, hls::stream<int>& out, int base) {
  int a[64];
#pragma HLS ARRAY_PARTITION variable=a cyclic factor=4
  for (int i = 0; i < 64; i++) { a[i] = in.read(); }
  for (int i = 0; i < 8; i++) {
    for (int j = 0; j < 8; j += 4) {
#pragma HLS PIPELINE II=1
      int sum = 0;
      for (int k = 0; k < 4; k++) { sum += (k + 1) * a[8 * i + j + k]; }
      out.write(sum);
    }
  }
}
)");
  int loads = 0;
  for (const Op& op : kernel.processes[0].ops) {
    loads += op.kind == OpKind::kLoad ? 1 : 0;
  }
  CHECK(loads == 4);
  std::vector<int> values;
  for (int i = 0; i < 64; ++i) {
    values.push_back(i * 11 - 100);
  }
  InterpreterResult result = run(kernel, {.streams = {words(32, values), {}}, .scalars = {word(32, 0)}});
  REQUIRE(result.streams[1].size() == 16);
  for (std::size_t i = 0; i < 16; ++i) {
    const int* at = &values[4 * i];
    CHECK(result.streams[1][i].getSExtValue() == at[0] + 2 * at[1] + 3 * at[2] + 4 * at[3]);
  }
}

TEST_CASE("DEPENDENCE takes a dependence away", "[lower][pragmas]") {
  auto text = [](const std::string& pragma) {
    return "void top(hls::stream<ap_uint<4>>& in, hls::stream<int>& out) {\n  int a[16];\n  for (int i = 0; i < 16; "
           "i++) { "
           "a[i] = i; }\n" +
           pragma + R"(
loop:
  for (int i = 0; i < 16; i++) {
#pragma HLS PIPELINE II=4
    ap_uint<4> at = in.read();
    out.write(a[at]);
    a[at] = i;
  }
}
)";
  };
  auto dependences = [&](const std::string& pragma) {
    Kernel kernel = lowered(text(pragma));
    return pipelined_block(kernel, "loop")->pipeline->dependences;
  };
  const auto all = dependences("");
  CHECK(std::ranges::any_of(all, [](const MemoryDependence& each) { return each.distance > 0; }));
  const auto none = dependences("#pragma HLS DEPENDENCE variable=a inter false");
  CHECK(std::ranges::none_of(none, [](const MemoryDependence& each) { return each.distance > 0; }));
  const auto raw = dependences("#pragma HLS DEPENDENCE variable=a inter RAW false");
  CHECK(raw.size() < all.size());
  const auto far = dependences("#pragma HLS DEPENDENCE variable=a inter RAW distance=3 true");
  CHECK(std::ranges::any_of(far, [](const MemoryDependence& each) { return each.distance == 3; }));
}

TEST_CASE("DEPENDENCE without a variable is an error", "[lower][pragmas]") {
  CHECK(has_error(lower_text(summed("DEPENDENCE inter false"), "top"), 5, "variable=NAME"));
}

TEST_CASE("a pragma in a loop that never repeats is obeyed by doing nothing", "[lower][pragmas]") {
  for (const char* pragma : {"UNROLL", "PIPELINE II=1", "LOOP_TRIPCOUNT max=8"}) {
    CAPTURE(pragma);
    const std::string text = std::string("int top(int a) {\n  do {\n#pragma HLS ") + pragma +
                             "\n    a = 3 * a;\n  } while (false);\n  return a;\n}\n";
    CHECK(lower_text(text, "top").diagnostics.all().empty());
  }
}

TEST_CASE("INLINE off is ignored with a warning", "[lower][pragmas]") {
  Lowered result = lower_text(
      "static int twice(int x) {\n#pragma HLS INLINE off\n  return 2 * x;\n}\n"
      "void top(int& out, int x) { out = twice(x); }\n",
      "top");
  CHECK(has_warning(result, 2, "INLINE off is ignored"));
}

TEST_CASE("INTERFACE: the modes of each kind of parameter, others are errors", "[lower][pragmas]") {
  auto text = [](const std::string& pragma) {
    return "void top(hls::stream<int>& s, int a[8], int x, int& out) {\n#pragma HLS INTERFACE " + pragma +
           "\n  out = s.read() + a[x & 7];\n}\n";
  };
  for (const char* good : {"axis port=s", "ap_memory port=a", "bram port=a", "ap_none port=x", "ap_vld port=out",
                           "s_axilite port=x", "ap_ctrl_hs port=return"}) {
    INFO(good);
    CHECK(lower_text(text(good), "top").kernel.has_value());
  }
  CHECK(lowered(text("ap_ctrl_none port=return")).control == Control::kNone);
  CHECK(has_error(lower_text(text("axis port=a"), "top"), 2, "an array is an ap_memory port"));
  CHECK(has_error(lower_text(text("ap_memory port=s"), "top"), 2, "an hls::stream is an axis port"));
  CHECK(has_error(lower_text(text("m_axi port=x"), "top"), 2, "a scalar is an ap_none port"));
}

TEST_CASE("INTERFACE m_axi is an ap_memory port with a warning; a pointer needs its depth", "[lower][pragmas]") {
  auto text = [](const std::string& depth) {
    return "void top(const int *in, int *out, int n) {\n#pragma HLS INTERFACE m_axi port=in offset=slave bundle=g " +
           depth +
           "\n#pragma HLS INTERFACE m_axi port=out depth=16\n  for (int i = 0; i < n; i++) { out[i] = in[i] + "
           "1; }\n}\n";
  };
  Lowered result = lower_text(text("depth=16"), "top");
  CHECK(has_warning(result, 2, "no AXI master"));
  REQUIRE(result.kernel.has_value());
  REQUIRE(result.kernel->array_arguments.size() == 2);
  CHECK(result.kernel->array_arguments[0].depth == 16);
  InterpreterInput input{.streams = {}, .scalars = {word(32, 5)}, .arrays = {words(32, std::vector<int>(16, 41)), {}}};
  CHECK(run(*result.kernel, input).arrays[1][4].getSExtValue() == 42);
  CHECK(has_error(lower_text(text(""), "top"), 2, "write depth=N here, or declare it as in[N]"));
}

TEST_CASE("an array parameter says which of its elements each port has", "[lower][pragmas]") {
  Kernel kernel = lowered(
      "void top(int a[4][6], int& out, int n) {\n#pragma HLS ARRAY_PARTITION variable=a cyclic factor=2 dim=2\n"
      "#pragma HLS ARRAY_PARTITION variable=a complete dim=1\n  out = a[n & 3][n & 1];\n}\n");
  REQUIRE(kernel.array_arguments.size() == 8);
  const ArrayArgument& last = kernel.array_arguments[7];
  CHECK(last.parameter == 0);
  CHECK(last.depth == 3);
  CHECK(last.dimensions ==
        std::vector<ArrayDimension>{{.count = 4, .banks = 4, .per_bank = 1, .bank = 3, .is_cyclic = false},
                                    {.count = 6, .banks = 2, .per_bank = 3, .bank = 1, .is_cyclic = true}});
}

TEST_CASE("a pragma about an object that is not known when compiling is an error", "[lower][pragmas]") {
  CHECK(has_error(lower_text("static int pick(int *p, int x) {\n#pragma HLS ARRAY_PARTITION variable=p\n  return p[x & "
                             "3];\n}\nvoid top(int& out, int x) {\n  int a[4], b[4];\n  for (int i = 0; i < 4; i++) { "
                             "a[i] = i; b[i] = -i; }\n  out = pick(x > 0 ? a : b, x);\n}\n",
                             "top"),
                  2, "which array it means"));
}

TEST_CASE("PIPELINE and UNROLL outside of a loop", "[lower][pragmas]") {
  CHECK(has_error(lower_text("void top(int& out, int x) {\n#pragma HLS UNROLL\n  out = x;\n}\n", "top"), 2,
                  "UNROLL is in no loop"));
  Lowered result = lower_text(
      "void top(int& out, int x) {\n#pragma HLS PIPELINE II=1\n  int sum = 0;\n  for (int i = 0; "
      "i < 4; i++) { sum += x >> i; }\n  out = sum;\n}\n",
      "top");
  CHECK(has_warning(result, 2, "PIPELINE of a function unrolls its loops"));
  CHECK(result.kernel->processes[0].blocks.size() == 1);
}

}  // namespace
}  // namespace sluice::hlsc::testing
