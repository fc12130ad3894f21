#include "testbench/conformance/random_commands.hpp"

#include <cmath>
#include <cstring>

#include "host/engine/commands.hpp"
#include "testbench/conformance/random_data.hpp"

namespace sluice::test {

using namespace device;
using engine::high_word;
using engine::low_word;
using engine::make_command;

namespace {

constexpr std::uint32_t kPositions = 80;  // more than two KV pages
constexpr std::uint32_t kPages = 3;
constexpr std::uint32_t kEntryLines = 3;
constexpr std::uint32_t kScaleMax = 130;
constexpr std::uint32_t kHidden = 128;
constexpr std::uint32_t kIntermediate = 64;
constexpr std::uint32_t kExperts = 8;
// Biases lie right behind their matrices.
constexpr std::uint32_t kGateUpBiasOffset =
    static_cast<std::uint32_t>(matrix_lines(2 * kIntermediate, kHidden, 1, Format::kMxInt8) * kLineBytes);
constexpr std::uint32_t kDownBiasOffset =
    static_cast<std::uint32_t>(matrix_lines(kHidden, kIntermediate, 1, Format::kMxInt8) * kLineBytes);

std::uint32_t isqrt_of(std::uint32_t n) {
  return static_cast<std::uint32_t>(std::sqrt(static_cast<double>(n)) * 1048576.0);
}

template <typename T>
void append(std::vector<std::byte>& bytes, T value) {
  const std::size_t at = bytes.size();
  bytes.resize(at + sizeof(T));
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

}  // namespace

RandomCommands::RandomCommands(std::uint32_t seed, Place place) : random_(seed), place_(std::move(place)) {
  kv_address_ = place_(std::vector<std::byte>(kv_bytes()));
  std::vector<std::byte> table;
  for (std::uint32_t page = 0; page < kPages; ++page) {
    // Pages in an order of their own, so that a mix-up shows.
    const std::uint32_t shuffled = (page + 1) % kPages;
    append(table, static_cast<std::uint32_t>(kv_address_ / kLineBytes) + shuffled * kPageTokens * kEntryLines);
  }
  table.resize(kLineBytes);
  table_address_ = place_(table);
  const std::uint32_t sizes[] = {128, 256, 512, 1024, 64, 96, 2048, 32, 128, 128, 128, 128, 64, 32, 256, 128};
  for (std::uint32_t area = 0; area < kAreas; ++area) {
    areas_.push_back({Kind::kVector, sizes[area]});
  }
}

std::uint64_t RandomCommands::kv_bytes() const {
  return std::uint64_t{kPages} * kPageTokens * kEntryLines * kLineBytes;
}

std::vector<RandomCommands::Vector> RandomCommands::initial_vectors() {
  std::vector<Vector> out;
  for (std::uint32_t area = 0; area < kAreas; ++area) {
    for (std::uint32_t bank = 0; bank < kMaxTokens; ++bank) {
      out.push_back({bank, line_of(area), areas_[area].elements});
    }
  }
  return out;
}

// An area of this kind whose elements are a multiple and enough; kAreas if there is none.
std::uint32_t RandomCommands::find(Kind kind, std::uint32_t multiple_of, std::uint32_t least) {
  const std::uint32_t start = below(kAreas);
  for (std::uint32_t i = 0; i < kAreas; ++i) {
    const std::uint32_t area = (start + i) % kAreas;
    const Area& a = areas_[area];
    if (a.kind == kind && a.elements % multiple_of == 0 && a.elements >= least) {
      return area;
    }
  }
  return kAreas;
}

// An area to write to, never `busy`; the first four keep their vectors so that every command finds inputs.
std::uint32_t RandomCommands::output(Kind kind, std::uint32_t elements, std::uint32_t busy) {
  std::uint32_t area = between(4, kAreas - 1);
  if (area == busy) {
    area = area + 1 < kAreas ? area + 1 : 4;
  }
  areas_[area] = {kind, elements};
  return area;
}

Outputs RandomCommands::outputs(std::uint32_t elements, std::uint32_t busy) {
  Outputs out;
  const std::uint32_t which = between(1, 3);
  if ((which & 1) != 0) {
    out.vector_line = line_of(output(Kind::kVector, elements, busy));
    return out;
  }
  const std::uint32_t area = output(below(2) == 0 ? Kind::kQ8 : Kind::kQ16, elements, busy);
  (areas_[area].kind == Kind::kQ8 ? out.q8_line : out.q16_line) = line_of(area);
  return out;
}

void RandomCommands::set_tokens(Command& command) {
  for (TokenEntry& token : command.tokens) {
    token.position = below(kPositions);
    token.page_table_lo = low_word(table_address_);
    token.page_table_hi = high_word(table_address_);
  }
}

RandomCommands::Next RandomCommands::next() {
  switch (below(12)) {
    case 0:
    case 1:
    case 2:
      return linear();
    case 3:
      return experts();
    case 4:
      return quantise();
    case 5:
      return norm();
    case 6:
      return rope();
    case 7:
      return activation();
    case 8:
      return route();
    case 9:
      return kv_append();
    case 10:
      return attend();
    default:
      return combine();
  }
}

RandomCommands::Next RandomCommands::linear() {
  const bool wide = below(4) == 0;
  const std::uint32_t input = find(wide ? Kind::kQ16 : Kind::kQ8, 32, 32);
  if (input == kAreas) {
    return quantise();
  }
  LinearOperand o;
  o.num_tokens = tokens();
  o.input_line = line_of(input);
  o.input_elements = areas_[input].elements;
  o.format = wide ? 3 : below(3);
  const std::uint32_t blocks = o.input_elements / kBlock;
  o.groups = between(1, std::min(3u, blocks));
  o.columns = o.columns_stored = between(1, blocks / o.groups) * kBlock;
  o.input_stride = below(2) == 0 ? 0 : o.columns;
  o.column_offset = below((blocks * kBlock - (o.input_stride * (o.groups - 1) + o.columns)) / kBlock + 1) * kBlock;
  o.rows = o.groups == 1 ? between(1, 200) : between(1, 4) * 32;
  o.rows_stored = (o.rows + 31) / 32 * 32;
  o.scale_max = kScaleMax;
  o.scale_bias = -133;
  const std::uint64_t matrix =
      place_(random_weights(random_, static_cast<Format>(o.format), o.rows, o.columns, o.groups, kScaleMax));
  o.weight_address_lo = low_word(matrix);
  o.weight_address_hi = high_word(matrix);
  if (below(2) == 0) {
    const std::uint64_t address = place_(random_bias(random_, o.rows * o.groups));
    o.bias_address_lo = low_word(address);
    o.bias_address_hi = high_word(address);
  }
  o.output_line = line_of(output(Kind::kVector, o.rows * o.groups, input));
  return {Queue::kCompute, make_command(Opcode::kLinear, o)};
}

// Experts need a route among the published ones and a q8 vector of their width, so these come first, in lines of their
// own.
RandomCommands::Next RandomCommands::experts() {
  constexpr std::uint32_t kRouteLine = kAreas * kAreaLines;
  constexpr std::uint32_t kInputLine = kRouteLine + 1;
  constexpr std::uint32_t kScratchLine = kInputLine + 10;
  constexpr std::uint32_t kExpertTopK = 4;
  switch (expert_phase_++ % 3) {
    case 0: {
      RouteOperand o;
      o.num_tokens = kMaxTokens;
      o.logits_line = line_of(find(Kind::kVector, 1, kExperts));
      o.experts = kExperts;
      o.top_k = kExpertTopK;
      o.rule = static_cast<std::uint32_t>(RouteRule::kTopKSoftmax);
      o.output_line = kRouteLine;
      return {Queue::kCompute, make_command(Opcode::kRoute, o)};
    }
    case 1: {
      QuantiseOperand o;
      o.num_tokens = kMaxTokens;
      o.input_line = line_of(find(Kind::kVector, 32, kHidden));
      o.elements = kHidden;
      o.out.q8_line = kInputLine;
      return {Queue::kCompute, make_command(Opcode::kQuantise, o)};
    }
    default:
      break;
  }
  ExpertsOperand o;
  o.num_tokens = tokens();
  o.top_k = between(1, kExpertTopK);
  o.route_line = kRouteLine;
  o.input_line = kInputLine;
  o.hidden = kHidden;
  o.intermediate = kIntermediate;
  o.gate_up_line = kScratchLine;
  o.activated_line = kScratchLine + 10;
  o.output_line = kScratchLine + 20;
  o.output_stride = 7;
  const bool clamped = below(2) == 0;
  o.activation = static_cast<std::uint32_t>(clamped ? Activation::kSwigluClamped : Activation::kSwiglu);
  o.limit = 7u << 16;
  o.scale = 659134393;  // 1.702 * log2 e
  o.gate_up_bias_offset = below(2) == 0 ? kGateUpBiasOffset : 0;
  o.down_bias_offset = below(2) == 0 ? kDownBiasOffset : 0;
  return {Queue::kCompute, make_command(Opcode::kExperts, o)};
}

// An expert's matrix and, right behind it, its bias.
std::uint64_t RandomCommands::place_with_bias(std::uint32_t rows, std::uint32_t columns) {
  std::vector<std::byte> bytes = random_weights(random_, Format::kMxInt8, rows, columns, 1, kScaleMax);
  const std::vector<std::byte> behind = random_bias(random_, rows);
  bytes.insert(bytes.end(), behind.begin(), behind.end());
  return place_(bytes);
}

std::vector<Command> RandomCommands::publications() {
  std::vector<Command> out;
  for (std::uint32_t expert = 0; expert < kExperts; ++expert) {
    SlotOperand slot;
    slot.expert = expert;
    const std::uint64_t gate_up = place_with_bias(2 * kIntermediate, kHidden);
    const std::uint64_t down = place_with_bias(kHidden, kIntermediate);
    slot.gate_up_address_lo = low_word(gate_up);
    slot.gate_up_address_hi = high_word(gate_up);
    slot.down_address_lo = low_word(down);
    slot.down_address_hi = high_word(down);
    slot.gate_up_scale_max = slot.down_scale_max = kScaleMax;
    slot.gate_up_scale_bias = -133 - static_cast<std::int32_t>(below(4));
    slot.down_scale_bias = -133;
    out.push_back(make_command(Opcode::kPublish, slot));
  }
  return out;
}

RandomCommands::Next RandomCommands::quantise() {
  const std::uint32_t input = find(Kind::kVector, 32, 32);
  QuantiseOperand o;
  o.num_tokens = kMaxTokens;
  o.input_line = line_of(input);
  o.elements = below(3) == 0 ? between(1, areas_[input].elements / 32) * 32 : areas_[input].elements;
  o.offset = (areas_[input].elements - o.elements) / 32 * 32;
  const std::uint32_t area = output(below(3) == 0 ? Kind::kQ16 : Kind::kQ8, o.elements, input);
  (areas_[area].kind == Kind::kQ8 ? o.out.q8_line : o.out.q16_line) = line_of(area);
  return {Queue::kCompute, make_command(Opcode::kQuantise, o)};
}

RandomCommands::Next RandomCommands::norm() {
  const std::uint32_t input = find(Kind::kVector, 1, 1);
  NormOperand o;
  o.num_tokens = tokens();
  o.input_line = line_of(input);
  o.elements = areas_[input].elements;
  const std::uint64_t gamma = place_(random_integers(random_, o.elements, 2, 48));
  o.gamma_address_lo = low_word(gamma);
  o.gamma_address_hi = high_word(gamma);
  o.gamma_exponent = -14;
  o.epsilon_mantissa = 1125899907;
  o.epsilon_exponent = -static_cast<std::int32_t>(between(40, 80));
  o.root_n = isqrt_of(o.elements);
  o.out = outputs(o.elements, input);
  return {Queue::kCompute, make_command(Opcode::kNorm, o)};
}

RandomCommands::Next RandomCommands::rope() {
  const std::uint32_t input = find(Kind::kVector, 32, 32);
  RopeOperand o;
  o.num_tokens = tokens();
  o.input_line = line_of(input);
  o.dim = areas_[input].elements % 64 == 0 && below(2) == 0 ? 64 : 32;
  o.heads = areas_[input].elements / o.dim;
  const std::uint64_t increments = place_(random_integers(random_, o.dim / 2, 8, 3));
  o.increments_address_lo = low_word(increments);
  o.increments_address_hi = high_word(increments);
  o.out = outputs(areas_[input].elements, input);
  Command command = make_command(Opcode::kRope, o);
  set_tokens(command);
  return {Queue::kCompute, command};
}

RandomCommands::Next RandomCommands::activation() {
  const std::uint32_t input = find(Kind::kVector, 64, 64);
  ActivationOperand o;
  o.num_tokens = tokens();
  o.input_line = line_of(input);
  o.intermediate = areas_[input].elements / 2;
  o.activation = below(2);
  o.limit = 7u << 16;
  o.scale = 659134393;
  o.token_mask = between(0, 15);
  o.out = outputs(o.intermediate, input);
  return {Queue::kCompute, make_command(Opcode::kActivation, o)};
}

RandomCommands::Next RandomCommands::route() {
  const std::uint32_t input = find(Kind::kVector, 1, kExperts);
  RouteOperand o;
  o.num_tokens = tokens();
  o.logits_line = line_of(input);
  o.experts = std::min(areas_[input].elements, kMaxExperts) / 8 * 8;
  o.experts = below(2) == 0 ? kExperts : o.experts;
  o.groups = below(2) == 0 ? 1 : 4;
  o.groups_kept = between(1, o.groups);
  o.top_k = between(1, std::min(o.experts / o.groups * o.groups_kept, 8u));
  o.rule = below(4);
  o.normalise = below(2);
  o.scale = between(1, 1u << 28);
  const std::uint64_t bias = place_(random_integers(random_, o.experts, 4, 38));
  o.bias_address_lo = low_word(bias);
  o.bias_address_hi = high_word(bias);
  o.output_line = line_of(output(Kind::kRoute, o.experts, input));
  return {Queue::kCompute, make_command(Opcode::kRoute, o)};
}

RandomCommands::Next RandomCommands::kv_append() {
  const std::uint32_t first = find(Kind::kVector, 128, 128);
  const std::uint32_t second = find(Kind::kVector, 32, 32);
  KvAppendOperand o;
  o.num_tokens = tokens();
  o.first_line = line_of(first);
  o.first_elements = 128;
  o.second_line = line_of(second);
  o.second_elements = 32;
  o.entry_lines = kEntryLines;
  Command command = make_command(Opcode::kKvAppend, o);
  set_tokens(command);
  for (std::uint32_t t = 0; t < kMaxTokens; ++t) {
    command.tokens[t].position = command.tokens[t].position / 4 * 4 + t;  // tokens of a command do not collide
  }
  return {Queue::kCompute, command};
}

RandomCommands::Next RandomCommands::attend() {
  AttendOperand o;
  o.num_tokens = tokens();
  o.kind = below(2);
  const bool mla = o.kind == 0;
  o.value_dim = mla ? 128 : 32;
  o.rope_dim = mla ? 32 : 0;
  const std::uint32_t query = find(Kind::kVector, o.value_dim, o.value_dim);
  o.heads = std::min(4u, areas_[query].elements / o.value_dim);
  o.heads = o.heads == 3 ? 2 : o.heads;
  o.kv_heads = mla ? 0 : std::min(o.heads, 2u);
  const std::uint32_t rope_query = find(Kind::kVector, 32, mla ? o.heads * o.rope_dim : 32);
  o.query_line = line_of(query);
  o.query_rope_line = line_of(rope_query);
  o.window = below(2) == 0 ? 0 : between(1, 70);
  o.score_mul = between(1u << 21, (1u << 22) - 1);
  o.score_shift = between(26, 36);
  o.has_sinks = below(2);
  const std::uint64_t sinks = place_(random_integers(random_, o.heads, 4, 44));
  o.sink_address_lo = low_word(sinks);
  o.sink_address_hi = high_word(sinks);
  o.entry_lines = kEntryLines;
  o.out = outputs(o.heads * o.value_dim, query);
  Command command = make_command(Opcode::kAttend, o);
  set_tokens(command);
  return {Queue::kCompute, command};
}

RandomCommands::Next RandomCommands::combine() {
  CombineOperand o;
  const std::uint32_t route_area = find(Kind::kRoute, 1, 1);
  const std::uint32_t a = find(Kind::kVector, 32, 32);
  const std::uint32_t b = find(Kind::kVector, 32, 32);
  o.num_tokens = tokens();
  o.elements = std::min(areas_[a].elements, areas_[b].elements);
  o.plain = 2;
  o.plain_line[0] = line_of(a);
  o.plain_line[1] = line_of(b);
  if (route_area != kAreas) {
    o.routed = 2;
    o.route_line = line_of(route_area);
    o.terms_line = line_of(0);
    o.terms_stride = kAreaLines;
  }
  o.out = outputs(o.elements, a);
  return {Queue::kCompute, make_command(Opcode::kCombine, o)};
}

}  // namespace sluice::test
