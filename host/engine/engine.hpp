// The engine: sequences of tokens through a model on a device.
//
// Purpose: `step` feeds tokens to sequences and returns logits; what a token gets depends only on its sequence's
// history.
//   The engine knows a device only through host/device/device.hpp.
// Ownership: owns the loaded model's addresses, the KV pages and the staging buffers; borrows the device, which must
//   outlive it. Threading: one thread. Errors: kInvalidInput for an unknown sequence or token id or a full context,
//   kUnsupported when the card is too small or the KV cache is full, the device's own errors. A step that fails has
//   changed nothing: lengths and pages are those before it. After an error of the device every later step fails with
//   it; sequences can then only be closed, and go on elsewhere from their tokens.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "host/base/result.hpp"
#include "host/device/device.hpp"
#include "host/engine/kv_pool.hpp"
#include "host/engine/layer_program.hpp"
#include "host/engine/loaded_model.hpp"
#include "host/engine/sampler.hpp"

namespace sluice::engine {

struct EngineOptions {
  std::uint32_t max_sequences = 4;
  std::uint32_t max_tokens = 0;                 // a sequence; 0: what the model allows
  std::uint32_t kv_pages = 0;                   // of kPageTokens tokens; 0: enough for all sequences at their longest
  std::chrono::milliseconds deadline{120'000};  // of one micro-batch
  LoadProgress progress = {};
};

struct TokenInput {
  std::uint64_t sequence = 0;
  std::int32_t token = 0;
  bool want_logits = false;
};

class Engine {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Engine>> create(device::Device& device, quant::QuantisedModel model,
                                                              const EngineOptions& options);
  ~Engine();

  // A new empty sequence; its number is never used again.
  [[nodiscard]] Result<std::uint64_t> open_sequence();
  void close_sequence(std::uint64_t sequence);
  [[nodiscard]] std::uint32_t length(std::uint64_t sequence) const;

  // Appends the tokens to their sequences in order; returns the logits of those that want them, in order. Any number of
  // tokens; they run in micro-batches of at most kMaxTokens. All or nothing.
  [[nodiscard]] Result<std::vector<Logits>> step(std::span<const TokenInput> inputs);

  [[nodiscard]] std::uint32_t max_tokens() const { return max_tokens_; }
  [[nodiscard]] std::uint32_t kv_pages() const { return pool_->pages(); }  // in all
  [[nodiscard]] std::uint32_t free_kv_pages() const { return pool_->free_pages(); }
  [[nodiscard]] const LoadedModel& model() const { return model_; }
  [[nodiscard]] device::Device& device() { return device_; }

 private:
  struct Sequence {
    std::uint32_t length = 0;
    PageTable pages;
  };

  struct Growth {
    std::uint32_t before = 0;
    std::uint32_t after = 0;
  };
  using Lengths = std::map<std::uint64_t, Growth>;  // of the sequences of a step

  Engine(device::Device& device, LoadedModel model, const EngineOptions& options);
  Status prepare(const EngineOptions& options);
  Status prepare_pool(const EngineOptions& options);
  [[nodiscard]] Result<Lengths> check(std::span<const TokenInput> inputs) const;
  Result<std::vector<Logits>> run_all(std::span<const TokenInput> inputs, const Lengths& lengths);
  void roll_back(const Lengths& lengths);
  Status run(std::span<const TokenInput> inputs, std::vector<Logits>& out);
  void import_embedding(std::uint32_t lane, std::int32_t token, std::vector<device::Command>& commands);
  void export_logits(std::uint32_t slice, std::span<const TokenInput> inputs, std::vector<device::Command>& commands);
  void collect_logits(std::span<const TokenInput> inputs, std::vector<Logits>& out) const;

  device::Device& device_;
  LoadedModel model_;
  std::chrono::milliseconds deadline_;
  std::uint32_t max_tokens_ = 0;
  std::unique_ptr<KvPool> pool_;
  std::unique_ptr<LayerProgram> program_;
  device::HostBuffer embedding_buffer_;  // [kMaxTokens] hidden vectors
  device::HostBuffer logits_buffer_;     // [kMaxTokens, slices] logit vectors
  std::map<std::uint64_t, Sequence> sequences_;
  std::uint64_t next_sequence_ = 1;
  std::optional<Error> device_error_;
};

}  // namespace sluice::engine
