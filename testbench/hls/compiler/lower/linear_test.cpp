// Recurrences that are linear over GF(2): random ones against their evaluation step by step.
#include <array>
#include <functional>
#include <map>
#include <random>

#include "testbench/hls/compiler/lower/lower_support.hpp"

namespace sluice::hlsc::testing {
namespace {

int count_ops(const Block& block, const Process& process, OpKind kind) {
  int count = 0;
  for (OpId op : block.ops) {
    count += process.ops[index(op)].kind == kind ? 1 : 0;
  }
  return count;
}

// The longest path of operations that cost logic from a phi on: what decides the II.
int path_from_phi(const Block& block, const Process& process) {
  std::map<OpId, int> levels;
  int longest = 0;
  for (OpId id : block.ops) {
    const Op& op = process.ops[index(id)];
    if (op.kind == OpKind::kPhi) {
      levels[id] = 0;
      continue;
    }
    int values = 0;
    for (OpId operand : op.operands) {
      if (auto found = levels.find(operand); found != levels.end()) {
        levels[id] = std::max(levels[id], found->second);
      }
      values += process.ops[index(operand)].kind == OpKind::kConstant ? 0 : 1;
    }
    if (auto found = levels.find(id); found != levels.end()) {
      found->second += values > 1 && op.kind != OpKind::kConcat ? 1 : 0;  // joins are wires
      longest = std::max(longest, found->second);
    }
  }
  return longest;
}

// One step of a random recurrence on the state and a word of data, as C++ text and as a function.
struct Step {
  std::string text;
  std::function<std::uint64_t(std::uint64_t, std::uint64_t)> apply;
};

class Steps {
 public:
  Steps(std::uint32_t seed, unsigned width) : random_(seed), width_(width) {}

  Step next() {
    const unsigned by = 1 + pick(width_ - 1);
    const std::uint64_t word = mask(random_() * 0x9E3779B97F4A7C15ULL);
    const std::string text = std::to_string(word) + "ULL";
    const std::string amount = std::to_string(by);
    switch (pick(8)) {
      case 0:
        return {"if (s & 1) { s = (s >> 1) ^ " + text + "; } else { s = s >> 1; }",
                [word](std::uint64_t s, std::uint64_t) { return (s & 1) != 0 ? (s >> 1) ^ word : s >> 1; }};
      case 1:
        return {"s = s[" + amount + "] ? State((s << 1) ^ " + text + ") : State(s << 1);",
                [=, this](std::uint64_t s, std::uint64_t) { return mask((s << 1) ^ ((s >> by & 1) != 0 ? word : 0)); }};
      case 2:
        return {"s ^= s << " + amount + ";", [=, this](std::uint64_t s, std::uint64_t) { return mask(s ^ (s << by)); }};
      case 3:
        return {"s ^= s >> " + amount + ";", [=](std::uint64_t s, std::uint64_t) { return s ^ (s >> by); }};
      case 4:
        return {"s = (s << " + amount + ") | (s >> " + std::to_string(width_ - by) + ");",
                [=, this](std::uint64_t s, std::uint64_t) { return mask((s << by) | (s >> (width_ - by))); }};
      case 5:
        return {"s ^= d;", [this](std::uint64_t s, std::uint64_t d) { return mask(s ^ d); }};
      case 6:
        return {"s = ~s;", [this](std::uint64_t s, std::uint64_t) { return mask(~s); }};
      default:
        return {"if ((s ^ d) & 1) { s ^= " + text + "; }",
                [word](std::uint64_t s, std::uint64_t d) { return ((s ^ d) & 1) != 0 ? s ^ word : s; }};
    }
  }

  [[nodiscard]] std::uint64_t mask(std::uint64_t value) const { return value & (~std::uint64_t{0} >> (64 - width_)); }

