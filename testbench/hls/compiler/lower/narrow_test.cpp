// Narrowed kernels do what they did, with fewer bits.
#include "hls/compiler/lower/narrow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "hls/compiler/ir/interpret.hpp"
#include "hls/compiler/ir/verify.hpp"
#include "testbench/hls/compiler/support/kernel_text.hpp"
#include "testbench/hls/compiler/support/random_kernel.hpp"

namespace sluice::hlsc {
namespace {

Kernel narrowed(Kernel kernel) {
  for (Process& process : kernel.processes) {
    narrow_operations(process);
  }
  REQUIRE(verify(kernel).value_or("") == "");
  return kernel;
}

// Of all that is more than wires.
std::size_t bits_of_operations(const Kernel& kernel) {
  std::size_t bits = 0;
  for (const Process& process : kernel.processes) {
    for (const Block& block : process.blocks) {
      for (const OpId id : block.ops) {
        const Op& op = process.ops[index(id)];
        const bool is_wires = op.kind >= OpKind::kZExt && op.kind <= OpKind::kExtract;
        bits += is_wires ? 0 : op.width;
      }
    }
  }
  return bits;
}

// Straight-line code on words of 12 bits, of which masks and shifts make bits known.
class RandomExpressions {
 public:
  explicit RandomExpressions(std::uint32_t seed) : generator_(seed) {}

  std::string text() {
    std::string text =
        "kernel k\nstream in input 12\nstream out output 12\nprocess p\nblock b\n"
        "  %v0 = stream_read 12 in\n  %v1 = stream_read 12 in\n"
        "  %v2 = and 12 %v0 12:" +
        number(4096) + "\n  %v3 = or 12 %v1 12:" + number(4096) + "\n";
    count_ = 4;
    for (int i = 0; i < 14; ++i) {
      text += operation();
    }
    for (int i = 4; i < count_; ++i) {
      text += fmt::format("  stream_write out %v{}\n", i);
    }
    return text + "  return";
  }

 private:
  int pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(generator_); }
  std::string number(int below) { return std::to_string(pick(below)); }
  std::string any() { return fmt::format("%v{}", pick(count_)); }
  std::string next() { return fmt::format("%v{}", count_++); }

  std::string operation() {
    static const char* const kBinary[] = {"add", "sub", "mul", "and", "or", "xor", "shl", "lshr", "ashr"};
    static const char* const kCompare[] = {"eq", "ne", "ult", "ule", "slt", "sle"};
    static const char* const kCount[] = {"ctlz", "cttz", "ctpop"};
    const std::string x = any();
    const std::string y = pick(3) == 0 ? "12:" + number(pick(2) == 0 ? 13 : 4096) : any();
    const std::string helper = "h" + std::to_string(count_);
    switch (pick(8)) {
      case 0: {
        const std::string condition = fmt::format("  %{} = {} 1 {} {}\n", helper, kCompare[pick(6)], x, y);
        const std::string other = any();
        return condition + fmt::format("  {} = select 12 %{} {} {}\n", next(), helper, x, other);
      }
      case 1: {
        const std::string condition = fmt::format("  %{} = {} 1 {} {}\n", helper, kCompare[pick(6)], x, y);
        return condition + fmt::format("  {} = {} 12 %{}\n", next(), pick(2) == 0 ? "zext" : "sext", helper);
      }
      case 2: {
        const int width = 1 + pick(11);
        const std::string part = fmt::format("  %{} = extract {} {} {}\n", helper, width, pick(13 - width), x);
        return part + fmt::format("  {} = {} 12 %{}\n", next(), pick(2) == 0 ? "zext" : "sext", helper);
      }
      case 3: {
        const int width = 1 + pick(11);
        const std::string low = fmt::format("  %{} = trunc {} {}\n", helper, width, x);
        return low + fmt::format("  {} = concat 12 {}:{} %{}\n", next(), 12 - width, pick(1 << (12 - width)), helper);
      }
      case 4:
        return fmt::format("  {} = {} 12 {}\n", next(), kCount[pick(3)], x);
      default:
        return fmt::format("  {} = {} 12 {} {}\n", next(), kBinary[pick(9)], x, y);
    }
  }

