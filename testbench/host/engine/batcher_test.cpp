// Continuous batching: whatever the others do, a request gets what generate() gives it alone.
#include "host/engine/batcher.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "testbench/support/tiny_model.hpp"

using namespace sluice;
using namespace sluice::test;
using engine::Batcher;
using engine::Finish;
using engine::Outcome;
using engine::Request;

namespace {

const quant::QuantisedModel& tiny_model() {
  static const quant::QuantisedModel model = random_model(tiny_mla_config(), device::Format::kMxInt8, 3);
  return model;
}

RunningModel tiny(const engine::EngineOptions& options) { return running_model(tiny_model(), "software", options); }

// What a request is made of, so that it can be made twice.
struct Recipe {
  std::vector<std::int32_t> prompt;
  std::uint32_t max_tokens = 0;
  engine::SamplingParameters sampling;
  std::vector<std::int32_t> end_tokens;
  std::size_t stop_after = 0;  // tokens until the sink says stop; 0: never
  std::size_t fail_after = 0;  // tokens until the sink fails; 0: never

  [[nodiscard]] engine::TokenSink sink() const {
    return [count = std::size_t{0}, *this](std::int32_t) mutable -> Result<bool> {
      ++count;
      if (count == fail_after) {
        return Error(ErrorCode::kIo, "the sink is full");
      }
      return count != stop_after;
    };
  }
};

Recipe random_recipe(std::mt19937& random) {
  const auto below = [&random](std::uint32_t bound) { return static_cast<std::uint32_t>(random() % bound); };
  Recipe recipe;
  recipe.prompt = random_tokens(tiny_model().config, 1 + below(below(2) == 0 ? 6 : 70), below(1 << 30));
  recipe.max_tokens = below(8) == 0 ? below(2) : 1 + below(40);
  recipe.sampling = must(engine::SamplingParameters::make({.temperature = below(3) == 0 ? 0.0 : 0.9,
                                                           .top_k = below(2) * 20,
                                                           .top_p = 0.95,
                                                           .repetition_penalty = below(2) == 0 ? 1.0 : 1.3,
                                                           .seed = random()}));
  if (below(2) == 0) {
    recipe.end_tokens = {static_cast<std::int32_t>(below(128)), static_cast<std::int32_t>(below(128))};
  }
  recipe.stop_after = below(8) == 0 ? 1 + below(8) : 0;
  recipe.fail_after = below(16) == 0 ? 1 + below(8) : 0;
  return recipe;
}

// By generate() in a fresh engine.
Outcome alone(const Recipe& recipe) {
  const RunningModel running = tiny({.max_sequences = 1});
  const engine::GenerateOptions options = {
      .max_tokens = recipe.max_tokens, .sampling = recipe.sampling, .end_tokens = recipe.end_tokens};
  std::vector<std::int32_t> seen;
  const auto sink = [&seen, inner = recipe.sink()](std::int32_t token) {
    seen.push_back(token);
    return inner(token);
  };
  const Result<engine::Generated> generated = engine::generate(*running.engine, recipe.prompt, options, sink);
  if (!generated.ok()) {
    return {seen, Finish::kLength, generated.error()};
  }
  return {generated.value().tokens, generated.value().finish, std::nullopt};
}

void check_same(const Outcome& got, const Outcome& want) {
  REQUIRE(got.tokens == want.tokens);
  REQUIRE(got.error.has_value() == want.error.has_value());
  if (!want.error.has_value()) {
    REQUIRE(got.finish == want.finish);
  }
}

Request request_of(const Recipe& recipe, std::optional<Outcome>& outcome) {
  return {recipe.prompt,
          recipe.max_tokens,
          recipe.sampling,
          recipe.end_tokens,
          recipe.sink(),
          [&outcome](const Outcome& o) {
            REQUIRE_FALSE(outcome.has_value());
            outcome = o;
          }};
}

struct Submitted {
  Recipe recipe;
  std::uint64_t number = 0;
  bool cancelled = false;
  std::optional<Outcome> outcome;
};

// Requests come and are cancelled between steps at random; each gets its own.
void random_batch(std::uint32_t seed) {
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto below = [&random](std::uint32_t bound) { return static_cast<std::uint32_t>(random() % bound); };
  const RunningModel running = tiny({.max_sequences = 1 + below(6), .kv_pages = 4 + below(8)});
  Batcher batcher(*running.engine, {.step_tokens = below(24)});
  std::vector<std::unique_ptr<Submitted>> all(1 + below(12));
  std::size_t submitted = 0;
  while (submitted < all.size() || !batcher.idle()) {
    while (submitted < all.size() && below(4) == 0) {
      auto& one = all[submitted++];
      one = std::make_unique<Submitted>();
      one->recipe = random_recipe(random);
      one->number = must(batcher.submit(request_of(one->recipe, one->outcome)));
    }
    if (submitted > 0 && below(32) == 0) {
      Submitted& victim = *all[random() % submitted];
      REQUIRE(batcher.cancel(victim.number) == !victim.outcome.has_value());
      victim.cancelled = victim.cancelled || !victim.outcome.has_value();
    }
    must(batcher.step());
  }
  for (const auto& one : all) {
    const Outcome want = alone(one->recipe);
    REQUIRE(one->outcome.has_value());
    if (one->cancelled) {
      REQUIRE(one->outcome->finish == Finish::kInterrupted);
      REQUIRE(one->outcome->tokens.size() <= want.tokens.size());
      REQUIRE(std::equal(one->outcome->tokens.begin(), one->outcome->tokens.end(), want.tokens.begin()));
    } else {
      check_same(*one->outcome, want);
    }
  }
  REQUIRE(running.engine->free_kv_pages() == running.engine->kv_pages());
}

Recipe recipe_of(std::size_t prompt_tokens, std::uint32_t max_tokens, std::uint32_t seed = 1) {
  Recipe recipe;
  recipe.prompt = random_tokens(tiny_model().config, prompt_tokens, seed);
  recipe.max_tokens = max_tokens;
  return recipe;
}

}  // namespace

