#include "testbench/support/hls_bench/bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "testbench/support/hls_bench/simulation.hpp"
#include "testbench/support/hls_bench/words.hpp"

namespace sluice::hls_bench {
namespace {

constexpr int kQueueWords = 2;     // that a port's queue takes beyond what the kernel read
constexpr int kResetCalls = 4;     // calls that a reset cuts off
constexpr int kResetCycles = 400;  // at most, until it does
constexpr int kDrainCycles = 16;   // at the end, to see that no word comes that should not
constexpr std::int64_t kDefaultMax = 64;

class Bench {
 public:
  Bench(const RtlKernel& rtl, const NativeKernel& native, BenchOptions options)
      : rtl_(rtl),
        native_(native),
        options_(std::move(options)),
        random_(options_.seed),
        inputs_(rtl.streams.size()),
        expected_(rtl.streams.size()),
        consumed_(rtl.streams.size()),
        has_stimulus_(rtl.streams.size()),
        simulation_(
            rtl, options_.seed + 1, [this](std::size_t s, std::uint64_t at) { return input_word(s, at, false); },
            [this](std::size_t s, std::uint64_t at, const Words& word) { return check_word(s, at, word); }) {}

  int run() {
    if (rtl_.num_mutants > 0) {
      rtl_.set_mutant(options_.mutant);
    }
    simulation_.reset(consumed_);
    const bool good = cut_off_calls() && all_calls() && last_words();
    if (!good) {
      fmt::print("FAILED {}: {}\n{}seed {}\n", rtl_.name, message_, simulation_.describe(), options_.seed);
      return 1;
    }
    fmt::print("{}: {} calls, {} words in and out equal, {} cycles; without pauses {} words in {} cycles; seed {}\n",
               rtl_.name, calls_, simulation_.words_moved(), simulation_.cycles(), busy_words_, busy_cycles_,
               options_.seed);
    return 0;
  }

 private:
  bool fail(const std::string& message) {
    message_ = fmt::format("call {}: {}", calls_, message);
    return false;
  }

  // The words of an input stream, made when first wanted. Without a handshake the RTL would never stop reading: it gets
  // what the native calls took.
  const Words* input_word(std::size_t stream, std::uint64_t at, bool natively) {
    if (!natively && !rtl_.has_handshake && !cutting_off_ && at >= consumed_[stream]) {
      return nullptr;
    }
    std::vector<Words>& words = inputs_[stream];
    if (has_stimulus_[stream] && at >= words.size()) {
      return nullptr;
    }
    while (words.size() <= at) {
      words.push_back(random_word(rtl_.streams[stream].width, random_));
    }
    return &words[at];
  }

  std::optional<std::string> check_word(std::size_t stream, std::uint64_t at, const Words& word) {
    if (cutting_off_) {
      return std::nullopt;
    }
    const std::vector<Words>& expected = expected_[stream];
    const std::string& name = rtl_.streams[stream].name;
    if (at >= expected.size()) {
      return fmt::format("'{}' gives word {}, {}, and the native run only {}", name, at, to_hex(word), expected.size());
    }
    if (word != expected[at]) {
      return fmt::format("'{}' word {}: native {}, RTL {}", name, at, to_hex(expected[at]), to_hex(word));
    }
    return std::nullopt;
  }

  NativeCall next_call() {
    NativeCall call;
    for (const RtlScalar& scalar : rtl_.scalars) {
      const auto range = std::ranges::find(options_.ranges, scalar.name, &ScalarRange::name);
      const bool given = range != options_.ranges.end();
      // Half of the numbers of narrow scalars are negative or large by chance; one bit has only 0 and 1.
      const std::int64_t widest = scalar.width < 8 ? (std::int64_t{1} << scalar.width) - 1 : kDefaultMax;
      call.scalars.push_back(number_between(scalar.width, given ? range->min : 0,
                                            given ? range->max : std::min(widest, kDefaultMax), random_));
    }
    for (const RtlArray& array : rtl_.arrays) {
      std::vector<Words>& contents = call.arrays.emplace_back();
      for (std::uint64_t i = 0; i < array.depth; ++i) {
        contents.push_back(random_word(array.width, random_));
      }
    }
    if (options_.stimulus != nullptr) {
      Stimulus stimulus(rtl_, random_, calls_, call, inputs_);
      std::vector<std::size_t> sizes;
      for (const std::vector<Words>& words : inputs_) {
        sizes.push_back(words.size());
      }
      options_.stimulus(stimulus);
      for (std::size_t s = 0; s < sizes.size(); ++s) {
        has_stimulus_[s] = has_stimulus_[s] || inputs_[s].size() != sizes[s];
      }
    }
    call.next_word = [this](std::size_t stream) -> std::optional<Words> {
      const Words* word = input_word(stream, consumed_[stream], true);
      if (word == nullptr) {
        return std::nullopt;
      }
      ++consumed_[stream];
      return *word;
    };
    call.peek_word = [this](std::size_t stream, std::size_t offset) {
      return input_word(stream, consumed_[stream] + offset, true);
    };
    return call;
  }

