// The process that reads the command: what every other process has to do, and which lines to ask for.
//
// Purpose: all addressing of the vector kernel. Ranges follow from the command alone, so plan() never waits for a line.
// Ownership: plain values. Threading: a process. Errors: an unknown opcode is no work.
#pragma once

#include <hls_stream.h>

#include "hls/vector/lanes.hpp"

namespace sluice::kernel {

// A command, its operand block brought to one form.
struct VectorPlan {
  Op op;
  ap_uint<4> token_mask;
  ElementCount elements;  // of the result, and of what is read beside `side`
  ap_uint<32> header;     // line of the input's header
  ap_uint<32> first;      // line of the input's first element
  ap_uint<32> side;       // first line of gammas or ups
  ap_uint<1> side_card;
  ap_uint<16> head_lines;  // kOpRope: lines of increments, from `side` on
  // kOpSum
  TermCount terms;
  TermCount routed;
  ap_uint<32> route_line;
  ap_uint<32> terms_line;
  ap_uint<32> terms_stride;
  ap_uint<32> plain_line[device::kMaxTokens];  // kBias: the vector of each token
  ap_uint<1> bias;
};

inline LineCount lines_of(ElementCount elements) { return (elements + (kLineElements - 1)) >> 5; }

inline void ask(::hls::stream<ReadRange>& ranges, ap_uint<1> card, int bank, ap_uint<32> line, ap_uint<16> count) {
  const ReadRange range = {card, bank, line, count};
  ranges.write(range);
}

// Lines before the elements: increments, the route line, headers. Returns nothing; the order is that of load().
inline void ask_heads(const VectorPlan& plan, int bank, const ap_uint<32> term[kMaxSumTerms],
                      ::hls::stream<ReadRange>& ranges) {
  if (plan.op == kOpSum) {
    if (plan.routed != 0) {
      ask(ranges, 0, bank, plan.route_line, 1);
    }
  ask_headers:
    for (int k = 0; k < plan.terms; ++k) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 20
      ask(ranges, plan.bias == 1 && k == 1, bank, term[k], 1);
    }
  } else {
    if (plan.op == kOpRope) {
      ask(ranges, 1, 0, plan.side, plan.head_lines);
    }
    ask(ranges, 0, bank, plan.header, 1);
  }
}

// The elements once: one range, or in turns with what goes with them.
inline void ask_elements(const VectorPlan& plan, bool with_side, int bank, const ap_uint<32> term[kMaxSumTerms],
                         ::hls::stream<ReadRange>& ranges) {
  const LineCount lines = lines_of(plan.elements);
  if (plan.op != kOpSum && !with_side) {
    ask(ranges, 0, bank, plan.first, lines);
    return;
  }
  // A turn: one line of each term; a line of ups and one of gates; or a line of gammas and two of the input.
  const bool sum = plan.op == kOpSum;
  const bool gammas = plan.op == kOpNorm;
  const TermCount last = sum ? TermCount(plan.terms - 1) : TermCount(1);  // ask of a turn
  const LineCount turns = gammas ? LineCount((lines + 1) >> 1) : lines;
  const ap_uint<18> asks = turns * (last + 1);
  TermCount which = 0;
  LineCount turn = 0;
  LineCount line = 0;
ask_turns:
  for (int i = 0; i < asks; ++i) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 81920
    const bool side = !sum && which == 0;
    const bool card = sum ? plan.bias == 1 && which == 1 : side && plan.side_card == 1;
    const ap_uint<32> base = sum ? ap_uint<32>(term[which] + 1) : (side ? plan.side : plan.first);
    const ap_uint<32> at = base + (side ? turn : line);
    const bool two = gammas && !side && line + 1 != lines;
    ask(ranges, card, bank, at, two ? 2 : 1);
    const bool turn_ends = which == last;
    which = turn_ends ? TermCount(0) : TermCount(which + 1);
    if (turn_ends) {
      ++turn;
      line += gammas ? 2 : 1;
    }
  }
}

