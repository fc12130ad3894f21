// Pipelined blocks: the II that recurrences, ports, streams and the exit allow, and what the error says below it.
#include <catch2/catch.hpp>
#include <string>

#include "testbench/hls/compiler/schedule/loops.hpp"

namespace sluice::hlsc {
namespace {

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

// The smallest II that schedules.
int smallest_ii(LoopText text) {
  for (text.ii = 1; text.ii < 50; ++text.ii) {
    if (schedule_plain(loop_kernel(text)).schedule) {
      return text.ii;
    }
  }
  return -1;
}

std::string sum_of(int adds) {
  std::string ops = "  %x = stream_read 32 in\n  %s0 = add 32 %acc %x @0:20:1\n";
  for (int add = 1; add < adds; ++add) {
    ops += "  %s" + std::to_string(add) + " = add 32 %s" + std::to_string(add - 1) +
           " %x @0:" + std::to_string(20 + add) + ":1\n";
  }
  return ops;
}

LoopText accumulator(int adds) {
  return {.phis = "  %acc = phi 32 entry:32:0 loop:%s" + std::to_string(adds - 1) + "\n", .body = sum_of(adds)};
}

TEST_CASE("a recurrence that fits a cycle has II 1, a longer one as many as it takes", "[hlsc][schedule]") {
  CHECK(smallest_ii(accumulator(1)) == 1);
  CHECK(smallest_ii(accumulator(4)) == 1);
  CHECK(smallest_ii(accumulator(5)) == 2);
  CHECK(smallest_ii(accumulator(9)) == 3);
  LoopText product{.phis = "  %acc = phi 32 entry:32:1 loop:%m\n",
                   .body = "  %x = stream_read 32 in\n  %m = mul 32 %acc %x\n"};
  CHECK(smallest_ii(product) == 3);
  // Two iterations' time through a second phi.
  product.phis = "  %old = phi 32 entry:32:1 loop:%acc\n  %acc = phi 32 entry:32:1 loop:%m\n";
  product.body = "  %x = stream_read 32 in\n  %m = mul 32 %old %x\n";
  CHECK(smallest_ii(product) == 2);
}

TEST_CASE("a recurrence that is short but waits for a value that comes late has II 1", "[hlsc][schedule]") {
  const LoopText late{.phis = "  %acc = phi 32 entry:32:0 loop:%s\n",
                      .body =
                          "  %x = stream_read 32 in\n  %l0 = add 32 %x %x\n  %l1 = add 32 %l0 %x\n"
                          "  %l2 = add 32 %l1 %x\n  %l3 = add 32 %l2 %x\n"
                          "  %next = add 32 %acc 32:1\n  %s = add 32 %next %l3\n"};
  CHECK(smallest_ii(late) == 1);
}

TEST_CASE("an II that a recurrence forbids is an error that names its operations", "[hlsc][schedule]") {
  const std::string error = schedule_plain(loop_kernel(accumulator(5))).error;
  CHECK(error ==
        "k.cpp:9: loop 'loop' can't have II=1; II=2 would be possible. What forces it is the recurrence 'acc' -> 's0' "
        "(line 20) -> 's1' (line 21) -> 's2' (line 22) -> 's3' (line 23) -> 's4' (line 24), which takes 2 cycles (5.00 "
        "ns of logic at 4.00 ns a cycle) and is needed after 1 iteration\n");
  LoopText slow = accumulator(5);
  slow.ii = 2;
  const Outcome outcome = schedule_plain(loop_kernel(slow));
  REQUIRE(outcome.schedule);
  CHECK(outcome.block(1).ii == 2);
  CHECK(says(outcome.block(1).ii_limit, "the recurrence 'acc'"));
  slow = accumulator(1);
  slow.ii = 3;
  CHECK(schedule_plain(loop_kernel(slow)).block(1).ii_limit == "the directive asks for it");
  CHECK(schedule_plain(loop_kernel(accumulator(1))).block(1).ii_limit.empty());
}

// Reads, adds to and writes back a word: a histogram.
LoopText histogram(const std::string& memory, const std::string& dependences) {
  return {.memories = memory,
          .body =
              "  %x = stream_read 32 in\n  %ad = trunc 4 %x\n  %l = load 32 m %ad @0:30:1\n  %n = add 32 %l %x\n"
              "  %s = store m %ad %n @0:31:1\n",
          .dependences = dependences};
}

TEST_CASE("dependences through a memory limit the II by their distance", "[hlsc][schedule]") {
  const std::string near = "  depend war %l %s 0\n  depend raw %s %l 1\n";
  const std::string far = "  depend war %l %s 0\n  depend raw %s %l 2\n";
  CHECK(smallest_ii(histogram("memory m 32 16 bram\n", near)) == 2);
  CHECK(smallest_ii(histogram("memory m 32 16 bram\n", far)) == 1);
  CHECK(smallest_ii(histogram("memory m 32 16 registers\n", near)) == 1);
  CHECK(smallest_ii(histogram("memory m 32 16 bram\n", "")) == 1);
  CHECK(says(schedule_plain(loop_kernel(histogram("memory m 32 16 bram\n", near))).error,
             "the recurrence load of 'm' (line 30) -> 'n' -> store of 'm' (line 31), which takes 2 cycles"));
}

TEST_CASE("stores to registers in one cycle keep the order of the list", "[hlsc][schedule]") {
  const LoopText two{.memories = "memory m 32 16 registers\n",
                     .body =
                         "  %x = stream_read 32 in\n  %ad = trunc 4 %x\n  %l = load 32 m 4:3\n  %s = store m %ad %x\n"
                         "  %t = store m 4:5 %l\n",
                     .dependences =
                         "  depend waw %s %t 0\n  depend waw %t %s 1\n  depend raw %s %l 1\n"
                         "  depend raw %t %l 1\n  depend war %l %s 0\n  depend war %l %t 0\n"};
  CHECK(smallest_ii(two) == 1);
  LoopText ram = two;
  ram.memories = "memory m 32 16 bram ports 1 2 0\n";
  CHECK(smallest_ii(ram) == 2);
}

std::string loads(int count, const std::string& predicate) {
  std::string ops = "  %x = stream_read 32 in\n  %p = slt 1 %x 32:5\n  %q = xor 1 %p 1:1\n  %ad = trunc 4 %x\n";
  for (int load = 0; load < count; ++load) {
    ops += "  %l" + std::to_string(load) + " = load 32 m %ad" + (load == 0 ? "" : predicate) +
           " @0:" + std::to_string(40 + load) + ":1\n";
  }
  return ops;
}

TEST_CASE("ports limit the II unless predicates exclude each other", "[hlsc][schedule]") {
  const std::string one = "memory m 32 16 bram\n";
  CHECK(smallest_ii({.memories = one, .body = loads(1, "")}) == 1);
  CHECK(smallest_ii({.memories = one, .body = loads(3, "")}) == 3);
  CHECK(smallest_ii({.memories = "memory m 32 16 bram ports 2 1 0\n", .body = loads(3, "")}) == 2);
  CHECK(smallest_ii({.memories = "memory m 32 16 bram ports 0 0 2\n", .body = loads(4, "")}) == 2);
  const std::string sides = loads(0, "") + "  %a = load 32 m %ad if %p\n  %b = load 32 m 4:3 if %q\n";
  CHECK(smallest_ii({.memories = one, .body = sides}) == 1);
  CHECK(smallest_ii({.memories = one, .body = sides + "  %c = load 32 m 4:4\n"}) == 2);
  CHECK(smallest_ii({.memories = one, .body = sides + "  %c = load 32 m 4:4 if %p\n"}) == 2);
  // The two sides become known in different cycles; to share, the earlier one waits.
  const std::string late = loads(0, "") + "  %a = load 32 m %ad if %p\n  %d = mul 32 %x %x\n  %t = trunc 4 %d\n" +
                           "  %b = load 32 m %t if %q\n";
  CHECK(smallest_ii({.memories = one, .body = late}) == 1);
  CHECK(
      says(schedule_plain(loop_kernel({.memories = one, .body = loads(3, "")})).error,
           "II=3 would be possible. What forces it is the ports of memory 'm' (1 read port, 1 write port), which has 3 "
           "loads and 0 stores an iteration (lines 40, 41, 42)"));
}

TEST_CASE("an operation that a recurrence needs keeps its port, the others move", "[hlsc][schedule]") {
  // At II 2 the load of the recurrence has one possible slot; the two others, though ready first, share what is left.
  const LoopText text{.memories = "memory m 32 16 bram ports 2 1 0\n",
                      .phis = "  %ptr = phi 4 entry:4:0 loop:%next\n",
                      .body =
                          "  %x = stream_read 32 in\n  %a = load 32 m 4:1\n  %b = load 32 m 4:2\n  %c = load 32 m "
                          "4:3\n  %l = load 32 m %ptr\n  %next = trunc 4 %l\n"};
  CHECK(smallest_ii(text) == 2);
}

TEST_CASE("a stream that is used twice an iteration needs two cycles, unless only one side happens",
          "[hlsc][schedule]") {
  const LoopText twice{.body = "  %x = stream_read 32 in @0:50:1\n  %y = stream_read 32 in @0:51:1\n"};
  CHECK(smallest_ii(twice) == 2);
  CHECK(says(schedule_plain(loop_kernel(twice)).error,
             "What forces it is stream 'in', which moves one word a cycle: 2 reads an iteration (lines 50, 51)"));
  const LoopText sides{.body =
                           "  %p = slt 1 %i 32:5\n  %q = xor 1 %p 1:1\n  %x = stream_read 32 in if %p\n"
                           "  %y = stream_read 32 in if %q\n  stream_write out %x if %p\n"
                           "  stream_write out %y if %q\n"};
  CHECK(smallest_ii(sides) == 1);
  const LoopText looks{.body = "  %e = stream_empty 1 in\n  %n = xor 1 %e 1:1\n  %x = stream_read 32 in if %n\n"};
  CHECK(smallest_ii(looks) == 1);
}

TEST_CASE("the exit must be known before the next iteration starts", "[hlsc][schedule]") {
  const Kernel kernel = kernel_of(
      "kernel k\nfile \"k.cpp\"\nstream in input 32\nprocess p\nblock entry\n  jump loop\n"
      "block loop pipeline 1 @0:9:1\n  %x = stream_read 32 in @0:60:1\n  %m = mul 32 %x %x @0:61:1\n"
      "  %stop = eq 1 %m 32:49 @0:62:1\n  branch %stop exit loop\nblock exit\n  return");
  CHECK(schedule_plain(kernel).error ==
        "k.cpp:9: loop 'loop' can't have II=1; II=3 would be possible. What forces it is the loop's condition, known "
        "only 3 cycles after an iteration's start: 'm' (line 61) -> 'stop' (line 62) (3.00 ns of logic "
        "at 4.00 ns a cycle)\n");
}

TEST_CASE("a phi is taken at its first use, inside its window", "[hlsc][schedule]") {
  // The value before: its register is overwritten in cycle 0 already.
  const LoopText before{.phis = "  %last = phi 32 entry:32:0 loop:%x\n",
                        .body = "  %x = stream_read 32 in\n  %m = mul 32 %x %x\n  %a = add 32 %m %last\n"};
  Kernel kernel = loop_kernel(before);
  Outcome outcome = schedule_plain(kernel);
  CHECK(outcome.time(op_named(kernel, "last")).cycle == 0);
  CHECK(outcome.time(op_named(kernel, "a")).cycle == 2);
  // A sum of products: the register is needed, and overwritten, in cycle 2.
  const LoopText sum{.phis = "  %acc = phi 32 entry:32:0 loop:%a\n",
                     .body = "  %x = stream_read 32 in\n  %m = mul 32 %x %x\n  %a = add 32 %m %acc\n"};
  kernel = loop_kernel(sum);
  outcome = schedule_plain(kernel);
  CHECK(outcome.time(op_named(kernel, "acc")).cycle == 2);
  CHECK(outcome.block(1).cycles == 3);
}

TEST_CASE("reads without a predicate are in cycle 0", "[hlsc][schedule]") {
  const LoopText text{.body =
                          "  %x = stream_read 32 in\n  %y = stream_read 32 other\n  %m = mul 32 %x %y\n"
                          "  stream_write out %m\n"};
  const Kernel kernel = loop_kernel(text);
  const Outcome outcome = schedule_plain(kernel);
  CHECK(outcome.time(op_named(kernel, "x")).cycle == 0);
  CHECK(outcome.time(op_named(kernel, "y")).cycle == 0);
}

TEST_CASE("thousands of operations are scheduled", "[hlsc][schedule]") {
  LoopText text{.phis = "  %acc = phi 32 entry:32:0 loop:%sum\n", .body = "  %x0 = stream_read 32 in\n"};
  for (int op = 1; op < 20'000; ++op) {
    text.body +=
        "  %x" + std::to_string(op) + " = add 32 %x" + std::to_string(op - 1) + " %x" + std::to_string(op / 2) + "\n";
  }
  text.body += "  %sum = add 32 %acc %x19999\n";
  const Outcome outcome = schedule_plain(loop_kernel(text));
  CHECK(outcome.block(1).cycles == 5000);
}

}  // namespace
}  // namespace sluice::hlsc
