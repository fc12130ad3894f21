#include "hls/compiler/frontend/frontend.hpp"

#include <llvm/Analysis/LoopInfo.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>

#include <catch2/catch.hpp>

#include "testbench/hls/compiler/frontend/compile_text.hpp"

namespace sluice::hlsc {
namespace {

using Catch::Contains;
using Dimensions = std::vector<std::uint64_t>;

constexpr const char* kHeaders = "#include <ap_int.h>\n#include <hls_stream.h>\n#include <array>\n";

const Parameter& parameter(const CompiledText& text, const std::string& name) {
  for (const Parameter& candidate : text.compiled->parameters) {
    if (candidate.name == name) {
      return candidate;
    }
  }
  FAIL("no parameter " << name);
  std::abort();
}

// "name[low+width]s@offset:memory_bits" for each field
std::string text_of(const PayloadLayout& layout) {
  std::string text;
  for (const PackedField& field : layout.fields) {
    text += (text.empty() ? "" : " ") + field.name + "[" + std::to_string(field.low) + "+" +
            std::to_string(field.width) + "]" + (field.is_signed ? "s" : "u") + "@" +
            std::to_string(field.offset_bytes) + ":" + std::to_string(field.memory_bits);
  }
  return text;
}

TEST_CASE("parameters are what the source declares", "[frontend]") {
  auto result = compile_text(std::string(kHeaders) + R"(
enum Mode : unsigned char { kOne, kTwo };
const int kRows = 4;
int top(hls::stream<ap_uint<9>>& in, hls::stream<int, 3> (&many)[2], hls::stream<short> outs[3], ap_int<17> narrow,
        ap_uint<100> wide, ap_int<200> wider, bool flag, Mode mode, unsigned short count, int* result,
        const ap_int<5>& limit, const int table[kRows][8], ap_uint<12> (&scratch)[16]) {
  return count;
}
)");
  REQUIRE(result.errors() == "");
  CHECK(result.compiled->parameters.size() == 13);
  CHECK(parameter(result, "in").kind == Parameter::Kind::kStream);
  CHECK(parameter(result, "in").layout.width == 9);
  CHECK(parameter(result, "many").kind == Parameter::Kind::kStream);
  CHECK(parameter(result, "many").dimensions == Dimensions{2});
  CHECK(parameter(result, "outs").dimensions == Dimensions{3});
  CHECK(parameter(result, "narrow").kind == Parameter::Kind::kScalar);
  CHECK(parameter(result, "narrow").width == 17);
  CHECK(parameter(result, "narrow").is_signed);
  CHECK(parameter(result, "wide").width == 100);
  CHECK_FALSE(parameter(result, "wide").is_signed);
  CHECK(parameter(result, "flag").width == 1);
  CHECK(parameter(result, "mode").width == 8);
  CHECK(parameter(result, "count").width == 16);
  CHECK(parameter(result, "result").kind == Parameter::Kind::kScalarPointer);
  CHECK_FALSE(parameter(result, "result").is_const);
  CHECK(parameter(result, "limit").kind == Parameter::Kind::kScalarPointer);
  CHECK(parameter(result, "limit").is_const);
  CHECK(parameter(result, "limit").width == 5);
  CHECK(parameter(result, "table").kind == Parameter::Kind::kArray);
  CHECK(parameter(result, "table").is_const);
  CHECK(parameter(result, "table").dimensions == Dimensions{4, 8});
  CHECK(parameter(result, "table").width == 32);
  CHECK(parameter(result, "scratch").dimensions == Dimensions{16});
  CHECK(parameter(result, "scratch").line == 9);
  REQUIRE(result.compiled->result);
  CHECK(result.compiled->result->width == 32);
  CHECK(result.compiled->result->llvm_argument == -1);
}

// Against the function that clang emitted: types and attributes of the arguments.
TEST_CASE("parameters are where LLVM's function has them", "[frontend]") {
  auto result = compile_text(std::string(kHeaders) + R"(
ap_int<200> top(ap_int<17> narrow, ap_uint<100> wide, ap_int<200> wider, bool flag, _BitInt(33) raw, int* last) {
  *last = flag;
  return wider + raw;
}
)");
  REQUIRE(result.errors() == "");
  const llvm::Function* function = result.compiled->module->getFunction(result.compiled->top_symbol);
  CHECK(function->arg_size() == 8);
  auto argument = [&](const std::string& name) {
    return function->getArg(static_cast<unsigned>(parameter(result, name).llvm_argument));
  };
  REQUIRE(result.compiled->result->in_memory);
  CHECK(function->getArg(static_cast<unsigned>(result.compiled->result->llvm_argument))->hasStructRetAttr());
  CHECK(argument("narrow")->getType()->isIntegerTy(32));
  CHECK(argument("wide")->getType()->isIntegerTy(64));
  CHECK(parameter(result, "wide").llvm_arguments == 2);
  CHECK(argument("wider")->getType()->isPointerTy());
  CHECK(argument("wider")->hasByValAttr());
  CHECK(parameter(result, "wider").in_memory);
  CHECK(argument("flag")->getType()->isIntegerTy(1));
  CHECK(argument("raw")->getType()->isIntegerTy(64));
  CHECK_FALSE(parameter(result, "raw").in_memory);
  CHECK(argument("last")->getName() == "last");
  CHECK_FALSE(parameter(result, "last").in_memory);
}

TEST_CASE("payloads are packed in order of declaration without gaps", "[frontend]") {
  auto result = compile_text(std::string(kHeaders) + R"(
struct Base { ap_uint<3> kind; };
struct Point { ap_int<17> x; short y; };
enum Colour { kRed, kBlue };
struct Word : Base {
  bool last;
  Point points[2];
  std::array<ap_uint<5>, 2> small;
  signed char bytes[2][2];
  ap_int<200> wide;
  Colour colour;
};
struct Wrapped { ap_uint<7> value; };
void top(hls::stream<Word>& in, hls::stream<Wrapped>& out, hls::stream<long long>& plain) {
  Word word = in.read();
  Wrapped wrapped;
  wrapped.value = word.points[0].x;
  if (out.write_nb(wrapped)) plain.write(word.wide);
}
)");
  REQUIRE(result.errors() == "");
  const std::string word =
      "kind[0+3]u@0:8 last[3+1]u@1:8 points[0].x[4+17]s@4:32 points[0].y[21+16]s@8:16 points[1].x[37+17]s@12:32 "
      "points[1].y[54+16]s@16:16 small[0][70+5]u@20:8 small[1][75+5]u@21:8 bytes[0][0][80+8]s@22:8 "
      "bytes[0][1][88+8]s@23:8 bytes[1][0][96+8]s@24:8 bytes[1][1][104+8]s@25:8 wide[112+200]s@32:256 "
      "colour[312+32]u@64:32";
  CHECK(text_of(parameter(result, "in").layout) == word);
  CHECK(parameter(result, "in").layout.width == 344);
  CHECK(text_of(parameter(result, "out").layout) == "[0+7]u@0:8");
  CHECK(text_of(parameter(result, "plain").layout) == "[0+64]s@0:64");

  // By the names of the functions that the module calls.
  std::map<std::string, std::string> by_name;
  for (const auto& [name, layout] : result.compiled->payloads) {
    CHECK(result.compiled->module->getFunction(name) != nullptr);
    by_name[name] = text_of(layout);
  }
  CHECK(by_name.size() == 3);
  CHECK(by_name.at("_ZN10sluice_hls11stream_readI4WordEEvPKvPT_") == word);
  CHECK(by_name.at("_ZN10sluice_hls15stream_write_nbI7WrappedEEbPKvPKT_") == "[0+7]u@0:8");
}

// Loads and stores of clang's own code, so that lower/ may rely on memory_bits.
TEST_CASE("memory_bits is the width that clang loads and stores", "[frontend]") {
  auto result = compile_text(std::string(kHeaders) + R"(
struct Word { ap_int<17> a; bool b; ap_uint<200> c; };
void top(const Word words[4], int& out) { out = words[1].a + (words[2].b ? 1 : 0) + (words[3].c > 5 ? 1 : 0); }
)");
  REQUIRE(result.errors() == "");
  std::set<unsigned> loaded;
  for (llvm::Function& function : *result.compiled->module) {
    for (llvm::Instruction& instruction : llvm::instructions(function)) {
      const auto* load = llvm::dyn_cast<llvm::LoadInst>(&instruction);
      if (load != nullptr && load->getType()->isIntegerTy()) {
        loaded.insert(load->getType()->getIntegerBitWidth());
      }
    }
  }
  for (const PackedField& field : parameter(result, "words").layout.fields) {
    CHECK(loaded.contains(field.memory_bits));
  }
}

TEST_CASE("payloads and parameters without a layout are errors that name the member", "[frontend]") {
  auto error = [](const std::string& declarations, const std::string& parameters) {
    return compile_text(std::string(kHeaders) + declarations + "\nvoid top(" + parameters + ") {}\n").errors();
  };
  CHECK(error("struct S { int a; struct { float b; } c; };", "hls::stream<S>& in") ==
        "4: the payload of stream 'in', member 'c.b', is of type 'float'; there is no floating point in kernels: use a "
        "fixed-point integer\n");
  CHECK_THAT(error("struct S { int* p; };", "hls::stream<S>& in"), Contains("4: ") && Contains("member 'p'"));
  CHECK_THAT(error("struct S { int a; int b : 3; };", "hls::stream<S>& in"),
             Contains("has the bit-field 'b'; make it an ap_uint<N>"));
  CHECK_THAT(error("struct S { int a, b; };", "S s"), Contains("5: parameter 's' is the struct 'S'"));
  CHECK_THAT(error("", "hls::stream<int> in"), Contains("5: parameter 'in' is a stream by value"));
  CHECK_THAT(error("", "int a[]"), Contains("5: parameter 'a' is an array of unknown size"));
  CHECK_THAT(error("", "int (*a)[4]"), Contains("5: parameter 'a' points at an array of unknown size"));
  CHECK_THAT(error("", "double x"), Contains("5: parameter 'x' is of type 'double'"));
  CHECK_THAT(error("", "int"), Contains("5: a parameter of the top has no name"));
  CHECK_THAT(error("union U { int a; short b; };", "hls::stream<U>& in"), Contains("is a union"));
}

TEST_CASE("the module has what the top reaches and nothing else", "[frontend]") {
  auto result = compile_text(R"(
#include <cstdint>
#include <cstddef>
#include <type_traits>
#include <iostream>
int unused_table[4] = {1, 2, 3, 4};
int used_table[4] = {1, 2, 3, 4};
static int helper(int i) { return used_table[i & 3]; }
int unused(int i) { return unused_table[i]; }
extern "C" int top(std::uint8_t i) { return helper(i); }
int main() { std::cout << top(3) << "\n"; }
)");
  REQUIRE(result.errors() == "");
  CHECK(result.compiled->top_symbol == "top");
  std::set<std::string> names;
  for (const llvm::Function& function : *result.compiled->module) {
    names.insert(function.getName().str());
  }
  CHECK(names == std::set<std::string>{"top", "_ZL6helperi"});
  REQUIRE(result.compiled->globals.size() == 1);
  CHECK(result.compiled->globals.at("used_table").position.line == 7);
  CHECK(result.compiled->module->getNamedGlobal("unused_table") == nullptr);
  CHECK(result.compiled->module->getNamedGlobal("llvm.global_ctors") == nullptr);
  CHECK_FALSE(llvm::verifyModule(*result.compiled->module));
}

TEST_CASE("variables, loops and globals keep their names and places", "[frontend]") {
  auto result = compile_text(R"(int top(int n) {
  static const int weights[4] = {1, 2, 3, 4};
  static int calls = 0;
  int acc[4];
  ++calls;
  rows: for (int i = 0; i < 4; ++i) {
    acc[i] = n * weights[i];
    cols: while (acc[i] > 100) {
      acc[i] >>= 1;
    }
    for (int j = 0; j < 4; ++j) acc[i] += j;
  }
  return acc[n & 3] + calls;
}
)");
  REQUIRE(result.errors() == "");
  std::map<std::string, int> globals;
  for (const auto& [symbol, global] : result.compiled->globals) {
    globals[global.name] = global.position.line;
  }
  CHECK(globals == std::map<std::string, int>{{"weights", 2}, {"calls", 3}});

