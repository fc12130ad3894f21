#include "testbench/conformance/random_schedules.hpp"

#include <algorithm>
#include <numeric>
#include <random>

namespace sluice::test {
namespace {

using engine::Engine;
using engine::TokenInput;

class Schedule {
 public:
  Schedule(Engine& engine, SoloLogits& solo, const ScheduleLimits& limits, std::uint32_t seed)
      : engine_(engine), solo_(solo), limits_(limits), random_(seed) {}

  std::string run() {
    plan();
    while (problem_.empty() && !(waiting_.empty() && open_.empty())) {
      join();
      if (chance(8)) {
        failing_step();
      }
      step();
      leave();
    }
    for (const Running& running : open_) {
      engine_.close_sequence(running.number);
    }
    if (problem_.empty() && engine_.free_kv_pages() != engine_.kv_pages()) {
      problem_ = "pages are lost: " + std::to_string(engine_.free_kv_pages()) + " of " +
                 std::to_string(engine_.kv_pages()) + " are free";
    }
    return problem_;
  }

 private:
  struct Planned {
    std::size_t text = 0;
    std::uint32_t length = 0;
  };
  struct Running {
    Planned planned;
    std::uint64_t number = 0;
    std::uint32_t fed = 0;
  };

  std::uint32_t below(std::uint32_t bound) { return random_() % bound; }
  bool chance(std::uint32_t one_in) { return below(one_in) == 0; }

  // Short ones, those that end near a page's end, and any.
  std::uint32_t random_length() {
    const std::uint32_t page = device::kPageTokens * (1 + below(3));
    const std::uint32_t lengths[] = {1 + below(8), page - 2 + below(5), 1 + below(limits_.tokens)};
    return std::min(lengths[below(3)], limits_.tokens);
  }

  void plan() {
    std::vector<std::size_t> texts(SoloLogits::kTexts);
    std::iota(texts.begin(), texts.end(), std::size_t{0});
    std::shuffle(texts.begin(), texts.end(), random_);
    texts.resize(1 + below(limits_.sequences));
    for (const std::size_t text : texts) {
      waiting_.push_back({text, random_length()});
    }
    width_ = 1 + below(limits_.sequences);
    chunk_ = 1 + below(limits_.chunk);
    all_logits_ = !chance(4);
  }

  void join() {
    while (!waiting_.empty() && open_.size() < width_ && (open_.empty() || chance(2))) {
      const Result<std::uint64_t> number = engine_.open_sequence();
      if (!number.ok()) {
        problem_ = number.error().message();
        return;
      }
      open_.push_back({waiting_.back(), number.value(), 0});
      waiting_.pop_back();
    }
  }

  // A step that names what is not there, on top of good inputs.
  void failing_step() {
    std::vector<TokenInput> inputs;
    for (const Running& running : open_) {
      inputs.push_back({running.number, 1, true});
    }
    TokenInput bad = inputs.front();
    switch (below(3)) {
      case 0:
        bad.sequence = chance(2) ? 0 : inputs.back().sequence + 1000;
        break;
      case 1:
        bad.token = chance(2) ? -1 : static_cast<std::int32_t>(solo_.model().config.vocab_size);
        break;
      default:
        inputs.insert(inputs.end(), engine_.max_tokens(), bad);  // more than the context holds
    }
    inputs.insert(inputs.begin() + below(static_cast<std::uint32_t>(inputs.size() + 1)), bad);
    const std::uint32_t free = engine_.free_kv_pages();
    if (engine_.step(inputs).ok()) {
      problem_ = "a bad step is taken";
    }
    check_unchanged(free);
  }

  void check_unchanged(std::uint32_t free_pages) {
    if (engine_.free_kv_pages() != free_pages) {
      problem_ = "a failed step has changed the number of free pages";
    }
    for (const Running& running : open_) {
      if (engine_.length(running.number) != running.fed) {
        problem_ = "a failed step has changed a length";
      }
    }
  }

