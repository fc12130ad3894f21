// Header, copies, slots, moves and what multiplies.
#include "testbench/conformance/malformed_cases.hpp"

#include "testbench/conformance/malformed_limits.hpp"

namespace sluice::test {
namespace {

CommandLimits copy(std::string_view name, Opcode opcode, std::uint32_t host_high) {
  using O = CopyOperand;
  const O good = {.host_address_hi = host_high, .card_address_lo = kData, .bytes = 256};
  return limits_of(
      name, Queue::kLoad, opcode, good,
      {LOW(O, host_address)
           .take({64, kHostBytes - 256})
           .refuse({1, 32, 63, kAll})
           .fail({kHostBytes - 192, kHostBytes, kAll - 63}),
       HIGH(O, host_address).fail({0, host_high | 1, 0x7F00, kAll}),
       HIGH(O, host_address).fail({kAll}).with({{WORD(O, host_address_lo), kAll - 63}}),
       card(LOW(O, card_address), 256), HIGH(O, card_address).refuse({1, 1u << 31, kAll}),
       FIELD(O, bytes).take({64, 192, kHostBytes, 1u << 30}).refuse({0, 1, 63, 65, (1u << 30) + 64, kAll - 63}),
       FIELD(O, bytes).fail({kHostBytes + 64})});
}

CommandLimits slot(std::string_view name, Opcode opcode) {
  using O = SlotOperand;
  return limits_of(
      name, Queue::kLoad, opcode, O{.gate_up_address_lo = kData, .down_address_lo = kData},
      {FIELD(O, layer).take({0, 255}).refuse({256, kAll}), FIELD(O, expert).take({0, 511}).refuse({512, kAll}),
       card(LOW(O, gate_up_address), kLineBytes), HIGH(O, gate_up_address).refuse({1, kAll}),
       card(LOW(O, down_address), kLineBytes), HIGH(O, down_address).refuse({1, kAll}),
       FIELD(O, gate_up_scale_max).take({0, 255}).refuse({256, kAll}), exponent(FIELD(O, gate_up_scale_bias)),
       FIELD(O, down_scale_max).take({0, 255}).refuse({256, kAll}), exponent(FIELD(O, down_scale_bias)),
       FIELD(O, generation).take({0, kAll})});
}

CommandLimits move(std::string_view name, Opcode opcode, std::uint32_t host_high) {
  using O = MoveOperand;
  return limits_of(
      name, Queue::kCompute, opcode, O{.host_address_hi = host_high, .line = 16, .lines = 1},
      {LOW(O, host_address)
           .take({64, kHostBytes - 128})
           .refuse({1, 32, 63, kAll})
           .fail({kHostBytes - 64, kHostBytes, kAll - 63}),
       HIGH(O, host_address).fail({0, host_high | 1, 0x7F00, kAll}), FIELD(O, bank).take({0, 3}).refuse({4, kAll}),
       line(FIELD(O, line), 1), FIELD(O, line).refuse({kAll}),
       FIELD(O, lines).take({1, kVectorLines - 16}).refuse({0, kVectorLines - 15, kVectorLines, kAll})});
}

CommandLimits linear() {
  using O = LinearOperand;
  const O good = {.num_tokens = 1,
                  .input_elements = 64,
                  .columns = 64,
                  .rows = 32,
                  .output_line = 2000,
                  .scale_max = 130,
                  .scale_bias = -133,
                  .weight_address_lo = kData,
                  .rows_stored = 32,
                  .columns_stored = 64};
  const Change wide = {WORD(O, input_elements), 128};
  const Change widest = {WORD(O, input_elements), kMaxColumns};
  return limits_of("linear", Queue::kCompute, Opcode::kLinear, good,
                   {tokens(FIELD(O, num_tokens)),
                    line(FIELD(O, input_line), 3),
                    line(FIELD(O, input_line), 4).with({{WORD(O, format), 3}}),
                    FIELD(O, input_elements).take({33, 64, kMaxColumns}).refuse({0, kMaxColumns + 1, kAll}),
                    FIELD(O, column_offset).take({32, 64}).refuse({1, 31, 96, 1u << 31, kMultiple, kAll}).with({wide}),
                    FIELD(O, columns).refuse({0, 1, 63, 96, kMaxColumns, 1u << 31, kMultiple, kAll}),
                    FIELD(O, columns).take({32}).with({{WORD(O, columns_stored), 32}}),
                    FIELD(O, columns)
                        .take({kMaxColumns})
                        .refuse({kMaxColumns + 32})
                        .with({widest, {WORD(O, columns_stored), kMaxColumns}}),
                    FIELD(O, rows).take({1, 31, 32}).refuse({0, kMaxRows + 1, kAll}),
                    FIELD(O, rows).take({kMaxRows}).with({{WORD(O, rows_stored), kMaxRows}}),
                    FIELD(O, rows).take({32}).refuse({31, 33}).with({{WORD(O, groups), 2}}),
                    FIELD(O, groups).take({1, 2, 256}).refuse({0, 257, kMaxRows + 1, kAll}),
                    FIELD(O, input_stride)
                        .take({0, 32, 64})
                        .refuse({1, 63, 96, 1u << 31, kMultiple, kAll})
                        .with({wide, {WORD(O, groups), 2}}),
                    line(FIELD(O, output_line), 2),
                    FIELD(O, output_line).refuse({kNone}),
                    FIELD(O, format).take({0, 1, 2, 3}).refuse({4, kAll}),
                    FIELD(O, scale_max).take({0, 255}).refuse({256, kAll}),
                    exponent(FIELD(O, scale_bias)),
                    card(LOW(O, weight_address), 17 * kLineBytes),
                    HIGH(O, weight_address).refuse({1, 1u << 31, kAll}),
                    FIELD(O, rows_stored).take({32}).refuse({0, 31, 33, 64, kAll}),
                    FIELD(O, columns_stored).take({64}).refuse({0, 32, 96, kAll}),
                    card(LOW(O, bias_address), 2 * kLineBytes),
                    HIGH(O, bias_address).refuse({1, kAll})});
}

CommandLimits experts() {
  using O = ExpertsOperand;
  const O good = {.num_tokens = 1,
                  .layer = kExpertLayer,
                  .top_k = 1,
                  .route_line = 3500,  // 0 in a cleared memory: expert 0
                  .input_line = 1,
                  .hidden = 32,
                  .intermediate = 32,
                  .gate_up_line = 1000,
                  .activated_line = 1300,
                  .output_line = 1400};
  const auto to_end = static_cast<std::uint32_t>(kCardBytes - kData);
  std::vector<Limits> limits = {
      tokens(FIELD(O, num_tokens)),
      FIELD(O, layer).take({0, 255}).refuse({256, kAll}),
      FIELD(O, top_k).take({1, 16}).refuse({0, 17, kAll}),
      line(FIELD(O, route_line), 1),
      line(FIELD(O, input_line), 3),
      FIELD(O, hidden).take({32, 8192}).refuse({0, 1, 31, 33, 8224, kMultiple, kAll}),
      FIELD(O, intermediate).take({32, 4096}).refuse({0, 1, 33, 4128, 1u << 31, kMultiple, kAll}),
      FIELD(O, format).take({0, 1, 2}).refuse({3, 4, kAll}),
      line(FIELD(O, gate_up_line), 3),
      line(FIELD(O, activated_line), 3),
      line(FIELD(O, output_line), 2),
      FIELD(O, output_stride).take({0, kAll}),
      FIELD(O, output_stride).take({2694}).refuse({2695, 1u << 31, kAll}).with({{WORD(O, top_k), 2}}),
      FIELD(O, gate_up_bias_offset)
          .take({0, 128, to_end - 3 * kLineBytes})
          .refuse({1, 64, 127, kAll})
          .fail({to_end - 2 * kLineBytes, to_end, kAll - 127}),
      FIELD(O, down_bias_offset)
          .take({0, 128, to_end - 2 * kLineBytes})
          .refuse({1, 64, 127, kAll})
          .fail({to_end - kLineBytes, to_end, kAll - 127})};
  append_activation<O>(limits);
  return limits_of("experts", Queue::kCompute, Opcode::kExperts, good, std::move(limits));
}

}  // namespace

std::vector<CommandLimits> command_limits(std::uint32_t host_high) {
  std::vector<CommandLimits> all = {CommandLimits{.name = "nop", .queue = Queue::kLoad, .good = {}},
                                    CommandLimits{.name = "nop", .queue = Queue::kCompute, .good = {}},
                                    copy("load", Opcode::kLoad, host_high),
                                    copy("store", Opcode::kStore, host_high),
                                    slot("publish", Opcode::kPublish),
                                    slot("retire", Opcode::kRetire),
                                    move("import", Opcode::kImport, host_high),
                                    move("export", Opcode::kExport, host_high),
                                    linear(),
                                    experts()};
  for (CommandLimits& limits : unit_command_limits()) {
    all.push_back(std::move(limits));
  }
  return all;
}

std::vector<Limits> header_limits() {
  using O = CommandHeader;
  return {FIELD(O, context).take({0, kAll}),
          FIELD(O, wait_semaphore).take({0, 31}).refuse({32, 63, 1u << 31, kAll}),
          FIELD(O, wait_value).take({0, kAll}),
          FIELD(O, signal_semaphore).take({0, 31}).refuse({32, 63, 1u << 31, kAll}),
          FIELD(O, signal_value).take({0, kAll}),
          LOW(O, operand).take({0}).refuse({1, kAll}),
          HIGH(O, operand).take({0}).refuse({1, kAll}),
          FIELD(O, timeout_cycles).take({0, kAll}),
          LOW(O, tag).take({0, kAll}),
          HIGH(O, tag).take({0, kAll}),
          Limits({"reserved", 11, 11, {0}, {1, kAll}, {}}),
          Limits({"reserved", 12, 12, {0}, {1, kAll}, {}}),
          Limits({"reserved", 13, 13, {0}, {1, kAll}, {}}),
          Limits({"reserved", 14, 14, {0}, {1, kAll}, {}}),
          Limits({"reserved", 15, 15, {0}, {1, kAll}, {}})};
}

}  // namespace sluice::test
