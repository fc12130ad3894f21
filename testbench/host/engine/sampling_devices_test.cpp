// The same seed gives the same tokens: alone and in a batch of four, on software and on simulation.
#include <algorithm>
#include <catch2/catch.hpp>

#include "host/engine/generator.hpp"
#include "testbench/support/model_fixture.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

struct Request {
  std::vector<std::int32_t> prompt;
  engine::SamplingParameters sampling;
};

// Four requests whose prompts and options differ; each option is used by some, the penalty by a greedy one too.
std::vector<Request> requests() {
  const auto make = [](const engine::SamplingOptions& options) {
    return must(engine::SamplingParameters::make(options));
  };
  return {{{0, 300, 17, 2000}, make({.temperature = 1.0, .seed = 1})},
          {{0, 45, 45}, make({.temperature = 1.2, .top_k = 30, .repetition_penalty = 1.4, .seed = 2})},
          {{0, 7, 1000, 512, 33, 9}, make({.temperature = 1.5, .top_p = 0.9, .min_p = 0.02, .seed = 3})},
          {{0, 300, 17, 2000}, make({.repetition_penalty = 1.5})}};
}

std::vector<std::int32_t> alone(engine::Engine& engine, const Request& request, std::uint32_t count) {
  engine::GenerateOptions options;
  options.max_tokens = count;
  options.sampling = request.sampling;
  return must(engine::generate(engine, request.prompt, options, [](std::int32_t) -> Result<bool> { return true; }))
      .tokens;
}

struct Running {
  std::uint64_t sequence = 0;
  engine::SamplingParameters sampling;
  engine::TokenHistory history;
  std::vector<std::int32_t> tokens;

  // Takes the next token out of the logits; what it feeds to the next step.
  engine::TokenInput next(const engine::Engine& engine, const engine::Logits& logits) {
    const std::int32_t token = engine::sample(logits, sampling, history, 0, engine.length(sequence) - 1);
    tokens.push_back(token);
    history.add(token);
    return {sequence, token, true};
  }
};

// All requests' tokens; from the first token on they advance together.
std::vector<std::vector<std::int32_t>> together(engine::Engine& engine, const std::vector<Request>& requests,
                                                std::uint32_t count) {
  std::vector<Running> running;
  std::vector<engine::Logits> logits;
  for (const Request& request : requests) {
    running.push_back({must(engine.open_sequence()), request.sampling, engine::TokenHistory(request.prompt), {}});
    std::vector<engine::TokenInput> inputs;
    for (const std::int32_t token : request.prompt) {
      inputs.push_back({running.back().sequence, token, false});
    }
    inputs.back().want_logits = true;
    logits.push_back(must(engine.step(inputs)).front());
  }
  for (std::uint32_t step = 0; step < count; ++step) {
    std::vector<engine::TokenInput> inputs;
    for (std::size_t i = 0; i < running.size(); ++i) {
      inputs.push_back(running[i].next(engine, logits[i]));
    }
    if (step + 1 < count) {
      logits = must(engine.step(inputs));
    }
  }
  std::vector<std::vector<std::int32_t>> out;
  for (const Running& r : running) {
    engine.close_sequence(r.sequence);
    out.push_back(r.tokens);
  }
  return out;
}

std::vector<std::vector<std::int32_t>> one_by_one(engine::Engine& engine, std::uint32_t count) {
  std::vector<std::vector<std::int32_t>> out;
  for (const Request& request : requests()) {
    out.push_back(alone(engine, request, count));
  }
  return out;
}

}  // namespace

TEST_CASE("on software a seed gives the same tokens alone and in a batch of four", "[sampling]") {
  const RunningModel software = running_fable("software", device::Format::kMxInt8);
  const auto want = one_by_one(*software.engine, 24);
  CHECK(want[0] != want[3]);
  CHECK(together(*software.engine, requests(), 24) == want);
  CHECK(one_by_one(*software.engine, 24) == want);  // whichever the turn
}

TEST_CASE("a repetition penalty counts the prompt and what was generated", "[sampling]") {
  const RunningModel software = running_fable("software", device::Format::kMxInt8);
  const auto greedy = [&software](const std::vector<std::int32_t>& prompt, double penalty) {
    return alone(*software.engine, {prompt, must(engine::SamplingParameters::make({.repetition_penalty = penalty}))},
                 24);
  };
  // The prompt is text of the model's own, so that its words are likely to come again.
  std::vector<std::int32_t> prompt = {0};
  for (const std::int32_t token : greedy({0}, 1.0)) {
    prompt.push_back(token);
  }
  const engine::TokenHistory in_prompt(prompt);
  const auto repeats = [&in_prompt](const std::vector<std::int32_t>& tokens) {
    return std::count_if(tokens.begin(), tokens.end(), [&](std::int32_t token) { return in_prompt.contains(token); });
  };
  CHECK(repeats(greedy(prompt, 1.0)) > 4);
  const std::vector<std::int32_t> penalised = greedy(prompt, 16);
  CHECK(repeats(penalised) == 0);
  CHECK(engine::TokenHistory(penalised).distinct().size() == penalised.size());
}

TEST_CASE("on simulation a seed gives software's tokens, alone and in a batch of four", "[sampling]") {
  constexpr std::uint32_t kTokens = 4;
  const auto want = one_by_one(*running_fable("software", device::Format::kMxInt8).engine, kTokens);
  const RunningModel simulation = running_fable("simulation", device::Format::kMxInt8);
  CHECK(together(*simulation.engine, requests(), kTokens) == want);
  CHECK(alone(*simulation.engine, requests()[1], kTokens) == want[1]);
}
