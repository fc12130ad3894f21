// sluice_router against the reference of hls/unit, natively.
#include "hls/router/router_kernel.hpp"

#include <catch2/catch.hpp>

#include "hls/router/route.hpp"
#include "hls/unit/lines.hpp"
#include "testbench/hls/router/random_route_commands.hpp"
#include "testbench/support/golden.hpp"

using namespace sluice;
using namespace sluice::test;
using device::Command;
using sluice::hls::set_word;
using sluice::hls::word_of;

namespace {

void run_random(std::uint32_t rule, int commands) {
  std::mt19937 generator(rule + 1);
  RandomVectors random(generator);
  UnitMemory memory(kRouteCardLines);
  for (int i = 0; i < commands; ++i) {
    const Command command = random_route_command(rule, random, memory);
    INFO("rule " << rule << " command " << i);
    const sluice::hls::CommandError bad = sluice::hls::check_command(command, device::Queue::kCompute, kRouteCardLines);
    CAPTURE(static_cast<int>(bad.fault), bad.detail);
    REQUIRE(bad.fault == device::Fault::kNone);
    const KernelRun run = run_kernel(sluice_router, memory, command);
    REQUIRE(run.error == "");
    REQUIRE(difference(run_reference(memory, command), run.writes) == "");
  }
}

std::vector<std::uint32_t> read_counters(const UnitMemory& memory, bool clear) {
  const KernelRun run = run_kernel(sluice_router, memory, counters_command(7, clear));
  REQUIRE(run.error == "");
  REQUIRE(run.writes.size() == 16);
  std::vector<std::uint32_t> counters;
  for (std::size_t i = 0; i < device::kMaxExperts; ++i) {
    REQUIRE(run.writes[i / 32].line == 7 + i / 32);
    counters.push_back(word_of(run.writes[i / 32].data, i % 32));
  }
  return counters;
}

}  // namespace

TEST_CASE("the router selects and weighs as the reference: sigmoid with bias", "[router_kernel]") {
  run_random(0, 400);
}
TEST_CASE("the router selects and weighs as the reference: softmax, then top-k", "[router_kernel]") {
  run_random(1, 400);
}
TEST_CASE("the router selects and weighs as the reference: top-k, then softmax", "[router_kernel]") {
  run_random(2, 400);
}
TEST_CASE("the router selects and weighs as the reference: sigmoid, top-1", "[router_kernel]") { run_random(3, 400); }

TEST_CASE("the router equals the golden vectors of routing", "[router_kernel]") {
  constexpr const char* kRules[] = {"sigmoid_bias", "softmax_topk", "topk_softmax", "sigmoid_top1"};
  for (const nlohmann::json& c : golden_cases("route")) {
    const std::vector<std::int32_t> m = integers<std::int32_t>(c.at("m"));
    UnitMemory memory(kRouteCardLines);
    device::RouteOperand o;
    o.num_tokens = 1;
    o.logits_line = 0;
    o.output_line = 100;
    o.experts = static_cast<std::uint32_t>(m.size());
    o.rule = static_cast<std::uint32_t>(std::find(kRules, kRules + 4, c.at("rule").get<std::string>()) - kRules);
    o.top_k = c.at("top_k");
    o.groups = c.at("groups");
    o.groups_kept = c.at("groups_kept");
    o.normalise = c.at("normalisation") == "selected" ? 1 : 0;
    o.scale = c.at("scale");
    set_word(memory.bank[0][0], 0, static_cast<std::uint32_t>(integer(c.at("e"))));
    for (std::size_t i = 0; i < m.size(); ++i) {
      set_word(memory.bank[0][1 + i / 32], i % 32, static_cast<std::uint32_t>(m[i]));
      if (!c.at("bias").is_null()) {
        set_word(memory.card[i / 32], i % 32, static_cast<std::uint32_t>(integer(c.at("bias")[i])));
      }
    }
    CAPTURE(c.at("rule").get<std::string>(), o.experts, o.top_k);
    const KernelRun run = run_kernel(sluice_router, memory, route_command(o));
    REQUIRE(run.error == "");
    REQUIRE(run.writes.size() == 1);
    for (std::size_t k = 0; k < o.top_k; ++k) {
      CHECK(word_of(run.writes[0].data, k) == c.at("experts")[k].get<std::uint32_t>());
      CHECK(word_of(run.writes[0].data, 16 + k) == c.at("weights")[k].get<std::uint32_t>());
    }
  }
}

TEST_CASE("the router counts how often each expert was selected", "[router_kernel]") {
  std::mt19937 generator(11);
  RandomVectors random(generator);
  UnitMemory memory(kRouteCardLines);
  (void)read_counters(memory, true);
  std::vector<std::uint32_t> expected(device::kMaxExperts);
  CHECK(read_counters(memory, false) == expected);
  for (int i = 0; i < 40; ++i) {
    const Command command = random_route_command(random.below(4), random, memory);
    const KernelRun run = run_kernel(sluice_router, memory, command);
    REQUIRE(run.error == "");
    device::RouteOperand o;
    std::memcpy(&o, command.operand, sizeof(o));
    for (const sluice::hls::LineWrite& write : run.writes) {
      for (std::size_t k = 0; k < o.top_k; ++k) {
        ++expected.at(word_of(write.data, k));
      }
    }
  }
  CHECK(read_counters(memory, false) == expected);
  CHECK(read_counters(memory, true) == expected);
  CHECK(read_counters(memory, false) == std::vector<std::uint32_t>(device::kMaxExperts));
}

TEST_CASE("a router's processes make do with queues of two words", "[router_kernel]") {
  std::mt19937 generator(12);
  RandomVectors random(generator);
  UnitMemory memory(kRouteCardLines);
  for (std::uint32_t rule = 0; rule < 4; ++rule) {
    for (int i = 0; i < 3; ++i) {
      const Command command = random_route_command(rule, random, memory);
      const std::vector<sluice::hls::LineWrite> expected = run_reference(memory, command);
      const std::size_t ranges = run_kernel(sluice_router, memory, command).ranges.size();
      const KernelRun run = run_kernel_threads(sluice_router, memory, command, ranges);
      REQUIRE(run.error == "");
      REQUIRE(difference(expected, run.writes) == "");
    }
  }
}
