// Blocks that are not pipelined.
#include <catch2/catch.hpp>
#include <string>

#include "testbench/hls/compiler/schedule/loops.hpp"

namespace sluice::hlsc {
namespace {

// A process of one block.
Kernel block_kernel(const std::string& memories, const std::string& ops) {
  return kernel_of(
      "kernel k\nstream in input 32\nstream other input 32\nstream out output 32\noutput total 32 signed\nprocess p\n" +
      memories + "block b\n" + ops + "  return");
}

TEST_CASE("a chain of operations fills a cycle and goes on in the next", "[hlsc][schedule]") {
  const Kernel kernel = block_kernel("",
                                     "  %x = stream_read 32 in\n  %a = add 32 %x %x\n  %b = add 32 %a %x\n"
                                     "  %c = add 32 %b %x\n  %d = add 32 %c %x\n  %e = add 32 %d %x\n"
                                     "  stream_write out %e\n");
  const Outcome outcome = schedule_plain(kernel);
  const auto time = [&](const char* name) { return outcome.time(op_named(kernel, name)); };
  CHECK(time("x").cycle == 0);
  CHECK(time("d").cycle == 0);
  CHECK(time("d").start_ns == 3);
  CHECK(time("d").ready_ns == 4);
  CHECK(time("e").cycle == 1);
  CHECK(time("e").start_ns == 0);
  CHECK(outcome.block(0).cycles == 2);
  CHECK(outcome.block(0).ii == 0);
  CHECK(outcome.block(0).critical_ns == 4);
  const std::vector<OpId> chain = {op_named(kernel, "x"), op_named(kernel, "a"), op_named(kernel, "b"),
                                   op_named(kernel, "c"), op_named(kernel, "d")};
  CHECK(outcome.block(0).critical_chain.back() == chain.back());
  CHECK(outcome.block(0).critical_chain.size() >= 4);
}

TEST_CASE("an operation with latency is ready that many cycles later, and chains after it", "[hlsc][schedule]") {
  const Kernel kernel = block_kernel("",
                                     "  %x = stream_read 32 in\n  %m = mul 32 %x %x\n  %a = add 32 %m %x\n"
                                     "  stream_write out %a\n");
  const Outcome outcome = schedule_plain(kernel);
  const OpTime m = outcome.time(op_named(kernel, "m"));
  CHECK(m.cycle == 0);
  CHECK(m.latency == 2);
  CHECK(m.ready_ns == 1);
  const OpTime a = outcome.time(op_named(kernel, "a"));
  CHECK(a.cycle == 2);
  CHECK(a.start_ns == 1);
  CHECK(outcome.block(0).cycles == 3);
}

TEST_CASE("accesses of a memory keep their order; other addresses and memories are free", "[hlsc][schedule]") {
  const std::string ops =
      "  %x = stream_read 32 in\n  %ad = trunc 4 %x\n  %s = store m %ad %x\n  %l = load 32 m %ad\n"
      "  %k = load 32 n %ad\n  %s2 = store m %ad %x\n";
  const Kernel ram = block_kernel("memory m 32 16 bram ports 2 2 0\nmemory n 32 16 bram\n", ops);
  const Outcome outcome = schedule_plain(ram);
  const auto cycle = [&](const char* name) { return outcome.time(op_named(ram, name)).cycle; };
  CHECK(cycle("s") == 0);
  CHECK(cycle("l") == 1);   // behind the store
  CHECK(cycle("k") == 0);   // another memory
  CHECK(cycle("s2") == 1);  // with the load, which is read-first
  const Kernel apart = block_kernel("memory m 32 16 registers\n",
                                    "  %x = stream_read 32 in\n  %s = store m 4:1 %x\n  %l = load 32 m 4:2\n"
                                    "  %l1 = load 32 m 4:1\n  %ad = trunc 4 %x\n  %l2 = load 32 m %ad\n");
  const Outcome registers = schedule_plain(apart);
  CHECK(registers.time(op_named(apart, "l")).cycle == 0);
  CHECK(registers.time(op_named(apart, "l1")).cycle == 1);
  CHECK(registers.time(op_named(apart, "l2")).cycle == 1);
}

TEST_CASE("ports limit the accesses of a cycle", "[hlsc][schedule]") {
  const std::string loads =
      "  %x = stream_read 32 in\n  %a = load 32 m 4:1\n  %b = load 32 m 4:2\n  %c = load 32 m 4:3\n";
  const auto cycles = [&](const std::string& ports) {
    const Kernel kernel = block_kernel("memory m 32 16 bram ports " + ports + "\n", loads);
    const Outcome outcome = schedule_plain(kernel);
    return std::vector<int>{outcome.time(op_named(kernel, "a")).cycle, outcome.time(op_named(kernel, "b")).cycle,
                            outcome.time(op_named(kernel, "c")).cycle};
  };
  CHECK(cycles("1 1 0") == std::vector<int>{0, 1, 2});
  CHECK(cycles("2 1 0") == std::vector<int>{0, 0, 1});
  CHECK(cycles("0 0 2") == std::vector<int>{0, 0, 1});
  CHECK(cycles("1 1 2") == std::vector<int>{0, 0, 0});
}

TEST_CASE("a stream moves one word a cycle, and nothing overtakes on other streams", "[hlsc][schedule]") {
  const Kernel kernel =
      block_kernel("",
                   "  %x = stream_read 32 in\n  %y = stream_read 32 in\n  %z = stream_read 32 other\n"
                   "  %m = mul 32 %x %y\n  %w = stream_write out %m\n  %late = stream_read 32 other\n");
  const Outcome outcome = schedule_plain(kernel);
  const auto cycle = [&](const char* name) { return outcome.time(op_named(kernel, name)).cycle; };
  CHECK(cycle("x") == 0);
  CHECK(cycle("y") == 1);
  CHECK(cycle("z") == 1);
  CHECK(cycle("w") == 3);
  CHECK(cycle("late") == 3);
}

TEST_CASE("extensions wait for their user; narrow values are kept meanwhile", "[hlsc][schedule]") {
  const Kernel kernel = block_kernel("",
                                     "  %x = stream_read 32 in\n  %n = trunc 4 %x\n  %e = sext 32 %n\n"
                                     "  %m = mul 32 %x %x\n  %a = add 32 %m %e\n  stream_write out %a\n");
  const Outcome outcome = schedule_plain(kernel);
  CHECK(outcome.time(op_named(kernel, "n")).cycle == 0);
  CHECK(outcome.time(op_named(kernel, "e")).cycle == 2);
}

TEST_CASE("an operation that no cycle can hold is an error at its line", "[hlsc][schedule]") {
  const Kernel kernel = kernel_of(
      "kernel k\nfile \"k.cpp\"\nstream in input 32\nprocess p\nmemory m 8 65536 registers\nblock b\n"
      "  %x = stream_read 32 in\n  %l = load 8 m %x @0:17:3\n  return");
  Diagnostics diagnostics;
  const ScheduleOptions options{.target = find_target("vup"), .clock_ns = 3.0};
  CHECK_FALSE(schedule(kernel, options, diagnostics).has_value());
  REQUIRE(diagnostics.all().size() == 1);
  CHECK(diagnostics.all()[0].file == "k.cpp");
  CHECK(diagnostics.all()[0].line == 17);
  CHECK(diagnostics.all()[0].message.starts_with("load of 'm' (line 17) takes "));
}

}  // namespace
}  // namespace sluice::hlsc
