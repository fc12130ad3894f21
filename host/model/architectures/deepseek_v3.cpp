// DeepSeek-V3 and its relatives of the same class (DeepSeek-R1, Kimi K2, Moonlight).
// Source: transformers, models/deepseek_v3/{configuration,modeling}_deepseek_v3.py; https://arxiv.org/abs/2412.19437.
#include <fmt/format.h>

#include <algorithm>

#include "host/base/check.hpp"
#include "host/model/architectures/architecture.hpp"
#include "host/model/config_fields.hpp"

namespace sluice {
namespace {

using nlohmann::json;

// The reference model gives the norms of the latents no epsilon, so they use its default, whatever rms_norm_eps says.
constexpr double kLatentNormEps = 1e-6;

Result<MlaConfig> parse_mla(const JsonFields& fields) {
  const IntegerRange dims{1, limits::kMaxHeadDim};
  MlaConfig mla;
  mla.latent_norm_eps = kLatentNormEps;
  SLUICE_ASSIGN_OR_RETURN(mla.num_heads, fields.integer("num_attention_heads", {1, limits::kMaxHeads}));
  SLUICE_ASSIGN_OR_RETURN(mla.q_lora_rank, fields.integer_or("q_lora_rank", {0, limits::kMaxLoraRank}, 0));
  SLUICE_ASSIGN_OR_RETURN(mla.kv_lora_rank, fields.integer("kv_lora_rank", {1, limits::kMaxLoraRank}));
  SLUICE_ASSIGN_OR_RETURN(mla.qk_nope_head_dim, fields.integer("qk_nope_head_dim", dims));
  SLUICE_ASSIGN_OR_RETURN(mla.qk_rope_head_dim, fields.integer("qk_rope_head_dim", dims));
  SLUICE_ASSIGN_OR_RETURN(mla.v_head_dim, fields.integer("v_head_dim", dims));
  SLUICE_ASSIGN_OR_RETURN(mla.rope_interleave, fields.flag_or("rope_interleave", true));
  if (mla.qk_rope_head_dim % 2 != 0) {
    return fields.wrong("qk_rope_head_dim", *fields.find("qk_rope_head_dim"), "even numbers");
  }
  SLUICE_RETURN_IF_ERROR(fields.only_if_present("attention_bias", false));
  SLUICE_RETURN_IF_ERROR(fields.only_if_present("num_key_value_heads", mla.num_heads));
  return mla;
}

Result<MoeConfig> parse_moe(const JsonFields& fields) {
  MoeConfig moe;
  moe.rule = RouterRule::kSigmoidBiasGroups;
  SLUICE_RETURN_IF_ERROR(fields.only_if_present("scoring_func", "sigmoid"));
  SLUICE_RETURN_IF_ERROR(fields.only_if_present("topk_method", "noaux_tc"));
  SLUICE_RETURN_IF_ERROR(fields.only_if_present("moe_layer_freq", 1));
  SLUICE_ASSIGN_OR_RETURN(moe.num_experts, fields.integer("n_routed_experts", {2, limits::kMaxExperts}));
  SLUICE_ASSIGN_OR_RETURN(moe.num_groups, fields.integer("n_group", {1, moe.num_experts / 2}));
  if (moe.num_experts % moe.num_groups != 0) {
    return fields.wrong("n_group", *fields.find("n_group"),
                        fmt::format("divisors of n_routed_experts = {}", moe.num_experts));
  }
  SLUICE_ASSIGN_OR_RETURN(moe.groups_per_token, fields.integer("topk_group", {1, moe.num_groups}));
  const std::int64_t selectable = moe.num_experts / moe.num_groups * moe.groups_per_token;
  SLUICE_ASSIGN_OR_RETURN(
      moe.experts_per_token,
      fields.integer("num_experts_per_tok", {1, std::min(selectable, limits::kMaxExpertsPerToken)}));
  SLUICE_ASSIGN_OR_RETURN(moe.intermediate_dim, fields.integer("moe_intermediate_size", {1, limits::kMaxIntermediate}));
  SLUICE_ASSIGN_OR_RETURN(moe.num_shared_experts, fields.integer("n_shared_experts", {1, limits::kMaxSharedExperts}));
  SLUICE_ASSIGN_OR_RETURN(moe.normalise_weights, fields.flag("norm_topk_prob"));
  SLUICE_ASSIGN_OR_RETURN(moe.routed_scaling_factor,
                          fields.number("routed_scaling_factor", {0.0, limits::kMaxScalingFactor}));
  return moe;
}

Result<ModelConfig> parse(const JsonFields& fields) {
  ModelConfig config;
  SLUICE_RETURN_IF_ERROR(parse_common(fields, config));
  if (fields.has("quantization_config")) {
    return quantised_checkpoint(fields, "BF16, F16, F32");
  }
  config.attention_kind = AttentionKind::kMla;
  SLUICE_ASSIGN_OR_RETURN(config.mla, parse_mla(fields));
  SLUICE_ASSIGN_OR_RETURN(config.num_dense_layers, fields.integer("first_k_dense_replace", {0, config.num_layers}));
  SLUICE_ASSIGN_OR_RETURN(config.dense_intermediate_dim,
                          fields.integer("intermediate_size", {1, limits::kMaxIntermediate}));
  SLUICE_ASSIGN_OR_RETURN(config.moe, parse_moe(fields));
  return config;
}

// The part of a name behind "model.layers.N."
std::string_view layer_suffix(TensorRole role) {
  switch (role) {
    case TensorRole::kAttentionNorm:
      return "input_layernorm";
    case TensorRole::kQuery:
      return "self_attn.q_proj";
    case TensorRole::kQueryDown:
      return "self_attn.q_a_proj";
    case TensorRole::kQueryNorm:
      return "self_attn.q_a_layernorm";
    case TensorRole::kQueryUp:
      return "self_attn.q_b_proj";
    case TensorRole::kKvDown:
      return "self_attn.kv_a_proj_with_mqa";
    case TensorRole::kKvNorm:
      return "self_attn.kv_a_layernorm";
    case TensorRole::kKvUp:
      return "self_attn.kv_b_proj";
    case TensorRole::kAttentionOutput:
      return "self_attn.o_proj";
    case TensorRole::kMlpNorm:
      return "post_attention_layernorm";
    case TensorRole::kDenseGate:
      return "mlp.gate_proj";
    case TensorRole::kDenseUp:
      return "mlp.up_proj";
    case TensorRole::kDenseDown:
      return "mlp.down_proj";
    case TensorRole::kRouter:
      return "mlp.gate";
    case TensorRole::kSharedGate:
      return "mlp.shared_experts.gate_proj";
    case TensorRole::kSharedUp:
      return "mlp.shared_experts.up_proj";
    case TensorRole::kSharedDown:
      return "mlp.shared_experts.down_proj";
    case TensorRole::kExpertGate:
      return "gate_proj";
    case TensorRole::kExpertUp:
      return "up_proj";
    case TensorRole::kExpertDown:
      return "down_proj";
    default:
      break;
  }
  SLUICE_CHECK(false && "a role without a name inside a layer");
  return {};
}

std::string tensor_name(const ModelConfig& config, const TensorKey& key) {
  switch (key.role) {
    case TensorRole::kEmbedding:
      return "model.embed_tokens.weight";
    case TensorRole::kFinalNorm:
      return "model.norm.weight";
    case TensorRole::kHead:
      return config.tie_word_embeddings ? "model.embed_tokens.weight" : "lm_head.weight";
    case TensorRole::kSelectionBias:
      return fmt::format("model.layers.{}.mlp.gate.e_score_correction_bias", key.layer);
    case TensorRole::kExpertGate:
    case TensorRole::kExpertUp:
    case TensorRole::kExpertDown:
      return fmt::format("model.layers.{}.mlp.experts.{}.{}.weight", key.layer, key.expert, layer_suffix(key.role));
    default:
      return fmt::format("model.layers.{}.{}.weight", key.layer, layer_suffix(key.role));
  }
}

// One dimension for a vector, [outputs, inputs] for a matrix.
std::vector<std::int64_t> shape_of(const ModelConfig& config, TensorRole role) {
  const MlaConfig& mla = config.mla;
  const MoeConfig& moe = config.moe;
  const std::int64_t hidden = config.hidden_dim;
  const std::int64_t queries = mla.num_heads * mla.qk_head_dim();
  const std::int64_t shared = moe.num_shared_experts * moe.intermediate_dim;
  switch (role) {
    case TensorRole::kEmbedding:
    case TensorRole::kHead:
      return {config.vocab_size, hidden};
    case TensorRole::kFinalNorm:
    case TensorRole::kAttentionNorm:
    case TensorRole::kMlpNorm:
      return {hidden};
    case TensorRole::kQuery:
      return {queries, hidden};
    case TensorRole::kQueryDown:
      return {mla.q_lora_rank, hidden};
    case TensorRole::kQueryNorm:
      return {mla.q_lora_rank};
    case TensorRole::kQueryUp:
      return {queries, mla.q_lora_rank};
    case TensorRole::kKvDown:
      return {mla.kv_lora_rank + mla.qk_rope_head_dim, hidden};
    case TensorRole::kKvNorm:
      return {mla.kv_lora_rank};
    case TensorRole::kKvUp:
      return {mla.num_heads * (mla.qk_nope_head_dim + mla.v_head_dim), mla.kv_lora_rank};
    case TensorRole::kAttentionOutput:
      return {hidden, mla.num_heads * mla.v_head_dim};
    case TensorRole::kDenseGate:
    case TensorRole::kDenseUp:
      return {config.dense_intermediate_dim, hidden};
    case TensorRole::kDenseDown:
      return {hidden, config.dense_intermediate_dim};
    case TensorRole::kRouter:
      return {moe.num_experts, hidden};
    case TensorRole::kSelectionBias:
      return {moe.num_experts};
    case TensorRole::kExpertGate:
    case TensorRole::kExpertUp:
      return {moe.intermediate_dim, hidden};
    case TensorRole::kExpertDown:
      return {hidden, moe.intermediate_dim};
    case TensorRole::kSharedGate:
    case TensorRole::kSharedUp:
      return {shared, hidden};
    case TensorRole::kSharedDown:
      return {hidden, shared};
    default:
      break;
  }
  SLUICE_CHECK(false && "a role that this architecture does not have");
  return {};
}

TensorSource source(const ModelConfig& config, const TensorKey& key) {
  return plain_source(tensor_name(config, key), shape_of(config, key.role));
}

// The roles of a layer in the order of use, without those of the experts.
std::vector<TensorRole> layer_roles(const ModelConfig& config, std::int64_t layer) {
  using enum TensorRole;
  std::vector<TensorRole> roles{kAttentionNorm};
  if (config.mla.q_lora_rank == 0) {
    roles.push_back(kQuery);
  } else {
    roles.insert(roles.end(), {kQueryDown, kQueryNorm, kQueryUp});
  }
  roles.insert(roles.end(), {kKvDown, kKvNorm, kKvUp, kAttentionOutput, kMlpNorm});
  if (config.is_dense_layer(layer)) {
    roles.insert(roles.end(), {kDenseGate, kDenseUp, kDenseDown});
  } else {
    roles.insert(roles.end(), {kRouter, kSelectionBias, kSharedGate, kSharedUp, kSharedDown});
  }
  return roles;
}

Status for_each_tensor(const ModelConfig& config, const TensorVisitor& visit) {
  const auto visit_key = [&](const TensorKey& key) {
    return visit({tensor_name(config, key), shape_of(config, key.role)});
  };
  SLUICE_RETURN_IF_ERROR(visit_key({.role = TensorRole::kEmbedding}));
  for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
    for (const TensorRole role : layer_roles(config, layer)) {
      SLUICE_RETURN_IF_ERROR(visit_key({.role = role, .layer = layer}));
    }
    for (std::int64_t expert = 0; !config.is_dense_layer(layer) && expert < config.moe.num_experts; ++expert) {
      for (const TensorRole role : {TensorRole::kExpertGate, TensorRole::kExpertUp, TensorRole::kExpertDown}) {
        SLUICE_RETURN_IF_ERROR(visit_key({.role = role, .layer = layer, .expert = expert}));
      }
    }
  }
  SLUICE_RETURN_IF_ERROR(visit_key({.role = TensorRole::kFinalNorm}));
  return visit_key({.role = TensorRole::kHead});
}

}  // namespace

constinit const Architecture kDeepseekV3{"deepseek_v3", "DeepseekV3ForCausalLM", parse, source, for_each_tensor};

}  // namespace sluice
