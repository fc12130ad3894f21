#include "testbench/fuzz/extents.hpp"

#include <algorithm>

#include "hls/unit/execution.hpp"

namespace sluice::fuzz {

using namespace device;
using hls::operand_of;
using hls::Space;

namespace {

class Extents {
 public:
  void vector(std::uint64_t line, std::uint64_t lines) { found_.push_back({Space::kVector, line, lines}); }
  // A vector of 1 + ceil(elements / 32) lines.
  void elements(std::uint64_t line, std::uint64_t count) { vector(line, 1 + (count + 31) / 32); }
  void q8(std::uint64_t line, std::uint64_t count) {
    vector(line, 1 + ((count + 31) / 32 + 127) / 128 + (count + 127) / 128);
  }
  void q16(std::uint64_t line, std::uint64_t count) {
    vector(line, 1 + ((count + 31) / 32 + 127) / 128 + 2 * ((count + 127) / 128));
  }
  void outputs(const Outputs& out, std::uint64_t count) {
    if (out.vector_line != kNone) {
      elements(out.vector_line, count);
    }
    if (out.q8_line != kNone) {
      q8(out.q8_line, count);
    }
    if (out.q16_line != kNone) {
      q16(out.q16_line, count);
    }
  }
  void card(std::uint32_t low, std::uint32_t high, std::uint64_t bytes) {
    const std::uint64_t address = (std::uint64_t{high} << 32) | low;
    found_.push_back({Space::kCard, address / kLineBytes, (bytes + kLineBytes - 1) / kLineBytes});
  }
  void page_tables(const Command& command, std::uint32_t num_tokens) {
    for (std::uint32_t t = 0; t < std::min(num_tokens, kMaxTokens); ++t) {
      const TokenEntry& token = command.tokens[t];
      card(token.page_table_lo, token.page_table_hi, (std::uint64_t{token.position} / kPageTokens + 1) * 4);
    }
  }
  // Wherever a page starts, the layer's part of it lies in one memory with its start.
  void pages(std::uint32_t layer_line, std::uint32_t entry_lines) {
    found_.push_back({Space::kCard, layer_line, std::uint64_t{kPageTokens} * entry_lines});
  }
  std::vector<Extent> take() { return std::move(found_); }

