// Expert selection: docs/numerics.md, section 6.6.
//
// Purpose, ownership, threading, errors: as hls/vector/fixed.hpp.
// Source of the rules: DeepSeek-V3 technical report, section 2.1.2 (sigmoid_bias with groups); Qwen3, OLMoE, Mixtral,
//   gpt-oss and Llama 4 as their transformers implementations.
#pragma once

#include "hls/vector/fixed.hpp"

namespace sluice::hls {

inline constexpr int kRouteMaxExperts = 512;
inline constexpr int kRouteMaxTopK = 16;
inline constexpr int kRouteMaxGroups = 16;  // that the router ranks side by side

enum class RouteRule : u32 { kSigmoidBias = 0, kSoftmaxTopK = 1, kTopKSoftmax = 2, kSigmoidTop1 = 3 };

struct RouteParameters {
  RouteRule rule;
  int experts;      // <= kRouteMaxExperts
  int groups;       // divides experts; <= kRouteMaxGroups in a command
  int groups_kept;  // <= groups
  int top_k;        // <= kRouteMaxTopK and <= experts of the kept groups
  bool normalise;
  u32 scale;        // Q24, <= 2^28
  const i32* bias;  // [experts] Q24; only kSigmoidBias
};

struct RouteResult {
  int expert[kRouteMaxTopK];
  i64 weight[kRouteMaxTopK];  // Q24
};

// Keeps the groups with the largest sum of their two best values; open[i] says whether expert i may be selected.
inline void keep_groups(const i64* value, const RouteParameters& p, bool* open) {
  const int size = p.experts / p.groups;
  bool kept[kRouteMaxExperts] = {};
  i64 group_value[kRouteMaxExperts];
  for (int g = 0; g < p.groups; ++g) {
    i64 best = value[g * size];
    i64 second = size > 1 ? value[g * size + 1] : 0;
    if (size > 1 && second > best) {
      best = value[g * size + 1];
      second = value[g * size];
    }
    for (int i = 2; i < size; ++i) {
      const i64 v = value[g * size + i];
      if (v > best) {
        second = best;
        best = v;
      } else if (v > second) {
        second = v;
      }
    }
    group_value[g] = best + second;
  }
  for (int round = 0; round < p.groups_kept; ++round) {
    int best = -1;
    for (int g = 0; g < p.groups; ++g) {
      if (!kept[g] && (best < 0 || group_value[g] > group_value[best])) {
        best = g;
      }
    }
    kept[best] = true;
  }
  for (int i = 0; i < p.experts; ++i) {
    open[i] = kept[i / size];
  }
}

// m, e: the logits, a vector of p.experts elements.
inline RouteResult route(const i32* m, i32 e, const RouteParameters& p) {
  i64 value[kRouteMaxExperts];
  i64 score[kRouteMaxExperts];
  bool open[kRouteMaxExperts];
  for (int i = 0; i < p.experts; ++i) {
    score[i] = 0;
    value[i] = m[i];
    open[i] = true;
    if (p.rule == RouteRule::kSigmoidBias) {
      score[i] = sigmoid(m[i], e, kLog2eQ28);
      value[i] = score[i] + (i64{p.bias[i]} << 6);
    }
  }
  if (p.groups > 1) {
    keep_groups(value, p, open);
  }
  RouteResult result = {};
  for (int k = 0; k < p.top_k; ++k) {
    int best = -1;
    for (int i = 0; i < p.experts; ++i) {
      if (open[i] && (best < 0 || value[i] > value[best])) {
        best = i;
      }
    }
    result.expert[k] = best;
    open[best] = false;
  }

  const bool softmax = p.rule == RouteRule::kSoftmaxTopK || p.rule == RouteRule::kTopKSoftmax;
  i64 sum = 0;
  if (softmax) {
    i32 top = m[result.expert[0]];
    for (int i = 0; p.rule == RouteRule::kSoftmaxTopK && i < p.experts; ++i) {
      top = m[i] > top ? m[i] : top;
    }
    for (int i = 0; i < p.experts; ++i) {
      const i64 below = i64{top} - m[i];
      score[i] = below >= 0 ? exp2_fixed(to_fixed24(below, e, kLog2eQ28)) : 0;
      sum += score[i];
    }
  } else if (p.rule == RouteRule::kSigmoidTop1) {
    for (int k = 0; k < p.top_k; ++k) {
      score[result.expert[k]] = sigmoid(m[result.expert[k]], e, kLog2eQ28);
    }
  }
  const bool over_all = p.rule == RouteRule::kSoftmaxTopK && !p.normalise;
  if (!over_all) {
    sum = 0;
    for (int k = 0; k < p.top_k; ++k) {
      sum += score[result.expert[k]];
    }
  }
  for (int k = 0; k < p.top_k; ++k) {
    const i64 s = score[result.expert[k]];
    const bool plain = !softmax && !p.normalise;
    if (plain) {
      result.weight[k] = (s * p.scale) >> 30;
    } else if (sum != 0) {
      const Scaled scaled = scale_q30(static_cast<u64>(sum));
      const i64 ratio = (s * recip(scaled.d)) >> (30 + scaled.k);
      result.weight[k] = (ratio * p.scale) >> 30;
    }
  }
  return result;
}

}  // namespace sluice::hls