 private:
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  std::mt19937_64 random_;
  unsigned width_;
};

TEST_CASE("random linear recurrences equal their evaluation step by step", "[lower][linear]") {
  std::mt19937_64 random(11);
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    const unsigned width = std::array{8U, 16U, 17U, 32U, 64U}[seed % 5];
    Steps source(seed, width);
    std::vector<Step> steps;
    std::string body;
    for (unsigned i = 0; i < 4 + seed % 9; ++i) {
      steps.push_back(source.next());
      body += steps.back().text + "\n";
    }
    INFO("seed " << seed << "\n" << body);
    const std::string bits = std::to_string(width);
    Lowered lowered =
        lower_text("typedef ap_uint<" + bits +
                       "> State;\nvoid top(hls::stream<State>& in, "
                       "hls::stream<State>& out) {\n State s = 1;\nwords:\n for (int i = 0; i < 20; i++) {\n"
                       "#pragma HLS PIPELINE II=1\n State d = in.read();\n" +
                       body + "out.write(s);\n }\n}\n",
                   "top");
    REQUIRE(lowered.kernel.has_value());
    std::vector<llvm::APInt> data;
    std::vector<std::uint64_t> expected;
    std::uint64_t state = 1;
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t word = source.mask(random());
      data.emplace_back(width, word);
      for (const Step& step : steps) {
        state = step.apply(state, word);
      }
      expected.push_back(state);
    }
    InterpreterResult result = run(*lowered.kernel, {.streams = {data, {}}});
    REQUIRE(result.streams[1].size() == 20);
    for (std::size_t i = 0; i < 20; ++i) {
      CHECK(result.streams[1][i].getZExtValue() == expected[i]);
    }
  }
}

// Twice eight conditional steps.
const char* const kCrc = R"(
unsigned top(hls::stream<ap_uint<16>>& in, int n) {
  unsigned crc = 0xFFFFFFFFU;
words:
  for (int i = 0; i < n; i++) {
#pragma HLS PIPELINE II=1
    crc ^= (unsigned)in.read();
    for (int bit = 0; bit < 16; bit++) {
      crc = (crc & 1) ? (crc >> 1) ^ 0xEDB88320U : crc >> 1;
    }
  }
  return ~crc;
}
)";

TEST_CASE("a CRC by the bit is one tree of exclusive ors", "[lower][linear]") {
  Lowered lowered = lower_text(kCrc, "top");
  REQUIRE(lowered.kernel.has_value());
  const Block* words = pipelined_block(*lowered.kernel, "words");
  REQUIRE(words != nullptr);
  CHECK(count_ops(*words, lowered.kernel->processes[0], OpKind::kSelect) == 0);
  CHECK(path_from_phi(*words, lowered.kernel->processes[0]) <= 5);
}

// A table of 64 words whose contents the text gives.
std::string with_table(const std::string& entry) {
  return "struct Table { unsigned word[64]; constexpr Table() : word() { for (unsigned i = 0; i < 64; i++) { word[i] "
         "= " +
         entry + "; } } };\nstatic constexpr Table kTable;\n" + R"(
unsigned top(hls::stream<ap_uint<6>>& in) {
  unsigned state = 5;
words:
  for (int i = 0; i < 10; i++) {
#pragma HLS PIPELINE II=1
    state = (state >> 6) ^ kTable.word[(state ^ (unsigned)in.read()) & 63];
  }
  return state;
}
)";
}

template <typename Entry>
void check_table(const std::string& text, Entry entry, std::size_t memories) {
  Lowered lowered = lower_text(with_table(text), "top");
  REQUIRE(lowered.kernel.has_value());
  CHECK(lowered.kernel->processes[0].memories.size() == memories);
  std::mt19937 random(3);
  std::vector<llvm::APInt> data;
  unsigned state = 5;
  for (int i = 0; i < 10; ++i) {
    const unsigned word = random() % 64;
    data.emplace_back(6, word);
    state = (state >> 6) ^ entry((state ^ word) & 63);
  }
  InterpreterResult result = run(*lowered.kernel, {.streams = {data}});
  REQUIRE(result.outputs[0].has_value());
  CHECK(result.outputs[0]->getZExtValue() == state);
}

