#include "hls/compiler/ir/interpret.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "testbench/hls/compiler/support/kernel_text.hpp"

namespace sluice::hlsc {
namespace {

using Numbers = std::vector<std::int64_t>;

// Writes `expression` of inputs x and y (8 bits) as a word of 8 bits.
std::int64_t value_of(const std::string& ops, std::int64_t x, std::int64_t y) {
  const Kernel kernel = kernel_of(
      "kernel k\nstream in input 8\nstream out output 8\nprocess p\nblock b\n"
      "  %x = stream_read 8 in\n  %y = stream_read 8 in\n" +
      ops + "\n  stream_write out %r\n  return");
  const InterpreterResult result = interpret(kernel, {.streams = {words(8, {x, y})}});
  REQUIRE(result.end == InterpreterEnd::kFinished);
  REQUIRE(result.streams[1].size() == 1);
  return result.streams[1][0].getSExtValue();
}

TEST_CASE("operations compute what ir.hpp says", "[hlsc][ir]") {
  const auto binary = [](const std::string& kind, std::int64_t x, std::int64_t y) {
    return value_of("  %r = " + kind + " 8 %x %y", x, y);
  };
  const auto compare = [](const std::string& kind, std::int64_t x, std::int64_t y) {
    return value_of("  %b = " + kind + " 1 %x %y\n  %r = zext 8 %b", x, y);
  };
  CHECK(binary("add", 100, 100) == -56);
  CHECK(binary("sub", -100, 100) == 56);
  CHECK(binary("mul", 17, 19) == 67);
  CHECK(binary("shl", 3, 2) == 12);
  CHECK(binary("shl", 3, 8) == 0);
  CHECK(binary("shl", 3, -1) == 0);
  CHECK(binary("lshr", -128, 7) == 1);
  CHECK(binary("lshr", -128, 8) == 0);
  CHECK(binary("ashr", -128, 3) == -16);
  CHECK(binary("ashr", -128, 100) == -1);
  CHECK(value_of("  %r = udiv 8 %x 8:7", -1, 0) == 36);
  CHECK(value_of("  %r = urem 8 %x 8:7", -1, 0) == 3);
  CHECK(compare("ult", 1, -1) == 1);
  CHECK(compare("slt", 1, -1) == 0);
  CHECK(compare("ule", 5, 5) == 1);
  CHECK(compare("sle", -5, -6) == 0);
  CHECK(compare("ne", 5, 5) == 0);
  CHECK(value_of("  %r = ctlz 8 %x", 0, 0) == 8);
  CHECK(value_of("  %r = ctlz 8 %x", 16, 0) == 3);
  CHECK(value_of("  %r = cttz 8 %x", 16, 0) == 4);
  CHECK(value_of("  %r = ctpop 8 %x", -1, 0) == 8);
  CHECK(value_of("  %h = extract 4 4 %x\n  %l = trunc 4 %y\n  %r = concat 8 %l %h", 0x5A, 0x0C) == -59);
  CHECK(value_of("  %t = trunc 4 %x\n  %r = sext 8 %t", 12, 0) == -4);
  CHECK(value_of("  %c = slt 1 %x %y\n  %r = select 8 %c %x %y", 7, -3) == -3);
}

constexpr const char* kSum = R"(
kernel sum
stream in input 16
stream out output 32
scalar n 32 unsigned
output total 32 signed
process sum
uses n
%n = scalar 32 n
block entry
  jump loop
block loop pipeline 1
  %i = phi 32 entry:32:0 loop:%i1
  %acc = phi 32 entry:32:0 loop:%acc1
  %x = stream_read 16 in @0:5:9
  %wide = sext 32 %x
  %acc1 = add 32 %acc %wide
  %i1 = add 32 %i 32:1
  %more = ult 1 %i1 %n
  branch %more loop exit
block exit
  stream_write out %acc
  scalar_write total %acc1
  return
)";

TEST_CASE("a loop with phis sums its input", "[hlsc][ir]") {
  const Kernel kernel = kernel_of(kSum);
  const InterpreterResult result =
      interpret(kernel, {.streams = {words(16, {5, -7, 100, 9, 1})}, .scalars = words(32, {4})});
  CHECK(result.end == InterpreterEnd::kFinished);
  CHECK(numbers(result.streams[1]) == Numbers{98});
  CHECK(numbers(result.streams[0]) == Numbers{1});  // left over
  REQUIRE(result.outputs[0].has_value());
  CHECK(result.outputs[0]->getSExtValue() == 107);
}

TEST_CASE("a process that waits forever is named with its stream and line", "[hlsc][ir]") {
  const InterpreterResult result = interpret(kernel_of(kSum), {.streams = {words(16, {5})}, .scalars = words(32, {4})});
  CHECK(result.end == InterpreterEnd::kWaiting);
  CHECK(result.waiting == "process 'sum' waits at line 5 for a word of stream 'in'\n");
}

TEST_CASE("an endless loop ends at the step limit", "[hlsc][ir]") {
  const Kernel kernel = kernel_of("kernel k\nprocess p\nblock a\n  jump b\nblock b\n  jump b");
  CHECK(interpret(kernel, {.max_steps = 1000}).end == InterpreterEnd::kStepLimit);
}

// Writes n words into 'first', then n into 'second'; the other reads them in turns.
constexpr const char* kTwoWays = R"(
kernel k
stream in input 8
stream first internal 8 depth 2
stream second internal 8 depth 2
stream out output 8
process writer
block entry
  %a = stream_read 8 in
  %b = stream_read 8 in
  %c = stream_read 8 in
  stream_write first %a
  stream_write first %b
  stream_write first %c @0:12:3
  stream_write second %a
  return
process reader
block entry
  %x = stream_read 8 second @0:20:3
  %y = stream_read 8 first
  %s = add 8 %x %y
  stream_write out %s
  return
)";

