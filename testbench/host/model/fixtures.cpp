#include "testbench/host/model/fixtures.hpp"

#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/base/check.hpp"
#include "host/model/architectures/architecture.hpp"

namespace sluice::testing {

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sluice-test-XXXXXX").string();
  SLUICE_CHECK(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  SLUICE_CHECK(file.good());
}

std::string safetensors_file(std::string_view header, std::string_view data) {
  const std::uint64_t length = header.size();
  std::array<char, sizeof(length)> length_bytes{};
  std::memcpy(length_bytes.data(), &length, sizeof(length));
  return std::string(length_bytes.data(), length_bytes.size()) + std::string(header) + std::string(data);
}

std::string zero_tensors(std::span<const NamedShape> tensors) {
  nlohmann::json header = {{"__metadata__", {{"format", "pt"}}}};
  std::int64_t position = 0;
  for (const NamedShape& tensor : tensors) {
    std::int64_t bytes = 2;
    for (const std::int64_t extent : tensor.shape) {
      bytes *= extent;
    }
    header[tensor.name] = {{"dtype", "BF16"}, {"shape", tensor.shape}, {"data_offsets", {position, position + bytes}}};
    position += bytes;
  }
  return safetensors_file(header.dump(), std::string(static_cast<std::size_t>(position), '\0'));
}

std::span<const std::byte> bytes_of(std::string_view content) {
  return {reinterpret_cast<const std::byte*>(content.data()), content.size()};
}

const char* const kTinyConfig = R"({
  "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3",
  "vocab_size": 4, "hidden_size": 8, "num_hidden_layers": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-05,
  "num_attention_heads": 2, "num_key_value_heads": 2, "q_lora_rank": 6, "kv_lora_rank": 4,
  "qk_nope_head_dim": 3, "qk_rope_head_dim": 2, "v_head_dim": 5,
  "first_k_dense_replace": 1, "intermediate_size": 12, "moe_intermediate_size": 7, "n_routed_experts": 4,
  "n_shared_experts": 2, "n_group": 2, "topk_group": 1, "num_experts_per_tok": 2, "norm_topk_prob": true,
  "routed_scaling_factor": 2.5, "hidden_act": "silu", "bos_token_id": 0, "eos_token_id": 1,
  "rope_theta": 10000, "rope_scaling": {"type": "yarn", "factor": 4, "original_max_position_embeddings": 16,
    "beta_fast": 32, "beta_slow": 1, "mscale": 1.0, "mscale_all_dim": 1.0}
})";

const char* const kTinyTokenizer = R"({
  "version": "1.0", "truncation": null, "padding": null,
  "added_tokens": [
    {"id": 0, "content": "<bos>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
     "special": true},
    {"id": 1, "content": "<eos>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
     "special": true}],
  "normalizer": null, "pre_tokenizer": {"type": "Whitespace"},
  "post_processor": {"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<bos>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
    "special_tokens": {"<bos>": {"id": "<bos>", "ids": [0], "tokens": ["<bos>"]}}},
  "decoder": null,
  "model": {"type": "WordLevel", "vocab": {"<bos>": 0, "<eos>": 1, "red": 2, "blue": 3}, "unk_token": "red"}
})";

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  const std::size_t position = text.find(from);
  SLUICE_CHECK(position != std::string_view::npos);
  SLUICE_CHECK(text.find(from, position + 1) == std::string_view::npos);
  return std::string(text.substr(0, position)) + std::string(to) + std::string(text.substr(position + from.size()));
}

std::vector<NamedShape> tiny_tensors() {
  const Result<ModelConfig> config = parse_config(kTinyConfig, "");
  SLUICE_CHECK(config.ok());
  const Architecture& architecture = architecture_of(config.value());
  std::vector<NamedShape> tensors;
  const Status walked = architecture.for_each_tensor(config.value(), [&](const FileTensor& tensor) -> Status {
    tensors.push_back({tensor.name, tensor.shape});
    return {};
  });
  SLUICE_CHECK(walked.ok());
  return tensors;
}

void write_tiny_model(const std::filesystem::path& directory) {
  write_file(directory / "config.json", kTinyConfig);
  write_file(directory / "tokenizer.json", kTinyTokenizer);
  write_file(directory / "model.safetensors", zero_tensors(tiny_tensors()));
}

bool is_one_line(const std::string& message) {
  constexpr std::size_t kMaxLength = 1'000;
  return !message.empty() && message.size() <= kMaxLength &&
         std::none_of(message.begin(), message.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace sluice::testing
