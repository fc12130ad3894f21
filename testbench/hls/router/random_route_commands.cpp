#include "testbench/hls/router/random_route_commands.hpp"

#include <cstring>

#include "hls/router/route.hpp"
#include "hls/router/router_kernel.hpp"
#include "hls/unit/lines.hpp"

namespace sluice::test {

using namespace device;

Command route_command(const RouteOperand& operand) {
  Command command;
  command.header.opcode = static_cast<std::uint16_t>(Opcode::kRoute);
  std::memcpy(command.operand, &operand, sizeof(operand));
  return command;
}

Command counters_command(std::uint32_t output_line, bool clear) {
  Command command;
  command.header.opcode = kernel::kCountersOpcode;
  const kernel::CountersOperand operand = {output_line, clear ? 1u : 0u};
  std::memcpy(command.operand, &operand, sizeof(operand));
  return command;
}

Command random_route_command(std::uint32_t rule, RandomVectors& random, UnitMemory& memory) {
  RouteOperand o;
  o.num_tokens = random.between(1, 4);
  o.rule = rule;
  o.groups = random.below(2) == 0 ? 1 : random.between(1, hls::kRouteMaxGroups);
  const std::uint32_t most = kMaxExperts / o.groups;
  o.experts = o.groups * random.between(1, random.below(3) == 0 ? most : std::min(most, 20u));
  o.groups_kept = random.between(1, o.groups);
  o.top_k = random.between(1, std::min(o.experts / o.groups * o.groups_kept, kMaxTopK));
  o.normalise = random.below(2);
  const std::uint32_t scales[] = {0, 1, 1u << 24, 1u << 28, random.below((1u << 28) + 1)};
  o.scale = scales[random.below(5)];
  o.logits_line = random.below(100);
  o.output_line = random.below(2) == 0 ? 200 + random.below(100) : o.logits_line;
  o.bias_address_lo = kLineBytes * random.below(4);
  const std::uint32_t ties = random.below(4);  // few values, so that many are equal
  for (std::vector<hls::Line>& bank : memory.bank) {
    random.fill(bank, o.logits_line, o.experts);
    for (std::uint32_t i = 0; ties == 0 && i < o.experts; ++i) {
      hls::set_word(bank[o.logits_line + 1 + i / 32], i % 32, random.below(3) << 20);
    }
  }
  const int shift = static_cast<int>(random.below(32));
  for (std::uint32_t i = 0; i < kMaxExperts; ++i) {
    const std::int32_t bias = ties == 0 ? 0 : static_cast<std::int32_t>(random.word()) >> shift;
    hls::set_word(memory.card[o.bias_address_lo / kLineBytes + i / 32], i % 32, static_cast<std::uint32_t>(bias));
  }
  return route_command(o);
}

}  // namespace sluice::test
