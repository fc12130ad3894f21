// for_each_part() of quantised_model.hpp, which includes this file; nobody else should.
// Ownership, threading, errors: as there.
#pragma once

#include <string>
#include <type_traits>
#include <variant>

#include "host/quant/quantised_model.hpp"

namespace sluice::quant {
namespace parts {

template <typename FfnType, typename Visit>
Status visit_ffn(const std::string& prefix, FfnType& ffn, const Visit& visit) {
  SLUICE_RETURN_IF_ERROR(visit(prefix + "gate_up", ffn.gate_up));
  return visit(prefix + "down", ffn.down);
}

template <typename AttentionType, typename Visit>
Status visit_mla(const std::string& prefix, AttentionType& attention, const Visit& visit) {
  if (attention.q_a) {
    SLUICE_RETURN_IF_ERROR(visit(prefix + "q_a", *attention.q_a));
    SLUICE_RETURN_IF_ERROR(visit(prefix + "q_norm", *attention.q_norm));
  }
  SLUICE_RETURN_IF_ERROR(visit(prefix + "q_b", attention.q_b));
  SLUICE_RETURN_IF_ERROR(visit(prefix + "kv_a", attention.kv_a));
  SLUICE_RETURN_IF_ERROR(visit(prefix + "kv_norm", attention.kv_norm));
  SLUICE_RETURN_IF_ERROR(visit(prefix + "w_uk", attention.w_uk));
  SLUICE_RETURN_IF_ERROR(visit(prefix + "w_uv", attention.w_uv));
  return visit(prefix + "o", attention.o);
}

template <typename AttentionType, typename Visit>
Status visit_gqa(const std::string& prefix, AttentionType& attention, const Visit& visit) {
  SLUICE_RETURN_IF_ERROR(visit(prefix + "q", attention.q));
  SLUICE_RETURN_IF_ERROR(visit(prefix + "k", attention.k));
  SLUICE_RETURN_IF_ERROR(visit(prefix + "v", attention.v));
  if (!attention.sinks.empty()) {
    SLUICE_RETURN_IF_ERROR(visit(prefix + "sinks", attention.sinks));
  }
  return visit(prefix + "o", attention.o);
}

template <typename VariantType, typename Visit>
Status visit_attention(const std::string& prefix, VariantType& variant, const Visit& visit) {
  return std::visit(
      [&](auto& attention) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(attention)>, MlaAttention>) {
          return visit_mla(prefix, attention, visit);
        } else {
          return visit_gqa(prefix, attention, visit);
        }
      },
      variant);
}

template <typename LayerType, typename Visit>
Status visit_layer(const std::string& prefix, LayerType& layer, const Visit& visit) {
  SLUICE_RETURN_IF_ERROR(visit(prefix + "attention_norm", layer.attention_norm));
  SLUICE_RETURN_IF_ERROR(visit_attention(prefix + "attention.", layer.attention, visit));
  SLUICE_RETURN_IF_ERROR(visit(prefix + "ffn_norm", layer.ffn_norm));
  if (layer.dense) {
    return visit_ffn(prefix + "dense.", *layer.dense, visit);
  }
  SLUICE_RETURN_IF_ERROR(visit(prefix + "router", *layer.router));
  if (!layer.selection_bias.empty()) {
    SLUICE_RETURN_IF_ERROR(visit(prefix + "selection_bias", layer.selection_bias));
  }
  for (std::size_t expert = 0; expert < layer.experts.size(); ++expert) {
    SLUICE_RETURN_IF_ERROR(visit_ffn(prefix + "experts." + std::to_string(expert) + ".", layer.experts[expert], visit));
  }
  return layer.shared ? visit_ffn(prefix + "shared.", *layer.shared, visit) : Status();
}

}  // namespace parts

template <typename ModelType, typename Visit>
Status for_each_part(ModelType& model, const Visit& visit) {
  SLUICE_RETURN_IF_ERROR(visit("embedding", model.embedding));
  for (std::size_t layer = 0; layer < model.layers.size(); ++layer) {
    SLUICE_RETURN_IF_ERROR(parts::visit_layer("layers." + std::to_string(layer) + ".", model.layers[layer], visit));
  }
  SLUICE_RETURN_IF_ERROR(visit("final_norm", model.final_norm));
  return visit("head", model.head);
}

}  // namespace sluice::quant
