// The process that selects: the groups that stay, then the best experts of them.
//
// Purpose: two passes of one expert a cycle. The first keeps the values and those of the groups, which then are ranked,
//   one a cycle against all others. The second inserts each expert of a group that stays into a sorted list. Equal
//   values keep their order: lower index first.
// Ownership: plain values. Threading: a process. Errors: none.
#pragma once

#include <hls_stream.h>

#include "hls/router/router_jobs.hpp"

namespace sluice::kernel {

// Below every value: |score + bias * 2^6| <= 2^37 + 2^30.
inline constexpr long long kNoValue = -(1LL << (kValueBits - 1));

using GroupValue = ap_int<kValueBits + 1>;

// First pass: keeps values and scores, and the value of each group; returns the largest value of all.
inline Value take_candidates(const SelectJob& job, ::hls::stream<Candidate>& candidates,
                             Value value[device::kMaxExperts], ap_uint<31> score[device::kMaxExperts],
                             GroupValue group_value[kMaxGroups]) {
  Value top = kNoValue;
  Value best = kNoValue;
  Value second = kNoValue;
  const ExpertCount last_place = job.group_size - 1;
  ExpertCount place = 0;  // in the group
  GroupCount group = 0;
take_experts:
  for (int i = 0; i < job.experts; ++i) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 8 max = 512
    const Candidate candidate = candidates.read();
    const Value v = candidate.value;
    value[i] = v;
    score[i] = candidate.score;
    top = v > top ? v : top;
    const bool begins = place == 0;
    const bool beats = begins || v > best;
    const Value was_best = begins ? Value(kNoValue) : best;
    const Value was_second = begins ? Value(kNoValue) : second;
    second = beats ? was_best : (v > was_second ? v : was_second);
    best = beats ? v : best;
    const bool ends = place == last_place;
    if (ends) {
      // In groups of one, `second` is the same constant for all: their order is that of the only values.
      group_value[group] = best + second;
      place = 0;
      ++group;
    } else {
      ++place;
    }
  }
  return top;
}

// Which groups stay: those with fewer than groups_kept better ones.
inline ap_uint<kMaxGroups> keep_groups(const SelectJob& job, const GroupValue group_value[kMaxGroups]) {
  ap_uint<kMaxGroups> kept = 0;
rank_groups:
  for (int g = 0; g < job.groups; ++g) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 16
    const GroupValue own = group_value[g];
    GroupCount better = 0;
  compare_groups:
    for (int other = 0; other < kMaxGroups; ++other) {
#pragma HLS UNROLL
      const GroupValue worth = group_value[other];
      better += other < job.groups && (worth > own || (worth == own && other < g)) ? 1 : 0;
    }
    kept[g] = better < job.groups_kept;
  }
  return kept;
}

// Process.
inline void select_experts(::hls::stream<SelectJob>& select_job, ::hls::stream<Candidate>& candidates,
                           ::hls::stream<Pick>& picks) {
  const SelectJob job = select_job.read();
  const bool softmax = job.rule == kSoftmaxTopK || job.rule == kTopKSoftmax;
select_tokens:
  for (int t = 0; t < job.tokens; ++t) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 4
    Value value[device::kMaxExperts];
    ap_uint<31> score[device::kMaxExperts];
    GroupValue group_value[kMaxGroups];
#pragma HLS ARRAY_PARTITION variable = group_value complete
    const Candidate head = candidates.read();
    const ap_uint<16> e = head.value.range(15, 0);
    const Pick pick_head = {0, e};
    picks.write(pick_head);
    const Value largest = take_candidates(job, candidates, value, score, group_value);
    const ap_uint<kMaxGroups> kept = keep_groups(job, group_value);

    Value list_value[kMaxTopK];
#pragma HLS ARRAY_PARTITION variable = list_value complete
    Expert list_expert[kMaxTopK];
#pragma HLS ARRAY_PARTITION variable = list_expert complete
  clear_list:
    for (int k = 0; k < kMaxTopK; ++k) {
#pragma HLS UNROLL
      list_value[k] = kNoValue;
      list_expert[k] = 0;
    }
    const ExpertCount last_place = job.group_size - 1;
    ExpertCount place = 0;
    GroupCount group = 0;
  insert_experts:
    for (int i = 0; i < job.experts; ++i) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 8 max = 512
      const Value v = value[i];
      const bool open = (kept >> group)[0] == 1;
      bool above[kMaxTopK];
#pragma HLS ARRAY_PARTITION variable = above complete
    compare_list:
      for (int k = 0; k < kMaxTopK; ++k) {
#pragma HLS UNROLL
        above[k] = open && v > list_value[k];
      }
    shift_list:
      for (int k = kMaxTopK - 1; k >= 0; --k) {
#pragma HLS UNROLL
        const bool pushed = k > 0 && above[k > 0 ? k - 1 : 0];  // the one before moves here
        if (pushed) {
          list_value[k] = list_value[k - 1];
          list_expert[k] = list_expert[k - 1];
        } else if (above[k]) {
          list_value[k] = v;
          list_expert[k] = i;
        }
      }
      if (job.over_all == 1) {
        const Pick pick = {i, ap_uint<31>(largest - v)};
        picks.write(pick);
      }
      if (place == last_place) {
        place = 0;
        ++group;
      } else {
        ++place;
      }
    }
    // Of the softmax rules one measures from the largest logit of all, the other from the largest selected.
    const Value top = job.rule == kSoftmaxTopK ? largest : list_value[0];
  pick_experts:
    for (int k = 0; k < job.top_k; ++k) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 16
      const Expert expert = list_expert[0];
      const ap_uint<31> below = top - list_value[0];
      const Pick pick = {expert, softmax ? below : score[expert]};
      picks.write(pick);
    next_of_list:
      for (int j = 0; j + 1 < kMaxTopK; ++j) {
#pragma HLS UNROLL
        list_value[j] = list_value[j + 1];
        list_expert[j] = list_expert[j + 1];
      }
    }
  }
}

}  // namespace sluice::kernel