TEST_CASE("in 100 random batches each request gets what it gets alone, sampled or not", "[batcher]") {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    random_batch(seed);
  }
}

TEST_CASE("in 1000 random batches each request gets what it gets alone, sampled or not", "[batcher][long]") {
  for (std::uint32_t seed = 1000; seed < 2000; ++seed) {
    random_batch(seed);
  }
}

TEST_CASE("a request that cannot run is refused and the others do not notice", "[batcher]") {
  const RunningModel running = tiny({.max_sequences = 4, .kv_pages = 3});
  Batcher batcher(*running.engine, {});
  std::optional<Outcome> good;
  const Recipe recipe = recipe_of(20, 10);
  must(batcher.submit(request_of(recipe, good)));
  must(batcher.step());
  const auto refused = [&batcher](Recipe bad) {
    std::optional<Outcome> outcome;
    const Result<std::uint64_t> number = batcher.submit(request_of(bad, outcome));
    REQUIRE_FALSE(number.ok());
    CHECK_FALSE(outcome.has_value());
    return number.error().code();
  };
  CHECK(refused(recipe_of(0, 4)) == ErrorCode::kInvalidInput);
  CHECK(refused(recipe_of(120, 9)) == ErrorCode::kInvalidInput);  // the context holds 128
  CHECK(refused(recipe_of(90, 10)) == ErrorCode::kUnsupported);   // 99 tokens need a fourth page
  CHECK(refused({{1, 128}, 4, {}, {}, 0, 0}) == ErrorCode::kInvalidInput);
  CHECK(refused({{-1}, 4, {}, {}, 0, 0}) == ErrorCode::kInvalidInput);
  std::optional<Outcome> largest;
  must(batcher.submit(request_of(recipe_of(90, 7), largest)));
  must(batcher.run());
  check_same(good.value(), alone(recipe));
  CHECK(largest.value().tokens.size() == 7);
}

