// Perplexity of a text, token by token.
//
// Purpose: quality of a model on a device, comparable with other programs: windows of `window` tokens that start with
// the
//   begin-of-text token, each holding the next window - 1 tokens of the text (no overlap; the last may be shorter);
//   every token of the text is predicted once.
// Ownership: borrows the engine. Threading: one thread. Errors: those of Engine::step; kInvalidInput for an empty text.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "host/base/result.hpp"
#include "host/engine/engine.hpp"

namespace sluice::engine {

struct Evaluation {
  double nats = 0.0;  // sum of -ln p over the scored tokens
  std::uint64_t tokens = 0;
};

// Called after each engine step.
struct EvaluateStep {
  std::uint64_t scored;            // tokens so far
  std::span<const Logits> logits;  // of the tokens that the step fed
  std::span<const double> nats;    // -ln p of the token behind each
};
using EvaluateProgress = std::function<void(const EvaluateStep&)>;

// Whether evaluate() can score `tokens` in windows of `window` within a context of `limit`: kInvalidInput if not.
// evaluate() checks it too; ask earlier to fail before a device is opened.
[[nodiscard]] Status check_evaluation(std::span<const std::int32_t> tokens, std::uint32_t window, std::uint64_t limit);

// `tokens`: the text without special tokens; window >= 2.
[[nodiscard]] Result<Evaluation> evaluate(Engine& engine, std::span<const std::int32_t> tokens,
                                          std::int32_t begin_token, std::uint32_t window,
                                          const EvaluateProgress& progress = {});

// -ln of the softmax probability of `token`.
[[nodiscard]] double negative_log_probability(const Logits& logits, std::int32_t token);

}  // namespace sluice::engine
