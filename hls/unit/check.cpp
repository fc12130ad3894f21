#include <iterator>

#include "hls/router/route.hpp"
#include "hls/unit/execution.hpp"
#include "hls/vector/vector_ops.hpp"

namespace sluice::hls {
namespace {

using namespace device;

// Collects the first field found wrong. Sizes are asked about before the places of what has them: a size that no place
// could hold is at fault itself, and else the place. Arithmetic is 64 bits wide; where the product of unchecked fields
// could still wrap, one of them has been found wrong before.
class Checker {
 public:
  explicit Checker(std::uint64_t memory_lines) : memory_lines_(memory_lines) {}

  void need(std::size_t byte_offset, bool good) {
    if (!good && error_.fault == Fault::kNone) {
      error_ = {Fault::kBadOperand, static_cast<std::uint32_t>(byte_offset / 4)};
    }
  }
  void need_token(std::size_t token, std::size_t byte_offset, bool good) {
    if (!good && error_.fault == Fault::kNone) {
      error_ = {Fault::kBadToken, static_cast<std::uint32_t>((token * sizeof(TokenEntry) + byte_offset) / 4)};
    }
  }
  void in_vector_memory(std::size_t byte_offset, std::uint64_t line, std::uint64_t lines) {
    need(byte_offset, line + lines <= kVectorLines);
  }
  void in_card_memory(std::size_t byte_offset, std::uint32_t lo, std::uint32_t hi, std::uint64_t bytes) {
    const std::uint64_t address = join_words(lo, hi);
    const std::uint64_t size = memory_lines_ * kLineBytes;
    need(byte_offset, address % kLineBytes == 0 && address <= size && bytes <= size - address);
  }
  void outputs(std::size_t byte_offset, const Outputs& out, std::uint64_t elements) {
    need(byte_offset, out.vector_line == kNone || out.vector_line + vector_lines(elements) <= kVectorLines);
    need(byte_offset + 4, out.q8_line == kNone || out.q8_line + q8_lines(elements) <= kVectorLines);
    need(byte_offset + 8, out.q16_line == kNone || out.q16_line + q16_lines(elements) <= kVectorLines);
  }
  [[nodiscard]] std::uint64_t memory_lines() const { return memory_lines_; }
  [[nodiscard]] CommandError error() const { return error_; }

