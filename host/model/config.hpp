// What a model is: its shape and rules, in one struct for every family of models.
//
// Purpose: the engine and the quantiser read ModelConfig and know nothing of config.json or of families; a family's
//   file in architectures/ fills it in.
// Ownership, threading: plain values.
// Errors: a missing key, a wrong type or a number out of its range is kInvalidInput, something that this program does
//   not do is kUnsupported; one line that names the file and the key and says what is supported.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/base/result.hpp"

namespace sluice {

// The largest shapes that are accepted. They lie well above every published model; their point is that no product of
// two or three of them leaves 63 bits and that nonsense ends here instead of in an allocation.
namespace limits {
constexpr std::int64_t kMaxConfigBytes = 4'000'000;
constexpr std::int64_t kMaxHidden = 65'536;
constexpr std::int64_t kMaxIntermediate = 1'048'576;
constexpr std::int64_t kMaxLayers = 1'024;
constexpr std::int64_t kMaxVocab = 2'097'152;
constexpr std::int64_t kMaxHeads = 1'024;
constexpr std::int64_t kMaxHeadDim = 4'096;
constexpr std::int64_t kMaxLoraRank = 65'536;
constexpr std::int64_t kMaxExperts = 4'096;
constexpr std::int64_t kMaxExpertsPerToken = 64;
constexpr std::int64_t kMaxSharedExperts = 64;
constexpr std::int64_t kMaxPosition = 16'777'216;
constexpr std::size_t kMaxEosTokens = 64;
constexpr double kMinNormEps = 1e-12;
constexpr double kMaxNormEps = 0.1;
constexpr double kMaxScalingFactor = 1e4;
constexpr double kMaxActivationLimit = 1e4;
constexpr double kMaxActivationAlpha = 8.0;
constexpr double kMinRopeTheta = 1.5;
constexpr double kMaxRopeTheta = 1e12;
constexpr double kMaxRopeFactor = 1e6;
constexpr double kMinRopeScale = 1e-6;
constexpr double kMaxRopeScale = 1e6;  // beta_fast, beta_slow, mscale, mscale_all_dim, attention_factor
}  // namespace limits

enum class RopeType { kDefault, kYarn };

// How positions rotate queries and keys; rope.hpp turns it into frequencies. For RopeType::kDefault only theta counts.
struct RopeConfig {
  RopeType type = RopeType::kDefault;
  double theta = 10'000.0;
  double factor = 1.0;
  std::int64_t original_max_position = 0;
  double beta_fast = 32.0;
  double beta_slow = 1.0;
  double mscale = 0.0;          // 0: not given
  double mscale_all_dim = 0.0;  // 0: not given
  std::optional<double> attention_factor;
  bool truncate = true;

  bool operator==(const RopeConfig&) const = default;
};

// Multi-head latent attention (DeepSeek-V2, https://arxiv.org/abs/2405.04434, section 2.1).
struct MlaConfig {
  std::int64_t num_heads = 0;
  std::int64_t q_lora_rank = 0;  // 0: queries come from the hidden state by one matrix
  std::int64_t kv_lora_rank = 0;
  std::int64_t qk_nope_head_dim = 0;
  std::int64_t qk_rope_head_dim = 0;
  std::int64_t v_head_dim = 0;
  double latent_norm_eps = 0.0;  // epsilon of the norms on the latents, which may differ from rms_norm_eps
  // True: the weights put the pairs that rotate together beside each other (0 with 1); false: half apart.
  bool rope_interleave = true;

  [[nodiscard]] std::int64_t qk_head_dim() const { return qk_nope_head_dim + qk_rope_head_dim; }
  bool operator==(const MlaConfig&) const = default;
};

// Grouped-query attention (https://arxiv.org/abs/2305.13245): query head h uses the KV head h / (heads / kv_heads).
struct GqaConfig {
  std::int64_t num_heads = 0;
  std::int64_t num_kv_heads = 0;
  std::int64_t head_dim = 0;
  bool bias = false;   // behind the query, key, value and output matrices
  bool sinks = false;  // a learnt logit a head that takes part in the softmax without a value

