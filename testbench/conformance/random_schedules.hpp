// Random schedules of sequences on one engine, held against each sequence alone.
//
// Purpose: sequences join, advance by chunks in random order, leave early or late, are thrown out when the KV cache is
//   full and start again, between steps that must fail; every logit must equal that of the same tokens fed one at a
//   time to a fresh engine on `software`.
// Ownership: SoloLogits owns the model and what it has computed; a schedule borrows an engine with no open sequence and
//   leaves it so. Threading: one thread. Errors: a schedule's result is what went wrong first, empty if nothing did.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testbench/support/tiny_model.hpp"

namespace sluice::test {

// Texts and their logits alone, computed when first asked for.
class SoloLogits {
 public:
  explicit SoloLogits(quant::QuantisedModel model) : model_(std::move(model)) {}

  static constexpr std::size_t kTexts = 48;
  static constexpr std::size_t kTextTokens = 100;

  struct Text {
    std::vector<std::int32_t> tokens;    // [kTextTokens]
    std::vector<engine::Logits> logits;  // [kTextTokens]
  };
  [[nodiscard]] const Text& text(std::size_t index);
  [[nodiscard]] const quant::QuantisedModel& model() const { return model_; }

 private:
  quant::QuantisedModel model_;
  std::vector<Text> texts_ = std::vector<Text>(kTexts);
};

struct ScheduleLimits {
  std::uint32_t sequences = 12;                    // in all
  std::uint32_t tokens = SoloLogits::kTextTokens;  // a sequence
  std::uint32_t chunk = 8;                         // tokens of a sequence in a step
};

// Room for 12 sequences of which a few long ones fill the KV cache.
[[nodiscard]] engine::EngineOptions schedule_options();

[[nodiscard]] std::string run_schedule(engine::Engine& engine, SoloLogits& solo, const ScheduleLimits& limits,
                                       std::uint32_t seed);

}  // namespace sluice::test
