#include "host/quant/quantised_model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "host/base/check.hpp"

namespace sluice::quant {
namespace {

using device::Format;

// A dimension that must be a multiple of 32, and the role of a tensor that has it.
struct Dimension {
  std::int64_t value;
  TensorKey tensor;
};

Status check_dimensions(const ModelConfig& config) {
  std::vector<Dimension> dimensions{{config.hidden_dim, {TensorRole::kEmbedding}}};
  if (config.attention_kind == AttentionKind::kMla) {
    const MlaConfig& mla = config.mla;
    dimensions.insert(dimensions.end(), {{mla.kv_lora_rank, {TensorRole::kKvDown}},
                                         {mla.qk_rope_head_dim, {TensorRole::kKvDown}},
                                         {mla.qk_nope_head_dim, {TensorRole::kKvUp}},
                                         {mla.v_head_dim, {TensorRole::kKvUp}}});
    if (mla.q_lora_rank > 0) {
      dimensions.push_back({mla.q_lora_rank, {TensorRole::kQueryDown}});
    }
  } else {
    dimensions.push_back({config.gqa.head_dim, {TensorRole::kKey}});
  }
  if (config.num_dense_layers > 0) {
    dimensions.push_back({config.dense_intermediate_dim, {TensorRole::kDenseDown}});
  }
  if (config.num_dense_layers < config.num_layers) {
    dimensions.push_back({config.moe.intermediate_dim, {TensorRole::kExpertDown, config.num_dense_layers, 0}});
  }
  for (const Dimension& dimension : dimensions) {
    if (dimension.value % device::kBlock != 0) {
      return Error(
          ErrorCode::kUnsupported,
          fmt::format("tensor {}: a dimension of {} is not a multiple of {}, which devices need",
                      architecture_of(config).source(config, dimension.tensor).name, dimension.value, device::kBlock));
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

PackedMatrix empty_matrix(Format format, std::int64_t rows, std::int64_t columns, bool bias = false,
                          std::int64_t groups = 1) {
  PackedMatrix matrix;
  matrix.format = format;
  matrix.shape = {static_cast<std::uint32_t>(rows), static_cast<std::uint32_t>(columns),
                  static_cast<std::uint32_t>(groups)};
  if (bias) {
    matrix.bias.emplace().mantissas.resize(static_cast<std::size_t>(rows * groups));
  }
  return matrix;
}

Gamma empty_gamma(std::int64_t elements) {
  Gamma gamma;
  gamma.values.resize(static_cast<std::size_t>(elements));
  return gamma;
}

Ffn empty_ffn(Format format, std::int64_t hidden, std::int64_t intermediate, bool bias = false) {
  return {empty_matrix(format, 2 * intermediate, hidden, bias), empty_matrix(format, hidden, intermediate, bias)};
}

MlaAttention empty_mla(const ModelConfig& config, Format format) {
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
  attention.w_uk = empty_matrix(format, mla.kv_lora_rank, mla.qk_nope_head_dim, false, mla.num_heads);
  attention.w_uv = empty_matrix(format, mla.v_head_dim, mla.kv_lora_rank, false, mla.num_heads);
  attention.o = empty_matrix(format, hidden, mla.num_heads * mla.v_head_dim);
  return attention;
}

GqaAttention empty_gqa(const ModelConfig& config, Format format) {
  const GqaConfig& gqa = config.gqa;
  const std::int64_t hidden = config.hidden_dim;
  GqaAttention attention;
  attention.q = empty_matrix(format, gqa.query_dim(), hidden, gqa.bias);
  attention.k = empty_matrix(format, gqa.kv_dim(), hidden, gqa.bias);
  attention.v = empty_matrix(format, gqa.kv_dim(), hidden, gqa.bias);
  attention.o = empty_matrix(format, hidden, gqa.query_dim(), gqa.bias);
  attention.sinks.resize(gqa.sinks ? static_cast<std::size_t>(gqa.num_heads) : 0);
  return attention;
}

Layer empty_layer(const ModelConfig& config, std::int64_t index, const Formats& formats) {
  const MoeConfig& moe = config.moe;
  const std::int64_t hidden = config.hidden_dim;
  Layer layer;
  layer.attention_norm = empty_gamma(hidden);
  if (config.attention_kind == AttentionKind::kMla) {
    layer.attention = empty_mla(config, formats.attention);
  } else {
    layer.attention = empty_gqa(config, formats.attention);
  }
  layer.ffn_norm = empty_gamma(hidden);
  if (config.is_dense_layer(index)) {
    layer.dense = empty_ffn(formats.dense, hidden, config.dense_intermediate_dim);
    return layer;
  }
  layer.router = empty_matrix(formats.router, moe.num_experts, hidden, moe.bias);
  if (moe.rule == RouterRule::kSigmoidBiasGroups) {
    layer.selection_bias.resize(static_cast<std::size_t>(moe.num_experts));
  }
  layer.experts.assign(static_cast<std::size_t>(moe.num_experts),
                       empty_ffn(formats.experts, hidden, moe.intermediate_dim, moe.bias));
  if (moe.num_shared_experts > 0) {
    layer.shared = empty_ffn(formats.shared, hidden, moe.num_shared_experts * moe.intermediate_dim);
  }
  return layer;
}

// ---- Formats as text ---------------------------------------------------------------------------------------------

struct FormatType {
  std::string_view name;
  Format Formats::* member;
};
constexpr std::array<FormatType, 6> kFormatTypes{{{"attention", &Formats::attention},
                                                  {"dense", &Formats::dense},
                                                  {"experts", &Formats::experts},
                                                  {"shared", &Formats::shared},
                                                  {"head", &Formats::head},
                                                  {"router", &Formats::router}}};
constexpr std::array<std::string_view, 4> kFormatNames{"mxint8", "int4", "mxfp4", "mxint16"};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return lower;
}

Result<Format> parse_format(std::string_view name) {
  const auto found = std::ranges::find(kFormatNames, lower_case(name));
  if (found == kFormatNames.end()) {
    return Error(ErrorCode::kInvalidInput,
                 fmt::format("there is no format '{}'; use {}", name, fmt::join(kFormatNames, ", ")));
  }
  return static_cast<Format>(found - kFormatNames.begin());
}

Status set_format(std::string_view type, Format format, Formats& formats) {
  const auto found = std::ranges::find(kFormatTypes, lower_case(type), &FormatType::name);
  if (found == kFormatTypes.end()) {
    return Error(ErrorCode::kInvalidInput,
                 fmt::format("there is no type '{}'; use attention, dense, experts, shared, head, router", type));
  }
  if (format == Format::kMxInt16 && found->member != &Formats::router) {
    return Error(ErrorCode::kInvalidInput, fmt::format("{}: mxint16 is for the router only", type));
  }
  formats.*(found->member) = format;
  return {};
}

}  // namespace

Status check_supported(const ModelConfig& config) {
  constexpr std::int64_t kMaxKeyDim = 1024;  // numerics.md, section 6.8
  SLUICE_RETURN_IF_ERROR(check_dimensions(config));
  SLUICE_RETURN_IF_ERROR(check_count("layers", config.num_layers, device::kMaxLayers));
  const bool mla = config.attention_kind == AttentionKind::kMla;
  const std::int64_t key_dim = mla ? config.mla.kv_lora_rank + config.mla.qk_rope_head_dim : config.gqa.head_dim;
  SLUICE_RETURN_IF_ERROR(check_count("key dimensions", key_dim, kMaxKeyDim));
  if (config.num_dense_layers < config.num_layers) {
    SLUICE_RETURN_IF_ERROR(check_count("experts", config.moe.num_experts, device::kMaxExperts));
    SLUICE_RETURN_IF_ERROR(check_count("experts a token", config.moe.experts_per_token, device::kMaxTopK));
  }
  return {};
}

Result<Formats> parse_formats(std::string_view text, const Formats& base) {
  Formats formats = base;
  bool first = true;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    const std::size_t equals = item.find('=');
    SLUICE_ASSIGN_OR_RETURN(const Format format,
                            parse_format(equals == std::string_view::npos ? item : item.substr(equals + 1)));
    if (equals != std::string_view::npos) {
      SLUICE_RETURN_IF_ERROR(set_format(item.substr(0, equals), format, formats));
    } else if (!first) {
      return Error(ErrorCode::kInvalidInput,
                   fmt::format("'{}' stands behind another format; write TYPE={}", item, item));
    } else if (format == Format::kMxInt16) {
      return Error(ErrorCode::kInvalidInput, "mxint16 is for the router only");
    } else {
      formats = Formats(format);
    }
    first = false;
  }
  return formats;
}

std::string formats_text(const Formats& formats) {
  const auto name = [](Format format) { return kFormatNames[static_cast<std::size_t>(format)]; };
  const Formats usual(formats.attention);
  std::string text(name(formats.attention));
  for (const FormatType& type : kFormatTypes) {
    if (formats.*(type.member) != usual.*(type.member)) {
      text += fmt::format(",{}={}", type.name, name(formats.*(type.member)));
    }
  }
  return text;
}

Formats default_formats(const ModelConfig& config) {
  Formats formats;
  if (config.expert_storage == ExpertStorage::kMxFp4) {
    formats.experts = Format::kMxFp4;
  }
  return formats;
}

QuantisedModel empty_model(const ModelConfig& config, const Formats& formats) {
  QuantisedModel model;
  model.config = config;
  model.formats = formats;
  model.embedding.rows = static_cast<std::uint32_t>(config.vocab_size);
  model.embedding.columns = static_cast<std::uint32_t>(config.hidden_dim);
  for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
    model.layers.push_back(empty_layer(config, layer, formats));
  }
  model.final_norm = empty_gamma(config.hidden_dim);
  model.head = empty_matrix(formats.head, config.vocab_size, config.hidden_dim);
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
