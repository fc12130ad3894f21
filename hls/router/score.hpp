// The process that turns logits into selection values, one expert a cycle.
//
// Purpose: reads at most one line a cycle: the bias of the next 32 experts is read in the middle of these 32.
// Ownership: plain values. Threading: a process. Errors: none.
#pragma once

#include <hls_stream.h>

#include "hls/router/router_jobs.hpp"

namespace sluice::kernel {

// Process.
inline void score_experts(::hls::stream<ScoreJob>& score_job, ::hls::stream<LineWord>& lines,
                          ::hls::stream<Candidate>& candidates) {
  const ScoreJob job = score_job.read();
  const bool biased = job.rule == kSigmoidBias;
  const bool raw = job.rule == kSoftmaxTopK || job.rule == kTopKSoftmax;
score_tokens:
  for (int t = 0; t < job.tokens; ++t) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 4
    const LineWord header = lines.read();
    ap_int<32> word;
    word.range(31, 0) = header.range(31, 0);
    const ap_int<16> e = exponent_of(word);
    const ap_uint<7> drop = fixed24_drop(e);
    const Candidate head = {e, 0};
    candidates.write(head);
    LineWord next_bias = 0;
    if (biased) {
      next_bias = lines.read();
    }
    LineWord logits = 0;
    LineWord biases = 0;
  experts:
    for (int i = 0; i < job.experts; ++i) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 8 max = 512
      const bool take_logits = i % 32 == 0;
      const bool take_bias = biased && i % 32 == 31 && i + 1 < job.experts;
      LineWord got = 0;
      if (take_logits || take_bias) {
        got = lines.read();
      }
      logits = take_logits ? got : LineWord(logits >> 32);
      biases = take_logits ? next_bias : LineWord(biases >> 32);
      next_bias = take_bias ? got : next_bias;
      ap_int<32> logit;
      logit.range(31, 0) = logits.range(31, 0);
      ap_int<32> bias;
      bias.range(31, 0) = biases.range(31, 0);
      const ap_int<kMantissaBits> m = mantissa_of(logit);
      const ap_uint<31> s = sigmoid(m, drop, hls::kLog2eQ28);
      const Value with_bias = s + (ap_int<kValueBits>(bias) << 6);
      Candidate candidate;
      candidate.value = biased ? with_bias : Value(m);
      candidate.score = raw ? ap_uint<31>(0) : s;
      candidates.write(candidate);
    }
  }
}

}  // namespace sluice::kernel
