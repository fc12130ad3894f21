// sluice eval: perplexity of a text.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "host/base/utf8.hpp"
#include "host/cli/common.hpp"
#include "host/cli/eval_trace.hpp"
#include "host/engine/evaluate.hpp"
#include "host/engine/recording_device.hpp"

namespace sluice::cli {
namespace {

struct Options {
  ModelOptions model;
  std::string text;
  std::string device = "software";
  std::uint32_t window = 512;
  std::uint64_t max_tokens = 0;
  std::optional<std::filesystem::path> trace;
  bool json = false;
};

struct Score {
  engine::Evaluation evaluation;
  double perplexity;
  double bits_per_byte;
  std::size_t bytes;  // of the whole text
  double tokens_per_second;
};

std::string as_json(const Options& options, const Score& score) {
  return nlohmann::json{{"perplexity", score.perplexity},
                        {"bits_per_byte", score.bits_per_byte},
                        {"tokens", score.evaluation.tokens},
                        {"bytes", score.bytes},
                        {"window", options.window},
                        {"device", options.device},
                        {"tokens_per_second", score.tokens_per_second}}
             .dump() +
         "\n";
}

std::string as_line(const Options& options, const Score& score) {
  return fmt::format("perplexity {:.4f}, {:.4f} bits per byte ({} tokens in windows of {}, {:.0f} tokens/s on {})\n",
                     score.perplexity, score.bits_per_byte, score.evaluation.tokens, options.window,
                     score.tokens_per_second, options.device);
}

Result<Score> score(const Options& options, const std::string& text) {
  SLUICE_ASSIGN_OR_RETURN(OpenedModel model, OpenedModel::open(options.model));
  SLUICE_ASSIGN_OR_RETURN(std::vector<std::int32_t> tokens, model.tokenizer().encode(text, false));
  if (!model.config().bos_token.has_value()) {
    return Error(ErrorCode::kUnsupported, "the model has no begin-of-text token to start a window with");
  }
  const std::int32_t begin = *model.config().bos_token;
  const std::uint64_t all_tokens = tokens.size();
  if (options.max_tokens > 0 && tokens.size() > options.max_tokens) {
    tokens.resize(options.max_tokens);
  }
  SLUICE_RETURN_IF_ERROR(
      engine::check_evaluation(tokens, options.window, static_cast<std::uint64_t>(model.config().max_position)));
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<device::Device> device, device::open_device(options.device));
  say(options.model, fmt::format("device: {} ({})", device->info().name, device->info().description));
  SLUICE_ASSIGN_OR_RETURN(quant::QuantisedModel weights, model.take_weights());
  std::optional<EvalTrace> trace;
  std::unique_ptr<engine::RecordingDevice> recording;
  if (options.trace) {
    trace.emplace(model.config());
    SLUICE_ASSIGN_OR_RETURN(recording, engine::RecordingDevice::create(*device));
  }
  device::Device* const recorder = recording ? recording.get() : device.get();
  SLUICE_ASSIGN_OR_RETURN(
      const std::unique_ptr<engine::Engine> engine,
      engine::Engine::create(*recorder, std::move(weights), {.max_sequences = 1, .max_tokens = options.window}));
  say(options.model, fmt::format("loaded: {} bytes in card memory; text: {} tokens, of which {} are scored",
                                 engine->model().bytes, all_tokens, tokens.size()));
  const auto start = std::chrono::steady_clock::now();
  const auto progress = [&](const engine::EvaluateStep& step) {
    show_progress("scoring", step.scored, tokens.size());
    if (trace) {
      trace->add(step, recording->take_routes());
    }
  };
  SLUICE_ASSIGN_OR_RETURN(const engine::Evaluation result,
                          engine::evaluate(*engine, tokens, begin, options.window, progress));
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  if (trace) {
    SLUICE_RETURN_IF_ERROR(trace->write(*options.trace));
  }
  const auto count = static_cast<double>(result.tokens);
  // Bytes of a shortened text are counted in proportion to its tokens.
  const double scored_bytes = static_cast<double>(text.size()) * count / static_cast<double>(all_tokens);
  return Score{result, std::exp(result.nats / count), result.nats / std::log(2.0) / scored_bytes, text.size(),
               count / time.count()};
}

Status eval(const Options& options) {
  SLUICE_ASSIGN_OR_RETURN(const std::string bytes, read_text(options.text));
  SLUICE_ASSIGN_OR_RETURN(const Score result, score(options, replace_invalid_utf8(bytes)));
  return write_output(options.json ? as_json(options, result) : as_line(options, result));
}

}  // namespace

void add_eval(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "eval",
      "perplexity and bits per byte of a text\n"
      "Windows of --window tokens: the begin-of-text token, then the next window - 1 tokens of the text, without\n"
      "overlap (the last may be shorter); every token of the text is predicted once.");
  command->add_option("--text", options->text, "UTF-8 text; - is standard input")->required()->type_name("FILE");
  add_model_options(*command, options->model);
  command->add_option("--device", options->device, "see 'sluice devices'")->type_name("NAME")->capture_default_str();
  command->add_option("--window", options->window, "tokens a window, from 2 to what the model's context holds")
      ->type_name("N")
      ->capture_default_str()
      ->transform(whole_number(std::numeric_limits<std::uint32_t>::max()));
  command->add_option("--max-tokens", options->max_tokens, "score only the first tokens of the text; 0: all")
      ->type_name("N")
      ->capture_default_str()
      ->transform(whole_number(std::numeric_limits<std::uint64_t>::max()));
  command
      ->add_option("--trace", options->trace,
                   "write -ln p, the likeliest token and the experts of every scored token to a safetensors file")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "one JSON object");
  command->callback([options, &status] {
    if (const Status result = eval(*options); !result.ok()) {
      status = report(result.error());
    }
  });
}

}  // namespace sluice::cli
