// What the processes of the router share: their jobs and the words between them; and the process that makes the jobs.
//
// Purpose: all addressing of the router kernel. Ranges follow from the command alone, so plan_route() never waits for a
//   line. On every stream between two processes a token is its exponent first, then its experts.
// Ownership: plain values. Threading: a process. Errors: an unknown opcode is no work.
#pragma once

#include <hls_stream.h>

#include "hls/router/route.hpp"
#include "hls/router/router_kernel.hpp"
#include "hls/vector/fixed_kernel.hpp"

namespace sluice::kernel {

inline constexpr int kMaxTopK = hls::kRouteMaxTopK;
inline constexpr int kMaxGroups = hls::kRouteMaxGroups;

inline constexpr int kExpertBits = 9;
using Expert = ap_uint<kExpertBits>;
using ExpertCount = ap_uint<10>;
using GroupCount = ap_uint<5>;
using TopK = ap_uint<5>;
using Rule = ap_uint<2>;
using TokenCount = ap_uint<3>;
static_assert(device::kMaxExperts == 512 && device::kMaxTopK == kMaxTopK);

inline constexpr int kSigmoidBias = 0;
inline constexpr int kSoftmaxTopK = 1;
inline constexpr int kTopKSoftmax = 2;
inline constexpr int kSigmoidTop1 = 3;
static_assert(kSigmoidBias == static_cast<int>(hls::RouteRule::kSigmoidBias) &&
              kSoftmaxTopK == static_cast<int>(hls::RouteRule::kSoftmaxTopK) &&
              kTopKSoftmax == static_cast<int>(hls::RouteRule::kTopKSoftmax) &&
              kSigmoidTop1 == static_cast<int>(hls::RouteRule::kSigmoidTop1));

// Selection values: a mantissa, or a score up to 2^30 plus a bias of |bias| <= 2^31 times 2^6.
inline constexpr int kValueBits = 39;
using Value = ap_int<kValueBits>;

// An expert with what it is selected by and, for the sigmoid rules, its score. The first of a token has its exponent in
// `value`.
struct Candidate {
  Value value;
  ap_uint<31> score;
};

// A selected expert with its score (sigmoid rules) or how far its logit lies below the largest (softmax rules). The
// first of a token has its exponent in `number`, as 16 bits. With kSoftmaxTopK by the sum over all, all experts come
// before the selected ones.
struct Pick {
  Expert expert;
  ap_uint<31> number;
};

// One job a process and command; 0 tokens where there is nothing to do.
struct ScoreJob {
  TokenCount tokens;
  ExpertCount experts;
  Rule rule;
};

struct SelectJob {
  TokenCount tokens;
  ExpertCount experts;
  GroupCount groups;
  ExpertCount group_size;
  GroupCount groups_kept;
  TopK top_k;
  Rule rule;
  ap_uint<1> over_all;  // weights by the sum over all experts
};

struct WeighJob {
  TokenCount tokens;
  ExpertCount experts;
  TopK top_k;
  Rule rule;
  ap_uint<1> over_all;
  ap_uint<1> plain;  // no normalisation
  ap_uint<29> scale;
  ap_uint<12> output_line;
  ap_uint<1> counters;  // write the counters instead
  ap_uint<1> clear;
};

// experts / groups by restoring division; groups divides experts and neither is 0.
inline ExpertCount group_size_of(ExpertCount experts, GroupCount groups) {
  ap_uint<15> rest = experts;
  ExpertCount size = 0;
divide:
  for (int bit = 9; bit >= 0; --bit) {
    const ap_uint<15> part = ap_uint<15>(groups) << bit;
    if (part <= rest) {
      rest -= part;
      size[bit] = 1;
    }
  }
  return size;
}

// Asks for a token's logits and, line by line in turns with them, the bias: bias line 0, then logits line j and bias
// line j + 1, in the order in which score_experts() reads.
inline void ask_logits(int bank, ap_uint<32> logits, ap_uint<32> bias, ap_uint<5> lines, bool biased,
                       ::hls::stream<ReadRange>& ranges) {
  const ReadRange header = {0, bank, logits, 1};
  ranges.write(header);
ask_lines:
  for (int i = 0; i < 2 * lines; ++i) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 2 max = 32
    const bool of_bias = i % 2 == 0;
    const ReadRange of_this = {of_bias, of_bias ? 0 : bank,
                               of_bias ? ap_uint<32>(bias + i / 2) : ap_uint<32>(logits + 1 + i / 2), 1};
    if (biased || !of_bias) {
      ranges.write(of_this);
    }
  }
}

// Process. Jobs first: their queues are empty or emptying, so this never waits for the reader.
inline void plan_route(::hls::stream<CommandWord>& command, ::hls::stream<ReadRange>& ranges,
                       ::hls::stream<ScoreJob>& score_job, ::hls::stream<SelectJob>& select_job,
                       ::hls::stream<WeighJob>& weigh_job) {
  using O = device::RouteOperand;
  const CommandWord slot = command.read();
  const ap_uint<16> opcode = slot.range(15, 0);
  const bool routes = opcode == static_cast<int>(device::Opcode::kRoute);
  const bool counters = opcode == kCountersOpcode;
  const TokenCount tokens = routes ? operand_word<offsetof(O, num_tokens)>(slot) : ap_uint<32>(0);
  const ExpertCount experts = operand_word<offsetof(O, experts)>(slot);
  const GroupCount groups = operand_word<offsetof(O, groups)>(slot);
  const Rule rule = operand_word<offsetof(O, rule)>(slot);
  const bool normalise = operand_word<offsetof(O, normalise)>(slot) != 0;
  const bool softmax = rule == kSoftmaxTopK || rule == kTopKSoftmax;
  const ap_uint<1> over_all = rule == kSoftmaxTopK && !normalise;
  const ScoreJob score = {tokens, experts, rule};
  score_job.write(score);
  const TopK top_k = operand_word<offsetof(O, top_k)>(slot);
  const ExpertCount group_size = routes ? group_size_of(experts, groups) : ExpertCount(0);
  const SelectJob select = {tokens, experts, groups,  group_size, operand_word<offsetof(O, groups_kept)>(slot),
                            top_k,  rule,    over_all};
  select_job.write(select);
  WeighJob weigh;
  weigh.tokens = tokens;
  weigh.experts = experts;
  weigh.top_k = top_k;
  weigh.rule = rule;
  weigh.over_all = over_all;
  weigh.plain = !softmax && !normalise;
  weigh.scale = operand_word<offsetof(O, scale)>(slot);
  weigh.output_line = counters ? operand_word<offsetof(CountersOperand, output_line)>(slot)
                               : operand_word<offsetof(O, output_line)>(slot);
  weigh.counters = counters;
  weigh.clear = operand_word<offsetof(CountersOperand, clear)>(slot) == 1;
  weigh_job.write(weigh);

  const ap_uint<32> logits = operand_word<offsetof(O, logits_line)>(slot);
  const ap_uint<32> bias =
      card_line(operand_word<offsetof(O, bias_address_lo)>(slot), operand_word<offsetof(O, bias_address_hi)>(slot));
  const ap_uint<5> lines = (experts + 31) >> 5;
ask_tokens:
  for (int bank = 0; bank < tokens; ++bank) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 4
    ask_logits(bank, logits, bias, lines, rule == kSigmoidBias, ranges);
  }
}

}  // namespace sluice::kernel
