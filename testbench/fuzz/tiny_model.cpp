#include "testbench/fuzz/tiny_model.hpp"

#include <algorithm>
#include <cstring>

#include "host/model/json.hpp"

namespace sluice::fuzz {
namespace {

constexpr const char* kMla = R"({
  "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3",
  "vocab_size": 4, "hidden_size": 32, "num_hidden_layers": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-05,
  "num_attention_heads": 1, "num_key_value_heads": 1, "q_lora_rank": 32, "kv_lora_rank": 32,
  "qk_nope_head_dim": 32, "qk_rope_head_dim": 32, "v_head_dim": 32,
  "first_k_dense_replace": 1, "intermediate_size": 32, "moe_intermediate_size": 32, "n_routed_experts": 2,
  "n_shared_experts": 1, "n_group": 1, "topk_group": 1, "num_experts_per_tok": 1, "norm_topk_prob": true,
  "routed_scaling_factor": 1.0, "hidden_act": "silu", "bos_token_id": 0, "eos_token_id": 1, "rope_theta": 10000
})";

constexpr const char* kGqa = R"({
  "architectures": ["GptOssForCausalLM"], "model_type": "gpt_oss",
  "vocab_size": 4, "hidden_size": 32, "num_hidden_layers": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-05,
  "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 32, "attention_bias": true, "sliding_window": 8,
  "layer_types": ["sliding_attention", "full_attention"], "intermediate_size": 32, "num_local_experts": 2,
  "num_experts_per_tok": 1, "swiglu_limit": 7.0, "hidden_act": "silu", "bos_token_id": 0, "eos_token_id": 1,
  "rope_theta": 10000
})";

TinyModel tiny_model(const std::string& name, const char* text) { return {name, text, parse_config(text, "").value()}; }

// The end of the last tensor of a header, 0 if it has none that fits a small file.
std::size_t end_of_data(std::string_view header) {
  constexpr std::uint64_t kMaxDataBytes = 65'536;
  const Result<nlohmann::json> document = parse_json(header, JsonLimits{});
  std::uint64_t end = 0;
  if (document.ok() && document.value().is_object()) {
    for (const nlohmann::json& entry : document.value()) {
      const auto last = "/data_offsets/1"_json_pointer;
      const nlohmann::json offset = entry.is_object() ? entry.value(last, nlohmann::json()) : nlohmann::json();
      if (offset.is_number_unsigned() && offset.get<std::uint64_t>() <= kMaxDataBytes) {
        end = std::max(end, offset.get<std::uint64_t>());
      }
    }
  }
  return end;
}

}  // namespace

std::span<const TinyModel> tiny_models() {
  static const std::vector<TinyModel> models{tiny_model("mla", kMla), tiny_model("gqa", kGqa)};
  return models;
}

std::vector<std::byte> model_file_of(std::string_view header, std::string_view tail) {
  constexpr std::size_t kLengthBytes = 8;
  const std::uint64_t length = header.size();
  std::vector<std::byte> file(kLengthBytes + header.size() + end_of_data(header));
  std::memcpy(file.data(), &length, kLengthBytes);
  std::ranges::copy(std::as_bytes(std::span(header)), file.begin() + kLengthBytes);
  const std::size_t given = std::min(tail.size(), file.size() - kLengthBytes - header.size());
  std::ranges::copy(std::as_bytes(std::span(tail.substr(0, given))), file.end() - static_cast<std::ptrdiff_t>(given));
  return file;
}

}  // namespace sluice::fuzz
