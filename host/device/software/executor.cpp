#include "host/device/software/executor.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "hls/unit/execution.hpp"
#include "hls/vector/linear.hpp"
#include "host/device/software/linear_kernel.hpp"

namespace sluice::device {
namespace {

using hls::CommandError;
using hls::Line;
using hls::Space;

constexpr CommandError kGood = {};
constexpr CommandError kBus = {Fault::kBusError, 0};
constexpr CommandError kLate = {Fault::kTimeout, 0};

std::uint64_t& counter(Counters& counters, Counter which) { return counters.value[static_cast<std::size_t>(which)]; }

// Address of the bias `offset` bytes behind a matrix; 0 where there is none.
std::uint64_t bias_at(std::uint32_t lo, std::uint32_t hi, std::uint32_t offset) {
  return offset == 0 ? 0 : hls::join_words(lo, hi) + offset;
}

}  // namespace

CommandError Executor::execute(const Command& command, TimePoint deadline) {
  deadline_ = deadline;
  ++counter(counters_, Counter::kCommands);
  switch (static_cast<Opcode>(command.header.opcode)) {
    case Opcode::kNop:
      return kGood;
    case Opcode::kLoad:
      return copy(hls::operand_of<CopyOperand>(command), true);
    case Opcode::kStore:
      return copy(hls::operand_of<CopyOperand>(command), false);
    case Opcode::kPublish: {
      const auto slot = hls::operand_of<SlotOperand>(command);
      if (slots_.size() >= kMaxSlots && !slots_.contains({slot.layer, slot.expert})) {
        return {Fault::kBadOperand, 0};
      }
      slots_[{slot.layer, slot.expert}] = slot;
      return kGood;
    }
    case Opcode::kRetire: {
      const auto slot = hls::operand_of<SlotOperand>(command);
      slots_.erase({slot.layer, slot.expert});
      return kGood;
    }
    case Opcode::kImport:
      return move(hls::operand_of<MoveOperand>(command), true);
    case Opcode::kExport:
      return move(hls::operand_of<MoveOperand>(command), false);
    case Opcode::kLinear: {
      LinearJob job;
      job.operand = hls::operand_of<LinearOperand>(command);
      job.token_mask = (1u << job.operand.num_tokens) - 1;
      job.output_line.fill(job.operand.output_line);
      job.bias_address = hls::join_words(job.operand.bias_address_lo, job.operand.bias_address_hi);
      return linear(job);
    }
    case Opcode::kExperts:
      return experts(hls::operand_of<ExpertsOperand>(command));
    default:
      return unit(command);
  }
}

CommandError Executor::copy(const CopyOperand& o, bool to_card) {
  std::byte* host = memories_.host(hls::join_words(o.host_address_lo, o.host_address_hi), o.bytes);
  const std::uint64_t line = hls::join_words(o.card_address_lo, o.card_address_hi) / kLineBytes;
  Line* card = memories_.lines(Space::kCard, 0, line, hls::ceil_div(o.bytes, kLineBytes));
  if (host == nullptr || card == nullptr) {
    return kBus;
  }
  if (to_card) {
    std::memcpy(card, host, o.bytes);
    counter(counters_, Counter::kHostReadBytes) += o.bytes;
  } else {
    std::memcpy(host, card, o.bytes);
    counter(counters_, Counter::kHostWriteBytes) += o.bytes;
  }
  return kGood;
}

CommandError Executor::move(const MoveOperand& o, bool to_card) {
  const std::uint64_t bytes = std::uint64_t{o.lines} * kLineBytes;
  std::byte* host = memories_.host(hls::join_words(o.host_address_lo, o.host_address_hi), bytes);
  Line* lines = memories_.lines(Space::kVector, o.bank, o.line, o.lines);
  if (host == nullptr || lines == nullptr) {
    return kBus;
  }
  if (to_card) {
    std::memcpy(lines, host, bytes);
    counter(counters_, Counter::kHostReadBytes) += bytes;
  } else {
    std::memcpy(host, lines, bytes);
    counter(counters_, Counter::kHostWriteBytes) += bytes;
  }
  return kGood;
}

CommandError Executor::linear(const LinearJob& job) {
  const LinearOperand& o = job.operand;
  const auto format = static_cast<hls::WeightFormat>(o.format);
  const bool wide = format == hls::WeightFormat::kMxInt16;
  const std::uint64_t weights = hls::join_words(o.weight_address_lo, o.weight_address_hi) / kLineBytes;
  const std::uint64_t tiles = hls::ceil_div(o.rows, 32);
  const int blocks = static_cast<int>(o.columns / 32);
  const auto tile_lines = static_cast<std::uint64_t>(hls::lines_per_tile(format, blocks));
  const Line* matrix = memories_.lines(Space::kCard, 0, weights, o.groups * tiles * tile_lines);
  if (matrix == nullptr) {  // of an expert: its slot says only where a matrix starts
    return kBus;
  }
  for (std::uint32_t t = 0; t < kMaxTokens; ++t) {
    if ((job.token_mask >> t & 1) == 0) {
      continue;
    }
    if (late()) {
      return kLate;
    }
    const std::uint64_t input_lines = wide ? hls::q16_lines(o.input_elements) : hls::q8_lines(o.input_elements);
    const hls::QuantisedValue x = hls::quantised_from_lines(
        {memories_.vector(t, o.input_line), static_cast<std::size_t>(input_lines)}, o.input_elements, wide);
    std::vector<std::int64_t> sums(o.groups * tiles * 32);
    for (std::uint64_t g = 0; g < o.groups; ++g) {
      const std::uint64_t column = o.column_offset + g * o.input_stride;
      const hls::LinearInput input = {x.high.data() + column, wide ? x.low.data() + column : nullptr,
                                      x.delta.data() + column / 32};
      for (std::uint64_t tile = 0; tile < tiles; ++tile) {
        const std::uint64_t index = g * tiles + tile;
        const auto* at = reinterpret_cast<const hls::u8*>(matrix + index * tile_lines);
        vectorised_linear_tile(format, at, blocks, static_cast<std::int32_t>(o.scale_max), input,
                               sums.data() + 32 * index);
      }
    }
    const std::int64_t exponent = std::int64_t{x.exponent} + o.scale_max + o.scale_bias - hls::fraction_bits(format);
    std::vector<Line> lines = hls::lines_of_vector(hls::make_vector(sums, exponent));
    hls::set_word(lines[0], 1, o.rows * o.groups);
    std::memcpy(memories_.vector(t, job.output_line[t]), lines.data(), lines.size() * kLineBytes);
  }
  counter(counters_, Counter::kEngineWeightLines) += o.groups * tiles * tile_lines;
  return job.bias_address == 0 ? kGood : bias(job);
}

CommandError Executor::bias(const LinearJob& job) {
  Command command;
  command.header.opcode = static_cast<std::uint16_t>(Opcode::kBias);
  BiasOperand o;
  o.num_tokens = kMaxTokens;
  o.elements = job.operand.rows * job.operand.groups;
  o.bias_address_lo = static_cast<std::uint32_t>(job.bias_address);
  o.bias_address_hi = static_cast<std::uint32_t>(job.bias_address >> 32);
  o.token_mask = job.token_mask;
  std::copy(job.output_line.begin(), job.output_line.end(), o.line);
  std::memcpy(command.operand, &o, sizeof(o));
  return unit(command);
}

CommandError Executor::experts(const ExpertsOperand& o) {
  std::vector<bool> done(kMaxExperts);
  for (std::uint32_t first = 0; first < o.num_tokens * o.top_k; ++first) {
    const std::uint32_t expert_id =
        hls::word_of(*memories_.vector(first / o.top_k, o.route_line), first % o.top_k) % 65536;
    if (expert_id < kMaxExperts && done[expert_id]) {
      continue;
    }
    std::uint32_t mask = 0;
    std::array<std::uint32_t, kMaxTokens> output_line = {};
    for (std::uint32_t t = 0; t < o.num_tokens; ++t) {
      for (std::uint32_t k = 0; k < o.top_k; ++k) {
        if (hls::word_of(*memories_.vector(t, o.route_line), k) % 65536 == expert_id && (mask >> t & 1) == 0) {
          mask |= 1u << t;
          output_line[t] = o.output_line + k * o.output_stride;
        }
      }
    }
    if (const CommandError error = expert(o, expert_id, mask, output_line); error.fault != Fault::kNone) {
      return error;
    }
    done[expert_id] = true;
  }
  return kGood;
}

CommandError Executor::expert(const ExpertsOperand& o, std::uint32_t expert_id, std::uint32_t token_mask,
                              const std::array<std::uint32_t, kMaxTokens>& output_line) {
  const auto slot = slots_.find({o.layer, expert_id});
  if (slot == slots_.end()) {
    return {Fault::kNotResident, o.layer << 16 | expert_id};
  }
  const SlotOperand& where = slot->second;
  LinearJob job;
  job.token_mask = token_mask;
  job.output_line.fill(o.gate_up_line);
  LinearOperand& gate_up = job.operand;
  gate_up.input_line = o.input_line;
  gate_up.input_elements = gate_up.columns = o.hidden;
  gate_up.rows = 2 * o.intermediate;
  gate_up.format = o.format;
  gate_up.scale_max = where.gate_up_scale_max;
  gate_up.scale_bias = where.gate_up_scale_bias;
  gate_up.weight_address_lo = where.gate_up_address_lo;
  gate_up.weight_address_hi = where.gate_up_address_hi;
  job.bias_address = bias_at(where.gate_up_address_lo, where.gate_up_address_hi, o.gate_up_bias_offset);
  if (const CommandError error = linear(job); error.fault != Fault::kNone) {
    return error;
  }

  Command activation;
  activation.header.opcode = static_cast<std::uint16_t>(Opcode::kActivation);
  ActivationOperand a;
  a.num_tokens = o.num_tokens;
  a.input_line = o.gate_up_line;
  a.intermediate = o.intermediate;
  a.out.q8_line = o.activated_line;
  a.activation = o.activation;
  a.limit = o.limit;
  a.scale = o.scale;
  a.token_mask = token_mask;
  std::memcpy(activation.operand, &a, sizeof(a));
  if (const CommandError error = unit(activation); error.fault != Fault::kNone) {
    return error;
  }

  job.output_line = output_line;
  LinearOperand& down = job.operand;
  down.input_line = o.activated_line;
  down.input_elements = down.columns = o.intermediate;
  down.rows = o.hidden;
  down.scale_max = where.down_scale_max;
  down.scale_bias = where.down_scale_bias;
  down.weight_address_lo = where.down_address_lo;
  down.weight_address_hi = where.down_address_hi;
  job.bias_address = bias_at(where.down_address_lo, where.down_address_hi, o.down_bias_offset);
  return linear(job);
}

CommandError Executor::unit(const Command& command) {
  const auto execution = hls::start_unit(command);
  execution->give_up_when([this] { return late(); });
  for (auto ranges = execution->reads(); !ranges.empty(); ranges = execution->reads()) {
    std::vector<Line> lines;
    for (const hls::LineRange& range : ranges) {
      const Line* at = memories_.lines(range.space, range.bank, range.line, range.count);
      if (at == nullptr) {
        return kBus;
      }
      lines.insert(lines.end(), at, at + range.count);
    }
    execution->supply(lines);
  }
  const std::vector<hls::LineWrite> writes = execution->finish();
  if (late()) {
    return kLate;
  }
  for (const hls::LineWrite& write : writes) {
    Line* at = memories_.lines(write.space, write.bank, write.line, 1);
    if (at == nullptr) {
      return kBus;
    }
    *at = write.data;
  }
  return kGood;
}

}  // namespace sluice::device
