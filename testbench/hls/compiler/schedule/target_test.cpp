#include "hls/compiler/schedule/target.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "testbench/hls/compiler/support/kernel_text.hpp"

namespace sluice::hlsc {
namespace {

// What the last operation of a block costs.
OpCost cost_of(const std::string& target, const std::string& ops, double budget_ns = 3.35) {
  const Kernel kernel = kernel_of(
      "kernel k\nstream in input 64\nprocess p\nmemory regs 32 64 registers\nmemory ram 32 64 bram\nblock b\n"
      "  %x = stream_read 64 in\n  %a = trunc 16 %x\n  %b = extract 16 16 %x\n  %xa = sext 64 %a\n  %xb = sext 64 "
      "%b\n" +
      ops + "\n  return");
  const Process& process = kernel.processes[0];
  return find_target(target)->cost(process, process.ops[index(process.blocks[0].ops.back())], budget_ns);
}

TEST_CASE("targets are found by name, and differ", "[hlsc][schedule]") {
  CHECK(find_target("nothing") == nullptr);
  CHECK(targets().size() == 3);
  for (const Target* target : targets()) {
    CHECK(find_target(target->name()) == target);
  }
  const std::string add = "  %r = add 64 %x %x";
  CHECK(cost_of("vup", add).delay_ns < cost_of("vup-slow", add).delay_ns);
  CHECK(cost_of("vup-slow", add).delay_ns < cost_of("generic", add).delay_ns);
}

TEST_CASE("wires and constant positions are free, wider logic is slower", "[hlsc][schedule]") {
  for (const std::string free : {"  %r = zext 100 %x", "  %r = shl 64 %x 64:5", "  %r = and 64 %x 64:255",
                                 "  %r = load 32 regs 6:5", "  %r = mul 64 %x 64:16"}) {
    INFO(free);
    CHECK(cost_of("vup", free).delay_ns == 0);
    CHECK(cost_of("vup", free).latency == 0);
  }
  CHECK(cost_of("vup", "  %r = load 32 regs %a").delay_ns > 0);
  CHECK(cost_of("vup", "  %r = add 16 %a %b").delay_ns < cost_of("vup", "  %r = add 64 %x %x").delay_ns);
  CHECK(cost_of("vup", "  %r = shl 64 %x %x").delay_ns > cost_of("vup", "  %r = shl 16 %a %b").delay_ns);
}

TEST_CASE("a multiplier's DSPs and stages follow the bits that count", "[hlsc][schedule]") {
  const OpCost narrow = cost_of("vup", "  %r = mul 64 %xa %xb");  // 16 x 16 signed bits
  CHECK(narrow.dsps == 1);
  CHECK(narrow.latency == 2);
  const OpCost wide = cost_of("vup", "  %r = mul 64 %x %x");
  CHECK(wide.dsps == 12);  // 3 parts of 27 bits, 4 of 18
  CHECK(wide.latency > narrow.latency);
  CHECK(cost_of("vup", "  %r = mul 64 %xa %xb", 2.0).latency == 3);
  CHECK(cost_of("vup", "  %r = mul 64 %x 64:5").dsps == 0);
  CHECK(cost_of("vup", "  %r = mul 64 %xa 64:1431655765").dsps > 0);
}

TEST_CASE("what is slower than a cycle is pipelined where it can be", "[hlsc][schedule]") {
  const std::string add = "  %w = zext 500 %x\n  %r = add 500 %w %w";
  const OpCost relaxed = cost_of("vup", add, 10.0);
  CHECK(relaxed.latency == 0);
  const OpCost tight = cost_of("vup", add, 3.0);
  CHECK(tight.latency == 2);
  CHECK(tight.delay_ns <= 3.0);
  CHECK(tight.setup_ns <= 3.0);
  CHECK(cost_of("vup", "  %r = load 32 ram %a").latency == 1);
}

}  // namespace
}  // namespace sluice::hlsc
