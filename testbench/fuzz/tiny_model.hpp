// The config of the smallest quantised model that has a part of every kind, for the target model_file and its seeds.
// Ownership, threading: constants. Errors: none.
#pragma once

#include "host/model/config.hpp"
#include "host/quant/model_file_fields.hpp"

namespace sluice::fuzz {

inline constexpr const char* kTinyConfigText = R"({
  "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3",
  "vocab_size": 4, "hidden_size": 32, "num_hidden_layers": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-05,
  "num_attention_heads": 1, "num_key_value_heads": 1, "q_lora_rank": 32, "kv_lora_rank": 32,
  "qk_nope_head_dim": 32, "qk_rope_head_dim": 32, "v_head_dim": 32,
  "first_k_dense_replace": 1, "intermediate_size": 32, "moe_intermediate_size": 32, "n_routed_experts": 2,
  "n_shared_experts": 1, "n_group": 1, "topk_group": 1, "num_experts_per_tok": 1, "norm_topk_prob": true,
  "routed_scaling_factor": 1.0, "hidden_act": "silu", "bos_token_id": 0, "eos_token_id": 1, "rope_theta": 10000
})";

inline const ModelConfig& tiny_config() {
  static const ModelConfig config = parse_config(kTinyConfigText, "").value();
  return config;
}

inline std::uint64_t tiny_config_hash() { return quant::fnv1a(kTinyConfigText); }

}  // namespace sluice::fuzz
