#include "host/engine/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace sluice::engine {
namespace {

constexpr std::size_t kStepTokens = 64;  // logits held at a time

// Scores one window: its inputs are the begin token and all but the last of `targets`.
Status score_window(Engine& engine, std::uint64_t sequence, std::int32_t begin_token,
                    std::span<const std::int32_t> targets, Evaluation& out, const EvaluateProgress& progress) {
  for (std::size_t at = 0; at < targets.size(); at += kStepTokens) {
    const std::size_t count = std::min(kStepTokens, targets.size() - at);
    std::vector<TokenInput> inputs;
    for (std::size_t i = at; i < at + count; ++i) {
      inputs.push_back({sequence, i == 0 ? begin_token : targets[i - 1], true});
    }
    SLUICE_ASSIGN_OR_RETURN(const std::vector<Logits> logits, engine.step(inputs));
    std::vector<double> nats;
    for (std::size_t i = 0; i < count; ++i) {
      nats.push_back(negative_log_probability(logits[i], targets[at + i]));
      out.nats += nats.back();
    }
    out.tokens += count;
    if (progress) {
      progress({out.tokens, logits, nats});
    }
  }
  return {};
}

}  // namespace

double negative_log_probability(const Logits& logits, std::int32_t token) {
  const std::vector<double> real = to_real(logits);
  const double largest = *std::max_element(real.begin(), real.end());
  double sum = 0.0;
  for (const double x : real) {
    sum += std::exp(x - largest);
  }
  return std::log(sum) + largest - real[static_cast<std::size_t>(token)];
}

Status check_evaluation(std::span<const std::int32_t> tokens, std::uint32_t window, std::uint64_t limit) {
  if (tokens.empty()) {
    return Error(ErrorCode::kInvalidInput, "the text has no tokens to score");
  }
  if (window < 2 || window > limit) {
    return Error(ErrorCode::kInvalidInput, "--window: a window of " + std::to_string(window) +
                                               " tokens; it must be from 2 to the model's " + std::to_string(limit));
  }
  return {};
}

Result<Evaluation> evaluate(Engine& engine, std::span<const std::int32_t> tokens, std::int32_t begin_token,
                            std::uint32_t window, const EvaluateProgress& progress) {
  SLUICE_RETURN_IF_ERROR(check_evaluation(tokens, window, engine.max_tokens()));
  Evaluation out;
  while (!tokens.empty()) {
    const std::size_t count = std::min<std::size_t>(tokens.size(), window - 1);
    SLUICE_ASSIGN_OR_RETURN(const std::uint64_t sequence, engine.open_sequence());
    Status status = score_window(engine, sequence, begin_token, tokens.first(count), out, progress);
    engine.close_sequence(sequence);
    if (!status.ok()) {
      return status.error();
    }
    tokens = tokens.subspan(count);
  }
  return out;
}

}  // namespace sluice::engine
