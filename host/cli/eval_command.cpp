// sluice eval: perplexity of a text.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "host/base/utf8.hpp"
#include "host/cli/common.hpp"
#include "host/engine/evaluate.hpp"

namespace sluice::cli {
namespace {

struct Options {
  ModelOptions model;
  std::string text;
  std::string device = "software";
  std::uint32_t window = 512;
  std::uint64_t max_tokens = 0;
  bool json = false;
};

Status eval(const Options& options) {
  SLUICE_ASSIGN_OR_RETURN(const std::string bytes, read_text(options.text));
  const std::string text = replace_invalid_utf8(bytes);
  SLUICE_ASSIGN_OR_RETURN(RunnableModel runnable, load_runnable(options.model));
  SLUICE_ASSIGN_OR_RETURN(std::vector<std::int32_t> tokens, runnable.tokenizer.encode(text, false));
  if (!runnable.model.config.bos_token.has_value()) {
    return Error(ErrorCode::kUnsupported, "the model has no begin-of-text token to start a window with");
  }
  const std::uint64_t all_tokens = tokens.size();
  if (options.max_tokens > 0 && tokens.size() > options.max_tokens) {
    tokens.resize(options.max_tokens);
  }
  const std::int32_t begin = *runnable.model.config.bos_token;
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<device::Device> device, device::open_device(options.device));
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<engine::Engine> engine,
                          engine::Engine::create(*device, std::move(runnable.model), {}));
  const auto start = std::chrono::steady_clock::now();
  const auto progress = [&tokens](std::uint64_t done) { show_progress("scoring", done, tokens.size()); };
  SLUICE_ASSIGN_OR_RETURN(const engine::Evaluation result,
                          engine::evaluate(*engine, tokens, begin, options.window, progress));
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  const double perplexity = std::exp(result.nats / static_cast<double>(result.tokens));
  // Bytes of a shortened text are counted in proportion to its tokens.
  const double scored_bytes =
      static_cast<double>(text.size()) * static_cast<double>(result.tokens) / static_cast<double>(all_tokens);
  const double bits = result.nats / std::log(2.0) / scored_bytes;
  if (options.json) {
    fmt::print("{}\n", nlohmann::json{{"perplexity", perplexity},
                                      {"bits_per_byte", bits},
                                      {"tokens", result.tokens},
                                      {"bytes", text.size()},
                                      {"window", options.window},
                                      {"device", options.device},
                                      {"tokens_per_second", static_cast<double>(result.tokens) / time.count()}}
                           .dump());
  } else {
    fmt::print("perplexity {:.4f}, {:.4f} bits per byte ({} tokens in windows of {}, {:.0f} tokens/s on {})\n",
               perplexity, bits, result.tokens, options.window, static_cast<double>(result.tokens) / time.count(),
               options.device);
  }
  return {};
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
  command->add_option("--device", options->device, "see 'sluice devices'")->capture_default_str();
  command->add_option("--window", options->window, "tokens a window")->capture_default_str();
  command->add_option("--max-tokens", options->max_tokens, "score only the first tokens of the text; 0: all");
  command->add_flag("--json", options->json, "one JSON object");
  command->callback([options, &status] {
    if (const Status result = eval(*options); !result.ok()) {
      status = report(result.error());
    }
  });
}

}  // namespace sluice::cli
