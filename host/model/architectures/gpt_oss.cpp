// gpt-oss (https://huggingface.co/openai/gpt-oss-20b), in bf16 as transformers writes it or with experts in MXFP4 as it
// was published. Source: transformers, models/gpt_oss/{configuration,modeling}_gpt_oss.py, integrations/mxfp4.py;
// https://arxiv.org/abs/2508.10925.
#include <fmt/format.h>

#include "host/base/check.hpp"
#include "host/model/architectures/architecture.hpp"
#include "host/model/config_fields.hpp"

namespace sluice {
namespace {

using nlohmann::json;

constexpr std::int64_t kMxFp4Block = 32;

// Published configs leave these out; the reference model has them as constants.
constexpr double kDefaultAlpha = 1.702;
constexpr double kDefaultLimit = 7.0;

Result<GqaConfig> parse_gqa(const JsonFields& fields, std::int64_t hidden) {
  GqaConfig gqa;
  SLUICE_ASSIGN_OR_RETURN(gqa.num_heads, fields.integer("num_attention_heads", {1, limits::kMaxHeads}));
  SLUICE_ASSIGN_OR_RETURN(gqa.num_kv_heads,
                          fields.integer_or("num_key_value_heads", {1, gqa.num_heads}, gqa.num_heads));
  if (gqa.num_heads % gqa.num_kv_heads != 0) {
    return fields.wrong("num_key_value_heads", *fields.find("num_key_value_heads"),
                        fmt::format("divisors of num_attention_heads = {}", gqa.num_heads));
  }
  SLUICE_ASSIGN_OR_RETURN(gqa.head_dim,
                          fields.integer_or("head_dim", {2, limits::kMaxHeadDim}, hidden / gqa.num_heads));
  if (gqa.head_dim % 2 != 0 || gqa.head_dim == 0) {
    return Error(ErrorCode::kInvalidInput, fmt::format("head_dim is {}; supported: even numbers", gqa.head_dim));
  }
  SLUICE_ASSIGN_OR_RETURN(gqa.bias, fields.flag_or("attention_bias", true));
  gqa.sinks = true;
  return gqa;
}

Result<MoeConfig> parse_moe(const JsonFields& fields) {
  MoeConfig moe;
  moe.rule = RouterRule::kTopKSoftmax;
  SLUICE_ASSIGN_OR_RETURN(moe.num_experts, fields.integer("num_local_experts", {1, limits::kMaxExperts}));
  const std::string_view key = fields.has("num_experts_per_tok") ? "num_experts_per_tok" : "experts_per_token";
  SLUICE_ASSIGN_OR_RETURN(moe.experts_per_token,
                          fields.integer(key, {1, std::min(moe.num_experts, limits::kMaxExpertsPerToken)}));
  SLUICE_ASSIGN_OR_RETURN(moe.intermediate_dim, fields.integer("intermediate_size", {1, limits::kMaxIntermediate}));
  moe.normalise_weights = true;
  moe.bias = true;
  return moe;
}

Result<std::vector<std::int64_t>> parse_windows(const JsonFields& fields, std::int64_t layers) {
  constexpr std::string_view kKey = "layer_types";
  std::vector<std::int64_t> windows(static_cast<std::size_t>(layers));
  std::int64_t window = 0;
  const auto sliding = [&]() -> Result<std::int64_t> {
    SLUICE_ASSIGN_OR_RETURN(window, fields.integer("sliding_window", {1, limits::kMaxPosition}));
    return window;
  };
  const json* types = fields.find(kKey);
  if (types == nullptr) {  // as GptOssConfig: every second layer, the first among them, slides
    for (std::size_t layer = 0; layer < windows.size(); layer += 2) {
      SLUICE_ASSIGN_OR_RETURN(windows[layer], sliding());
    }
    return windows;
  }
  if (!types->is_array() || types->size() != windows.size()) {
    return fields.wrong(kKey, *types, fmt::format("a list of {}, one a layer", layers));
  }
  for (std::size_t layer = 0; layer < windows.size(); ++layer) {
    if ((*types)[layer] == "sliding_attention") {
      SLUICE_ASSIGN_OR_RETURN(windows[layer], sliding());
    } else if ((*types)[layer] != "full_attention") {
      return Error(ErrorCode::kUnsupported,
                   fields.wrong(kKey, (*types)[layer], "sliding_attention, full_attention").message());
    }
  }
  return windows;
}

Result<ExpertStorage> parse_storage(const JsonFields& fields) {
  if (!fields.has("quantization_config")) {
    return ExpertStorage::kStacked;
  }
  const json& config = *fields.find("quantization_config");
  if (!config.is_object() || !config.contains("quant_method") || config["quant_method"] != "mxfp4") {
    return quantised_checkpoint(fields, "BF16, F16, F32, and mxfp4 for experts");
  }
  return ExpertStorage::kMxFp4;
}

Result<ModelConfig> parse(const JsonFields& fields) {
  ModelConfig config;
  SLUICE_RETURN_IF_ERROR(parse_common(fields, config));
  config.attention_kind = AttentionKind::kGqa;
  SLUICE_ASSIGN_OR_RETURN(config.gqa, parse_gqa(fields, config.hidden_dim));
  SLUICE_ASSIGN_OR_RETURN(config.windows, parse_windows(fields, config.num_layers));
  SLUICE_ASSIGN_OR_RETURN(config.moe, parse_moe(fields));
  config.activation.kind = ActivationConfig::Kind::kSwigluClamped;
  SLUICE_ASSIGN_OR_RETURN(config.activation.limit,
                          fields.number_or("swiglu_limit", {0.0, limits::kMaxActivationLimit}, kDefaultLimit));
  SLUICE_ASSIGN_OR_RETURN(config.activation.alpha,
                          fields.number_or("swiglu_alpha", {0.0, limits::kMaxActivationAlpha}, kDefaultAlpha));
  SLUICE_ASSIGN_OR_RETURN(config.expert_storage, parse_storage(fields));
  if (config.expert_storage == ExpertStorage::kMxFp4 &&
      (config.hidden_dim % kMxFp4Block != 0 || config.moe.intermediate_dim % kMxFp4Block != 0)) {
    return Error(ErrorCode::kInvalidInput,
                 fmt::format("hidden_size {} and intermediate_size {} must be multiples of {} for experts in mxfp4",
                             config.hidden_dim, config.moe.intermediate_dim, kMxFp4Block));
  }
  return config;
}

// ---- Tensors of one layer that are not experts'. ----------------------------------------------------------------

struct LayerTensor {
  TensorRole role;
  std::string_view suffix;  // behind "model.layers.N."
  std::vector<std::int64_t> shape;
};

std::vector<LayerTensor> layer_tensors(const ModelConfig& config) {
  using enum TensorRole;
  const GqaConfig& gqa = config.gqa;
  const std::int64_t hidden = config.hidden_dim;
  const std::int64_t experts = config.moe.num_experts;
  std::vector<LayerTensor> tensors{{kAttentionNorm, "input_layernorm.weight", {hidden}},
                                   {kQuery, "self_attn.q_proj.weight", {gqa.query_dim(), hidden}},
                                   {kKey, "self_attn.k_proj.weight", {gqa.kv_dim(), hidden}},
                                   {kValue, "self_attn.v_proj.weight", {gqa.kv_dim(), hidden}},
                                   {kSinks, "self_attn.sinks", {gqa.num_heads}},
                                   {kAttentionOutput, "self_attn.o_proj.weight", {hidden, gqa.query_dim()}}};
  if (gqa.bias) {
    tensors.push_back({kQueryBias, "self_attn.q_proj.bias", {gqa.query_dim()}});
    tensors.push_back({kKeyBias, "self_attn.k_proj.bias", {gqa.kv_dim()}});
    tensors.push_back({kValueBias, "self_attn.v_proj.bias", {gqa.kv_dim()}});
    tensors.push_back({kAttentionOutputBias, "self_attn.o_proj.bias", {hidden}});
  }
  tensors.push_back({kMlpNorm, "post_attention_layernorm.weight", {hidden}});
  tensors.push_back({kRouter, "mlp.router.weight", {experts, hidden}});
  tensors.push_back({kRouterBias, "mlp.router.bias", {experts}});
  return tensors;
}

// ---- Experts: gate's and up's rows alternate in one tensor of all experts. ----------------------------------------

TensorSource expert_matrix(const ModelConfig& config, const std::string& name, std::int64_t expert,
                           std::int64_t outputs_stored, std::int64_t inputs, std::int64_t first_output,
                           std::int64_t output_step) {
  TensorSource source;
  source.name = name;
  source.rows = outputs_stored / output_step;
  source.columns = inputs;
  const std::int64_t start = expert * outputs_stored * inputs;
  if (config.expert_storage == ExpertStorage::kMxFp4) {  // [experts, outputs, inputs]
    source.mxfp4 = true;
    source.first = start + first_output * inputs;
    source.row_stride = output_step * inputs;
  } else {  // [experts, inputs, outputs]
    source.first = start + first_output;
    source.row_stride = output_step;
    source.column_stride = outputs_stored;
  }
  return source;
}

TensorSource expert_bias(const std::string& name, std::int64_t expert, std::int64_t outputs_stored,
                         std::int64_t first_output, std::int64_t output_step) {
  return {.name = name,
          .columns = outputs_stored / output_step,
          .first = expert * outputs_stored + first_output,
          .column_stride = output_step};
}

TensorSource expert_source(const ModelConfig& config, const TensorKey& key) {
  const std::string prefix = fmt::format("model.layers.{}.mlp.experts.", key.layer);
  const std::string gate_up = prefix + "gate_up_proj";
  const std::string down = prefix + "down_proj";
  const std::int64_t hidden = config.hidden_dim;
  const std::int64_t intermediate = config.moe.intermediate_dim;
  switch (key.role) {
    case TensorRole::kExpertGate:
      return expert_matrix(config, gate_up, key.expert, 2 * intermediate, hidden, 0, 2);
    case TensorRole::kExpertUp:
      return expert_matrix(config, gate_up, key.expert, 2 * intermediate, hidden, 1, 2);
    case TensorRole::kExpertDown:
      return expert_matrix(config, down, key.expert, hidden, intermediate, 0, 1);
    case TensorRole::kExpertGateBias:
      return expert_bias(gate_up + "_bias", key.expert, 2 * intermediate, 0, 2);
    case TensorRole::kExpertUpBias:
      return expert_bias(gate_up + "_bias", key.expert, 2 * intermediate, 1, 2);
    case TensorRole::kExpertDownBias:
      return expert_bias(down + "_bias", key.expert, hidden, 0, 1);
    default:
      break;
  }
  SLUICE_CHECK(false && "a role that this architecture does not have");
  return {};
}

TensorSource source(const ModelConfig& config, const TensorKey& key) {
  switch (key.role) {
    case TensorRole::kEmbedding:
      return plain_source("model.embed_tokens.weight", {config.vocab_size, config.hidden_dim});
    case TensorRole::kFinalNorm:
      return plain_source("model.norm.weight", {config.hidden_dim});
    case TensorRole::kHead:
      return plain_source(config.tie_word_embeddings ? "model.embed_tokens.weight" : "lm_head.weight",
                          {config.vocab_size, config.hidden_dim});
    default:
      break;
  }
  for (const LayerTensor& tensor : layer_tensors(config)) {
    if (tensor.role == key.role) {
      return plain_source(fmt::format("model.layers.{}.{}", key.layer, tensor.suffix), tensor.shape);
    }
  }
  return expert_source(config, key);
}

Status visit_experts(const ModelConfig& config, std::int64_t layer, const TensorVisitor& visit) {
  const std::int64_t experts = config.moe.num_experts;
  const std::int64_t hidden = config.hidden_dim;
  const std::int64_t intermediate = config.moe.intermediate_dim;
  struct Stack {
    std::string_view name;
    std::int64_t outputs;
    std::int64_t inputs;
  };
  for (const Stack& stack :
       {Stack{"gate_up_proj", 2 * intermediate, hidden}, Stack{"down_proj", hidden, intermediate}}) {
    const std::string name = fmt::format("model.layers.{}.mlp.experts.{}", layer, stack.name);
    if (config.expert_storage == ExpertStorage::kMxFp4) {
      const std::int64_t blocks = stack.inputs / kMxFp4Block;
      SLUICE_RETURN_IF_ERROR(visit({name + "_blocks", {experts, stack.outputs, blocks, kMxFp4Block / 2}, true}));
      SLUICE_RETURN_IF_ERROR(visit({name + "_scales", {experts, stack.outputs, blocks}, true}));
    } else {
      SLUICE_RETURN_IF_ERROR(visit({name, {experts, stack.inputs, stack.outputs}}));
    }
    SLUICE_RETURN_IF_ERROR(visit({name + "_bias", {experts, stack.outputs}}));
  }
  return {};
}

Status for_each_tensor(const ModelConfig& config, const TensorVisitor& visit) {
  const std::vector<std::int64_t> vocab_by_hidden{config.vocab_size, config.hidden_dim};
  SLUICE_RETURN_IF_ERROR(visit({"model.embed_tokens.weight", vocab_by_hidden}));
  for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
    for (const LayerTensor& tensor : layer_tensors(config)) {
      SLUICE_RETURN_IF_ERROR(visit({fmt::format("model.layers.{}.{}", layer, tensor.suffix), tensor.shape}));
    }
    SLUICE_RETURN_IF_ERROR(visit_experts(config, layer, visit));
  }
  SLUICE_RETURN_IF_ERROR(visit({"model.norm.weight", {config.hidden_dim}}));
  return visit({source(config, {.role = TensorRole::kHead}).name, vocab_by_hidden});
}

}  // namespace

constinit const Architecture kGptOss{"gpt_oss", "GptOssForCausalLM", parse, source, for_each_tensor};

}  // namespace sluice