inline void ask_token(const VectorPlan& plan, int bank, ::hls::stream<ReadRange>& ranges) {
  ap_uint<32> term[kMaxSumTerms];  // header lines
  ap_uint<32> routed_line = plan.terms_line;
list_terms:
  for (int k = 0; k < plan.terms; ++k) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 20
    // kBias has a line a token, kCombine the same lines for all.
    const ap_uint<2> plain = plan.bias == 1 ? ap_uint<2>(bank) : ap_uint<2>(k - plan.routed);
    if (plan.bias == 1 && k == 1) {
      term[k] = plan.side;
    } else {
      term[k] = k < plan.routed ? routed_line : plan.plain_line[plain];
    }
    routed_line += plan.terms_stride;
  }
  ask_heads(plan, bank, term, ranges);
  const ap_uint<2> passes = plan.op == kOpQuantise ? 1 : (plan.op == kOpNorm ? 3 : 2);
ask_passes:
  for (int pass = 0; pass < passes; ++pass) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 3
    const bool with_side = plan.op == kOpActivation || (plan.op == kOpNorm && pass > 0);
    ask_elements(plan, with_side, bank, term, ranges);
  }
}

// Fields that a slice of a vector has in common.
template <std::size_t InputLine, std::size_t Offset>
void plan_slice(const CommandWord& command, VectorPlan& plan) {
  plan.header = operand_word<InputLine>(command);
  plan.first = plan.header + 1 + (operand_word<Offset>(command) >> 5);
}

template <std::size_t At>
void plan_outputs(const CommandWord& command, EmitJob& emit) {
  const ap_uint<32> vector = operand_word<At + offsetof(device::Outputs, vector_line)>(command);
  const ap_uint<32> q8 = operand_word<At + offsetof(device::Outputs, q8_line)>(command);
  const ap_uint<32> q16 = operand_word<At + offsetof(device::Outputs, q16_line)>(command);
  emit.vector = vector != device::kNone;
  emit.q8 = q8 != device::kNone;
  emit.q16 = q16 != device::kNone;
plan_vector_line:
  for (int t = 0; t < 4; ++t) {
#pragma HLS UNROLL
    emit.vector_line[t] = vector;
  }
  emit.q8_line = q8;
  emit.q16_line = q16;
}

// Lanes 0 .. num_tokens - 1, num_tokens in 1 .. 4.
inline ap_uint<4> first_tokens(ap_uint<32> num_tokens) {
  return num_tokens >= 4 ? 15 : (num_tokens == 3 ? 7 : (num_tokens == 2 ? 3 : 1));
}

inline TokenCount count_tokens(ap_uint<4> mask) {
  TokenCount count = 0;
count_tokens_loop:
  for (int t = 0; t < 4; ++t) {
#pragma HLS UNROLL
    count += mask[t];
  }
  return count;
}

// The jobs of all processes; which of them has tokens is the operation's affair.
struct VectorJobs {
  LoadJob load;
  NormJob norm;
  RopeJob rope;
  ActivationJob activation;
  SumJob sum;
  NarrowJob narrow;
  EmitJob emit;
};

inline void plan_norm(const CommandWord& command, VectorPlan& plan, VectorJobs& jobs) {
  using O = device::NormOperand;
  plan_slice<offsetof(O, input_line), offsetof(O, offset)>(command, plan);
  plan_outputs<offsetof(O, out)>(command, jobs.emit);
  plan.op = kOpNorm;
  plan.elements = operand_word<offsetof(O, elements)>(command);
  plan.side = card_line(operand_word<offsetof(O, gamma_address_lo)>(command),
                        operand_word<offsetof(O, gamma_address_hi)>(command));
  plan.side_card = 1;
  jobs.norm.root_n = operand_word<offsetof(O, root_n)>(command);
  jobs.norm.epsilon_mantissa = operand_word<offsetof(O, epsilon_mantissa)>(command);
  jobs.norm.epsilon_exponent = operand_word<offsetof(O, epsilon_exponent)>(command);
  jobs.norm.gamma_exponent = operand_word<offsetof(O, gamma_exponent)>(command);
}

