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
#include <vector>

#include "host/base/result.hpp"
#include "host/model/config.hpp"

namespace sluice {

class JsonFields;

// What a matrix or vector is for, whatever tensor it lies in. Matrices have the shape [outputs, inputs].
enum class TensorRole {
  kEmbedding,            // [vocab, hidden]
  kFinalNorm,            // [hidden]
  kHead,                 // [vocab, hidden]; the embedding itself if the config ties them
  kAttentionNorm,        // [hidden]
  kQuery,                // [heads * qk_head, hidden]; for MLA only without q_lora_rank
  kQueryBias,            // [heads * head]
  kQueryDown,            // [q_lora, hidden]
  kQueryNorm,            // [q_lora]
  kQueryUp,              // [heads * qk_head, q_lora]; a head's rows: nope, rope
  kKvDown,               // [kv_lora + rope, hidden]
  kKvNorm,               // [kv_lora]
  kKvUp,                 // [heads * (nope + v), kv_lora]; a head's rows: nope, v
  kKey,                  // [kv_heads * head, hidden]
  kKeyBias,              // [kv_heads * head]
  kValue,                // [kv_heads * head, hidden]
  kValueBias,            // [kv_heads * head]
  kSinks,                // [heads]
  kAttentionOutput,      // [hidden, heads * v]
  kAttentionOutputBias,  // [hidden]
  kMlpNorm,              // [hidden]
  kDenseGate,            // [dense_intermediate, hidden]
  kDenseUp,              // [dense_intermediate, hidden]
  kDenseDown,            // [hidden, dense_intermediate]
  kRouter,               // [experts, hidden]
  kRouterBias,           // [experts]; added to the logits
  kSelectionBias,        // [experts]; for selection only
  kExpertGate,           // [intermediate, hidden]
  kExpertGateBias,       // [intermediate]
  kExpertUp,             // [intermediate, hidden]
  kExpertUpBias,         // [intermediate]
  kExpertDown,           // [hidden, intermediate]
  kExpertDownBias,       // [hidden]
  kSharedGate,           // [shared * intermediate, hidden]
  kSharedUp,             // [shared * intermediate, hidden]
  kSharedDown,           // [hidden, shared * intermediate]
};

struct TensorKey {
  TensorRole role;
  std::int64_t layer = 0;   // ignored for kEmbedding, kFinalNorm, kHead
  std::int64_t expert = 0;  // ignored but for kExpert*
};

// Where the elements of a matrix or vector lie: element (row, column) is element `first + row * row_stride + column *
// column_stride` of the tensor `name`. A vector has one row.
struct TensorSource {
  std::string name;
  std::int64_t rows = 1;
  std::int64_t columns = 0;
  std::int64_t first = 0;
  std::int64_t row_stride = 0;
  std::int64_t column_stride = 1;
  // The tensor is packed as gpt-oss packs it: NAME_blocks holds two E2M1 codes a byte, the first in the low nibble,
  // NAME_scales an E8M0 scale for every 32 elements along the last dimension, which is the columns' (stride 1).
  bool mxfp4 = false;
};

// A tensor of its own that holds a vector ([n]) or a matrix ([outputs, inputs]) as it is.
TensorSource plain_source(std::string name, const std::vector<std::int64_t>& shape);

// A tensor of the file.
struct FileTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  bool bytes = false;  // U8 (MXFP4 blocks and scales); else a floating-point dtype
};

// Called once a tensor; an error ends the walk and is returned by it.
using TensorVisitor = std::function<Status(const FileTensor& tensor)>;

struct Architecture {
  std::string_view model_type;  // in config.json, and the name in ModelConfig::architecture
  std::string_view class_name;  // in config.json's list `architectures`
  Result<ModelConfig> (*parse)(const JsonFields& fields);
  // A key that a model of this config does not have is a broken invariant.
  TensorSource (*source)(const ModelConfig& config, const TensorKey& key);
  // Visits every tensor that the files of a model of this config hold, in the order of use.
  Status (*for_each_tensor)(const ModelConfig& config, const TensorVisitor& visit);
};

extern const Architecture kDeepseekV3;
extern const Architecture kGptOss;

// Every architecture that this program knows.
std::span<const Architecture* const> architectures();

// The one that made `config`. A config that no architecture made is a broken invariant.
const Architecture& architecture_of(const ModelConfig& config);

}  // namespace sluice
