// The process that makes the weights of the selected experts, writes the result and keeps the counters.
//
// Purpose: scores and their sum, one reciprocal a token, then a weight a cycle.
// Ownership: the counters are static: they last from command to command. Threading: a process. Errors: none.
#pragma once

#include <hls_stream.h>

#include "hls/router/router_jobs.hpp"

namespace sluice::kernel {

inline constexpr int kScoreSumBits = 40;  // 512 scores up to 2^30

// Divides by a sum: what section 6.6 calls k and r, the shift being 30 + k = length - 1.
struct Divisor {
  ap_uint<31> reciprocal;
  ap_uint<6> shift;
};

inline Divisor divisor_of(ap_uint<kScoreSumBits> sum) {
  const ap_uint<6> length = bit_length(sum);
  const ap_uint<6> shift = sum == 0 ? ap_uint<6>(0) : ap_uint<6>(length - 1);
  const ap_uint<kScoreSumBits + 30> raised = ap_uint<kScoreSumBits + 30>(sum) << 30;
  const ap_uint<32> d = raised >> shift;  // 31 bits
  return {recip(d), shift};
}

// A sum of 0 has only scores of 0, and so only weights of 0, whatever the reciprocal. Otherwise
// (s * r) >> shift is at most 2^30 and a few units, since s is part of the sum; scale is at most 2^28.
inline ap_uint<32> weight_of(ap_uint<31> s, const Divisor& divisor, bool plain, ap_uint<29> scale) {
  const ap_uint<32> ratio = (s * divisor.reciprocal) >> divisor.shift;
  const ap_uint<32> used = plain ? ap_uint<32>(s) : ratio;
  return (used * scale) >> 30;
}

inline void write_counters(const WeighJob& job, ap_uint<32> counters[device::kMaxExperts],
                           ::hls::stream<LineWrite>& writes) {
  LineWord line = 0;
read_counters:
  for (int i = 0; i < static_cast<int>(device::kMaxExperts); ++i) {
#pragma HLS PIPELINE II = 1
    const ap_uint<32> count = counters[i];
    if (job.clear == 1) {
      counters[i] = 0;
    }
    line >>= 32;
    line.range(1023, 992) = count.range(31, 0);
    if (i % 32 == 31) {
      const ap_uint<1> last = i + 1 == static_cast<int>(device::kMaxExperts);
      const LineWrite write = {0, ap_uint<12>(job.output_line + i / 32), line, last};
      writes.write(write);
    }
  }
}

// Process.
inline void weigh_experts(::hls::stream<WeighJob>& weigh_job, ::hls::stream<Pick>& picks,
                          ::hls::stream<LineWrite>& writes, ::hls::stream<Done>& done) {
  static ap_uint<32> counters[device::kMaxExperts] = {};
#pragma HLS BIND_STORAGE variable = counters type = ram_2p impl = bram
  const WeighJob job = weigh_job.read();
  const bool softmax = job.rule == kSoftmaxTopK || job.rule == kTopKSoftmax;
  const ExpertCount before = job.over_all == 1 ? job.experts : ExpertCount(0);  // picks that only go into the sum
  if (job.counters == 1) {
    write_counters(job, counters, writes);
  }
weigh_tokens:
  for (int t = 0; t < job.tokens; ++t) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 4
    const Pick head = picks.read();
    ap_int<16> e;
    e.range(15, 0) = head.number.range(15, 0);
    const ap_uint<7> drop = fixed24_drop(e);
    ap_uint<31> selected_score[kMaxTopK];
    Expert selected_expert[kMaxTopK];
    ap_uint<kScoreSumBits> sum = 0;
  sum_scores:
    for (int i = 0; i < before + job.top_k; ++i) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 528
      const Pick pick = picks.read();
      const ap_uint<24> below = pick.number;  // two mantissas apart: at most 2^24 - 2
      const ap_uint<31> exponential = exp2_fixed(to_fixed24<24, 29>(below, drop, hls::kLog2eQ28));
      const ap_uint<31> s = softmax ? exponential : pick.number;
      if (i >= before) {
        const ap_uint<4> k = i - before;
        selected_score[k] = s;
        selected_expert[k] = pick.expert;
      }
      if (i < before || job.over_all == 0) {
        sum += s;
      }
    }
    const Divisor divisor = divisor_of(sum);
    Expert experts[kMaxTopK];
#pragma HLS ARRAY_PARTITION variable = experts complete
    ap_uint<32> weights[kMaxTopK];
#pragma HLS ARRAY_PARTITION variable = weights complete
  weights_of_token:
    for (int k = 0; k < kMaxTopK; ++k) {
#pragma HLS PIPELINE II = 1
#pragma HLS DEPENDENCE variable = counters type = inter false
      // Experts of a token differ, so that no count is read before the one before is written.
      const bool used = k < job.top_k;
      const Expert expert = used ? selected_expert[k] : Expert(0);
      const ap_uint<31> s = used ? selected_score[k] : ap_uint<31>(0);
      const ap_uint<32> weight = weight_of(s, divisor, job.plain == 1, job.scale);
      experts[k] = expert;
      weights[k] = used ? weight : ap_uint<32>(0);
      if (used) {
        const ap_uint<32> count = counters[expert];
        counters[expert] = count == 0xFFFFFFFFu ? count : ap_uint<32>(count + 1);
      }
    }
    LineWord line = 0;
  place:
    for (int k = 0; k < kMaxTopK; ++k) {
#pragma HLS UNROLL
      line.range(32 * k + 31, 32 * k) = ap_uint<32>(experts[k]).range(31, 0);
      line.range(512 + 32 * k + 31, 512 + 32 * k) = weights[k].range(31, 0);
    }
    const ap_uint<1> last = t + 1 == job.tokens;
    const LineWrite write = {t, job.output_line, line, last};
    writes.write(write);
  }
  const Done end = {job.counters == 1 ? ap_uint<24>(kCounterLines) : ap_uint<24>(job.tokens)};
  done.write(end);
}

}  // namespace sluice::kernel
