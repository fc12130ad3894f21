#include "host/engine/vector_plan.hpp"

#include <algorithm>
#include <string>

#include "host/device/command.hpp"
#include "host/engine/sampler.hpp"

namespace sluice::engine {
namespace {

// Hands out lines one after the other.
class LineAllocator {
 public:
  std::uint32_t vector(std::int64_t elements) {
    return take(device::vector_lines(static_cast<std::uint64_t>(elements)));
  }
  std::uint32_t q8(std::int64_t elements) { return take(device::q8_lines(static_cast<std::uint64_t>(elements))); }
  std::uint32_t q16(std::int64_t elements) { return take(device::q16_lines(static_cast<std::uint64_t>(elements))); }
  std::uint32_t take(std::uint64_t lines) {
    const std::uint64_t at = next_;
    next_ += lines;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(at, device::kVectorLines));
  }
  [[nodiscard]] std::uint64_t used() const { return next_; }

 private:
  std::uint64_t next_ = 0;
};

void plan_mla(const MlaConfig& mla, LineAllocator& lines, VectorPlan& plan) {
  plan.query_latent = lines.vector(std::max<std::int64_t>(mla.q_lora_rank, 1));
  plan.query_latent_q8 = lines.q8(std::max<std::int64_t>(mla.q_lora_rank, 1));
  plan.query = lines.vector(mla.num_heads * mla.qk_head_dim());
  plan.query_nope_q8 = lines.q8(mla.num_heads * mla.qk_nope_head_dim);
  plan.query_absorbed = lines.vector(mla.num_heads * mla.kv_lora_rank);
  plan.query_rope = lines.vector(mla.num_heads * mla.qk_rope_head_dim);
  plan.kv = lines.vector(mla.kv_lora_rank + mla.qk_rope_head_dim);
  plan.latent = lines.vector(mla.kv_lora_rank);
  plan.key_rope = lines.vector(mla.qk_rope_head_dim);
  plan.attended_q8 = lines.q8(mla.num_heads * mla.kv_lora_rank);
  plan.value = lines.vector(mla.num_heads * mla.v_head_dim);
  plan.value_q8 = lines.q8(mla.num_heads * mla.v_head_dim);
}

void plan_gqa(const GqaConfig& gqa, LineAllocator& lines, VectorPlan& plan) {
  plan.query = lines.vector(gqa.query_dim());
  plan.query_rope = lines.vector(gqa.query_dim());
  plan.key = lines.vector(gqa.kv_dim());
  plan.key_rope = lines.vector(gqa.kv_dim());
  plan.value = lines.vector(gqa.kv_dim());
  plan.attended_q8 = lines.q8(gqa.query_dim());
}

// Room for the widest feed-forward part of any layer.
std::int64_t widest_ffn(const ModelConfig& config) {
  std::int64_t widest = config.num_dense_layers > 0 ? config.dense_intermediate_dim : 0;
  if (config.num_layers > config.num_dense_layers) {
    widest = std::max(widest, config.moe.intermediate_dim * std::max<std::int64_t>(1, config.moe.num_shared_experts));
  }
  return widest;
}

}  // namespace

Result<VectorPlan> plan_vectors(const ModelConfig& config) {
  VectorPlan plan;
  LineAllocator lines;
  plan.hidden = lines.vector(config.hidden_dim);
  plan.normed_q8 = lines.q8(config.hidden_dim);
  plan.normed_q16 = lines.q16(config.hidden_dim);
  if (config.attention_kind == AttentionKind::kMla) {
    plan_mla(config.mla, lines, plan);
  } else {
    plan_gqa(config.gqa, lines, plan);
  }
  plan.output = lines.vector(config.hidden_dim);
  plan.gate_up = lines.vector(2 * widest_ffn(config));
  plan.activated_q8 = lines.q8(widest_ffn(config));
  plan.router_logits = lines.vector(std::max<std::int64_t>(config.moe.num_experts, 1));
  plan.route = lines.take(1);
  plan.shared = lines.vector(config.hidden_dim);
  plan.experts_stride = static_cast<std::uint32_t>(device::vector_lines(static_cast<std::uint64_t>(config.hidden_dim)));
  plan.experts = lines.take(plan.experts_stride * static_cast<std::uint64_t>(config.moe.experts_per_token));
  plan.logits = lines.vector(std::min<std::int64_t>(config.vocab_size, kLogitSlice));
  if (lines.used() > device::kVectorLines) {
    return Error(ErrorCode::kUnsupported, "the vectors of one token need " + std::to_string(lines.used()) +
                                              " lines of vector memory, the card has " +
                                              std::to_string(device::kVectorLines) + " a bank");
  }
  return plan;
}

}  // namespace sluice::engine