TEST_CASE("a FIFO too shallow is a deadlock, and none where depths are unbounded", "[hlsc][ir]") {
  const Kernel kernel = kernel_of(kTwoWays);
  InterpreterInput input{.streams = {words(8, {1, 2, 3})}};
  const InterpreterResult bounded = interpret(kernel, input);
  CHECK(bounded.end == InterpreterEnd::kWaiting);
  CHECK(bounded.waiting ==
        "process 'writer' waits at line 12 for room in stream 'first' (depth 2)\n"
        "process 'reader' waits at line 20 for a word of stream 'second'\n");
  input.are_depths_bounded = false;
  const InterpreterResult unbounded = interpret(kernel, input);
  CHECK(unbounded.end == InterpreterEnd::kFinished);
  CHECK(numbers(unbounded.streams[3]) == Numbers{2});
  CHECK(numbers(unbounded.streams[1]) == Numbers{2, 3});
}

TEST_CASE("memories stay from run to run, and arrays come and go", "[hlsc][ir]") {
  const Kernel kernel = kernel_of(R"(
kernel k
array a 8 4
output o 8 signed
process p
memory count 8 1 registers static initial 5
memory a 8 4 bram external a
block b
  %c = load 8 count 1:0
  %n = add 8 %c 8:1
  store count 1:0 %n
  %v = load 8 a 2:1
  %w = add 8 %v %n
  store a 2:2 %w
  store a 2:3 8:77 if 1:0
  store a 8:9 8:1
  scalar_write o %n
  return
)");
  Interpreter interpreter(kernel);
  const InterpreterInput input{.arrays = {words(8, {10, 20, 30, 40})}};
  CHECK(numbers(interpreter.run(input).arrays[0]) == Numbers{10, 20, 26, 40});
  const InterpreterResult second = interpreter.run(input);
  CHECK(numbers(second.arrays[0]) == Numbers{10, 20, 27, 40});
  CHECK(second.outputs[0]->getSExtValue() == 7);
}

TEST_CASE("a result that rests on 'any value' changes with the seed", "[hlsc][ir]") {
  const Kernel kernel = kernel_of(
      "kernel k\nstream in input 64\nstream out output 64\nprocess p\nblock b\n"
      "  %x = stream_read 64 in if 1:0\n  stream_write out %x\n  return");
  const auto run = [&](std::uint64_t seed) { return interpret(kernel, {.any_seed = seed}).streams[1][0]; };
  CHECK(run(0) == 0);
  CHECK(run(1) != run(2));
}

// A delay line of 4 words in a RAM: store to i, load what was stored `back` iterations ago.
std::string delay_line(int back, const std::string& dependences) {
  return "kernel k\nstream in input 8\nstream out output 8\nprocess p\nmemory m 8 8 bram initial 0 0 0 0 0 0 0 0\n"
         "block entry\n  jump loop\nblock loop pipeline 1\n  %i = phi 3 entry:3:0 loop:%i1\n"
         "  %n = phi 8 entry:8:0 loop:%n1\n  %x = stream_read 8 in\n  %j = sub 3 %i 3:" +
         std::to_string(back) +
         "\n  %y = load 8 m %j @0:4:1\n  %s = store m %i %x @0:5:1\n  stream_write out %y\n  %i1 = add 3 %i 3:1\n"
         "  %n1 = add 8 %n 8:1\n  %more = ult 1 %n1 8:12\n  branch %more loop exit\n" +
         dependences + "block exit\n  return";
}

TEST_CASE("a memory conflict that no dependence covers is reported", "[hlsc][ir]") {
  const auto uncovered = [](const std::string& text) {
    const InterpreterInput input{.streams = {words(8, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})},
                                 .check_dependences = true};
    return interpret(kernel_of(text), input).uncovered.value_or("");
  };
  // The load sees the store of 3 iterations ago; the store overwrites what was read 5 iterations ago.
  const std::string both = "  depend raw %s %y 3\n  depend war %y %s 5\n";
  CHECK(uncovered(delay_line(3, both)) == "");
  CHECK(uncovered(delay_line(3, "  depend raw %s %y 1\n  depend war %y %s 0\n")) == "");  // more than needed
  CHECK(uncovered(delay_line(3, "  depend war %y %s 5\n")) ==
        "load of 'm' (line 4) meets store of 'm' (line 5) at address 0 of 'm', 3 iterations later, without a "
        "dependence");
  CHECK(uncovered(delay_line(3, "  depend raw %s %y 4\n  depend war %y %s 5\n")) != "");
  CHECK(uncovered(delay_line(3, "  depend raw %s %y 3\n  depend war %y %s 6\n")) != "");
}

}  // namespace
}  // namespace sluice::hlsc
