#include "host/quant/quantised_model.hpp"

#include <fmt/format.h>

#include "host/base/check.hpp"

namespace sluice::quant {
namespace {

using device::Format;

std::string tensor_name(const ModelConfig& config, const TensorKey& key) {
  return architecture_of(config).tensor_name(config, key);
}

// A dimension that must be a multiple of 32, and a tensor that has it.
struct Dimension {
  std::int64_t value;
  TensorKey tensor;
};

Status check_dimensions(const ModelConfig& config) {
  const MlaConfig& mla = config.mla;
  std::vector<Dimension> dimensions{
      {config.hidden_dim, {TensorRole::kEmbedding}}, {mla.q_lora_rank, {TensorRole::kQueryDown}},
      {mla.kv_lora_rank, {TensorRole::kKvDown}},     {mla.qk_rope_head_dim, {TensorRole::kKvDown}},
      {mla.qk_nope_head_dim, {TensorRole::kKvUp}},   {mla.v_head_dim, {TensorRole::kKvUp}}};
  if (config.num_dense_layers > 0) {
    dimensions.push_back({config.dense_intermediate_dim, {TensorRole::kDenseDown}});
  }
  if (config.num_dense_layers < config.num_layers) {
    dimensions.push_back({config.moe.intermediate_dim, {TensorRole::kExpertDown, config.num_dense_layers, 0}});
  }
  for (const Dimension& dimension : dimensions) {
    if (dimension.value % device::kBlock != 0) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("tensor {}: a dimension of {} is not a multiple of {}, which devices need",
                               tensor_name(config, dimension.tensor), dimension.value, device::kBlock));
    }
  }
  return {};
}

Status check_count(std::string_view what, std::int64_t count, std::int64_t most) {
  if (count > most) {
    return Error(ErrorCode::kUnsupported, fmt::format("{} {}; devices take at most {}", count, what, most));
  }
  return {};
}

PackedMatrix empty_matrix(Format format, std::int64_t rows, std::int64_t columns, std::int64_t groups = 1) {
  PackedMatrix matrix;
  matrix.format = format;
  matrix.shape = {static_cast<std::uint32_t>(rows), static_cast<std::uint32_t>(columns),
                  static_cast<std::uint32_t>(groups)};
  return matrix;
}

Gamma empty_gamma(std::int64_t elements) {
  Gamma gamma;
  gamma.values.resize(static_cast<std::size_t>(elements));
  return gamma;
}

Ffn empty_ffn(Format format, std::int64_t hidden, std::int64_t intermediate) {
  return {empty_matrix(format, 2 * intermediate, hidden), empty_matrix(format, hidden, intermediate)};
}

MlaAttention empty_attention(const ModelConfig& config, Format format) {
  const MlaConfig& mla = config.mla;
  const std::int64_t hidden = config.hidden_dim;
  MlaAttention attention;
  if (mla.q_lora_rank > 0) {
    attention.q_a = empty_matrix(format, mla.q_lora_rank, hidden);
    attention.q_norm = empty_gamma(mla.q_lora_rank);
  }
  const std::int64_t q_input = mla.q_lora_rank > 0 ? mla.q_lora_rank : hidden;
  attention.q_b = empty_matrix(format, mla.num_heads * mla.qk_head_dim(), q_input);
  attention.kv_a = empty_matrix(format, mla.kv_lora_rank + mla.qk_rope_head_dim, hidden);
  attention.kv_norm = empty_gamma(mla.kv_lora_rank);
  attention.w_uk = empty_matrix(format, mla.kv_lora_rank, mla.qk_nope_head_dim, mla.num_heads);
  attention.w_uv = empty_matrix(format, mla.v_head_dim, mla.kv_lora_rank, mla.num_heads);
  attention.o = empty_matrix(format, hidden, mla.num_heads * mla.v_head_dim);
  return attention;
}

Layer empty_layer(const ModelConfig& config, std::int64_t index, Format format) {
  const MoeConfig& moe = config.moe;
  const std::int64_t hidden = config.hidden_dim;
  Layer layer;
  layer.attention_norm = empty_gamma(hidden);
  layer.attention = empty_attention(config, format);
  layer.ffn_norm = empty_gamma(hidden);
  if (config.is_dense_layer(index)) {
    layer.dense = empty_ffn(format, hidden, config.dense_intermediate_dim);
    return layer;
  }
  layer.router = empty_matrix(Format::kMxInt16, moe.num_experts, hidden);
  layer.router_bias.resize(static_cast<std::size_t>(moe.num_experts));
  layer.experts.assign(static_cast<std::size_t>(moe.num_experts), empty_ffn(format, hidden, moe.intermediate_dim));
  if (moe.num_shared_experts > 0) {
    layer.shared = empty_ffn(format, hidden, moe.num_shared_experts * moe.intermediate_dim);
  }
  return layer;
}

}  // namespace

Status check_supported(const ModelConfig& config) {
  constexpr std::int64_t kMaxKeyDim = 1024;  // numerics.md, section 6.8
  SLUICE_RETURN_IF_ERROR(check_dimensions(config));
  SLUICE_RETURN_IF_ERROR(check_count("layers", config.num_layers, device::kMaxLayers));
  SLUICE_RETURN_IF_ERROR(
      check_count("key dimensions", config.mla.kv_lora_rank + config.mla.qk_rope_head_dim, kMaxKeyDim));
  if (config.num_dense_layers < config.num_layers) {
    SLUICE_RETURN_IF_ERROR(check_count("experts", config.moe.num_experts, device::kMaxExperts));
    SLUICE_RETURN_IF_ERROR(check_count("experts a token", config.moe.experts_per_token, device::kMaxTopK));
  }
  return {};
}

QuantisedModel empty_model(const ModelConfig& config, Format linear_format) {
  SLUICE_CHECK(linear_format != Format::kMxInt16);  // the router's alone: linears take q8 inputs
  QuantisedModel model;
  model.config = config;
  model.linear_format = linear_format;
  model.embedding.rows = static_cast<std::uint32_t>(config.vocab_size);
  model.embedding.columns = static_cast<std::uint32_t>(config.hidden_dim);
  for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
    model.layers.push_back(empty_layer(config, layer, linear_format));
  }
  model.final_norm = empty_gamma(config.hidden_dim);
  model.head = empty_matrix(Format::kMxInt8, config.vocab_size, config.hidden_dim);
  return model;
}

std::int64_t rope_source_dim(std::int64_t dim, std::int64_t rope_dims, bool interleaved) {
  const std::int64_t half = rope_dims / 2;
  if (!interleaved) {
    return dim;
  }
  return dim < half ? 2 * dim : 2 * (dim - half) + 1;
}

}  // namespace sluice::quant