inline void plan_rope(const CommandWord& command, VectorPlan& plan, VectorJobs& jobs) {
  using O = device::RopeOperand;
  plan_slice<offsetof(O, input_line), offsetof(O, offset)>(command, plan);
  plan_outputs<offsetof(O, out)>(command, jobs.emit);
  plan.op = kOpRope;
  const ap_uint<18> heads = operand_word<offsetof(O, heads)>(command);
  const ap_uint<10> dim = operand_word<offsetof(O, dim)>(command);
  plan.elements = heads * dim;
  plan.side = card_line(operand_word<offsetof(O, increments_address_lo)>(command),
                        operand_word<offsetof(O, increments_address_hi)>(command));
  plan.side_card = 1;
  plan.head_lines = (dim + 31) >> 5;  // 4 bytes an element of a head, 8 a pair
  jobs.load.half = dim >> 1;
  jobs.rope.half = dim >> 1;
  jobs.rope.amplitude = operand_word<offsetof(O, amplitude)>(command);
  constexpr std::size_t kPosition = offsetof(device::Command, tokens) + offsetof(device::TokenEntry, position);
  constexpr std::size_t kEntry = sizeof(device::TokenEntry);
  jobs.rope.position[0] = slot_word<kPosition>(command);
  jobs.rope.position[1] = slot_word<kPosition + kEntry>(command);
  jobs.rope.position[2] = slot_word<kPosition + 2 * kEntry>(command);
  jobs.rope.position[3] = slot_word<kPosition + 3 * kEntry>(command);
}

inline void plan_activation(const CommandWord& command, VectorPlan& plan, VectorJobs& jobs) {
  using O = device::ActivationOperand;
  plan_outputs<offsetof(O, out)>(command, jobs.emit);
  plan.op = kOpActivation;
  plan.header = operand_word<offsetof(O, input_line)>(command);
  plan.first = plan.header + 1;
  plan.elements = operand_word<offsetof(O, intermediate)>(command);
  plan.side = plan.first + (plan.elements >> 5);
  plan.token_mask = plan.token_mask & operand_word<offsetof(O, token_mask)>(command);
  jobs.activation.clamped = operand_word<offsetof(O, activation)>(command) != 0;
  jobs.activation.limit = operand_word<offsetof(O, limit)>(command);
  jobs.activation.scale = operand_word<offsetof(O, scale)>(command);
}

inline void plan_combine(const CommandWord& command, VectorPlan& plan, VectorJobs& jobs) {
  using O = device::CombineOperand;
  plan_outputs<offsetof(O, out)>(command, jobs.emit);
  plan.op = kOpSum;
  plan.elements = operand_word<offsetof(O, elements)>(command);
  plan.routed = operand_word<offsetof(O, routed)>(command);
  plan.terms = plan.routed + operand_word<offsetof(O, plain)>(command);
  plan.route_line = operand_word<offsetof(O, route_line)>(command);
  plan.terms_line = operand_word<offsetof(O, terms_line)>(command);
  plan.terms_stride = operand_word<offsetof(O, terms_stride)>(command);
  plan.plain_line[0] = operand_word<offsetof(O, plain_line)>(command);
  plan.plain_line[1] = operand_word<offsetof(O, plain_line) + 4>(command);
  plan.plain_line[2] = operand_word<offsetof(O, plain_line) + 8>(command);
  plan.plain_line[3] = operand_word<offsetof(O, plain_line) + 12>(command);
}

inline void plan_bias(const CommandWord& command, VectorPlan& plan, VectorJobs& jobs) {
  using O = device::BiasOperand;
  plan.op = kOpSum;
  plan.bias = 1;
  plan.terms = 2;
  plan.elements = operand_word<offsetof(O, elements)>(command);
  plan.side = card_line(operand_word<offsetof(O, bias_address_lo)>(command),
                        operand_word<offsetof(O, bias_address_hi)>(command));
  plan.token_mask = plan.token_mask & operand_word<offsetof(O, token_mask)>(command);
  plan.plain_line[0] = operand_word<offsetof(O, line)>(command);
  plan.plain_line[1] = operand_word<offsetof(O, line) + 4>(command);
  plan.plain_line[2] = operand_word<offsetof(O, line) + 8>(command);
  plan.plain_line[3] = operand_word<offsetof(O, line) + 12>(command);
  jobs.emit.vector = 1;
plan_bias_outputs:
  for (int t = 0; t < 4; ++t) {
#pragma HLS UNROLL
    jobs.emit.vector_line[t] = plan.plain_line[t];
  }
}

inline void plan_quantise(const CommandWord& command, VectorPlan& plan, VectorJobs& jobs) {
  using O = device::QuantiseOperand;
  plan_slice<offsetof(O, input_line), offsetof(O, offset)>(command, plan);
  plan_outputs<offsetof(O, out)>(command, jobs.emit);
  plan.op = kOpQuantise;
  plan.elements = operand_word<offsetof(O, elements)>(command);
}