  llvm::Function* function = result.compiled->module->getFunction(result.compiled->top_symbol);
  bool seen = false;
  for (llvm::Instruction& instruction : llvm::instructions(*function)) {
    if (auto* alloca = llvm::dyn_cast<llvm::AllocaInst>(&instruction); alloca && alloca->getName() == "acc") {
      seen = true;
      CHECK(alloca->getDebugLoc().getLine() == 4);
      CHECK(alloca->getDebugLoc()->getFilename() == result.path);
    }
    CHECK_FALSE(instruction.hasDbgRecords());
  }
  CHECK(seen);

  CHECK(result.compiled->loop_labels.size() == 2);
  const llvm::DominatorTree dominators(*function);
  const llvm::LoopInfo loops(dominators);
  std::map<unsigned, std::string> labels;  // by line
  for (const llvm::Loop* loop : loops.getLoopsInPreorder()) {
    llvm::DebugLoc start = loop->getStartLoc();
    SourcePosition position{.file = start->getFilename().str(),
                            .line = static_cast<int>(start.getLine()),
                            .column = static_cast<int>(start.getCol())};
    auto label = result.compiled->loop_labels.find(position);
    labels[start.getLine()] = label == result.compiled->loop_labels.end() ? "" : label->second;
  }
  CHECK(labels == std::map<unsigned, std::string>{{6, "rows"}, {8, "cols"}, {11, ""}});
}

TEST_CASE("what must be initialised by code is an error where the kernel uses it", "[frontend]") {
  auto result = compile_text(R"(
int from_outside();
int used = from_outside();
int unused = from_outside();
struct Plain { int x, y; };
static Plain zeroed[4];
int top(int n) {
  static int first = n;  // initialised by the first call, as the language says
  return used + first + zeroed[n & 3].x;
}
)");
  CHECK_THAT(result.errors(), Contains("3: 'used' is initialised by code that runs before the kernel"));
  CHECK_THAT(result.errors(), !Contains("first") && !Contains("unused") && !Contains("zeroed"));
}

TEST_CASE("a static stream inside a function is a local one", "[frontend]") {
  auto result = compile_text(std::string(kHeaders) + R"(
void produce(hls::stream<int>& in, hls::stream<int>& out) { out.write(in.read()); }
void top(hls::stream<int>& in, hls::stream<int>& out) {
#pragma HLS DATAFLOW
  static hls::stream<int> middle("middle");
  static hls::stream<int, 4> two[2];
#pragma HLS STREAM variable=middle depth=4
  produce(in, middle);
  produce(middle, two[1]);
  produce(two[1], out);
}
)");
  REQUIRE(result.errors() == "");
  for (const llvm::GlobalVariable& global : result.compiled->module->globals()) {
    CHECK(global.isConstant());
  }
  const auto* middle = llvm::cast<llvm::AllocaInst>(result.markers("top").at(1).object);
  CHECK(middle->getName() == "middle");
  CHECK(middle->getDebugLoc().getLine() == 8);
  CHECK_FALSE(llvm::verifyModule(*result.compiled->module));
}

TEST_CASE("constant tables and zeroed statics of ap_int need no code", "[frontend]") {
  auto result = compile_text(std::string(kHeaders) + R"(
const ap_int<9> kTable[3] = {1, -2, 3};
constexpr ap_uint<70> kWide = 5;
int top(int n) {
  static ap_uint<12> counts[16];
  static ap_int<8> state = 3;
  counts[n & 15] += 1;
  state += 1;
  return kTable[n & 1] + state + counts[(n >> 4) & 15] + (kWide > n ? 1 : 0);
}
)");
  CHECK(result.errors().empty());
}

TEST_CASE("a top that is unknown or ambiguous lists what there is", "[frontend]") {
  const std::string source =
      "namespace a { void filter(int* x) { *x = 1; } }\nnamespace b {\nvoid filter(int* x) { *x = "
      "2; } }\nstatic void hidden(int* x) { *x = 3; }\nvoid other(int* x) { hidden(x); }\n";
  CHECK(compile_text(source, "a::filter").errors().empty());
  CHECK(compile_text(source, "filtr")
            .errors()
            .starts_with(":0: no function 'filtr' with a body; there are: a::filter, "
                         "b::filter, hidden, other"));
  CHECK_THAT(compile_text(source, "othr").errors(), Contains("did you mean 'other'?"));
  auto ambiguous = compile_text(source, "filter");
  CHECK_THAT(ambiguous.errors(), Contains("'filter' names several functions"));
  CHECK(ambiguous.diagnostics.all()[1].line == 1);
  CHECK(ambiguous.diagnostics.all()[2].line == 3);
  CHECK_THAT(compile_text("inline void top(int* x) { *x = 3; }\n").errors(), Contains("1: the top 'top' is static or "
                                                                                      "inline"));
}

TEST_CASE("clang's errors pass with their places, undefined behaviour that it sees is one", "[frontend]") {
  CHECK(compile_text("void top(int* out) {\n  *out = undeclared_thing;\n}\n").errors() ==
        "2: use of undeclared identifier 'undeclared_thing'\n");
  CHECK_THAT(compile_text("void top(int* out) {\n  int x;\n  *out = x;\n}\n").errors(),
             Contains("3: variable 'x' is uninitialized"));
  CHECK_THAT(compile_text("int top(int n) {\n  if (n > 2) return 1;\n}\n").errors(), Contains("3: non-void function"));
  Diagnostics diagnostics;
  CHECK_FALSE(compile_source(
      {.source = "no/such/file.cpp", .top = "top", .include_folders = {}, .definitions = {}, .hls_include = {}},
      diagnostics));
  CHECK_THAT(diagnostics.all().at(0).message, Contains("'no/such/file.cpp': No such file"));
}

TEST_CASE("definitions and include folders reach the source", "[frontend]") {
  TemporaryFolder folder;
  std::string header = folder.write("width.h", "const int kWidth = WIDTH;\n");
  Options options;
  options.include_folders = {header.substr(0, header.rfind('/'))};
  options.definitions = {"WIDTH=12"};
  CompiledText result;
  options.source = folder.write("kernel.cpp",
                                "#include \"width.h\"\n#if !defined(__SYNTHESIS__) || "
                                "!defined(__SLUICE_HLS__)\n#error\n#endif\nvoid top(unsigned "
                                "_BitInt(kWidth) x, int* out) { *out = x; }\n");
  options.top = "top";
  result.compiled = compile_source(options, result.diagnostics);
  REQUIRE(result.compiled);
  CHECK(result.compiled->parameters[0].width == 12);
}

}  // namespace
}  // namespace sluice::hlsc