  std::mt19937 generator_;
  int count_ = 0;
};

TEST_CASE("random expressions keep their values", "[lower][narrow]") {
  std::size_t before = 0;
  std::size_t after = 0;
  for (std::uint32_t seed = 1; seed <= 1000; ++seed) {
    const std::string text = RandomExpressions(seed).text();
    INFO(text);
    const Kernel kernel = kernel_of(text);
    const Kernel narrow = narrowed(kernel);
    before += bits_of_operations(kernel);
    after += bits_of_operations(narrow);
    std::mt19937 generator(seed);
    for (int i = 0; i < 40; ++i) {
      const auto x = static_cast<std::int64_t>(i == 0 ? 0 : generator() >> (generator() % 20));
      const auto y = static_cast<std::int64_t>(i == 0 ? -1 : static_cast<std::int32_t>(generator()));
      const InterpreterInput input{.streams = {words(12, {x & 4095, y & 4095})}};
      REQUIRE(numbers(interpret(narrow, input).streams[1]) == numbers(interpret(kernel, input).streams[1]));
    }
  }
  CHECK(after < before);
}

TEST_CASE("random kernels with loops, memories and streams do what they did", "[lower][narrow]") {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    INFO("seed " << seed);
    const Kernel kernel = random_kernel(seed);
    const Kernel narrow = narrowed(kernel);
    InterpreterInput input = random_input(kernel, seed);
    input.check_dependences = true;
    const InterpreterResult expected = interpret(kernel, input);
    const InterpreterResult result = interpret(narrow, input);
    CHECK(result.end == expected.end);
    CHECK(result.uncovered.value_or("") == "");
    CHECK(result.streams == expected.streams);
    CHECK(result.outputs == expected.outputs);
    CHECK(result.arrays == expected.arrays);
  }
}

const Op& of_kind(const Kernel& kernel, OpKind kind) {
  for (const OpId id : kernel.processes[0].blocks[0].ops) {
    if (kernel.processes[0].ops[index(id)].kind == kind) {
      return kernel.processes[0].ops[index(id)];
    }
  }
  FAIL("no such operation");
  return kernel.processes[0].ops[0];
}

std::size_t number_of(const Kernel& kernel, OpKind kind) {
  const Process& process = kernel.processes[0];
  return static_cast<std::size_t>(
      std::ranges::count_if(process.blocks[0].ops, [&](OpId id) { return process.ops[index(id)].kind == kind; }));
}

