#include "host/engine/kept_sequence.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <random>

#include "testbench/support/model_fixture.hpp"

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::test;

namespace {

using Tokens = std::vector<std::int32_t>;

GenerateOptions sampled(std::uint32_t max_tokens) {
  GenerateOptions options;
  options.max_tokens = max_tokens;
  options.sampling = must(SamplingParameters::make({.temperature = 1.0, .repetition_penalty = 1.1, .seed = 11}));
  return options;
}

Result<bool> go_on(std::int32_t) { return true; }

}  // namespace

TEST_CASE("a sequence serves a text that goes on from all it holds by at least a token", "[engine]") {
  CHECK(reusable_tokens(Tokens{}, Tokens{}) == 0);
  CHECK(reusable_tokens(Tokens{}, Tokens{1, 2}) == 0);
  CHECK(reusable_tokens(Tokens{1, 2}, Tokens{1, 2, 3}) == 2);
  CHECK(reusable_tokens(Tokens{1, 2, 3}, Tokens{1, 2, 3, 4, 5}) == 3);
  CHECK(reusable_tokens(Tokens{1, 2, 3}, Tokens{1, 2, 3}) == 0);  // no token to ask logits of
  CHECK(reusable_tokens(Tokens{1, 2, 3}, Tokens{1, 2}) == 0);
  CHECK(reusable_tokens(Tokens{1, 2, 3}, Tokens{}) == 0);
  CHECK(reusable_tokens(Tokens{1, 2, 3}, Tokens{1, 2, 4, 5}) == 0);
  CHECK(reusable_tokens(Tokens{7, 2, 3}, Tokens{1, 2, 3, 4}) == 0);
}

TEST_CASE("a kept sequence gives the tokens of a fresh one whatever came before", "[engine]") {
  const std::string directory = GENERATE(kFableMla, kFableGqa);
  const RunningModel model = running_fable("software", device::Format::kMxInt8, {}, directory);
  Engine& engine = *model.engine;
  std::mt19937 random(20261124);
  const auto token = [&] { return static_cast<std::int32_t>(random() % 4096); };
  KeptSequence kept(engine);
  std::size_t held = 0;
  std::size_t times_kept = 0;
  Tokens text{0};
  for (int turn = 0; turn < 30; ++turn) {
    // Mostly grows; sometimes a part is taken back, or a token in the middle changes.
    const auto change = random() % 8;
    if (change == 0) {
      text.resize(1 + random() % text.size());
    } else if (change == 1) {
      text[random() % text.size()] = token();
    }
    for (auto more = 1 + random() % 6; more > 0; --more) {
      text.push_back(token());
    }
    if (text.size() > 300) {
      text.resize(20);
    }
    GenerateOptions options = sampled(static_cast<std::uint32_t>(random() % 7));
    options.prefill_chunk = 1 + static_cast<std::uint32_t>(random() % 9);
    const Generated got = must(kept.generate(text, options, go_on));
    const Generated wanted = must(generate(engine, text, sampled(options.max_tokens), go_on));
    INFO(directory << " turn " << turn);
    REQUIRE(got.tokens == wanted.tokens);
    CHECK((kept.reused() == 0 || kept.reused() == held));
    times_kept += kept.reused() > 0 ? 1 : 0;
    // The last token of a reply is not fed.
    text.insert(text.end(), got.tokens.begin(), got.tokens.end());
    held = text.size() - (got.tokens.empty() ? 0 : 1);
  }
  CHECK(times_kept > 10);
  CHECK(times_kept < 30);
}

TEST_CASE("however a reply ends, the sequence serves the next turn", "[engine]") {
  const RunningModel model = running_fable("software", device::Format::kMxInt8);
  Engine& engine = *model.engine;
  const Tokens text{0, 5, 6, 7};
  const Tokens whole = must(generate(engine, text, sampled(12), go_on)).tokens;
  std::atomic<bool> interrupted{false};
  GenerateOptions with_end = sampled(12);
  with_end.end_tokens = {whole[5]};
  GenerateOptions with_interrupt = sampled(12);
  with_interrupt.interrupted = &interrupted;
  struct Case {
    Finish finish;
    GenerateOptions options;
    TokenSink sink;
  };
  std::size_t calls = 0;
  const std::vector<Case> cases = {
      {Finish::kLength, sampled(12), go_on},
      {Finish::kStop, sampled(12), [&](std::int32_t) -> Result<bool> { return ++calls < 5; }},
      {Finish::kEndToken, with_end, go_on},
      {Finish::kInterrupted, with_interrupt, [&](std::int32_t) -> Result<bool> {
         interrupted = ++calls == 8;
         return true;
       }}};
  for (const Case& ended : cases) {
    KeptSequence kept(engine);
    const Generated reply = must(kept.generate(text, ended.options, ended.sink));
    CHECK(reply.finish == ended.finish);
    REQUIRE(reply.tokens == Tokens(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(reply.tokens.size())));
    interrupted = false;
    Tokens next = text;
    next.insert(next.end(), reply.tokens.begin(), reply.tokens.end());
    next.insert(next.end(), {300, 301});
    CHECK(must(kept.generate(next, sampled(6), go_on)).tokens ==
          must(generate(engine, next, sampled(6), go_on)).tokens);
    CHECK(kept.reused() >= text.size() + reply.tokens.size() - 1);
  }
}

TEST_CASE("an interrupted prefill keeps what was fed, and an error keeps nothing", "[engine]") {
  const RunningModel model = running_fable("software", device::Format::kMxInt8);
  Engine& engine = *model.engine;
  const Tokens text{0, 5, 6, 7, 8, 9};
  const Tokens wanted = must(generate(engine, text, sampled(4), go_on)).tokens;
  KeptSequence kept(engine);
  std::atomic<bool> interrupted{true};
  GenerateOptions options = sampled(4);
  options.interrupted = &interrupted;
  const Generated none = must(kept.generate(text, options, go_on));
  CHECK((none.finish == Finish::kInterrupted && none.tokens.empty()));
  CHECK(must(kept.generate(text, sampled(4), go_on)).tokens == wanted);

  const auto fails = [](std::int32_t) -> Result<bool> { return Error(ErrorCode::kIo, "no reader"); };
  CHECK_FALSE(kept.generate(text, sampled(4), fails).ok());
  CHECK(must(kept.generate(text, sampled(4), go_on)).tokens == wanted);
  CHECK(kept.reused() == 0);
  CHECK_FALSE(kept.generate(Tokens(engine.max_tokens(), 5), sampled(1), go_on).ok());
  CHECK_FALSE(kept.generate(Tokens{}, sampled(1), go_on).ok());
  CHECK(must(kept.generate(text, sampled(4), go_on)).tokens == wanted);
}

TEST_CASE("a kept sequence uses one sequence of the engine's and gives it back", "[engine]") {
  const RunningModel model = running_fable("software", device::Format::kMxInt8);
  for (int i = 0; i < 10; ++i) {
    KeptSequence kept(*model.engine);
    must(kept.generate(Tokens{0, 5, 6}, sampled(1), go_on));
    must(kept.generate(Tokens{0, 7}, sampled(1), go_on));
  }
}
