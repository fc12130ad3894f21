// A model of random weights, small enough for thousands of runs: no checkpoint, no tokenizer.
//
// Purpose: tests of what surrounds a model (schedules, batches, failures) that need logits which depend on every token,
//   position and expert, and nothing of language.
// Ownership, threading: plain functions. Errors: of Catch2.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/device/backends/backends.hpp"
#include "host/engine/engine.hpp"
#include "host/quant/quantised_model.hpp"
#include "testbench/support/model_fixture.hpp"

namespace sluice::test {

// DeepseekV3ForCausalLM: hidden 64, a dense layer and one of 8 experts (2 a token) with a shared one, 128 tokens,
// context 128.
[[nodiscard]] ModelConfig tiny_mla_config();

// GptOssForCausalLM of the same size: a layer with a sliding window of 24 and one without, sinks, biases, clamped
// SwiGLU.
[[nodiscard]] ModelConfig tiny_gqa_config();

// Weights of N(0, 1 / columns), gammas around 1, embeddings of N(0, 1); queries and the router are scaled up so that
// attention prefers some keys and tokens differ in their experts. The same bytes for the same seed. `config` needs no
// more than what the engine reads.
[[nodiscard]] quant::QuantisedModel random_model(const ModelConfig& config, const quant::Formats& formats,
                                                 std::uint32_t seed);

// `model` on a device of a few MiB. Each call opens a device of its own.
[[nodiscard]] RunningModel running_model(const quant::QuantisedModel& model, const std::string& device_name,
                                         const engine::EngineOptions& options = {},
                                         device::DeviceOptions device_options = {});

// `count` token ids of the model's vocabulary.
[[nodiscard]] std::vector<std::int32_t> random_tokens(const ModelConfig& config, std::size_t count, std::uint32_t seed);

inline bool same(const engine::Logits& a, const engine::Logits& b) {
  return a.mantissa == b.mantissa && a.exponent == b.exponent;
}

}  // namespace sluice::test
