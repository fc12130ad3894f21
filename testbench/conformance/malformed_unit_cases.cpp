// The commands of the units: vectors, routes and the KV cache.
#include "testbench/conformance/malformed_limits.hpp"

namespace sluice::test {
namespace {

template <typename Operand>
std::vector<Limits> slice_limits() {
  std::vector<Limits> limits = {
      tokens(FIELD(Operand, num_tokens)), line(FIELD(Operand, input_line), 3),
      FIELD(Operand, offset)
          .take({32, kMostElements - 64})
          .refuse({1, 33, kMostElements - 32, 1u << 31, kMultiple, kAll}),
      FIELD(Operand, elements).refuse({0, kMostElements + 1, kMaxColumns, kMaxColumns + 1, kAll}),
      FIELD(Operand, elements)
          .take({1, 33, kMostElements})
          .with({{WORD(Operand, out.vector_line), kNone}, {WORD(Operand, out.q8_line), 100}})};
  append_outputs<Operand>(limits, 64);
  return limits;
}

CommandLimits quantise() {
  using O = QuantiseOperand;
  return limits_of("quantise", Queue::kCompute, Opcode::kQuantise,
                   O{.num_tokens = 1, .elements = 64, .out = {.q8_line = 100}}, slice_limits<O>());
}

CommandLimits norm() {
  using O = NormOperand;
  const O good = {.num_tokens = 1,
                  .elements = 64,
                  .out = {.vector_line = 100},
                  .gamma_address_lo = kData,
                  .epsilon_mantissa = 1,
                  .epsilon_exponent = -20,
                  .root_n = 8u << 20};
  std::vector<Limits> limits = slice_limits<O>();
  limits.insert(
      limits.end(),
      {card(LOW(O, gamma_address), 128), HIGH(O, gamma_address).refuse({1, kAll}), exponent(FIELD(O, gamma_exponent)),
       FIELD(O, epsilon_mantissa).take({0, (1u << 31) - 1}).refuse({1u << 31, kAll}),
       exponent(FIELD(O, epsilon_exponent)),
       FIELD(O, root_n).take({1u << 20, (1u << 30) - 1}).refuse({0, (1u << 20) - 1, 1u << 30, kAll})});
  return limits_of("norm", Queue::kCompute, Opcode::kNorm, good, std::move(limits));
}

CommandLimits rope() {
  using O = RopeOperand;
  const O good = {.num_tokens = 1, .heads = 2, .dim = 32, .out = {.vector_line = 100}, .increments_address_lo = kData};
  const Change elsewhere = {WORD(O, out.vector_line), 0};  // where the largest vector fits
  std::vector<Limits> limits = {
      tokens(FIELD(O, num_tokens)),
      line(FIELD(O, input_line), 3),
      FIELD(O, offset).take({32, kMostElements - 64}).refuse({1, 33, kMostElements - 32, 1u << 31, kMultiple, kAll}),
      FIELD(O, heads).take({1, kMostElements / 32}).refuse({0, kMostElements / 2 + 1, kAll}).with({elsewhere}),
      FIELD(O, heads).take({2, kMostElements / 16}).with({elsewhere, {WORD(O, dim), 16}}),
      FIELD(O, dim).take({32, 96}).refuse({16, 48}).with({elsewhere, {WORD(O, heads), 1}}),
      FIELD(O, dim)
          .take({16, 48, 512})
          .refuse({0, 1, 2, 8, 24, 31, 33, 528, 1u << 31, kMultiple, kAll})
          .with({elsewhere}),
      card(LOW(O, increments_address), 128),
      HIGH(O, increments_address).refuse({1, kAll}),
      FIELD(O, amplitude).take({0, (1u << 31) - 1}).refuse({1u << 31, kAll})};
  append_outputs<O>(limits, 64);
  CommandLimits out = limits_of("rope", Queue::kCompute, Opcode::kRope, good, std::move(limits));
  out.tokens = {FIELD(TokenEntry, position).take({0, kAll})};
  return out;
}

CommandLimits activation() {
  using O = ActivationOperand;
  const O good = {.num_tokens = 1, .intermediate = 32, .out = {.vector_line = 100}};
  std::vector<Limits> limits = {
      tokens(FIELD(O, num_tokens)), line(FIELD(O, input_line), 3),
      FIELD(O, intermediate).take({32, 65504}).refuse({0, 1, 33, 65536, 1u << 31, kMultiple, kAll}),
      FIELD(O, token_mask).take({0, 15}).refuse({16, kAll})};
  append_outputs<O>(limits, 32);
  append_activation<O>(limits);
  return limits_of("activation", Queue::kCompute, Opcode::kActivation, good, std::move(limits));
}

CommandLimits route() {
  using O = RouteOperand;
  const O good = {.num_tokens = 1, .output_line = 100, .experts = 8, .top_k = 2, .rule = 2, .bias_address_lo = kData};
  const Change biased = {WORD(O, rule), 0};
  return limits_of(
      "route", Queue::kCompute, Opcode::kRoute, good,
      {tokens(FIELD(O, num_tokens)), line(FIELD(O, logits_line), 2), line(FIELD(O, output_line), 1),
       FIELD(O, output_line).refuse({kNone}), FIELD(O, experts).take({2, 512}).refuse({0, 513, kAll}),
       FIELD(O, top_k).take({1, 8}).refuse({0, 9, kAll}),
       FIELD(O, top_k).take({16}).refuse({17}).with({{WORD(O, experts), 32}}),
       FIELD(O, top_k).take({4}).refuse({5}).with({{WORD(O, groups), 2}}),
       FIELD(O, groups).take({1, 2, 4}).refuse({0, 3, 9, 16, kAll}),
       FIELD(O, groups).take({16}).refuse({32}).with({{WORD(O, experts), 64}, {WORD(O, groups_kept), 2}}),
       FIELD(O, groups_kept).take({1, 4}).refuse({0, 5, kAll}).with({{WORD(O, groups), 4}}),
       FIELD(O, rule).take({0, 1, 2, 3}).refuse({4, kAll}), FIELD(O, normalise).take({0, 1}).refuse({2, kAll}),
       FIELD(O, scale).take({0, 1u << 28}).refuse({(1u << 28) + 1, kAll}), LOW(O, bias_address).take({0, kAll}),
       HIGH(O, bias_address).take({0, kAll}), card(LOW(O, bias_address), 128).with({biased}),
       HIGH(O, bias_address).refuse({1, kAll}).with({biased})});
}

// Of the words of a token's entry, for the commands that use its pages.
std::vector<Limits> page_tokens() {
  using O = TokenEntry;
  return {FIELD(O, sequence).take({0, kAll}),
          FIELD(O, position).take({31}).refuse({1u << 24, kAll}),
          card(LOW(O, page_table), kLineBytes),
          HIGH(O, page_table).refuse({1, kAll}),
          LOW(O, ancestor_mask).take({0}).refuse({1, 1u << 31, kAll}),
          HIGH(O, ancestor_mask).refuse({1, 1u << 31, kAll}),
          FIELD(O, adapter).take({0}).refuse({1, kAll}),
          FIELD(O, reserved).take({0}).refuse({1, kAll})};
}

void give_pages(Command& command) {
  for (std::uint32_t t = 0; t < kMaxTokens; ++t) {
    command.tokens[t] = {.position = t, .page_table_lo = kPageTable};
  }
}

// Where the entries of a layer lie in a page. The page does not start at 0, so the last lines of memory are beyond it.
template <typename Operand>
void append_entries(std::vector<Limits>& limits) {
  limits.push_back(FIELD(Operand, layer_line).take({0, 999}).refuse({kCardLines - 31, kCardLines, kAll - 31, kAll}));
  limits.push_back(FIELD(Operand, layer_line).fail({kCardLines - 32}));
  limits.push_back(FIELD(Operand, entry_lines).take({1, 4096}).refuse({0, 4097, 1u << 31, kAll}));
}

CommandLimits kv_append() {
  using O = KvAppendOperand;
  const O good = {.num_tokens = 4, .first_elements = 64, .second_line = 1100, .second_elements = 32, .entry_lines = 1};
  std::vector<Limits> limits = {
      tokens(FIELD(O, num_tokens)),
      FIELD(O, kind).take({0, 1}).refuse({2, kAll}),
      line(FIELD(O, first_line), 3),
      FIELD(O, first_elements).take({32, 64}).refuse({0, 1, 33, kMaxColumns, kMultiple, kAll}),
      FIELD(O, first_elements).take({kMostElements}).with({{WORD(O, entry_lines), 1056}}),
      line(FIELD(O, second_line), 2),
      FIELD(O, second_elements).take({32}).refuse({0, 1, 33, kMaxColumns, kMultiple, kAll}),
      FIELD(O, second_elements)
          .take({kMostElements - 32})
          .with({{WORD(O, entry_lines), 1057}, {WORD(O, second_line), 0}}),
      FIELD(O, entry_lines).take({2}).refuse({1}).with({{WORD(O, second_elements), 64}})};
  append_entries<O>(limits);
  CommandLimits out = limits_of("kv append", Queue::kCompute, Opcode::kKvAppend, good, std::move(limits));
  out.tokens = page_tokens();
  out.tokens.push_back(FIELD(TokenEntry, position).take({(1u << 24) - 1}));
  give_pages(out.good);
  return out;
}

CommandLimits attend() {
  using O = AttendOperand;
  const O good = {.num_tokens = 4,
                  .heads = 2,
                  .query_rope_line = 100,
                  .value_dim = 64,
                  .rope_dim = 32,
                  .score_mul = 1u << 21,
                  .score_shift = 30,
                  .sink_address_lo = kData,
                  .entry_lines = 1,
                  .out = {.vector_line = 200}};
  const auto entry = [](std::uint32_t lines) { return Change{WORD(O, entry_lines), lines}; };
  const Change gqa = {WORD(O, kind), 1};
  const Change gqa_heads = {WORD(O, kv_heads), 1};
  const Change many = {WORD(O, heads), 1024};
  const Change sinks = {WORD(O, has_sinks), 1};
  const Change narrow = {WORD(O, value_dim), 32};
  std::vector<Limits> limits = {tokens(FIELD(O, num_tokens)),
                                FIELD(O, kind).take({0}).refuse({2, kAll}),
                                FIELD(O, kind).take({1}).with({gqa_heads, entry(2)}),
                                FIELD(O, heads).take({1, 2}).refuse({0, 1025, kAll}),
                                FIELD(O, heads).take({1024}).with({narrow}),
                                FIELD(O, kv_heads).take({0, kAll}),
                                FIELD(O, kv_heads).take({1, 2}).refuse({0, 3, 4, kAll}).with({gqa, entry(3)}),
                                line(FIELD(O, query_line), 5),
                                line(FIELD(O, query_rope_line), 3),
                                FIELD(O, query_rope_line).take({kAll}).with({gqa, gqa_heads, entry(2)}),
                                FIELD(O, value_dim).take({32, 64}).refuse({0, 1, 33, 1056, kMultiple, kAll}),
                                FIELD(O, value_dim).take({992}).with({entry(9)}),
                                FIELD(O, value_dim).take({1024}).refuse({1056}).with({gqa, gqa_heads, entry(17)}),
                                FIELD(O, value_dim).take({96}).refuse({128}).with({many, entry(2)}),
                                FIELD(O, rope_dim).take({32}).refuse({0, 1, 33, 992, kMultiple, kAll}),
                                FIELD(O, rope_dim).take({960}).with({entry(9)}),
                                FIELD(O, rope_dim).take({96}).refuse({128}).with({many, narrow, entry(2)}),
                                FIELD(O, rope_dim).take({0, kAll}).with({gqa, gqa_heads, entry(2)}),
                                FIELD(O, window).take({0, 1, kAll}),
                                FIELD(O, score_mul).take({0, (1u << 22) - 1}).refuse({1u << 22, kAll}),
                                FIELD(O, score_shift).take({16, 62}).refuse({0, 15, 63, kAll}),
                                LOW(O, sink_address).take({0, kAll}),
                                HIGH(O, sink_address).take({0, kAll}),
                                card(LOW(O, sink_address), 128).with({sinks}),
                                HIGH(O, sink_address).refuse({1, kAll}).with({sinks}),
                                FIELD(O, has_sinks).take({0, 1}).refuse({2, kAll})};
  append_outputs<O>(limits, 128);
  append_entries<O>(limits);
  CommandLimits out = limits_of("attend", Queue::kCompute, Opcode::kAttend, good, std::move(limits));
  out.tokens = page_tokens();
  out.tokens.push_back(
      FIELD(TokenEntry, position).take({kCardLines / 4 - 1}).refuse({kCardLines / 4}).with({entry(4)}));
  out.tokens.push_back(
      FIELD(TokenEntry, position).take({(1u << 24) - 1}).refuse({1u << 24}).with({{WORD(O, window), 1}}));
  give_pages(out.good);
  return out;
}

CommandLimits combine() {
  using O = CombineOperand;
  const O good = {.num_tokens = 1,
                  .elements = 64,
                  .routed = 1,
                  .route_line = 0,
                  .terms_line = 10,
                  .plain = 1,
                  .plain_line = {20, 30, 40, 50},
                  .out = {.vector_line = 100}};
  const Change four = {WORD(O, plain), 4};
  const Change none_routed = {WORD(O, routed), 0};
  const Change in_place = {WORD(O, plain_line[0]), 0};
  std::vector<Limits> limits = {
      tokens(FIELD(O, num_tokens)),
      FIELD(O, elements).take({1, 64}).refuse({0, kMostElements + 1, kMaxColumns, kAll}),
      FIELD(O, elements).take({kMostElements}).with({none_routed, in_place, {WORD(O, out.vector_line), 0}}),
      FIELD(O, routed).take({0, 16}).refuse({17, kAll}),
      line(FIELD(O, route_line), 1),
      FIELD(O, route_line).refuse({kNone}),
      FIELD(O, route_line).take({kNone}).with({none_routed}),
      line(FIELD(O, terms_line), 3),
      FIELD(O, terms_stride).take({0, kAll}),
      FIELD(O, terms_stride).take({4083}).refuse({4084, 1u << 31, kAll}).with({{WORD(O, routed), 2}}),
      FIELD(O, plain).take({0, 4}).refuse({5, kAll}),
      FIELD(O, plain).refuse({0}).with({none_routed}),
      line(FIELD(O, plain_line[0]), 3).with({four}),
      line(FIELD(O, plain_line[1]), 3).with({four}),
      line(FIELD(O, plain_line[2]), 3).with({four}),
      line(FIELD(O, plain_line[3]), 3).with({four}),
      FIELD(O, plain_line[1]).take({kAll})};
  append_outputs<O>(limits, 64);
  return limits_of("combine", Queue::kCompute, Opcode::kCombine, good, std::move(limits));
}

}  // namespace

std::vector<CommandLimits> unit_command_limits() {
  return {quantise(), norm(), rope(), activation(), route(), kv_append(), attend(), combine()};
}

}  // namespace sluice::test