 private:
  std::vector<Extent> found_;
};

// Lines of a matrix, counted block by block as 'Weight layout' describes them.
std::uint64_t weight_lines(std::uint64_t rows, std::uint64_t columns, std::uint64_t groups, std::uint32_t format) {
  const std::uint64_t tiles = groups * ((rows + 31) / 32);
  const std::uint64_t blocks = (columns + 31) / 32;
  const std::uint64_t element_lines = format == 3 ? 16 : (format == 0 ? 8 : 4);
  return tiles * ((blocks + 3) / 4 + blocks * element_lines);
}

void add(Extents& e, const CopyOperand& o) { e.card(o.card_address_lo, o.card_address_hi, o.bytes); }

void add(Extents& e, const SlotOperand& o) {
  e.card(o.gate_up_address_lo, o.gate_up_address_hi, kLineBytes);
  e.card(o.down_address_lo, o.down_address_hi, kLineBytes);
}

void add(Extents& e, const MoveOperand& o) { e.vector(o.line, o.lines); }

void add(Extents& e, const LinearOperand& o) {
  if (o.format == static_cast<std::uint32_t>(Format::kMxInt16)) {
    e.q16(o.input_line, o.input_elements);
  } else {
    e.q8(o.input_line, o.input_elements);
  }
  e.elements(o.output_line, std::uint64_t{o.rows} * o.groups);
  e.card(o.weight_address_lo, o.weight_address_hi, weight_lines(o.rows, o.columns, o.groups, o.format) * kLineBytes);
  if (o.bias_address_lo != 0 || o.bias_address_hi != 0) {
    e.card(o.bias_address_lo, o.bias_address_hi, vector_lines(std::uint64_t{o.rows} * o.groups) * kLineBytes);
  }
}

void add(Extents& e, const ExpertsOperand& o) {
  e.vector(o.route_line, 1);
  e.q8(o.input_line, o.hidden);
  e.elements(o.gate_up_line, 2 * std::uint64_t{o.intermediate});
  e.q8(o.activated_line, o.intermediate);
  for (std::uint64_t k = 0; k < std::min(o.top_k, kMaxTopK); ++k) {
    e.elements(o.output_line + k * o.output_stride, o.hidden);
  }
}

void add(Extents& e, const QuantiseOperand& o) {
  e.elements(o.input_line, std::uint64_t{o.offset} + o.elements);
  e.outputs(o.out, o.elements);
}

void add(Extents& e, const NormOperand& o) {
  e.elements(o.input_line, std::uint64_t{o.offset} + o.elements);
  e.card(o.gamma_address_lo, o.gamma_address_hi, std::uint64_t{o.elements} * 2);
  e.outputs(o.out, o.elements);
}

void add(Extents& e, const RopeOperand& o) {
  const std::uint64_t elements = std::uint64_t{o.heads} * o.dim;
  e.elements(o.input_line, o.offset + elements);
  e.card(o.increments_address_lo, o.increments_address_hi, std::uint64_t{o.dim} / 2 * 8);
  e.outputs(o.out, elements);
}

void add(Extents& e, const ActivationOperand& o) {
  e.elements(o.input_line, 2 * std::uint64_t{o.intermediate});
  e.outputs(o.out, o.intermediate);
}

void add(Extents& e, const RouteOperand& o) {
  e.elements(o.logits_line, o.experts);
  e.vector(o.output_line, 1);
  if (o.rule == static_cast<std::uint32_t>(RouteRule::kSigmoidBias)) {
    e.card(o.bias_address_lo, o.bias_address_hi, std::uint64_t{o.experts} * 4);
  }
}

void add(Extents& e, const KvAppendOperand& o) {
  e.elements(o.first_line, o.first_elements);
  e.elements(o.second_line, o.second_elements);
}

void add(Extents& e, const AttendOperand& o) {
  e.elements(o.query_line, std::uint64_t{o.heads} * o.value_dim);
  if (o.kind == static_cast<std::uint32_t>(AttentionKind::kMla)) {
    e.elements(o.query_rope_line, std::uint64_t{o.heads} * o.rope_dim);
  }
  if (o.has_sinks != 0) {
    e.card(o.sink_address_lo, o.sink_address_hi, std::uint64_t{o.heads} * 4);
  }
  e.outputs(o.out, std::uint64_t{o.heads} * o.value_dim);
}

void add(Extents& e, const CombineOperand& o) {
  if (o.routed > 0) {
    e.vector(o.route_line, 1);
  }
  for (std::uint64_t k = 0; k < std::min(o.routed, kMaxTopK); ++k) {
    e.elements(o.terms_line + k * o.terms_stride, o.elements);
  }
  for (std::uint32_t k = 0; k < std::min(o.plain, 4u); ++k) {
    e.elements(o.plain_line[k], o.elements);
  }
  e.outputs(o.out, o.elements);
}

// Calls visit(operand) with the operand of the command's opcode; nothing for a nop and what is unknown.
template <typename Visit>
void with_operand(const Command& command, const Visit& visit) {
  switch (static_cast<Opcode>(command.header.opcode)) {
    case Opcode::kNop:
      return;
    case Opcode::kLoad:
    case Opcode::kStore:
      return visit(operand_of<CopyOperand>(command));
    case Opcode::kPublish:
    case Opcode::kRetire:
      return visit(operand_of<SlotOperand>(command));
    case Opcode::kImport:
    case Opcode::kExport:
      return visit(operand_of<MoveOperand>(command));
    case Opcode::kLinear:
      return visit(operand_of<LinearOperand>(command));
    case Opcode::kExperts:
      return visit(operand_of<ExpertsOperand>(command));
    case Opcode::kQuantise:
      return visit(operand_of<QuantiseOperand>(command));
    case Opcode::kNorm:
      return visit(operand_of<NormOperand>(command));
    case Opcode::kRope:
      return visit(operand_of<RopeOperand>(command));
    case Opcode::kActivation:
      return visit(operand_of<ActivationOperand>(command));
    case Opcode::kRoute:
      return visit(operand_of<RouteOperand>(command));
    case Opcode::kKvAppend:
      return visit(operand_of<KvAppendOperand>(command));
    case Opcode::kAttend:
      return visit(operand_of<AttendOperand>(command));
    case Opcode::kCombine:
      return visit(operand_of<CombineOperand>(command));
    case Opcode::kBias:  // only inside other commands
      return;
  }
}

// Positions that the token's query sees.
std::uint64_t visible_positions(const TokenEntry& token, const AttendOperand& o) {
  const std::uint64_t all = std::uint64_t{token.position} + 1;
  return o.window > 0 ? std::min<std::uint64_t>(o.window, all) : all;
}

std::uint64_t attend_cost(const Command& command, const AttendOperand& o) {
  std::uint64_t cost = 0;
  for (std::uint32_t t = 0; t < std::min(o.num_tokens, kMaxTokens); ++t) {
    cost += visible_positions(command.tokens[t], o) *
            (std::uint64_t{o.entry_lines} * kLineBytes +
             std::uint64_t{o.heads} * (2 * std::uint64_t{o.value_dim} + o.rope_dim));
  }
  return cost;
}

}  // namespace

std::vector<Extent> extents_of(const Command& command) {
  Extents extents;
  with_operand(command, [&](const auto& operand) { add(extents, operand); });
  const auto opcode = static_cast<Opcode>(command.header.opcode);
  if (opcode == Opcode::kKvAppend) {
    const auto o = operand_of<KvAppendOperand>(command);
    extents.page_tables(command, o.num_tokens);
    extents.pages(o.layer_line, o.entry_lines);
  } else if (opcode == Opcode::kAttend) {
    const auto o = operand_of<AttendOperand>(command);
    extents.page_tables(command, o.num_tokens);
    extents.pages(o.layer_line, o.entry_lines);
    for (std::uint32_t t = 0; t < std::min(o.num_tokens, kMaxTokens); ++t) {
      // Wherever they lie, a sequence's entries lie apart.
      extents.card(0, 0, visible_positions(command.tokens[t], o) * o.entry_lines * kLineBytes);
    }
  }
  return extents.take();
}

std::uint32_t operand_words(const Command& command) {
  std::uint32_t words = 0;
  with_operand(command, [&](const auto& operand) { words = sizeof(operand) / 4; });
  return words;
}

std::uint64_t cost_of(const Command& command) {
  std::uint64_t cost = 0;
  for (const Extent& extent : extents_of(command)) {
    cost += static_cast<std::uint64_t>(extent.count) * kLineBytes;
  }
  const auto opcode = static_cast<Opcode>(command.header.opcode);
  if (opcode == Opcode::kExperts) {
    const auto o = operand_of<ExpertsOperand>(command);
    return kMaxTokens * cost + std::uint64_t{o.num_tokens} * o.top_k * 3 * o.hidden * o.intermediate;
  }
  return kMaxTokens * cost + (opcode == Opcode::kAttend ? attend_cost(command, operand_of<AttendOperand>(command)) : 0);
}

}  // namespace sluice::fuzz
