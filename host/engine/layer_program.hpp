// A step of up to kMaxTokens tokens through the whole model, as commands.
//
// Purpose: the order of operations of a decoder layer (numerics.md, sections 8 and 9), with multi-head latent or
// grouped-query attention, and
// where
//   each vector lies in vector memory.
// Ownership: borrows the loaded model. Threading: immutable. Errors: kUnsupported when the vectors of one token do not
// fit
//   a bank of vector memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/base/result.hpp"
#include "host/device/command.hpp"
#include "host/engine/kv_pool.hpp"
#include "host/engine/loaded_model.hpp"

namespace sluice::engine {

// Lines of vector memory of every logical vector; the same in each bank.
// Those that a model has no use for stay 0.
struct VectorPlan {
  std::uint32_t hidden = 0;
  std::uint32_t normed_q8 = 0;
  std::uint32_t normed_q16 = 0;
  std::uint32_t query_latent = 0;
  std::uint32_t query_latent_q8 = 0;
  std::uint32_t query = 0;
  std::uint32_t key = 0;
  std::uint32_t query_nope_q8 = 0;
  std::uint32_t query_absorbed = 0;
  std::uint32_t query_rope = 0;
  std::uint32_t kv = 0;
  std::uint32_t latent = 0;
  std::uint32_t key_rope = 0;
  std::uint32_t attended_q8 = 0;
  std::uint32_t value = 0;
  std::uint32_t value_q8 = 0;
  std::uint32_t output = 0;  // of attention and of the feed-forward part
  std::uint32_t router_logits = 0;
  std::uint32_t route = 0;
  std::uint32_t gate_up = 0;
  std::uint32_t activated_q8 = 0;
  std::uint32_t shared = 0;
  std::uint32_t experts = 0;
  std::uint32_t experts_stride = 0;
  std::uint32_t logits = 0;
};

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
