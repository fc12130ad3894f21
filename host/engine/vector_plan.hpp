// Where each logical vector of a step lies in vector memory.
//
// Purpose: one place a vector, the same in each bank, for one layer after the other; nothing is shared but between
// layers. Ownership, threading: plain values. Errors: kUnsupported when the vectors of one token do not fit a bank.
#pragma once

#include <cstdint>

#include "host/base/result.hpp"
#include "host/model/config.hpp"

namespace sluice::engine {

// Lines of vector memory of every logical vector; the same in each bank.
// Those that a model has no use for stay 0.
struct VectorPlan {
  std::uint32_t hidden = 0;
  std::uint32_t normed_q8 = 0;
  std::uint32_t normed_q16 = 0;
  std::uint32_t query_latent = 0;
  std::uint32_t query_latent_q8 = 0;
  std::uint32_t query = 0;
  std::uint32_t key = 0;
  std::uint32_t query_nope_q8 = 0;
  std::uint32_t query_absorbed = 0;
  std::uint32_t query_rope = 0;
  std::uint32_t kv = 0;
  std::uint32_t latent = 0;
  std::uint32_t key_rope = 0;
  std::uint32_t attended_q8 = 0;
  std::uint32_t value = 0;
  std::uint32_t value_q8 = 0;
  std::uint32_t output = 0;  // of attention and of the feed-forward part
  std::uint32_t router_logits = 0;
  std::uint32_t route = 0;
  std::uint32_t gate_up = 0;
  std::uint32_t activated_q8 = 0;
  std::uint32_t shared = 0;
  std::uint32_t experts = 0;
  std::uint32_t experts_stride = 0;
  std::uint32_t logits = 0;
};

[[nodiscard]] Result<VectorPlan> plan_vectors(const ModelConfig& config);

}  // namespace sluice::engine