  // Before the first native call, so that static registers are natively what the reset makes them.
  bool cut_off_calls() {
    if (rtl_.has_lasting_memory) {
      return true;
    }
    cutting_off_ = true;
    for (int i = 0; i < kResetCalls; ++i) {
      const NativeCall call = next_call();
      start(call, i == 0);
      const auto cycles = static_cast<int>(random_() % kResetCycles);
      for (int c = 0; c < cycles && !simulation_.done(); ++c) {
        simulation_.step();
      }
      simulation_.reset(consumed_);
      for (std::vector<Words>& words : inputs_) {
        words.clear();  // the stimulus of the call that was cut off
      }
    }
    cutting_off_ = false;
    return simulation_.failure().empty() || fail(simulation_.failure());
  }

  void start(const NativeCall& call, bool busy) {
    simulation_.choose_traffic(busy);
    simulation_.set_scalars(call.scalars);
    simulation_.arrays = call.arrays;
    simulation_.set_start(true);
  }

  bool all_calls() {
    while (calls_ < options_.calls || simulation_.words_moved() < options_.words) {
      if (!one_call()) {
        return false;
      }
      ++calls_;
      if (random_() % 3 == 0) {  // else the next call starts at once
        simulation_.set_start(false);
        const auto cycles = static_cast<int>(random_() % 20);
        for (int c = 0; c < cycles; ++c) {
          simulation_.step();
        }
      }
      if (!simulation_.failure().empty()) {
        return fail(simulation_.failure());
      }
    }
    simulation_.set_start(false);
    return true;
  }

  bool one_call() {
    NativeCall call = next_call();
    const bool busy = calls_ % 4 == 0;
    start(call, busy);
    native_(call);
    if (!call.failure.empty()) {
      return fail("native run: " + call.failure);
    }
    for (std::size_t s = 0; s < expected_.size(); ++s) {
      expected_[s].insert(expected_[s].end(), call.streams[s].begin(), call.streams[s].end());
    }
    const std::uint64_t first_cycle = simulation_.cycles();
    const std::uint64_t first_word = simulation_.words_moved();
    if (!run_rtl()) {
      return false;
    }
    if (busy) {
      busy_cycles_ += simulation_.cycles() - first_cycle;
      busy_words_ += simulation_.words_moved() - first_word;
    }
    return check_scalars(call) && check_arrays(call);
  }

  bool run_rtl() {
    do {
      simulation_.step();
      if (!simulation_.failure().empty()) {
        return fail(simulation_.failure());
      }
      if (simulation_.idle_cycles() > options_.max_idle_cycles) {
        return fail(fmt::format("hangs: nothing moved for {} cycles", simulation_.idle_cycles()));
      }
      if (is_too_long()) {
        return fail(fmt::format("hangs: not at the end after {} cycles", simulation_.cycles()));
      }
    } while (rtl_.has_handshake ? !simulation_.done() : !is_all_out());
    return true;
  }

  bool is_too_long() const { return options_.max_cycles > 0 && simulation_.cycles() > options_.max_cycles; }

  bool is_all_out() const {
    for (std::size_t s = 0; s < rtl_.streams.size(); ++s) {
      const std::uint64_t whole = rtl_.streams[s].is_input ? consumed_[s] : expected_[s].size();
      if (simulation_.position(s) < whole) {
        return false;
      }
    }
    return true;
  }

