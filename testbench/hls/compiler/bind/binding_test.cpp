#include "hls/compiler/bind/binding.hpp"

#include <catch2/catch.hpp>

#include "testbench/hls/compiler/schedule/loops.hpp"

namespace sluice::hlsc {
namespace {

struct Bound {
  Kernel kernel;
  Schedule schedule;
  Binding binding;

  const ValueBinding& value(std::string_view name) const { return binding.values[index(op_named(kernel, name))]; }
};

Bound bound(Kernel kernel) {
  const Outcome outcome = schedule_plain(kernel);
  REQUIRE(outcome.schedule);
  Binding binding = bind(kernel, kernel.processes[0], outcome.schedule->processes[0]);
  return {std::move(kernel), *outcome.schedule, std::move(binding)};
}

// A product takes two cycles; what is added to it is older by then.
constexpr const char* kProduct = R"(  %x = stream_read 32 in
  %h = trunc 16 %x
  %hw = sext 32 %h
  %p = mul 32 %x %x
  %s = add 32 %p %hw
  stream_write out %s
)";

}  // namespace

TEST_CASE("a value of a pipelined block is delayed as long as its last use is away", "[hls][bind]") {
  const Bound it = bound(loop_kernel({.body = kProduct}));
  CHECK(it.value("x").delays == 0);
  CHECK(it.value("p").ready == 2);
  CHECK(it.value("p").delays == 0);
  CHECK_FALSE(it.value("s").kept);
}

TEST_CASE("widening is repeated at its use: the narrow value is what waits", "[hls][bind]") {
  const Bound it = bound(loop_kernel({.body = kProduct}));
  CHECK(it.value("h").delays == 2);
  CHECK(it.value("hw").delays == 0);
}

TEST_CASE("a value that is used after its block has a register, a phi one beside its own", "[hls][bind]") {
  const Bound it = bound(kernel_of(R"(kernel k
stream in input 32
stream out output 32
process p
block entry
  jump loop
block loop pipeline 1
  %i = phi 8 entry:8:0 loop:%i1
  %x = stream_read 32 in
  %dead = add 32 %x %x
  %i1 = add 8 %i 8:1
  %more = ult 1 %i1 8:100
  branch %more loop exit
block exit
  stream_write out %x
  %w = zext 32 %i
  stream_write out %w
  return)"));
  CHECK(it.value("x").kept);
  CHECK(it.value("i").kept);
  CHECK(it.value("i").update == 0);
  CHECK_FALSE(it.value("more").kept);
  CHECK_FALSE(it.value("dead").used);
}

TEST_CASE("a block without work takes no cycle, and is looked through", "[hls][bind]") {
  const Bound it = bound(kernel_of(R"(kernel k
stream in input 1
stream out output 8
process p
block entry
  %x = stream_read 1 in
  branch %x left right
block left
  jump join
block right
  jump join
block join
  %v = phi 8 left:8:1 right:8:2
  stream_write out %v
  return)"));
  CHECK_FALSE(it.binding.blocks[0].skipped);
  CHECK(it.binding.blocks[1].skipped);
  CHECK(it.binding.blocks[2].skipped);
  const Exit& exit = it.binding.blocks[0].exit;
  REQUIRE(exit.kind == Exit::Kind::kBranch);
  CHECK(exit.branches[0].to == BlockId(3));
  CHECK(exit.branches[0].from == BlockId(1));  // the phi chooses by the block that was looked through
  CHECK(exit.branches[1].from == BlockId(2));
}

TEST_CASE("a circle of blocks without work keeps a state", "[hls][bind]") {
  const Bound it = bound(kernel_of(R"(kernel k none
stream in input 1
process p
block entry
  %x = stream_read 1 in
  jump a
block a
  jump b
block b
  jump a)"));
  CHECK(it.binding.blocks[1].skipped != it.binding.blocks[2].skipped);
}

TEST_CASE("reads in cycle 0 of a pipelined block gate its iterations, later ones do not", "[hls][bind]") {
  const Bound it = bound(loop_kernel({.body = R"(  %x = stream_read 32 in
  %p = mul 32 %x %x
  %big = ult 1 %p 32:9
  %y = stream_read 32 other if %big
  %z = select 32 %big %y %x
  stream_write out %z
)"}));
  REQUIRE(it.binding.blocks[1].gates.size() == 1);
  CHECK(it.binding.blocks[1].gates[0].op == op_named(it.kernel, "x"));
}

}  // namespace sluice::hlsc