  [[nodiscard]] std::int64_t query_dim() const { return num_heads * head_dim; }
  [[nodiscard]] std::int64_t kv_dim() const { return num_kv_heads * head_dim; }
  bool operator==(const GqaConfig&) const = default;
};

enum class RouterRule {
  kSigmoidBiasGroups,  // DeepSeek-V3: sigmoid scores, a bias for selection only, best groups, then best experts
  kTopKSoftmax,        // gpt-oss, Mixtral: the best experts by logit, softmax over those
};

// Of feed-forward networks, with gate g and up u.
struct ActivationConfig {
  enum class Kind {
    kSwiglu,         // g * sigmoid(g) * u
    kSwigluClamped,  // gpt-oss: g' * sigmoid(alpha * g') * (u' + 1), g' at most limit, u' within +-limit
  };
  Kind kind = Kind::kSwiglu;
  double limit = 0.0;
  double alpha = 1.0;

  bool operator==(const ActivationConfig&) const = default;
};

struct MoeConfig {
  RouterRule rule = RouterRule::kSigmoidBiasGroups;
  std::int64_t num_experts = 0;
  std::int64_t experts_per_token = 0;
  std::int64_t intermediate_dim = 0;    // of one expert
  std::int64_t num_shared_experts = 0;  // they act as one of num_shared_experts * intermediate_dim
  std::int64_t num_groups = 1;
  std::int64_t groups_per_token = 1;
  bool normalise_weights = false;  // a token's expert weights are divided by their sum
  double routed_scaling_factor = 1.0;
  bool bias = false;  // behind the router's and the experts' matrices

  bool operator==(const MoeConfig&) const = default;
};

enum class AttentionKind { kMla, kGqa };

// How a checkpoint stores its experts.
enum class ExpertStorage {
  kMatrices,  // a tensor a matrix and expert, [outputs, inputs]
  kStacked,   // gpt-oss in bf16: a tensor for all experts, [experts, inputs, outputs], gate and up rows interleaved
  kMxFp4,     // gpt-oss as published: the same as blocks of E2M1 pairs and E8M0 scales, [experts, outputs, blocks]
};

struct ModelConfig {
  std::string architecture;  // name of its entry in architectures/architecture.hpp
  std::int64_t hidden_dim = 0;
  std::int64_t num_layers = 0;
  std::int64_t vocab_size = 0;
  std::int64_t max_position = 0;  // longest sequence in tokens
  double rms_norm_eps = 0.0;
  bool tie_word_embeddings = false;  // the output head is the embedding matrix

  AttentionKind attention_kind = AttentionKind::kMla;
  MlaConfig mla;  // for kMla
  GqaConfig gqa;  // for kGqa
  RopeConfig rope;
  std::vector<std::int64_t> windows;  // [num_layers] tokens that a query sees, itself included; 0: all. Empty: all 0

  std::int64_t num_dense_layers = 0;  // the first layers have one dense feed-forward network, the others experts
  std::int64_t dense_intermediate_dim = 0;
  MoeConfig moe;
  ActivationConfig activation;
  ExpertStorage expert_storage = ExpertStorage::kMatrices;

  std::optional<std::int32_t> bos_token;
  std::vector<std::int32_t> eos_tokens;  // any of them ends a generation; may be empty

  [[nodiscard]] bool is_dense_layer(std::int64_t layer) const { return layer < num_dense_layers; }
  [[nodiscard]] std::int64_t window_of(std::int64_t layer) const {
    return windows.empty() ? 0 : windows[static_cast<std::size_t>(layer)];
  }
  [[nodiscard]] std::int64_t rope_dim() const {
    return attention_kind == AttentionKind::kMla ? mla.qk_rope_head_dim : gqa.head_dim;
  }
  bool operator==(const ModelConfig&) const = default;
};

// DIRECTORY/config.json and, where there is one, DIRECTORY/generation_config.json, whose eos_token_id and bos_token_id
// go before those of config.json, as in transformers.
Result<ModelConfig> read_config(const std::filesystem::path& directory);

// The same from texts; `generation_text` may be empty.
Result<ModelConfig> parse_config(std::string_view config_text, std::string_view generation_text);

}  // namespace sluice