  bool check_scalars(const NativeCall& call) {
    for (std::size_t i = 0; i < rtl_.outputs.size(); ++i) {
      const RtlOutput& output = rtl_.outputs[i];
      if (!call.outputs[i]) {
        continue;
      }
      // One that was not written keeps no value to compare: natively it began as zero.
      const bool zero = std::ranges::all_of(*call.outputs[i], [](std::uint32_t word) { return word == 0; });
      if (!output.valid()) {
        if (!zero) {
          return fail(
              fmt::format("output '{}' is {} natively and not valid in RTL", output.name, to_hex(*call.outputs[i])));
        }
      } else if (output.value() != *call.outputs[i]) {
        return fail(fmt::format("output '{}': native {}, RTL {}", output.name, to_hex(*call.outputs[i]),
                                to_hex(output.value())));
      }
    }
    return true;
  }

  bool check_arrays(const NativeCall& call) {
    for (std::size_t a = 0; a < rtl_.arrays.size(); ++a) {
      for (std::size_t i = 0; i < call.arrays[a].size(); ++i) {
        if (simulation_.arrays[a][i] != call.arrays[a][i]) {
          return fail(fmt::format("array '{}'[{}]: native {}, RTL {}", rtl_.arrays[a].name, i,
                                  to_hex(call.arrays[a][i]), to_hex(simulation_.arrays[a][i])));
        }
      }
    }
    return true;
  }

  // After the last call: all words that are due come, none beside, and each input port has taken what was read and what
  // its queue holds.
  bool last_words() {
    simulation_.choose_traffic(true);
    for (int quiet = 0; quiet < kDrainCycles; quiet = is_all_out() ? quiet + 1 : 0) {
      simulation_.step();
      if (!simulation_.failure().empty()) {
        return fail(simulation_.failure());
      }
      if (simulation_.idle_cycles() > options_.max_idle_cycles) {
        return fail("hangs after the last call: words are due");
      }
      if (is_too_long()) {
        return fail(fmt::format("hangs after the last call, in cycle {}", simulation_.cycles()));
      }
    }
    for (std::size_t s = 0; s < rtl_.streams.size(); ++s) {
      const std::uint64_t taken = simulation_.position(s);
      const std::uint64_t queued = rtl_.has_handshake && taken > 0 && !has_stimulus_[s] ? kQueueWords : 0;
      if (rtl_.streams[s].is_input && taken != consumed_[s] + queued) {
        return fail(fmt::format("'{}': native took {} words, RTL {} with {} in its queue", rtl_.streams[s].name,
                                consumed_[s], taken, queued));
      }
    }
    return true;
  }

  const RtlKernel& rtl_;
  const NativeKernel& native_;
  BenchOptions options_;
  std::mt19937_64 random_;
  std::vector<std::vector<Words>> inputs_;
  std::vector<std::vector<Words>> expected_;
  std::vector<std::uint64_t> consumed_;
  std::vector<bool> has_stimulus_;  // the kernel's own stimulus makes all words
  bool cutting_off_ = false;
  int calls_ = 0;
  std::uint64_t busy_cycles_ = 0, busy_words_ = 0;
  std::string message_;
  Simulation simulation_;
};

}  // namespace

int run_bench(const RtlKernel& rtl, const NativeKernel& native, BenchOptions options, int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    std::uint64_t value = 0;
    const char* end = argv[i + 1] + std::strlen(argv[i + 1]);
    if (std::from_chars(argv[i + 1], end, value).ptr != end) {
      fmt::print(stderr, "'{}' is no number\n", argv[i + 1]);
      return 2;
    }
    if (name == "--calls") {
      options.calls = static_cast<int>(value);
    } else if (name == "--words") {
      options.words = value;
    } else if (name == "--seed") {
      options.seed = value;
    } else if (name == "--max-idle") {
      options.max_idle_cycles = value;
    } else if (name == "--max-cycles") {
      options.max_cycles = value;
    } else if (name == "--mutant") {
      options.mutant = value;
    } else {
      fmt::print(stderr,
                 "usage: {} [--calls N] [--words N] [--seed N] [--max-idle CYCLES] [--max-cycles CYCLES] "
                 "[--mutant N]\n",
                 argv[0]);
      return 2;
    }
  }
  if (options.mutant > rtl.num_mutants) {
    fmt::print(stderr, "mutant {} is asked for, and the RTL has {}; see sluice-hls --mutants\n", options.mutant,
               rtl.num_mutants);
    return 2;
  }
  return Bench(rtl, native, std::move(options)).run();
}

}  // namespace sluice::hls_bench