TEST_CASE("what is masked is added and compared in as many bits as it needs", "[lower][narrow]") {
  const Kernel kernel = narrowed(kernel_of(R"(kernel k
stream in input 32
stream out output 32
process p
block b
  %x = stream_read 32 in
  %y = stream_read 32 in
  %a = and 32 %x 32:7
  %b = lshr 32 %y 32:29
  %high = shl 32 %a 32:3
  %both = or 32 %high %b
  %sum = add 32 %a %b
  %less = slt 1 %sum 32:9
  %r = zext 32 %less
  stream_write out %sum
  stream_write out %r
  stream_write out %both
  return)"));
  CHECK(number_of(kernel, OpKind::kAnd) == 0);  // masks, shifts and joins are wires
  CHECK(number_of(kernel, OpKind::kLShr) == 0);
  CHECK(number_of(kernel, OpKind::kShl) == 0);
  CHECK(number_of(kernel, OpKind::kOr) == 0);
  CHECK(of_kind(kernel, OpKind::kConcat).width == 6);
  CHECK(of_kind(kernel, OpKind::kExtract).width == 3);
  CHECK(of_kind(kernel, OpKind::kAdd).width == 4);
  const Op& less = of_kind(kernel, OpKind::kUlt);
  CHECK(kernel.processes[0].ops[index(less.operands[0])].width == 4);
}

TEST_CASE("comparisons with 0 and with powers of two look at the bits that decide", "[lower][narrow]") {
  // 8 bits, every value: x < c, c < x, x <= c, c <= x, signed and not.
  for (const std::string kind : {"ult", "ule", "slt", "sle"}) {
    for (const int c : {0, 1, 3, 4, 7, 8, 63, 64, 127, 128, 255}) {
      for (const bool left : {false, true}) {
        const std::string operands = left ? fmt::format("8:{} %x", c) : fmt::format("%x 8:{}", c);
        const Kernel kernel = kernel_of(
            "kernel k\nstream in input 8\nstream out output 1\nprocess p\nblock b\n  %x = stream_read 8 in\n  %r = " +
            kind + " 1 " + operands + "\n  stream_write out %r\n  return");
        const Kernel narrow = narrowed(kernel);
        INFO(kind << ' ' << operands);
        for (int x = 0; x < 256; ++x) {
          const InterpreterInput input{.streams = {words(8, {x})}};
          REQUIRE(interpret(narrow, input).streams[1] == interpret(kernel, input).streams[1]);
        }
        const bool decides = kind[0] == 's' ? c == ((kind == "sle") == left ? 0 : 255) : false;
        if (decides) {
          CHECK(number_of(narrow, OpKind::kSlt) + number_of(narrow, OpKind::kSle) == 0);
        }
      }
    }
  }
}

TEST_CASE("a phi is as wide as all that comes to it", "[lower][narrow]") {
  const Kernel kernel = narrowed(kernel_of(R"(kernel k
stream in input 8
stream out output 32
process p
block entry
  jump loop
block loop pipeline 1
  %last = phi 32 entry:32:5 loop:%wide
  %x = stream_read 8 in
  %wide = sext 32 %x
  stream_write out %last
  %more = ne 1 %x 8:0
  branch %more loop exit
block exit
  return)"));
  const Process& process = kernel.processes[0];
  CHECK(process.ops[index(process.blocks[1].ops.at(0))].kind == OpKind::kPhi);
  CHECK(process.ops[index(process.blocks[1].ops.at(0))].width == 8);
}

TEST_CASE("a counter is as wide as what it stays below", "[lower][narrow]") {
  const Kernel kernel = kernel_of(R"(kernel k
stream in input 8
stream out output 32
process p
block entry
  %n = stream_read 8 in
  %limit = zext 32 %n
  jump loop
block loop pipeline 1
  %i = phi 32 entry:32:0 loop:%next
  stream_write out %i
  %next = add 32 %i 32:1
  %more = ult 1 %next %limit
  branch %more loop exit
block exit
  return)");
  const Kernel narrow = narrowed(kernel);
  const Process& process = narrow.processes[0];
  CHECK(process.ops[index(process.blocks[1].ops.at(0))].kind == OpKind::kPhi);
  CHECK(process.ops[index(process.blocks[1].ops.at(0))].width == 8);
  for (const int n : {0, 1, 2, 128, 254, 255}) {
    const InterpreterInput input{.streams = {words(8, {n})}};
    CHECK(interpret(narrow, input).streams[1] == interpret(kernel, input).streams[1]);
  }
}

TEST_CASE("shifts by constants, and by one of two, are wires", "[lower][narrow]") {
  for (const std::string kind : {"shl", "lshr", "ashr"}) {
    for (const std::string amount : {"8:3", "8:7", "%either"}) {
      INFO(kind << ' ' << amount);
      const Kernel kernel = kernel_of(
          "kernel k\nstream in input 8\nstream out output 8\nprocess p\nblock b\n  %x = stream_read 8 in\n"
          "  %odd = trunc 1 %x\n  %either = select 8 %odd 8:5 8:0\n  %r = " +
          kind + " 8 %x " + amount + "\n  stream_write out %r\n  return");
      const Kernel narrow = narrowed(kernel);
      for (int x = 0; x < 256; ++x) {
        const InterpreterInput input{.streams = {words(8, {x})}};
        REQUIRE(interpret(narrow, input).streams[1] == interpret(kernel, input).streams[1]);
      }
      if (amount != "%either" || kind != "ashr") {
        CHECK(number_of(narrow, OpKind::kShl) + number_of(narrow, OpKind::kLShr) + number_of(narrow, OpKind::kAShr) ==
              0);
      }
    }
  }
}

}  // namespace
}  // namespace sluice::hlsc
