// What an architecture is to this program, and the table of those that it knows.
//
// Purpose: one file in this folder is one architecture: the keys of its config.json, the names and shapes of its
//   tensors. Adding one means such a file, its source in host/model/CMakeLists.txt, its declaration below and its place
//   in the table of registry.cpp.
// Ownership, threading: constants of the program. Errors: as config.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "host/base/result.hpp"
#include "host/model/config.hpp"

namespace sluice {

class JsonFields;

// What a tensor is for, whatever its name. Matrices have the shape [outputs, inputs].
enum class TensorRole {
  kEmbedding,        // [vocab, hidden]
  kFinalNorm,        // [hidden]
  kHead,             // [vocab, hidden]; the embedding itself if the config ties them
  kAttentionNorm,    // [hidden]
  kQuery,            // [heads * qk_head, hidden], only without q_lora_rank
  kQueryDown,        // [q_lora, hidden]
  kQueryNorm,        // [q_lora]
  kQueryUp,          // [heads * qk_head, q_lora]; a head's rows: nope, rope
  kKvDown,           // [kv_lora + rope, hidden]
  kKvNorm,           // [kv_lora]
  kKvUp,             // [heads * (nope + v), kv_lora]; a head's rows: nope, v
  kAttentionOutput,  // [hidden, heads * v]
  kMlpNorm,          // [hidden]
  kDenseGate,        // [dense_intermediate, hidden]
  kDenseUp,          // [dense_intermediate, hidden]
  kDenseDown,        // [hidden, dense_intermediate]
  kRouter,           // [experts, hidden]
  kRouterBias,       // [experts]
  kExpertGate,       // [intermediate, hidden]
  kExpertUp,         // [intermediate, hidden]
  kExpertDown,       // [hidden, intermediate]
  kSharedGate,       // [shared * intermediate, hidden]
  kSharedUp,         // [shared * intermediate, hidden]
  kSharedDown,       // [hidden, shared * intermediate]
};

struct TensorKey {
  TensorRole role;
  std::int64_t layer = 0;   // ignored for kEmbedding, kFinalNorm, kHead
  std::int64_t expert = 0;  // ignored but for kExpertGate, kExpertUp, kExpertDown
};

// Called once a tensor; an error ends the walk and is returned by it.
using TensorVisitor = std::function<Status(TensorKey key, std::span<const std::int64_t> shape)>;

struct Architecture {
  std::string_view model_type;  // in config.json, and the name in ModelConfig::architecture
  std::string_view class_name;  // in config.json's list `architectures`
  Result<ModelConfig> (*parse)(const JsonFields& fields);
  std::string (*tensor_name)(const ModelConfig& config, const TensorKey& key);
  // Visits every tensor that a model of this config has, in the order of use.
  Status (*for_each_tensor)(const ModelConfig& config, const TensorVisitor& visit);
};

extern const Architecture kDeepseekV3;

// Every architecture that this program knows.
std::span<const Architecture* const> architectures();

// The one that made `config`. A config that no architecture made is a broken invariant.
const Architecture& architecture_of(const ModelConfig& config);

}  // namespace sluice