TEST_CASE("a table that is a linear function of its index becomes logic", "[lower][linear]") {
  check_table(
      "(i << 26) ^ (i << 20) ^ (i >> 3) ^ 0xC0FFEE11U",
      [](unsigned i) { return (i << 26) ^ (i << 20) ^ (i >> 3) ^ 0xC0FFEE11U; }, 0);
}

TEST_CASE("a table that is not linear in one entry stays a memory", "[lower][linear]") {
  check_table("(i << 26) ^ (i == 37 ? 1 : 0)", [](unsigned i) { return (i << 26) ^ (i == 37 ? 1U : 0U); }, 1);
}

TEST_CASE("each part of a table may be linear where the whole is not", "[lower][linear]") {
  Lowered lowered = lower_text(R"(
struct Table { unsigned word[2][16]; constexpr Table() : word() {
  for (unsigned i = 0; i < 16; i++) { word[0][i] = (i << 28) ^ 5 * (i & 1); word[1][i] = (i << 7) ^ 77; } } };
static constexpr Table kTable;
unsigned top(hls::stream<ap_uint<4>>& in) {
  unsigned state = 5;
words:
  for (int i = 0; i < 10; i++) {
#pragma HLS PIPELINE II=1
    unsigned at = state ^ (unsigned)in.read();
    state = (state >> 8) ^ kTable.word[0][at & 15] ^ kTable.word[1][(at >> 4) & 15];
  }
  return state;
}
)",
                               "top");
  REQUIRE(lowered.kernel.has_value());
  CHECK(lowered.kernel->processes[0].memories.empty());
  std::vector<llvm::APInt> data;
  std::uint32_t state = 5;
  for (std::uint32_t i = 0; i < 10; ++i) {
    const std::uint32_t word = i * 7 % 16;
    data.emplace_back(4, word);
    const std::uint32_t low = (state ^ word) & 15;
    const std::uint32_t high = (state >> 4) & 15;
    state = (state >> 8) ^ (low << 28) ^ 5 * (low & 1) ^ (high << 7) ^ 77;
  }
  InterpreterResult result = run(*lowered.kernel, {.streams = {data}});
  CHECK(result.outputs[0]->getZExtValue() == state);
}

TEST_CASE("a state that is kept under a condition is linear but for the choice", "[lower][linear]") {
  Lowered lowered = lower_text(R"(
unsigned top(hls::stream<ap_uint<9>>& in) {
  unsigned crc = 0;
words:
  for (int i = 0; i < 30; i++) {
#pragma HLS PIPELINE II=1
    ap_uint<9> word = in.read();
    if (word[8]) {
      crc ^= (unsigned)ap_uint<8>(word);
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >> 1) ^ (-(crc & 1) & 0x82F63B78U);
      }
    }
  }
  return crc;
}
)",
                               "top");
  REQUIRE(lowered.kernel.has_value());
  const Block* words = pipelined_block(*lowered.kernel, "words");
  REQUIRE(words != nullptr);
  CHECK(path_from_phi(*words, lowered.kernel->processes[0]) <= 5);
  std::mt19937 random(4);
  std::vector<llvm::APInt> data;
  std::uint32_t crc = 0;
  for (int i = 0; i < 30; ++i) {
    const std::uint32_t word = random() % 512;
    data.emplace_back(9, word);
    for (int bit = 0; bit < 8 && word >= 256; ++bit) {
      crc = bit == 0 ? crc ^ (word & 255) : crc;
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78U : 0U);
    }
  }
  InterpreterResult result = run(*lowered.kernel, {.streams = {data}});
  CHECK(result.outputs[0]->getZExtValue() == crc);
}

}  // namespace
}  // namespace sluice::hlsc::testing
