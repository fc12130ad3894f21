// Frequencies of rotary position embeddings.
//
// Purpose: turns RopeConfig into numbers; used when a model is imported, where they become integer tables. Computed in
//   double precision; transformers computes the same in float.
// Ownership, threading: plain values and functions. Errors: none; the config's ranges were checked when it was read.
#pragma once

#include <cstdint>
#include <vector>

#include "host/model/config.hpp"

namespace sluice {

struct RopeFrequencies {
  std::vector<double> inverse_frequencies;  // [rope_dims / 2], radians a position, the pair 0 turning fastest
  double attention_factor = 1.0;            // multiplies both cosine and sine
};

// For a rotated part of `rope_dims` dimensions (even). YaRN (https://arxiv.org/abs/2309.00071) as transformers 5
// computes it: modeling_rope_utils.py, _compute_yarn_parameters.
RopeFrequencies rope_frequencies(const RopeConfig& rope, std::int64_t rope_dims);

// The factor of the attention scores in DeepSeek-V3: qk_head_dim^-0.5, times the square of YaRN's magnitude scale where
// the config gives mscale_all_dim (modeling_deepseek_v3.py, yarn_apply_mscale).
double mla_softmax_scale(const MlaConfig& mla, const RopeConfig& rope);

}  // namespace sluice