  // Indices into open_, once for each token of the step, in random order.
  std::vector<std::size_t> random_turns() {
    std::vector<std::size_t> turns;
    for (std::size_t i = 0; i < open_.size(); ++i) {
      const std::uint32_t left = open_[i].planned.length - open_[i].fed;
      if (left > 0 && !chance(4)) {
        turns.insert(turns.end(), std::min(left, 1 + below(chunk_)), i);
      }
    }
    if (!chance(4)) {
      std::shuffle(turns.begin(), turns.end(), random_);
    }
    return turns;
  }

  void step() {
    const std::vector<std::size_t> turns = random_turns();
    std::vector<TokenInput> inputs;
    std::vector<const engine::Logits*> wanted;
    std::vector<std::uint32_t> fed(open_.size());
    for (const std::size_t turn : turns) {
      const Running& running = open_[turn];
      const SoloLogits::Text& text = solo_.text(running.planned.text);
      const std::uint32_t position = running.fed + fed[turn]++;
      const bool want = all_logits_ || chance(2);
      inputs.push_back({running.number, text.tokens[position], want});
      if (want) {
        wanted.push_back(&text.logits[position]);
      }
    }
    const std::uint32_t free = engine_.free_kv_pages();
    const Result<std::vector<engine::Logits>> got = engine_.step(inputs);
    if (!got.ok()) {
      check_unchanged(free);
      if (problem_.empty()) {
        make_room(got.error());
      }
      return;
    }
    for (std::size_t i = 0; i < open_.size(); ++i) {
      open_[i].fed += fed[i];
    }
    compare(wanted, got.value());
  }

  void compare(const std::vector<const engine::Logits*>& want, const std::vector<engine::Logits>& got) {
    if (want.size() != got.size()) {
      problem_ = "a step gives logits of too few or too many tokens";
      return;
    }
    for (std::size_t i = 0; i < want.size(); ++i) {
      if (!same(*want[i], got[i])) {
        problem_ = "logits differ from those alone";
      }
    }
  }

  // One sequence goes back to those that wait, and fewer run together from now on.
  void make_room(const Error& error) {
    if (error.code() != ErrorCode::kUnsupported || open_.size() < 2) {
      problem_ = error.message();
      return;
    }
    const std::size_t victim = below(static_cast<std::uint32_t>(open_.size()));
    waiting_.push_back(open_[victim].planned);
    close(victim);
    width_ = static_cast<std::uint32_t>(open_.size());
  }

  // Those at their end, soon; others now and then.
  void leave() {
    for (std::size_t i = open_.size(); i-- > 0;) {
      if (open_[i].fed == open_[i].planned.length ? chance(2) : chance(64)) {
        close(i);
      }
    }
  }

  void close(std::size_t index) {
    engine_.close_sequence(open_[index].number);
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  Engine& engine_;
  SoloLogits& solo_;
  ScheduleLimits limits_;
  std::mt19937 random_;
  std::uint32_t width_ = 1;  // sequences together
  std::uint32_t chunk_ = 1;
  bool all_logits_ = true;
  std::vector<Planned> waiting_;
  std::vector<Running> open_;
  std::string problem_;
};

}  // namespace

const SoloLogits::Text& SoloLogits::text(std::size_t index) {
  Text& text = texts_[index];
  if (text.tokens.empty()) {
    text.tokens = random_tokens(model_.config, kTextTokens, static_cast<std::uint32_t>(1000 + index));
    const RunningModel alone = running_model(model_, "software", {.max_sequences = 1});
    const std::uint64_t sequence = must(alone.engine->open_sequence());
    for (const std::int32_t token : text.tokens) {
      const TokenInput input = {sequence, token, true};
      text.logits.push_back(must(alone.engine->step({&input, 1})).front());
    }
  }
  return text;
}

engine::EngineOptions schedule_options() { return {.max_sequences = 12, .kv_pages = 8}; }

std::string run_schedule(Engine& engine, SoloLogits& solo, const ScheduleLimits& limits, std::uint32_t seed) {
  return Schedule(engine, solo, limits, seed).run();
}

}  // namespace sluice::test