TEST_CASE("requests join only when the cache has the pages of their whole length", "[batcher]") {
  const RunningModel running = tiny({.max_sequences = 4, .kv_pages = 4});
  Batcher batcher(*running.engine, {});
  std::optional<Outcome> outcomes[4];
  for (std::uint32_t i = 0; i < 4; ++i) {
    // 3 tokens now and 34 in the end: two pages each, so that two of the four run at a time.
    must(batcher.submit(request_of(recipe_of(3, 32, i), outcomes[i])));
  }
  while (!batcher.idle()) {
    must(batcher.step());
    CHECK(batcher.num_running() <= 2);
  }
  for (const std::optional<Outcome>& outcome : outcomes) {
    CHECK(outcome.value().tokens.size() == 32);
  }
}

TEST_CASE("decoding never waits for prompts, and prompts do not starve", "[batcher]") {
  const RunningModel running = tiny({.max_sequences = 6});
  Batcher batcher(*running.engine, {.step_tokens = 4});
  std::map<std::uint32_t, std::uint32_t> tokens;
  const auto submit = [&](std::uint32_t id, std::size_t prompt, std::uint32_t count) {
    Request request = {.prompt = random_tokens(tiny_model().config, prompt, id), .max_tokens = count};
    request.on_token = [&tokens, id](std::int32_t) -> Result<bool> {
      ++tokens[id];
      return true;
    };
    must(batcher.submit(std::move(request)));
  };
  for (std::uint32_t id = 0; id < 4; ++id) {
    submit(id, 1, 40);
  }
  must(batcher.step());
  submit(4, 20, 1);
  submit(5, 2, 1);
  // Four decode, which fills the budget; prompts still get a micro-batch, in turn: the short one is through at once.
  must(batcher.step());
  CHECK(tokens[5] == 1);
  for (std::uint32_t step = 2; step <= 6; ++step) {
    CHECK(tokens[4] == 0);
    must(batcher.step());
    for (std::uint32_t id = 0; id < 4; ++id) {
      CHECK(tokens[id] == step + 1);
    }
  }
  CHECK(tokens[4] == 1);
}

TEST_CASE("sinks may submit and cancel", "[batcher]") {
  const RunningModel running = tiny({.max_sequences = 2});
  Batcher batcher(*running.engine, {});
  std::optional<Outcome> second;
  std::optional<Outcome> third;
  std::uint64_t second_number = 0;
  Request first = {.prompt = {1, 2, 3}, .max_tokens = 4};
  first.on_token = [&](std::int32_t) -> Result<bool> {
    batcher.cancel(second_number);
    return true;
  };
  first.on_outcome = [&](const Outcome&) { must(batcher.submit(request_of(recipe_of(5, 6), third))); };
  must(batcher.submit(std::move(first)));
  second_number = must(batcher.submit(request_of(recipe_of(4, 50), second)));
  must(batcher.run());
  CHECK(second.value().finish == Finish::kInterrupted);
  CHECK(second.value().tokens.size() == 1);
  check_same(third.value(), alone(recipe_of(5, 6)));
  CHECK_FALSE(batcher.cancel(second_number));
}

TEST_CASE("with the engine's room held by others a request ends with an error, not never", "[batcher]") {
  const RunningModel running = tiny({.max_sequences = 1});
  const std::uint64_t other = must(running.engine->open_sequence());
  Batcher batcher(*running.engine, {});
  std::optional<Outcome> outcome;
  must(batcher.submit(request_of(recipe_of(5, 6), outcome)));
  must(batcher.run());
  CHECK(outcome.value().error.has_value());
  running.engine->close_sequence(other);
  std::optional<Outcome> later;
  must(batcher.submit(request_of(recipe_of(5, 6), later)));
  must(batcher.run());
  check_same(later.value(), alone(recipe_of(5, 6)));
}
