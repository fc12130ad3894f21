// A model ready for a device: integers and packed matrices only, whatever the checkpoint called them.
//
// Purpose: the engine runs from this description and never sees a checkpoint; `quantise_model` makes it from one,
//   model_file.hpp keeps it on disk.
// Ownership: the model owns (or shares with a mapped file) all of its data; copies are cheap. Threading: read-only.
// Errors: kUnsupported names the tensor or setting that devices do not take; kInvalidInput a tensor with bad values.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "host/base/result.hpp"
#include "host/model/model.hpp"
#include "host/quant/constants.hpp"
#include "host/quant/packed_matrix.hpp"

namespace sluice::quant {

// MXINT8 rows, for looking up; numerics.md, section 6.9.
struct Embedding {
  std::uint32_t rows = 0;     // vocabulary
  std::uint32_t columns = 0;  // hidden, a multiple of 32
  SharedBytes elements;       // int8 [rows, columns]
  SharedBytes scales;         // uint8 [rows, columns / 32]

  bool operator==(const Embedding&) const = default;
};

struct Ffn {
  PackedMatrix gate_up;  // [2 * intermediate, hidden]: gate's rows, then up's
  PackedMatrix down;     // [hidden, intermediate]

  bool operator==(const Ffn&) const = default;
};

// Rope rows are in half-split order: row i and row i + rope / 2 rotate together.
struct MlaAttention {
  std::optional<PackedMatrix> q_a;  // [q_lora, hidden]; absent if the model has no query latent
  std::optional<Gamma> q_norm;      // [q_lora]
  PackedMatrix q_b;                 // [heads * (nope + rope), q_lora or hidden]: all heads' nope, then all heads' rope
  PackedMatrix kv_a;                // [kv_lora + rope, hidden]
  Gamma kv_norm;                    // [kv_lora]
  PackedMatrix w_uk;                // groups = heads, rows = kv_lora, columns = nope
  PackedMatrix w_uv;                // groups = heads, rows = v dim, columns = kv_lora
  PackedMatrix o;                   // [hidden, heads * v dim]

  bool operator==(const MlaAttention&) const = default;
};

// Biases lie with their matrices. Rope rows are in half-split order.
struct GqaAttention {
  PackedMatrix q;                   // [heads * head, hidden]
  PackedMatrix k;                   // [kv_heads * head, hidden]
  PackedMatrix v;                   // [kv_heads * head, hidden]
  PackedMatrix o;                   // [hidden, heads * head]
  std::vector<std::int32_t> sinks;  // Q16 [heads]; empty if the model has none

  bool operator==(const GqaAttention&) const = default;
};

// Either `dense`, or `router`, `experts` and perhaps `selection_bias` and `shared`.
struct Layer {
  Gamma attention_norm;
  std::variant<MlaAttention, GqaAttention> attention;
  Gamma ffn_norm;
  std::optional<Ffn> dense;
  std::optional<PackedMatrix> router;        // [experts, hidden]
  std::vector<std::int32_t> selection_bias;  // Q24 [experts]; empty if the router's rule has none
  std::vector<Ffn> experts;
  std::optional<Ffn> shared;  // all shared experts as one

  bool operator==(const Layer&) const = default;
};

// The weight format of each type of matrix. The embedding, which is only looked up, is always MXINT8.
struct Formats {
  device::Format attention = device::Format::kMxInt8;
  device::Format dense = device::Format::kMxInt8;
  device::Format experts = device::Format::kMxInt8;
  device::Format shared = device::Format::kMxInt8;
  device::Format head = device::Format::kMxInt8;
  device::Format router = device::Format::kMxInt16;  // the only one that may be MXINT16: others take q8 inputs

  Formats() = default;
  // The same for all but head and router.
  Formats(device::Format all)  // NOLINT(google-explicit-constructor): a format is the usual choice
      : attention(all), dense(all), experts(all), shared(all) {}
  bool operator==(const Formats&) const = default;
};

// Parses `FORMAT` or `[FORMAT,]TYPE=FORMAT,...` with the types of struct Formats, in any case: "int4",
// "mxint8,experts=mxfp4,head=int4". `base` is what the text leaves out.
Result<Formats> parse_formats(std::string_view text, const Formats& base);

// What parse_formats() reads: the format of most types, then the others.
std::string formats_text(const Formats& formats);

// What a checkpoint is quantised to unless the user says otherwise: MXINT8, and MXFP4 for experts that are stored so.
Formats default_formats(const ModelConfig& config);

struct QuantisedModel {
  ModelConfig config;
  Formats formats;
  Constants constants;
  Embedding embedding;
  std::vector<Layer> layers;
  Gamma final_norm;
  PackedMatrix head;  // [vocab, hidden]

  bool operator==(const QuantisedModel&) const = default;
};

// Whether devices can run a model of this shape: dimensions that are multiples of 32 where blocks must not straddle
// parts, counts within the command set's limits. Errors name the tensor whose shape is at fault.
Status check_supported(const ModelConfig& config);

// The model with every part there, formats and shapes set and no data. `config` must have passed check_supported().
QuantisedModel empty_model(const ModelConfig& config, const Formats& formats);

// Called after each matrix with the weights done so far and their total.
using Progress = std::function<void(std::uint64_t weights_done, std::uint64_t weights_total)>;

// Holds the result and at most one more matrix in memory. `progress` may be empty.
Result<QuantisedModel> quantise_model(const Model& model, const Formats& formats, const Progress& progress);

// Which dimension of a checkpoint's rotated part of `rope_dims` becomes dimension `dim` of the half-split order.
// Interleaved checkpoints rotate 2 i with 2 i + 1 (transformers, apply_rotary_pos_emb_interleave).
std::int64_t rope_source_dim(std::int64_t dim, std::int64_t rope_dims, bool interleaved);

// Calls visit(name, part) for every part that holds data, in the order of use: name is "layers.3.attention.q_a" and
// alike, part a PackedMatrix, Gamma, Embedding or std::vector<std::int32_t>. `ModelType` is QuantisedModel or const
// QuantisedModel. Stops at the first error.
template <typename ModelType, typename Visit>
Status for_each_part(ModelType& model, const Visit& visit);

}  // namespace sluice::quant

#include "host/quant/quantised_model_parts.hpp"
