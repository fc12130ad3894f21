#include "host/engine/generator.hpp"

#include <algorithm>
#include <string>

#include "host/base/check.hpp"

namespace sluice::engine {
namespace {

using Clock = std::chrono::steady_clock;

// Closes the sequence however generate() ends.
class OpenSequence {
 public:
  OpenSequence(Engine& engine, std::uint64_t number) : engine_(engine), number_(number) {}
  ~OpenSequence() { engine_.close_sequence(number_); }
  OpenSequence(const OpenSequence&) = delete;
  OpenSequence& operator=(const OpenSequence&) = delete;

 private:
  Engine& engine_;
  std::uint64_t number_;
};

bool interrupted(const GenerateOptions& options) {
  return options.interrupted != nullptr && options.interrupted->load(std::memory_order_relaxed);
}

// Feeds the prompt; logits of its last token.
Result<Logits> prefill(Engine& engine, std::uint64_t sequence, std::span<const std::int32_t> prompt,
                       const GenerateOptions& options) {
  std::vector<Logits> logits;
  while (!prompt.empty() && !interrupted(options)) {
    const std::size_t count = std::min<std::size_t>(prompt.size(), std::max(options.prefill_chunk, 1u));
    std::vector<TokenInput> inputs;
    for (const std::int32_t token : prompt.first(count)) {
      inputs.push_back({sequence, token, false});
    }
    prompt = prompt.subspan(count);
    inputs.back().want_logits = prompt.empty();
    SLUICE_ASSIGN_OR_RETURN(logits, engine.step(inputs));
  }
  return logits.empty() ? Logits{} : std::move(logits.front());
}

bool contains(const std::vector<std::int32_t>& tokens, std::int32_t token) {
  return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
}

}  // namespace

Status check_context(std::size_t prompt, std::uint32_t max_tokens, std::uint64_t limit) {
  if (prompt == 0) {
    return Error(ErrorCode::kInvalidInput, "the prompt has no tokens and the tokenizer adds none at the begin");
  }
  if (prompt + max_tokens > limit) {
    return Error(ErrorCode::kInvalidInput, "the context overflows: " + std::to_string(prompt) + " prompt tokens and " +
                                               std::to_string(max_tokens) + " to generate, but the model holds " +
                                               std::to_string(limit) + "; shorten the prompt or lower --max-tokens");
  }
  return {};
}

Result<Generated> generate_from(Engine& engine, std::uint64_t sequence, std::span<const std::int32_t> tokens,
                                const GenerateOptions& options, const TokenSink& sink) {
  SLUICE_RETURN_IF_ERROR(check_context(tokens.size(), options.max_tokens, engine.max_tokens()));
  SLUICE_CHECK(engine.length(sequence) < tokens.size());
  Generated out;
  const auto start = Clock::now();
  SLUICE_ASSIGN_OR_RETURN(Logits logits, prefill(engine, sequence, tokens.subspan(engine.length(sequence)), options));
  out.prefill_time = Clock::now() - start;
  TokenHistory history(tokens);
  out.before_decode = engine.device().counters();
  const auto decode_start = Clock::now();
  while (out.tokens.size() < options.max_tokens) {
    if (interrupted(options)) {
      out.finish = Finish::kInterrupted;
      break;
    }
    // The sequence part of the random numbers is 0: a request's text depends on its seed, not on its turn.
    const std::int32_t token = sample(logits, options.sampling, history, 0, engine.length(sequence) - 1);
    if (contains(options.end_tokens, token)) {
      out.finish = Finish::kEndToken;
      break;
    }
    history.add(token);
    out.tokens.push_back(token);
    SLUICE_ASSIGN_OR_RETURN(const bool go_on, sink(token));
    if (!go_on) {
      out.finish = Finish::kStop;
      break;
    }
    if (out.tokens.size() < options.max_tokens) {
      const TokenInput input = {sequence, token, true};
      SLUICE_ASSIGN_OR_RETURN(std::vector<Logits> next, engine.step({&input, 1}));
      logits = std::move(next.front());
      ++out.decode_steps;
    }
  }
  out.decode_time = Clock::now() - decode_start;
  out.after_decode = engine.device().counters();
  return out;
}

Result<Generated> generate(Engine& engine, std::span<const std::int32_t> prompt, const GenerateOptions& options,
                           const TokenSink& sink) {
  SLUICE_RETURN_IF_ERROR(check_context(prompt.size(), options.max_tokens, engine.max_tokens()));
  SLUICE_ASSIGN_OR_RETURN(const std::uint64_t number, engine.open_sequence());
  const OpenSequence sequence(engine, number);
  return generate_from(engine, number, prompt, options, sink);
}

}  // namespace sluice::engine