// Fills in what depends on the operation alone, so that each process finds its tokens in its own job.
inline void plan_counts(const VectorPlan& plan, VectorJobs& jobs) {
  const LineCount lines = lines_of(plan.elements);
  const TokenCount tokens = plan.op == kOpNothing ? TokenCount(0) : count_tokens(plan.token_mask);
  jobs.load.op = plan.op;
  jobs.load.tokens = tokens;
  jobs.load.elements = plan.elements;
  jobs.load.terms = plan.op == kOpSum ? plan.terms : TermCount(1);
  jobs.load.routed = plan.routed;
  jobs.norm.tokens = plan.op == kOpNorm ? tokens : TokenCount(0);
  jobs.norm.elements = plan.elements;
  jobs.rope.tokens = plan.op == kOpRope ? tokens : TokenCount(0);
  jobs.rope.lines = lines;
  jobs.activation.tokens = plan.op == kOpActivation ? tokens : TokenCount(0);
  jobs.activation.lines = lines;
  jobs.sum.tokens = plan.op == kOpSum ? tokens : TokenCount(0);
  jobs.sum.lines = lines;
  jobs.sum.terms = plan.terms;
  jobs.narrow.op = plan.op;
  jobs.narrow.tokens = tokens;
  jobs.narrow.lines = lines;
  jobs.emit.token_mask = plan.op == kOpNothing ? ap_uint<4>(0) : plan.token_mask;
  jobs.emit.elements = plan.elements;
}

// Process. Jobs first: their queues are empty or emptying, so this never waits for the reader.
inline void plan_vector(::hls::stream<CommandWord>& command, ::hls::stream<ReadRange>& ranges,
                        ::hls::stream<LoadJob>& load_job, ::hls::stream<NormJob>& norm_job,
                        ::hls::stream<RopeJob>& rope_job, ::hls::stream<ActivationJob>& activation_job,
                        ::hls::stream<SumJob>& sum_job, ::hls::stream<NarrowJob>& narrow_job,
                        ::hls::stream<EmitJob>& emit_job) {
  const CommandWord slot = command.read();
  VectorPlan plan = {};
  VectorJobs jobs = {};
  // Every operand block begins with the number of tokens.
  static_assert(offsetof(device::QuantiseOperand, num_tokens) == 0 && offsetof(device::NormOperand, num_tokens) == 0 &&
                offsetof(device::RopeOperand, num_tokens) == 0 &&
                offsetof(device::ActivationOperand, num_tokens) == 0 &&
                offsetof(device::CombineOperand, num_tokens) == 0 && offsetof(device::BiasOperand, num_tokens) == 0);
  plan.token_mask = first_tokens(operand_word<0>(slot));
  const ap_uint<16> opcode = slot.range(15, 0);
  if (opcode == static_cast<int>(device::Opcode::kQuantise)) {
    plan_quantise(slot, plan, jobs);
  } else if (opcode == static_cast<int>(device::Opcode::kNorm)) {
    plan_norm(slot, plan, jobs);
  } else if (opcode == static_cast<int>(device::Opcode::kRope)) {
    plan_rope(slot, plan, jobs);
  } else if (opcode == static_cast<int>(device::Opcode::kActivation)) {
    plan_activation(slot, plan, jobs);
  } else if (opcode == static_cast<int>(device::Opcode::kCombine)) {
    plan_combine(slot, plan, jobs);
  } else if (opcode == static_cast<int>(device::Opcode::kBias)) {
    plan_bias(slot, plan, jobs);
  }
  plan_counts(plan, jobs);
  load_job.write(jobs.load);
  norm_job.write(jobs.norm);
  rope_job.write(jobs.rope);
  activation_job.write(jobs.activation);
  sum_job.write(jobs.sum);
  narrow_job.write(jobs.narrow);
  emit_job.write(jobs.emit);
plan_tokens:
  for (int bank = 0; bank < 4; ++bank) {
    if (plan.op != kOpNothing && plan.token_mask[bank] == 1) {
      ask_token(plan, bank, ranges);
    }
  }
}

}  // namespace sluice::kernel
