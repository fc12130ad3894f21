// The whole model on software and simulation: equal logits at every step, whatever the stalls, the batch and the
// chunks.
#include <catch2/catch.hpp>
#include <random>

#include "testbench/support/model_fixture.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr std::size_t kSteps = 16;

// Both families, every format.
const std::vector<std::pair<std::string, device::Format>> kModels = {
    {kFableMla, device::Format::kMxInt8}, {kFableMla, device::Format::kInt4}, {kFableMla, device::Format::kMxFp4},
    {kFableGqa, device::Format::kMxInt8}, {kFableGqa, device::Format::kInt4}, {kFableGqa, device::Format::kMxFp4}};

bool same(const engine::Logits& a, const engine::Logits& b) {
  return a.mantissa == b.mantissa && a.exponent == b.exponent;
}

// The begin token, then random others.
std::vector<std::int32_t> tokens_of(std::uint32_t seed, std::size_t count) {
  std::mt19937 random(seed);
  std::vector<std::int32_t> out = {0};
  while (out.size() < count) {
    out.push_back(static_cast<std::int32_t>(2 + random() % 4000));
  }
  return out;
}

device::DeviceOptions stalled(double probability, std::uint64_t seed) {
  device::DeviceOptions options;
  options.simulation.stall_probability = probability;
  options.simulation.seed = seed;
  return options;
}

// Logits of every token of one sequence, fed in chunks.
std::vector<engine::Logits> in_chunks(engine::Engine& engine, const std::vector<std::int32_t>& tokens,
                                      std::size_t chunk) {
  const std::uint64_t sequence = must(engine.open_sequence());
  std::vector<engine::Logits> out;
  for (std::size_t at = 0; at < tokens.size(); at += chunk) {
    std::vector<engine::TokenInput> inputs;
    for (std::size_t i = at; i < std::min(tokens.size(), at + chunk); ++i) {
      inputs.push_back({sequence, tokens[i], true});
    }
    for (engine::Logits& logits : must(engine.step(inputs))) {
      out.push_back(std::move(logits));
    }
  }
  engine.close_sequence(sequence);
  return out;
}

// Logits of four sequences that advance together, [sequence][step].
std::vector<std::vector<engine::Logits>> together(engine::Engine& engine,
                                                  const std::vector<std::vector<std::int32_t>>& tokens) {
  std::vector<std::uint64_t> sequences;
  for (std::size_t s = 0; s < tokens.size(); ++s) {
    sequences.push_back(must(engine.open_sequence()));
  }
  std::vector<std::vector<engine::Logits>> out(tokens.size());
  for (std::size_t step = 0; step < tokens[0].size(); ++step) {
    std::vector<engine::TokenInput> inputs;
    for (std::size_t s = 0; s < tokens.size(); ++s) {
      inputs.push_back({sequences[s], tokens[s][step], true});
    }
    std::vector<engine::Logits> logits = must(engine.step(inputs));
    for (std::size_t s = 0; s < tokens.size(); ++s) {
      out[s].push_back(std::move(logits[s]));
    }
  }
  for (const std::uint64_t sequence : sequences) {
    engine.close_sequence(sequence);
  }
  return out;
}

void check_equal(const std::vector<engine::Logits>& want, const std::vector<engine::Logits>& got) {
  REQUIRE(want.size() == got.size());
  for (std::size_t step = 0; step < want.size(); ++step) {
    CAPTURE(step);
    REQUIRE(same(want[step], got[step]));
  }
}

}  // namespace

TEST_CASE("on software a token's logits depend neither on the chunk nor on the batch", "[model]") {
  for (const auto& [directory, format] : kModels) {
    CAPTURE(directory, static_cast<int>(format));
    const RunningModel software = running_fable("software", format, {}, directory);
    std::vector<std::vector<std::int32_t>> tokens;
    std::vector<std::vector<engine::Logits>> alone;
    for (std::uint32_t s = 0; s < 4; ++s) {
      tokens.push_back(tokens_of(s, 40));
      alone.push_back(in_chunks(*software.engine, tokens.back(), 1));
      check_equal(alone.back(), in_chunks(*software.engine, tokens.back(), 5));
      check_equal(alone.back(), in_chunks(*software.engine, tokens.back(), 16));
    }
    const auto batched = together(*software.engine, tokens);
    for (std::size_t s = 0; s < 4; ++s) {
      check_equal(alone[s], batched[s]);
    }
  }
}

TEST_CASE("simulation gives software's logits at every step, in chunks of 1, 5 and 16, under random stalls",
          "[model]") {
  for (const auto& [directory, format] : kModels) {
    CAPTURE(directory, static_cast<int>(format));
    const std::vector<std::int32_t> tokens = tokens_of(7, kSteps);
    const std::vector<engine::Logits> want =
        in_chunks(*running_fable("software", format, {}, directory).engine, tokens, 1);
    const RunningModel simulation = running_fable("simulation", format, stalled(0.1, 11), directory);
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{5}, std::size_t{16}}) {
      CAPTURE(chunk);
      check_equal(want, in_chunks(*simulation.engine, tokens, chunk));
    }
  }
}

TEST_CASE("simulation gives software's logits for four sequences at once, under random stalls", "[model]") {
  for (const auto& [directory, format] : kModels) {
    CAPTURE(directory, static_cast<int>(format));
    std::vector<std::vector<std::int32_t>> tokens;
    std::vector<std::vector<engine::Logits>> want;
    const RunningModel software = running_fable("software", format, {}, directory);
    for (std::uint32_t s = 0; s < 4; ++s) {
      tokens.push_back(tokens_of(20 + s, kSteps));
      want.push_back(in_chunks(*software.engine, tokens.back(), 1));
    }
    const RunningModel simulation = running_fable("simulation", format, stalled(0.15, 12), directory);
    const auto got = together(*simulation.engine, tokens);
    for (std::size_t s = 0; s < 4; ++s) {
      check_equal(want[s], got[s]);
    }
  }
}
