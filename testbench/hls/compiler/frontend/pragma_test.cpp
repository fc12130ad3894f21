#include <llvm/IR/Constants.h>
#include <llvm/IR/GlobalVariable.h>
#include <llvm/IR/Instructions.h>

#include <catch2/catch.hpp>

#include "testbench/hls/compiler/frontend/compile_text.hpp"

namespace sluice::hlsc {
namespace {

using Catch::Contains;
using Words = std::map<std::string, std::string>;
using Numbers = std::map<std::string, int>;

TEST_CASE("a pragma becomes a marker where it stands, with its place", "[frontend]") {
  auto result = compile_text(R"(void top(int* out) {
  for (int i = 0; i < 4; ++i) {
#pragma HLS PIPELINE II=2
    out[i] = i;
  }
}
)");
  REQUIRE(result.errors() == "");
  auto markers = result.markers("top");
  REQUIRE(markers.size() == 1);
  CHECK(markers[0].directive == "pipeline");
  CHECK(markers[0].numbers == Numbers{{"ii", 2}});
  const llvm::Function* function = result.compiled->module->getFunction(result.compiled->top_symbol);
  bool seen = false;
  for (const llvm::Instruction& instruction : llvm::instructions(*function)) {
    const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
    if (call != nullptr && read_marker(*call)) {
      seen = true;
      CHECK(call->getDebugLoc().getLine() == 3);
      CHECK(call->getDebugLoc()->getFilename() == result.path);
      CHECK(llvm::isa<llvm::ConstantInt>(call->getArgOperand(1)));
      CHECK(call->getCalledFunction()->isDeclaration());
    }
  }
  CHECK(seen);
}

TEST_CASE("both of Vitis' spellings mean the same", "[frontend]") {
  auto result = compile_text(R"(
void top(int* out, int in[8]) {
  int a[8], b[8];
#pragma HLS ARRAY_PARTITION variable=a complete dim=1
#pragma HLS array_partition dim = 1 type = Complete variable = b
#pragma HLS INTERFACE ap_memory port=in
#pragma HLS INTERFACE mode=ap_memory port=in
#pragma HLS DEPENDENCE variable=a inter RAW distance=2 false
#pragma HLS DEPENDENCE variable=a type=inter direction=RAW distance=2 dependent=false
#pragma HLS INLINE off
#pragma HLS INLINE off=true
  for (int i = 0; i < 8; ++i) { a[i] = in[i]; b[i] = in[7 - i]; }
  *out = a[in[0] & 7] + b[in[1] & 7];
}
)");
  REQUIRE(result.errors() == "");
  auto markers = result.markers("top");
  REQUIRE(markers.size() == 8);
  for (std::size_t i = 0; i < markers.size(); i += 2) {
    INFO(i);
    CHECK(markers[i].directive == markers[i + 1].directive);
    CHECK(markers[i].words == markers[i + 1].words);
    CHECK(markers[i].numbers == markers[i + 1].numbers);
  }
  CHECK(markers[0].words == Words{{"type", "complete"}});
  CHECK(markers[2].words == Words{{"mode", "ap_memory"}});
  CHECK(markers[4].words == Words{{"type", "inter"}, {"direction", "raw"}, {"dependent", "false"}});
  CHECK(markers[4].numbers == Numbers{{"distance", 2}});
  CHECK(markers[6].words == Words{{"off", ""}});
}

TEST_CASE("variables of pragmas are objects: locals, globals, members, what a pointer points at", "[frontend]") {
  auto result = compile_text(R"(
static int table[4] = {1, 2, 3, 4};
struct Pair { int first[4]; int second[4]; };
void top(int& out, int in[4]) {
  Pair pair;
  int local[4];
#pragma HLS ARRAY_PARTITION variable=local
#pragma HLS ARRAY_PARTITION variable=table
#pragma HLS ARRAY_PARTITION variable=pair.second
#pragma HLS ARRAY_PARTITION variable=in
#pragma HLS INTERFACE ap_vld port=out
#pragma HLS INTERFACE ap_ctrl_none port=return
  for (int i = 0; i < 4; ++i) { local[i] = in[i]; pair.second[i] = table[i]; table[i] = in[i]; }
  out = local[in[0] & 3] + pair.second[in[1] & 3];
}
)");
  REQUIRE(result.errors() == "");
  auto markers = result.markers("top");
  REQUIRE(markers.size() == 6);
  CHECK(llvm::cast<llvm::AllocaInst>(markers[0].object)->getName() == "local");
  CHECK(llvm::isa<llvm::GlobalVariable>(markers[1].object));
  CHECK(llvm::isa<llvm::GetElementPtrInst>(markers[2].object));
  // `in` and `out` are pointers in LLVM: the markers have what they hold.
  for (int i : {3, 4}) {
    INFO(i);
    const auto* load = llvm::cast<llvm::LoadInst>(markers[static_cast<std::size_t>(i)].object);
    CHECK(llvm::isa<llvm::AllocaInst>(load->getPointerOperand()));
  }
  CHECK(markers[5].object == nullptr);
  CHECK(markers[5].words == Words{{"mode", "ap_ctrl_none"}, {"port", "return"}});
}

TEST_CASE("numbers of pragmas may be macros, template parameters and constant expressions", "[frontend]") {
  auto result = compile_text(R"(
#define FACTOR 3
constexpr int twice(int x) { return 2 * x; }
template <int N, class T> void work(T* data) {
  for (int i = 0; i < 64; ++i) {
#pragma HLS UNROLL factor=FACTOR
#pragma HLS PIPELINE II = N * 2 + sizeof(T) rewind
#pragma HLS LOOP_TRIPCOUNT min=(static_cast<unsigned char>(twice(N))) max=(N > 4 ? 100 : 200)
    data[i] += 1;
  }
}
void top(long* a, int* b) {
  work<4>(a);
  work<5>(b);
}
)");
  REQUIRE(result.errors() == "");
  auto of_long = result.markers("work").front().numbers;
  CHECK(of_long == Numbers{{"factor", 3}});
  auto markers = result.markers("work");
  REQUIRE(markers.size() == 6);
  CHECK(markers[1].numbers == Numbers{{"ii", 16}});
  CHECK(markers[2].numbers == Numbers{{"min", 8}, {"max", 200}});
  CHECK(markers[4].numbers == Numbers{{"ii", 14}});
  CHECK(markers[5].numbers == Numbers{{"min", 10}, {"max", 100}});
  CHECK_THAT(result.warnings(), Contains("option rewind of #pragma HLS PIPELINE is ignored"));
}

TEST_CASE("pragmas may come out of macros and stand in constexpr functions", "[frontend]") {
  auto result = compile_text(R"(
#define PRAGMA(x) _Pragma(#x)
#define DO_PRAGMA(x) PRAGMA(x)
#define LOOP_BODY(n) DO_PRAGMA(HLS UNROLL factor=n) total += i;
constexpr int log2_of(int x) {
#pragma HLS INLINE
  int n = 0;
  while (x > 1) {
#pragma HLS UNROLL
    x >>= 1;
    ++n;
  }
  return n;
}
constexpr int kBits = log2_of(1024);
void top(int& out, int in) {
  _Pragma("HLS INLINE off")
  int total = log2_of(in);
  for (int i = 0; i < kBits; ++i) {
    DO_PRAGMA(HLS PIPELINE II=kBits)
    LOOP_BODY(2)
  }
  out = total;
}
)");
  REQUIRE(result.errors() == "");
  auto markers = result.markers("top");
  REQUIRE(markers.size() == 3);
  CHECK(markers[0].words == Words{{"off", ""}});
  CHECK(markers[1].numbers == Numbers{{"ii", 10}});
  CHECK(markers[2].numbers == Numbers{{"factor", 2}});
  CHECK(result.markers("log2_of").size() == 2);
}

TEST_CASE("directives that hold anyway leave no marker, wishes a warning", "[frontend]") {
  auto result = compile_text(R"(
void top(int& out, int in) {
#pragma HLS STABLE variable=in
#pragma HLS EXPRESSION_BALANCE off
#pragma HLS INTERFACE s_axilite port=in bundle=control
  out = in;
}
)");
  CHECK(result.errors().empty());
  CHECK(result.markers("top").empty());
  CHECK_THAT(result.warnings(), Contains("4: #pragma HLS EXPRESSION_BALANCE is ignored"));
  CHECK_THAT(result.warnings(), Contains("5: mode=s_axilite in #pragma HLS INTERFACE is ignored: there are no AXI-Lite "
                                         "registers here"));
}

std::string error_of(const std::string& pragma) {
  auto result = compile_text("int global[4];\nvoid top(int& out, int n) {\n  int a[4] = {n};\n#pragma HLS " + pragma +
                             "\n  out = a[n];\n}\n");
  CHECK_FALSE(result.compiled);
  return result.errors();
}

TEST_CASE("a pragma that is not known is an error with the nearest spelling", "[frontend]") {
  CHECK(error_of("PIPLINE II=1") == "4: unknown directive 'PIPLINE' in #pragma HLS; did you mean 'pipeline'?\n");
  CHECK(error_of("FROBNICATE") == "4: unknown directive 'FROBNICATE' in #pragma HLS\n");
  CHECK(error_of("") == "4: #pragma HLS needs the name of a directive\n");
  CHECK(error_of("UNROLL factr=2") == "4: unknown option 'factr' of #pragma HLS UNROLL; did you mean 'factor'?\n");
  CHECK(error_of("ARRAY_PARTITION variable=a compleet") ==
        "4: unknown option 'compleet' of #pragma HLS ARRAY_PARTITION; did you mean 'complete'?\n");
  CHECK(error_of("ARRAY_PARTITION variable=a type=cyclical factor=2") ==
        "4: option type of #pragma HLS ARRAY_PARTITION can't be 'cyclical'; it is one of complete, cyclic, block\n");
}

TEST_CASE("a pragma that is not well formed is an error", "[frontend]") {
  CHECK(error_of("ARRAY_PARTITION complete") == "4: #pragma HLS ARRAY_PARTITION needs variable=\n");
  CHECK(error_of("PIPELINE II=1 ii=2") == "4: #pragma HLS PIPELINE has ii twice\n");
  CHECK(error_of("PIPELINE II") == "4: option II of #pragma HLS PIPELINE needs a value: II=\n");
  CHECK(error_of("PIPELINE II=") == "4: option ii of #pragma HLS PIPELINE has no value\n");
  CHECK(error_of("PIPELINE II=1,").starts_with("4: "));
  CHECK(error_of("PIPELINE off=maybe") == "4: option off of #pragma HLS PIPELINE is true or false\n");
  CHECK(error_of("PIPELINE 3") == "4: expected an option of #pragma HLS PIPELINE, found '3'\n");
}

TEST_CASE("a pragma that is never supported is an error with a next step", "[frontend]") {
  CHECK_THAT(error_of("ALLOCATION operation instances=mul limit=1"),
             Contains("4: #pragma HLS ALLOCATION is not supported: operators are not shared"));
  CHECK_THAT(error_of("INTERFACE ap_hs port=out"), Contains("4: mode=ap_hs in #pragma HLS INTERFACE is not supported"));
  CHECK_THAT(error_of("BIND_STORAGE variable=a type=ram_1wnr"), Contains("4: type=ram_1wnr"));
}

TEST_CASE("a wrong value in a pragma is clang's error at the pragma's line", "[frontend]") {
  CHECK(error_of("ARRAY_PARTITION variable=b") ==
        "4: in #pragma HLS ARRAY_PARTITION: use of undeclared identifier 'b'\n");
  CHECK_THAT(error_of("ARRAY_PARTITION variable=n+1"), Contains("4: in #pragma HLS ARRAY_PARTITION: cannot take the "
                                                                "address of an rvalue"));
  CHECK_THAT(error_of("UNROLL factor=n"),
             Contains("4: in #pragma HLS UNROLL: non-type template argument is not a constant expression"));
  CHECK_THAT(error_of("UNROLL factor=1ull<<40"), Contains("4: in #pragma HLS UNROLL: "));
}

TEST_CASE("a pragma outside of braces is an error, not a swallowed statement", "[frontend]") {
  const std::string place = " must be a statement inside braces";
  auto loop = compile_text(R"(void top(int* out) {
  for (int i = 0; i < 4; ++i)
#pragma HLS UNROLL
    out[0] = 1;
}
)");
  CHECK_THAT(loop.errors(), Contains("3: #pragma HLS UNROLL" + place));
  auto branch = compile_text(R"(void top(int* out, bool b) {
  if (b)
#pragma HLS INLINE
    out[0] = 1;
  else
    out[0] = 2;
}
)");
  CHECK_THAT(branch.errors(), Contains("3: #pragma HLS INLINE" + place));
  auto label = compile_text(R"(void top(int* out) {
  L1:
#pragma HLS PIPELINE
  for (int i = 0; i < 4; ++i) out[i] = 1;
}
)");
  CHECK_THAT(label.errors(), Contains("3: #pragma HLS PIPELINE" + place));
  auto file = compile_text(R"(
#pragma HLS PIPELINE II=1
void top(int* out) { out[0] = 1; }
struct S {
#pragma HLS INLINE
  int x;
};
)");
  CHECK_THAT(file.errors(), Contains("2: #pragma HLS PIPELINE" + place));
  CHECK_THAT(file.errors(), Contains("5: #pragma HLS INLINE" + place));
  auto in_template = compile_text(R"(
template <class T> void work(T* out) {
  for (int i = 0; i < 4; ++i)
#pragma HLS UNROLL factor=sizeof(T)
    out[0] = 1;
}
void top(int* a, long* b) { work(a); work(b); }
)");
  CHECK(in_template.errors() == "4: #pragma HLS UNROLL" + place +
                                    ": put it first in the body of its function or loop, and give the body braces\n");
}

TEST_CASE("a pragma that is never reached is an error, for it would be lost", "[frontend]") {
  auto result = compile_text(R"(void top(int* out) {
  out[0] = 1;
  return;
#pragma HLS PIPELINE
}
)");
  CHECK(result.errors() == "4: #pragma HLS PIPELINE is never reached: the statement before it leaves the block\n");
}

TEST_CASE("a misspelt HLS is a warning", "[frontend]") {
  auto result = compile_text("void top(int* out) {\n#pragma HSL PIPELINE\n  *out = 1;\n}\n");
  CHECK_THAT(result.warnings(), Contains("2: unknown pragma ignored"));
}

}  // namespace
}  // namespace sluice::hlsc
