// A step of up to kMaxTokens tokens through the whole model, as commands.
//
// Purpose: the order of operations of a decoder layer (numerics.md, sections 8 and 9), with multi-head latent or
//   grouped-query attention.
// Ownership: borrows the loaded model. Threading: immutable. Errors: those of plan_vectors().
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/base/result.hpp"
#include "host/device/command.hpp"
#include "host/engine/kv_pool.hpp"
#include "host/engine/loaded_model.hpp"
#include "host/engine/vector_plan.hpp"

namespace sluice::engine {

class LayerProgram {
 public:
  [[nodiscard]] static Result<LayerProgram> create(const LoadedModel& model, const KvLayout& kv);

  // Commands from the imported hidden vectors to the final norm, in order.
  [[nodiscard]] std::vector<device::Command> layers(std::span<const device::TokenEntry> tokens) const;

  // Commands that make slice `slice` of the logits in plan().logits.
  [[nodiscard]] std::vector<device::Command> logits(std::uint32_t slice, std::uint32_t num_tokens) const;

  [[nodiscard]] const VectorPlan& plan() const { return plan_; }
  [[nodiscard]] std::uint32_t slices() const;
  [[nodiscard]] std::uint32_t slice_rows(std::uint32_t slice) const;

 private:
  LayerProgram(const LoadedModel& model, const KvLayout& kv) : model_(&model), kv_(kv) {}

  const LoadedModel* model_;
  KvLayout kv_;
  VectorPlan plan_;
};

}  // namespace sluice::engine
