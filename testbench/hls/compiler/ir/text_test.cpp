#include <catch2/catch.hpp>
#include <string>
#include <variant>

#include "hls/compiler/ir/parse.hpp"
#include "hls/compiler/ir/print.hpp"
#include "testbench/hls/compiler/support/kernel_text.hpp"

namespace sluice::hlsc {
namespace {

constexpr const char* kEverything = R"(
kernel all none
file "a dir/all.cpp"
stream in input 16 field "data" 0 12 signed field "last" 12 1 unsigned @0:3:7
stream link internal 16 depth 4
stream out output 40
scalar n 16 unsigned
output total 16 signed
array table 8 4

process first @0:1:1
uses n
memory taps 16 2 registers static initial 0x1 0xffff
memory rom 100 1 rom ports 1 0 0 initial 0xfffffffffffffffffffff
memory table 8 4 uram ports 0 0 2 external table @0:2:2
%n = scalar 16 n
block entry
  jump loop
block loop pipeline 2 loop "L" 1 min_trips 1 max_trips 100 @0:5:3
  %i = phi 16 entry:16:0 loop:%i1
  %x = stream_read 16 in @0:6:9
  %c = eq 1 %x %n
  %old = load 16 taps %i
  %st = store taps %i %x if %c
  %low = extract 8 4 %x
  %wide = concat 24 %low %x
  %z = zext 40 %wide
  %ok = try_write 1 link %x if %c
  %i1 = add 16 %i 16:-1
  branch %c loop exit
  depend raw %st %old 1
  depend war %old %st 0
  depend waw %st %st 1
block exit
  stream_write out 40:0xffffffffff
  scalar_write total %i1
  return

process second
block entry
  %w = try_read 17 link
  %e = stream_empty 1 link
  return
)";

std::string error_of(const std::string& text) {
  const std::variant<Kernel, ParseError> result = parse(text);
  const auto* error = std::get_if<ParseError>(&result);
  return error == nullptr ? "" : error->message;
}

TEST_CASE("a kernel printed and parsed prints the same", "[hlsc][ir]") {
  const Kernel kernel = kernel_of(kEverything);
  const std::string once = print(kernel);
  const Kernel again = kernel_of(once);
  CHECK(print(again) == once);
  // Not only the same omissions twice: what the text says is there.
  REQUIRE(again.processes.size() == 2);
  const Process& first = again.processes[0];
  CHECK(again.files == std::vector<std::string>{"a dir/all.cpp"});
  CHECK(again.control == Control::kNone);
  CHECK(again.streams[0].payload[1].name == "last");
  CHECK(again.streams[1].depth == 4);
  CHECK(again.streams[0].location.line == 3);
  CHECK(first.memories[0].is_static);
  CHECK((*first.memories[0].initial)[1].isAllOnes());
  CHECK((*first.memories[1].initial)[0].getActiveBits() == 84);
  CHECK(first.memories[2].external == 0);
  CHECK(first.memories[2].ports.read_write == 2);
  const Block& loop = first.blocks[1];
  REQUIRE(loop.pipeline.has_value());
  CHECK(loop.pipeline->target_ii == 2);
  CHECK(loop.pipeline->dependences.size() == 3);
  CHECK(loop.pipeline->dependences[1].kind == DependenceKind::kWriteAfterRead);
  CHECK(loop.max_trips == 100);
  CHECK(loop.ops.size() == 10);
  const Op& increment = first.ops[index(op_named(again, "i1"))];
  CHECK(first.ops[index(increment.operands[1])].constant.isAllOnes());
  CHECK(first.ops[index(op_named(again, "low"))].low == 4);
  CHECK(first.ops[index(op_named(again, "ok"))].predicate == op_named(again, "c"));
}

TEST_CASE("malformed text is refused with its line", "[hlsc][ir]") {
  const std::string head = "kernel k\nprocess p\nblock b\n";
  CHECK(error_of(head + "  return") == "");
  CHECK(error_of(head + "  %a = frobnicate 8 %a") == "line 4: 'frobnicate' is no operation");
  CHECK(error_of(head + "  %a = add 8 %b 8:1") == "line 4: '%b' is not defined");
  CHECK(error_of(head + "  %a = add 8 8:256 8:1") == "line 4: '256' does not fit 8 bits");
  CHECK(error_of(head + "  %a = add 8 8:1 8:1\n  %a = add 8 8:1 8:1") == "line 5: label '%a' is defined twice");
  CHECK(error_of(head + "  jump nowhere") == "line 4: there is no block 'nowhere'");
  CHECK(error_of(head + "  return 5") == "line 4: '5' is one word too many");
  CHECK(error_of(head + "  %a = load 8 m 8:1") == "line 4: there is no memory 'm'");
  CHECK(error_of("kernel k\nstream s sideways 8") == "line 2: a stream is input, output or internal");
  CHECK(error_of("kernel k\nprocess p\n%a = add 8 8:1 8:2") == "line 3: outside of a block");
  CHECK(error_of(head + "  depend raw 8:1 8:1 1").starts_with("line 4: 'depend raw|war|waw'"));
}

}  // namespace
}  // namespace sluice::hlsc
