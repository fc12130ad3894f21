// A quantised model in card memory.
//
// Purpose: puts every matrix, table and norm of a model on a device once, and remembers where; publishes every expert
// in
//   the slot table. The layer program (layer_program.hpp) turns this into commands.
// Ownership: the device owns the memory; a LoadedModel is addresses and numbers, plus the embedding table, whose rows
// are
//   looked up on the host. Threading: immutable after load. Errors: kUnsupported when the card's memory is too small.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "host/base/result.hpp"
#include "host/device/device.hpp"
#include "host/quant/quantised_model.hpp"

namespace sluice::engine {

struct LoadedMatrix {
  std::uint64_t address = 0;
  device::Format format = device::Format::kMxInt8;
  std::uint32_t rows = 0;  // a group
  std::uint32_t columns = 0;
  std::uint32_t groups = 1;
  std::uint32_t scale_max = 0;
  std::int32_t scale_bias = 0;
  std::uint64_t bias_address = 0;  // 0: none
};

struct LoadedNorm {
  std::uint64_t gamma_address = 0;
  std::uint32_t elements = 0;
  std::int32_t gamma_exponent = 0;
  quant::Epsilon epsilon;
  std::uint32_t root_n = 0;
};

struct LoadedFfn {
  LoadedMatrix gate_up;
  LoadedMatrix down;
};

struct LoadedMla {
  std::optional<LoadedMatrix> q_a;
  std::optional<LoadedNorm> q_norm;
  LoadedMatrix q_b;
  LoadedMatrix kv_a;
  LoadedNorm kv_norm;
  LoadedMatrix w_uk;
  LoadedMatrix w_uv;
  LoadedMatrix o;
};

struct LoadedGqa {
  LoadedMatrix q;
  LoadedMatrix k;
  LoadedMatrix v;
  LoadedMatrix o;
  bool has_sinks = false;
  std::uint64_t sinks_address = 0;
};

// What the experts of a layer have in common; the slot table knows where each is.
struct LoadedExperts {
  device::Format format = device::Format::kMxInt8;
  std::uint32_t gate_up_bias_offset = 0;  // bytes from the matrix to its bias; 0: none
  std::uint32_t down_bias_offset = 0;
};

struct LoadedLayer {
  LoadedNorm attention_norm;
  LoadedNorm ffn_norm;
  std::variant<LoadedMla, LoadedGqa> attention;
  std::optional<LoadedFfn> dense;
  std::optional<LoadedMatrix> router;
  std::uint64_t selection_bias_address = 0;
  LoadedExperts experts;
  std::optional<LoadedFfn> shared;
};

struct LoadedModel {
  ModelConfig config;
  quant::Embedding embedding;
  quant::Constants constants;
  std::uint64_t rope_increments_address = 0;
  std::vector<LoadedLayer> layers;
  LoadedNorm final_norm;
  LoadedMatrix head;
  std::uint64_t bytes = 0;  // written to card memory
};

// Called with bytes written so far and in all.
using LoadProgress = std::function<void(std::uint64_t, std::uint64_t)>;

// Loads `model`, which is consumed.
[[nodiscard]] Result<LoadedModel> load_model(device::Device& device, quant::QuantisedModel model,
                                             const LoadProgress& progress = {});

}  // namespace sluice::engine
