// sluice run: text from a prompt.
#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <utility>

#include "host/base/utf8.hpp"
#include "host/cli/common.hpp"
#include "host/cli/run_summary.hpp"
#include "host/engine/generator.hpp"
#include "host/engine/stop_filter.hpp"

namespace sluice::cli {
namespace {

constexpr std::uint32_t kDefaultTokens = 48;

struct Options {
  ModelOptions model;
  std::string prompt = "Once upon a time";
  std::string prompt_file;
  std::uint32_t max_tokens = kDefaultTokens;
  double temperature = 0.0;
  double top_p = 1.0;
  std::uint64_t seed = 0;
  std::vector<std::string> stops;
  std::string device = "simulation";
  sim::Waves waves;
  bool json = false;
};

std::atomic<bool> interrupt_requested{false};

void on_interrupt(int) {
  interrupt_requested.store(true, std::memory_order_relaxed);
  std::signal(SIGINT, SIG_DFL);  // a second Ctrl-C ends the program at once
}

void say(const Options& options, const std::string& what) {
  if (options.model.verbose) {
    fmt::print(stderr, "{}\n", what);
  }
}

// Turns tokens into text, up to a stop string, and shows it unless the output is JSON.
class TextOutput {
 public:
  TextOutput(const Tokenizer& tokenizer, std::vector<std::string> stops, bool show)
      : stream_(tokenizer.stream(true)), filter_(std::move(stops)), show_(show) {}

  // False when a stop string has been seen.
  Result<bool> push(std::int32_t token) {
    SLUICE_ASSIGN_OR_RETURN(const std::string piece, stream_.push(token));
    emit(filter_.push(piece));
    return !filter_.stopped();
  }

  Status finish() {
    if (!filter_.stopped()) {
      SLUICE_ASSIGN_OR_RETURN(const std::string piece, stream_.finish());
      emit(filter_.push(piece));
      emit(filter_.finish());
    }
    if (show_) {
      fmt::print("\n");
      std::fflush(stdout);
    }
    return {};
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void emit(const std::string& piece) {
    text_ += piece;
    if (show_) {
      std::fwrite(piece.data(), 1, piece.size(), stdout);
      std::fflush(stdout);
    }
  }

  TextStream stream_;
  engine::StopFilter filter_;
  bool show_;
  std::string text_;
};

Result<std::string> prompt_of(const Options& options) {
  if (options.prompt_file.empty()) {
    return replace_invalid_utf8(options.prompt);
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string bytes, read_text(options.prompt_file));
  return replace_invalid_utf8(bytes);
}

Result<std::unique_ptr<device::Device>> open(const Options& options) {
  if (!options.waves.file.empty() && options.device != "simulation") {
    return Error(ErrorCode::kInvalidInput, "--waves: only the simulation device has waveforms");
  }
  device::DeviceOptions device_options;
  device_options.simulation.waves = options.waves;
  return device::open_device(options.device, device_options);
}

Status run(const Options& options) {
  SLUICE_ASSIGN_OR_RETURN(const engine::SamplingParameters sampling,
                          engine::SamplingParameters::make(options.temperature, options.top_p, options.seed));
  SLUICE_ASSIGN_OR_RETURN(const std::string prompt, prompt_of(options));
  SLUICE_ASSIGN_OR_RETURN(RunnableModel runnable, load_runnable(options.model));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::int32_t> tokens, runnable.tokenizer.encode(prompt, true));
  if (tokens.size() + options.max_tokens > static_cast<std::uint64_t>(runnable.model.config.max_position)) {
    return Error(ErrorCode::kInvalidInput,
                 fmt::format("the context overflows: {} prompt tokens and {} to generate, but the model holds {}; "
                             "shorten the prompt or lower --max-tokens",
                             tokens.size(), options.max_tokens, runnable.model.config.max_position));
  }
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<device::Device> device, open(options));
  say(options, fmt::format("device: {} ({})", device->info().name, device->info().description));
  engine::EngineOptions engine_options;
  engine_options.max_sequences = 1;
  engine_options.progress = [](std::uint64_t done, std::uint64_t total) {
    show_progress("loading the card", done, total);
  };
  engine::GenerateOptions generate_options;
  generate_options.max_tokens = options.max_tokens;
  generate_options.sampling = sampling;
  generate_options.end_tokens = runnable.model.config.eos_tokens;
  generate_options.interrupted = &interrupt_requested;
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<engine::Engine> engine,
                          engine::Engine::create(*device, std::move(runnable.model), engine_options));
  say(options, fmt::format("loaded: {} bytes in card memory; prompt: {} tokens", engine->model().bytes, tokens.size()));

  std::signal(SIGINT, on_interrupt);
  if (!options.json && options.prompt_file.empty()) {
    fmt::print("{}", prompt);
    std::fflush(stdout);
  }
  TextOutput output(runnable.tokenizer, options.stops, !options.json);
  SLUICE_ASSIGN_OR_RETURN(const engine::Generated generated,
                          engine::generate(*engine, tokens, generate_options,
                                           [&output](std::int32_t token) { return output.push(token); }));
  SLUICE_RETURN_IF_ERROR(output.finish());
  const RunSummary summary = {device->info(), output.text(), tokens.size(), generated};
  if (options.json) {
    fmt::print("{}\n", summary_json(summary));
  } else {
    fmt::print(stderr, "{}", summary_text(summary));
  }
  return {};
}

void add_options(CLI::App& command, Options& options) {
  auto* prompt = command.add_option("--prompt", options.prompt, "text to go on from")->type_name("TEXT");
  prompt->capture_default_str();
  command.add_option("--prompt-file", options.prompt_file, "read the prompt from a file; - is standard input")
      ->type_name("FILE")
      ->excludes(prompt);
  command.add_option("--max-tokens", options.max_tokens, "tokens to generate at most")->capture_default_str();
  command.add_option("--temperature", options.temperature, "0: the most likely token each time")->capture_default_str();
  command.add_option("--top-p", options.top_p, "sample from the likeliest tokens that together have this probability")
      ->capture_default_str();
  command.add_option("--seed", options.seed, "of the sampling; the same seed gives the same text on every device")
      ->capture_default_str();
  command.add_option("--stop", options.stops, "end before this text appears (may be given several times)")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  add_model_options(command, options.model);
  command.add_option("--device", options.device, "see 'sluice devices'")->capture_default_str();
  command.add_option("--waves", options.waves.file, "simulation: write a waveform (FST) for GTKWave or Surfer")
      ->type_name("FILE");
  command.add_option("--waves-from", options.waves.from_cycle, "first cycle of the waveform")->type_name("CYCLE");
  command.add_option("--waves-cycles", options.waves.cycles, "length of the waveform in cycles")
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--json", options.json, "one JSON object instead of text and summary");
}

}  // namespace

void add_run(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "run", "generate text\nThe text goes to standard output, the summary to standard error. Ctrl-C ends cleanly.");
  add_options(*command, *options);
  command->callback([options, &status] {
    if (const Status result = run(*options); !result.ok()) {
      status = report(result.error());
    }
  });
}

}  // namespace sluice::cli
