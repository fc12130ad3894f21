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

namespace {

std::uint32_t most_selected(const RouteOperand& o) { return std::min(o.experts / o.groups * o.groups_kept, kMaxTopK); }

// Any; as many groups as there may be, which differ little; all experts in one; hardly more experts than are selected.
void random_shape(RouteOperand& o, RandomVectors& random) {
  const std::uint32_t shape = random.below(8);
  if (shape == 0) {
    o.groups = hls::kRouteMaxGroups - random.below(2) * random.below(4);
    o.experts = o.groups * random.between(1, 4);
  } else if (shape == 1) {
    o.groups = 1u << random.below(2);
    o.experts = kMaxExperts;
  } else if (shape == 2) {
    o.groups = random.between(1, 4);
    o.experts = o.groups * random.between(1, 17);
  } else {
    o.groups = random.below(2) == 0 ? 1 : random.between(1, hls::kRouteMaxGroups);
    const std::uint32_t most = kMaxExperts / o.groups;
    o.experts = o.groups * random.between(1, random.below(3) == 0 ? most : std::min(most, 20u));
  }
  o.groups_kept = random.between(1, o.groups);
  o.top_k = shape == 2 ? most_selected(o) : random.between(1, most_selected(o));
}

void fill_logits(const RouteOperand& o, bool ties, RandomVectors& random, std::vector<hls::Line>& bank) {
  random.fill(bank, o.logits_line, o.experts);
  const std::uint32_t kind = random.below(8);
  if (kind < 2) {
    // Exponents at which the fixed point of a difference begins to hold something, and at which all of it is beyond.
    const int near = kind == 0 ? -48 : 34;
    hls::set_word(bank[o.logits_line], 0, static_cast<std::uint32_t>(near + static_cast<int>(random.below(5)) - 2));
  }
  const bool limits = kind == 0 && random.below(2) == 0;
  const std::uint32_t values = random.between(1, 3);
  for (std::uint32_t i = 0; i < o.experts && (ties || limits); ++i) {
    const std::uint32_t value = limits ? random.mantissa(2) : (random.below(values) - 1) << 20;
    hls::set_word(bank[o.logits_line + 1 + i / 32], i % 32, value);
  }
}

}  // namespace

Command random_route_command(std::uint32_t rule, RandomVectors& random, UnitMemory& memory) {
  RouteOperand o;
  o.num_tokens = random.between(1, 4);
  o.rule = rule;
  random_shape(o, random);
  o.normalise = random.below(2);
  const std::uint32_t scales[] = {0, 1, 1u << 24, 1u << 28, random.below((1u << 28) + 1)};
  o.scale = scales[random.below(5)];
  o.logits_line = random.below(100);
  o.output_line = random.below(2) == 0 ? 200 + random.below(100) : o.logits_line;
  o.bias_address_lo = kLineBytes * random.below(4);
  const bool ties = random.below(3) == 0;  // few values, so that many are equal
  for (std::vector<hls::Line>& bank : memory.bank) {
    fill_logits(o, ties, random, bank);
  }
  const int shift = static_cast<int>(random.below(32));
  for (std::uint32_t i = 0; i < kMaxExperts; ++i) {
    const std::int32_t bias = ties ? 0 : static_cast<std::int32_t>(random.word()) >> shift;
    hls::set_word(memory.card[o.bias_address_lo / kLineBytes + i / 32], i % 32, static_cast<std::uint32_t>(bias));
  }
  return route_command(o);
}

Command short_route_command(RandomVectors& random, UnitMemory& memory) {
  RouteOperand o;
  o.num_tokens = random.between(1, 4);
  o.rule = random.between(1, 3);  // with the first, equal scores would open group 0
  o.normalise = random.below(2);
  o.scale = random.below((1u << 28) + 1);
  o.output_line = 200;
  const std::uint32_t size = random.between(1, hls::kRouteMaxTopK - 1);
  o.groups = random.between(2, hls::kRouteMaxGroups);
  o.groups_kept = random.below(8) == 0 ? 0 : 1;
  o.experts = size * o.groups;
  o.top_k = size * o.groups_kept + 1;
  if (random.below(8) == 0) {
    o.experts = o.groups = 0;
    o.top_k = 1;
    o.rule = random.between(1, 2);  // no expert has a score
  }
  for (std::vector<hls::Line>& bank : memory.bank) {
    hls::set_word(bank[0], 0, static_cast<std::uint32_t>(-static_cast<int>(random.below(50))));
    for (std::uint32_t i = 0; i < o.experts; ++i) {
      const std::uint32_t value = i < size ? static_cast<std::uint32_t>(-8388607) : random.word() >> 9;
      hls::set_word(bank[1 + i / 32], i % 32, value);
    }
  }
  return route_command(o);
}

}  // namespace sluice::test