 private:
  std::uint64_t memory_lines_;
  CommandError error_;
};

#define SLUICE_AT(Operand, field) offsetof(Operand, field)

constexpr std::uint32_t word(std::size_t byte_offset) { return static_cast<std::uint32_t>(byte_offset / 4); }

constexpr bool tokens_good(std::uint32_t num_tokens) { return num_tokens >= 1 && num_tokens <= kMaxTokens; }
// Whether a vector of so many elements has a place in vector memory.
constexpr bool vector_good(std::uint64_t elements) {
  return elements >= 1 && elements <= kMaxColumns && vector_lines(elements) <= kVectorLines;
}
constexpr bool multiple(std::uint32_t x) { return x % kBlock == 0; }

void check_copy(Checker& c, const CopyOperand& o) {
  c.need(SLUICE_AT(CopyOperand, host_address_lo), o.host_address_lo % 64 == 0);
  c.need(SLUICE_AT(CopyOperand, bytes), o.bytes >= 64 && o.bytes % 64 == 0 && o.bytes <= (1u << 30));
  c.in_card_memory(SLUICE_AT(CopyOperand, card_address_lo), o.card_address_lo, o.card_address_hi, o.bytes);
}

void check_slot(Checker& c, const SlotOperand& o) {
  c.need(SLUICE_AT(SlotOperand, layer), o.layer < kMaxLayers);
  c.need(SLUICE_AT(SlotOperand, expert), o.expert < kMaxExperts);
  c.in_card_memory(SLUICE_AT(SlotOperand, gate_up_address_lo), o.gate_up_address_lo, o.gate_up_address_hi, kLineBytes);
  c.in_card_memory(SLUICE_AT(SlotOperand, down_address_lo), o.down_address_lo, o.down_address_hi, kLineBytes);
  c.need(SLUICE_AT(SlotOperand, gate_up_scale_max), o.gate_up_scale_max <= 255);
  c.need(SLUICE_AT(SlotOperand, gate_up_scale_bias), o.gate_up_scale_bias >= -1024 && o.gate_up_scale_bias <= 1023);
  c.need(SLUICE_AT(SlotOperand, down_scale_max), o.down_scale_max <= 255);
  c.need(SLUICE_AT(SlotOperand, down_scale_bias), o.down_scale_bias >= -1024 && o.down_scale_bias <= 1023);
}

void check_move(Checker& c, const MoveOperand& o) {
  c.need(SLUICE_AT(MoveOperand, host_address_lo), o.host_address_lo % 64 == 0);
  c.need(SLUICE_AT(MoveOperand, bank), o.bank < kMaxTokens);
  c.in_vector_memory(SLUICE_AT(MoveOperand, line), o.line, 1);
  c.need(SLUICE_AT(MoveOperand, lines), o.lines >= 1 && std::uint64_t{o.line} + o.lines <= kVectorLines);
}

void check_linear(Checker& c, const LinearOperand& o) {
  c.need(SLUICE_AT(LinearOperand, num_tokens), tokens_good(o.num_tokens));
  const bool wide = o.format == static_cast<std::uint32_t>(Format::kMxInt16);
  c.need(SLUICE_AT(LinearOperand, input_elements), o.input_elements >= 1 && o.input_elements <= kMaxColumns);
  c.in_vector_memory(SLUICE_AT(LinearOperand, input_line), o.input_line,
                     wide ? q16_lines(o.input_elements) : q8_lines(o.input_elements));
  const std::uint64_t width = ceil_div(o.input_elements, kBlock) * kBlock;
  c.need(SLUICE_AT(LinearOperand, columns), multiple(o.columns) && o.columns >= 1 && o.columns <= width);
  const std::uint64_t first_end = std::uint64_t{o.column_offset} + o.columns;  // of group 0
  c.need(SLUICE_AT(LinearOperand, column_offset), multiple(o.column_offset) && first_end <= width);
  c.need(SLUICE_AT(LinearOperand, groups), o.groups >= 1 && o.groups <= kMaxRows);
  c.need(SLUICE_AT(LinearOperand, rows), o.rows >= 1 && o.rows <= kMaxRows && (o.groups == 1 || multiple(o.rows)));
  c.need(SLUICE_AT(LinearOperand, groups), std::uint64_t{o.rows} * o.groups <= kMaxRows);
  c.need(SLUICE_AT(LinearOperand, input_stride),
         multiple(o.input_stride) && first_end + (std::uint64_t{o.groups} - 1) * o.input_stride <= width);
  c.in_vector_memory(SLUICE_AT(LinearOperand, output_line), o.output_line,
                     vector_lines(std::uint64_t{o.rows} * o.groups));
  c.need(SLUICE_AT(LinearOperand, format), o.format <= static_cast<std::uint32_t>(Format::kMxInt16));
  c.need(SLUICE_AT(LinearOperand, scale_max), o.scale_max <= 255);
  c.need(SLUICE_AT(LinearOperand, scale_bias), o.scale_bias >= -1024 && o.scale_bias <= 1023);
  c.in_card_memory(SLUICE_AT(LinearOperand, weight_address_lo), o.weight_address_lo, o.weight_address_hi,
                   matrix_lines(o.rows, o.columns, o.groups, static_cast<Format>(o.format)) * kLineBytes);
  c.need(SLUICE_AT(LinearOperand, rows_stored), o.rows_stored == ceil_div(o.rows, 32) * 32);
  c.need(SLUICE_AT(LinearOperand, columns_stored), o.columns_stored == o.columns);
  if (o.bias_address_lo != 0 || o.bias_address_hi != 0) {
    c.in_card_memory(SLUICE_AT(LinearOperand, bias_address_lo), o.bias_address_lo, o.bias_address_hi,
                     vector_lines(std::uint64_t{o.rows} * o.groups) * kLineBytes);
  }
}

void check_activation_kind(Checker& c, std::size_t at, std::uint32_t kind, std::uint32_t limit) {
  c.need(at, kind <= static_cast<std::uint32_t>(Activation::kSwigluClamped));
  c.need(at + 4, kind != static_cast<std::uint32_t>(Activation::kSwigluClamped) || limit > 0);
}

void check_experts(Checker& c, const ExpertsOperand& o) {
  c.need(SLUICE_AT(ExpertsOperand, num_tokens), tokens_good(o.num_tokens));
  c.need(SLUICE_AT(ExpertsOperand, layer), o.layer < kMaxLayers);
  c.need(SLUICE_AT(ExpertsOperand, top_k), o.top_k >= 1 && o.top_k <= kMaxTopK);
  c.in_vector_memory(SLUICE_AT(ExpertsOperand, route_line), o.route_line, 1);
  c.need(SLUICE_AT(ExpertsOperand, hidden), multiple(o.hidden) && o.hidden >= 1 && o.hidden <= kMaxRows);
  c.in_vector_memory(SLUICE_AT(ExpertsOperand, input_line), o.input_line, q8_lines(o.hidden));
  c.need(SLUICE_AT(ExpertsOperand, intermediate),
         multiple(o.intermediate) && o.intermediate >= 1 && 2 * std::uint64_t{o.intermediate} <= kMaxRows);
  c.need(SLUICE_AT(ExpertsOperand, format), o.format < static_cast<std::uint32_t>(Format::kMxInt16));
  c.in_vector_memory(SLUICE_AT(ExpertsOperand, gate_up_line), o.gate_up_line,
                     vector_lines(2 * std::uint64_t{o.intermediate}));
  c.in_vector_memory(SLUICE_AT(ExpertsOperand, activated_line), o.activated_line, q8_lines(o.intermediate));
  c.in_vector_memory(SLUICE_AT(ExpertsOperand, output_line), o.output_line, vector_lines(o.hidden));
  c.need(SLUICE_AT(ExpertsOperand, output_stride),
         o.output_line + std::uint64_t{o.top_k - 1} * o.output_stride + vector_lines(o.hidden) <= kVectorLines);
  check_activation_kind(c, SLUICE_AT(ExpertsOperand, activation), o.activation, o.limit);
  c.need(SLUICE_AT(ExpertsOperand, gate_up_bias_offset), o.gate_up_bias_offset % kLineBytes == 0);
  c.need(SLUICE_AT(ExpertsOperand, down_bias_offset), o.down_bias_offset % kLineBytes == 0);
}

template <typename Operand>
void check_slice(Checker& c, const Operand& o) {
  c.need(SLUICE_AT(Operand, num_tokens), tokens_good(o.num_tokens));
  c.need(SLUICE_AT(Operand, elements), vector_good(o.elements));
  const std::uint64_t end = std::uint64_t{o.offset} + o.elements;
  c.need(SLUICE_AT(Operand, offset), multiple(o.offset) && vector_good(end));
  c.in_vector_memory(SLUICE_AT(Operand, input_line), o.input_line, vector_lines(end));
  c.outputs(SLUICE_AT(Operand, out), o.out, o.elements);
}

void check_norm(Checker& c, const NormOperand& o) {
  check_slice(c, o);
  c.in_card_memory(SLUICE_AT(NormOperand, gamma_address_lo), o.gamma_address_lo, o.gamma_address_hi,
                   std::uint64_t{o.elements} * 2);
  c.need(SLUICE_AT(NormOperand, gamma_exponent), o.gamma_exponent >= -1024 && o.gamma_exponent <= 1023);
  c.need(SLUICE_AT(NormOperand, epsilon_mantissa), o.epsilon_mantissa < (1u << 31));
  c.need(SLUICE_AT(NormOperand, epsilon_exponent), o.epsilon_exponent >= -1024 && o.epsilon_exponent <= 1023);
  c.need(SLUICE_AT(NormOperand, root_n), o.root_n >= (1u << 20) && o.root_n < (1u << 30));
}

void check_rope(Checker& c, const RopeOperand& o) {
  c.need(SLUICE_AT(RopeOperand, num_tokens), tokens_good(o.num_tokens));
  c.need(SLUICE_AT(RopeOperand, heads), vector_good(2 * std::uint64_t{o.heads}));
  const std::uint64_t elements = std::uint64_t{o.heads} * o.dim;
  c.need(SLUICE_AT(RopeOperand, dim), o.dim >= kRopeDimUnit && o.dim % kRopeDimUnit == 0 && o.dim <= kRopeMaxDim &&
                                          elements % kBlock == 0 && vector_good(elements));
  c.need(SLUICE_AT(RopeOperand, offset), multiple(o.offset) && vector_good(o.offset + elements));
  c.in_vector_memory(SLUICE_AT(RopeOperand, input_line), o.input_line, vector_lines(o.offset + elements));
  c.outputs(SLUICE_AT(RopeOperand, out), o.out, elements);
  c.in_card_memory(SLUICE_AT(RopeOperand, increments_address_lo), o.increments_address_lo, o.increments_address_hi,
                   std::uint64_t{o.dim} * 4);
  c.need(SLUICE_AT(RopeOperand, amplitude), o.amplitude < (1u << 31));
}

void check_activation(Checker& c, const ActivationOperand& o) {
  c.need(SLUICE_AT(ActivationOperand, num_tokens), tokens_good(o.num_tokens));
  c.need(SLUICE_AT(ActivationOperand, intermediate),
         multiple(o.intermediate) && vector_good(2 * std::uint64_t{o.intermediate}));
  c.in_vector_memory(SLUICE_AT(ActivationOperand, input_line), o.input_line,
                     vector_lines(2 * std::uint64_t{o.intermediate}));
  c.outputs(SLUICE_AT(ActivationOperand, out), o.out, o.intermediate);
  check_activation_kind(c, SLUICE_AT(ActivationOperand, activation), o.activation, o.limit);
  c.need(SLUICE_AT(ActivationOperand, token_mask), o.token_mask <= 0xF);
}

void check_route(Checker& c, const RouteOperand& o) {
  c.need(SLUICE_AT(RouteOperand, num_tokens), tokens_good(o.num_tokens));
  c.in_vector_memory(SLUICE_AT(RouteOperand, output_line), o.output_line, 1);
  c.need(SLUICE_AT(RouteOperand, experts), o.experts >= 1 && o.experts <= kMaxExperts);
  c.in_vector_memory(SLUICE_AT(RouteOperand, logits_line), o.logits_line, vector_lines(o.experts));
  c.need(SLUICE_AT(RouteOperand, groups), o.groups >= 1 && o.groups <= kRouteMaxGroups && o.experts % o.groups == 0);
  c.need(SLUICE_AT(RouteOperand, groups_kept), o.groups_kept >= 1 && o.groups_kept <= o.groups);
  c.need(SLUICE_AT(RouteOperand, top_k),
         o.top_k >= 1 && o.top_k <= kMaxTopK && o.groups != 0 && o.top_k <= o.experts / o.groups * o.groups_kept);
  c.need(SLUICE_AT(RouteOperand, rule), o.rule <= static_cast<std::uint32_t>(RouteRule::kSigmoidTop1));
  c.need(SLUICE_AT(RouteOperand, normalise), o.normalise <= 1);
  c.need(SLUICE_AT(RouteOperand, scale), o.scale <= (1u << 28));
  if (o.rule == static_cast<std::uint32_t>(RouteRule::kSigmoidBias)) {
    c.in_card_memory(SLUICE_AT(RouteOperand, bias_address_lo), o.bias_address_lo, o.bias_address_hi,
                     std::uint64_t{o.experts} * 4);
  }
}

// The tokens' page tables must hold the page of their position.
void check_tokens(Checker& c, const Command& command, std::uint32_t num_tokens) {
  for (std::uint32_t t = 0; t < num_tokens && t < kMaxTokens; ++t) {
    const TokenEntry& token = command.tokens[t];
    c.need_token(t, offsetof(TokenEntry, position), token.position < (1u << 24));
    const std::uint64_t address = join_words(token.page_table_lo, token.page_table_hi);
    const std::uint64_t size = c.memory_lines() * kLineBytes;
    const std::uint64_t bytes = (std::uint64_t{token.position} / kPageTokens + 1) * 4;
    c.need_token(t, offsetof(TokenEntry, page_table_lo),
                 address % kLineBytes == 0 && address <= size && bytes <= size - address);
    c.need_token(t, offsetof(TokenEntry, ancestor_mask_lo), token.ancestor_mask_lo == 0 && token.ancestor_mask_hi == 0);
    c.need_token(t, offsetof(TokenEntry, adapter), token.adapter == 0);
    c.need_token(t, offsetof(TokenEntry, reserved), token.reserved == 0);
  }
}

// Entries of `elements` elements, kPageTokens of them a page; a layer's lie `layer_line` lines behind its start. Where
// the page starts stands in memory, where no check reaches.
template <typename Operand>
void check_entries(Checker& c, const Operand& o, std::uint64_t elements) {
  const std::uint64_t page_lines = std::uint64_t{kPageTokens} * o.entry_lines;
  c.need(SLUICE_AT(Operand, entry_lines),
         o.entry_lines <= kVectorLines && page_lines <= c.memory_lines() &&
             elements + elements / kBlock <= std::uint64_t{o.entry_lines} * kLineBytes);
  c.need(SLUICE_AT(Operand, layer_line), o.layer_line + page_lines <= c.memory_lines());
}

void check_kv_append(Checker& c, const Command& command, const KvAppendOperand& o) {
  c.need(SLUICE_AT(KvAppendOperand, num_tokens), tokens_good(o.num_tokens));
  c.need(SLUICE_AT(KvAppendOperand, kind), o.kind <= static_cast<std::uint32_t>(AttentionKind::kGqa));
  c.need(SLUICE_AT(KvAppendOperand, first_elements), multiple(o.first_elements) && vector_good(o.first_elements));
  c.in_vector_memory(SLUICE_AT(KvAppendOperand, first_line), o.first_line, vector_lines(o.first_elements));
  c.need(SLUICE_AT(KvAppendOperand, second_elements), multiple(o.second_elements) && vector_good(o.second_elements));
  c.in_vector_memory(SLUICE_AT(KvAppendOperand, second_line), o.second_line, vector_lines(o.second_elements));
  check_entries(c, o, std::uint64_t{o.first_elements} + o.second_elements);
  check_tokens(c, command, o.num_tokens);
}

void check_attend(Checker& c, const Command& command, const AttendOperand& o) {
  const bool mla = o.kind == static_cast<std::uint32_t>(AttentionKind::kMla);
  c.need(SLUICE_AT(AttendOperand, num_tokens), tokens_good(o.num_tokens));
  c.need(SLUICE_AT(AttendOperand, kind), o.kind <= static_cast<std::uint32_t>(AttentionKind::kGqa));
  c.need(SLUICE_AT(AttendOperand, heads), o.heads >= 1 && o.heads <= 1024);
  c.need(SLUICE_AT(AttendOperand, kv_heads), mla || (o.kv_heads >= 1 && o.heads % o.kv_heads == 0));
  c.need(SLUICE_AT(AttendOperand, value_dim), multiple(o.value_dim) && o.value_dim >= 1 && o.value_dim <= 1024 &&
                                                  vector_good(std::uint64_t{o.heads} * o.value_dim));
  c.in_vector_memory(SLUICE_AT(AttendOperand, query_line), o.query_line,
                     vector_lines(std::uint64_t{o.heads} * o.value_dim));
  c.need(SLUICE_AT(AttendOperand, rope_dim),
         !mla || (multiple(o.rope_dim) && o.rope_dim >= 1 && std::uint64_t{o.rope_dim} + o.value_dim <= 1024 &&
                  vector_good(std::uint64_t{o.heads} * o.rope_dim)));
  if (mla) {
    c.in_vector_memory(SLUICE_AT(AttendOperand, query_rope_line), o.query_rope_line,
                       vector_lines(std::uint64_t{o.heads} * o.rope_dim));
  }
  c.need(SLUICE_AT(AttendOperand, score_mul), o.score_mul < (1u << 22));
  c.need(SLUICE_AT(AttendOperand, score_shift), o.score_shift >= 16 && o.score_shift <= 62);
  c.need(SLUICE_AT(AttendOperand, has_sinks), o.has_sinks <= 1);
  if (o.has_sinks == 1) {
    c.in_card_memory(SLUICE_AT(AttendOperand, sink_address_lo), o.sink_address_lo, o.sink_address_hi,
                     std::uint64_t{o.heads} * 4);
  }
  const std::uint64_t elements =
      mla ? std::uint64_t{o.value_dim} + o.rope_dim : 2 * std::uint64_t{o.kv_heads} * o.value_dim;
  check_entries(c, o, elements);
  c.outputs(SLUICE_AT(AttendOperand, out), o.out, std::uint64_t{o.heads} * o.value_dim);
  check_tokens(c, command, o.num_tokens);
  // A sequence's entries lie apart, so those that a query sees cannot be more than the memory holds. Pages that are one
  // and the same would make a device read without end.
  for (std::uint32_t t = 0; t < o.num_tokens && t < kMaxTokens; ++t) {
    const std::uint64_t positions = std::uint64_t{command.tokens[t].position} + 1;
    const std::uint64_t visible = o.window > 0 && o.window < positions ? o.window : positions;
    c.need_token(t, offsetof(TokenEntry, position), visible * o.entry_lines <= c.memory_lines());
  }
}

void check_combine(Checker& c, const CombineOperand& o) {
  c.need(SLUICE_AT(CombineOperand, num_tokens), tokens_good(o.num_tokens));
  c.need(SLUICE_AT(CombineOperand, elements), vector_good(o.elements));
  c.need(SLUICE_AT(CombineOperand, routed), o.routed <= kMaxTopK);
  if (o.routed > 0) {
    c.in_vector_memory(SLUICE_AT(CombineOperand, route_line), o.route_line, 1);
    c.in_vector_memory(SLUICE_AT(CombineOperand, terms_line), o.terms_line, vector_lines(o.elements));
    c.need(SLUICE_AT(CombineOperand, terms_stride),
           o.terms_line + std::uint64_t{o.routed - 1} * o.terms_stride + vector_lines(o.elements) <= kVectorLines);
  }
  c.need(SLUICE_AT(CombineOperand, plain), o.plain <= 4 && o.plain + o.routed >= 1);
  for (std::uint32_t k = 0; k < o.plain && k < 4; ++k) {
    c.in_vector_memory(SLUICE_AT(CombineOperand, plain_line) + 4 * k, o.plain_line[k], vector_lines(o.elements));
  }
  c.outputs(SLUICE_AT(CombineOperand, out), o.out, o.elements);
}

bool check_load_queue(Checker& c, const Command& command, Opcode opcode) {
  switch (opcode) {
    case Opcode::kNop:
      return true;
    case Opcode::kLoad:
    case Opcode::kStore:
      check_copy(c, operand_of<CopyOperand>(command));
      return true;
    case Opcode::kPublish:
    case Opcode::kRetire:
      check_slot(c, operand_of<SlotOperand>(command));
      return true;
    default:
      return false;
  }
}

bool check_compute_queue(Checker& c, const Command& command, Opcode opcode) {
  switch (opcode) {
    case Opcode::kNop:
      return true;
    case Opcode::kImport:
    case Opcode::kExport:
      check_move(c, operand_of<MoveOperand>(command));
      return true;
    case Opcode::kLinear:
      check_linear(c, operand_of<LinearOperand>(command));
      return true;
    case Opcode::kExperts:
      check_experts(c, operand_of<ExpertsOperand>(command));
      return true;
    case Opcode::kQuantise:
      check_slice(c, operand_of<QuantiseOperand>(command));
      return true;
    case Opcode::kNorm:
      check_norm(c, operand_of<NormOperand>(command));
      return true;
    case Opcode::kRope:
      check_rope(c, operand_of<RopeOperand>(command));
      return true;
    case Opcode::kActivation:
      check_activation(c, operand_of<ActivationOperand>(command));
      return true;
    case Opcode::kRoute:
      check_route(c, operand_of<RouteOperand>(command));
      return true;
    case Opcode::kKvAppend:
      check_kv_append(c, command, operand_of<KvAppendOperand>(command));
      return true;
    case Opcode::kAttend:
      check_attend(c, command, operand_of<AttendOperand>(command));
      return true;
    case Opcode::kCombine:
      check_combine(c, operand_of<CombineOperand>(command));
      return true;
    default:
      return false;
  }
}

// What command_queue.sv checks itself, in the same order; the opcode is next.
CommandError check_header(const CommandHeader& header) {
  if (header.version != kCommandVersion) {
    return {Fault::kBadVersion, header.version};
  }
  if (header.wait_semaphore >= kSemaphores) {
    return {Fault::kBadHeader, word(offsetof(CommandHeader, wait_semaphore))};
  }
  if (header.signal_semaphore >= kSemaphores) {
    return {Fault::kBadHeader, word(offsetof(CommandHeader, signal_semaphore))};
  }
  if (header.operand_lo != 0 || header.operand_hi != 0) {
    return {Fault::kBadHeader, word(offsetof(CommandHeader, operand_lo))};
  }
  return {};
}

// What has no meaning yet must be 0, so that it can be given one.
CommandError check_unused(const CommandHeader& header) {
  if ((header.flags & ~(kFlagComplete | kFlagInterrupt)) != 0) {
    return {Fault::kBadHeader, 0};
  }
  for (std::uint32_t i = 0; i < std::size(header.reserved); ++i) {
    if (header.reserved[i] != 0) {
      return {Fault::kBadHeader, word(offsetof(CommandHeader, reserved)) + i};
    }
  }
  return {};
}

}  // namespace

bool is_unit_opcode(std::uint32_t opcode) {
  return opcode >= static_cast<std::uint32_t>(Opcode::kQuantise) &&
         opcode <= static_cast<std::uint32_t>(Opcode::kCombine);
}

CommandError check_command(const Command& command, Queue queue, std::uint64_t memory_lines) {
  if (const CommandError error = check_header(command.header); error.fault != Fault::kNone) {
    return error;
  }
  Checker checker(memory_lines);
  const auto opcode = static_cast<Opcode>(command.header.opcode);
  const bool known = queue == Queue::kLoad ? check_load_queue(checker, command, opcode)
                                           : check_compute_queue(checker, command, opcode);
  if (!known) {
    return {Fault::kBadOpcode, command.header.opcode};
  }
  const CommandError unused = check_unused(command.header);
  return unused.fault != Fault::kNone ? unused : checker.error();
}

}  // namespace sluice::hls
