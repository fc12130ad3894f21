// sluice run: text from a prompt.
#include <fmt/format.h>

#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "host/base/utf8.hpp"
#include "host/cli/batch_run.hpp"
#include "host/cli/common.hpp"
#include "host/cli/interrupt.hpp"
#include "host/cli/run_summary.hpp"
#include "host/cli/sampling_options.hpp"
#include "host/cli/text_output.hpp"
#include "host/engine/generator.hpp"

namespace sluice::cli {
namespace {

constexpr std::uint32_t kDefaultTokens = 48;

struct Options {
  ModelOptions model;
  std::string prompt = "Once upon a time";
  std::optional<std::string> prompt_file;
  std::optional<std::string> prompts;
  std::uint32_t batch = 4;
  std::uint32_t max_tokens = kDefaultTokens;
  engine::SamplingOptions sampling;
  std::vector<std::string> stops;
  std::string device = "simulation";
  sim::Waves waves;
  bool json = false;
};

Result<std::string> prompt_of(const Options& options) {
  if (!options.prompt_file.has_value()) {
    return replace_invalid_utf8(options.prompt);
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string bytes, read_text(*options.prompt_file));
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

Status finish(const Options& options, const RunSummary& summary) {
  if (options.json) {
    return write_output(summary_json(summary) + "\n");
  }
  write_note(summary_text(summary));
  return {};
}

Status run(const Options& options) {
  SLUICE_ASSIGN_OR_RETURN(const engine::SamplingParameters sampling,
                          engine::SamplingParameters::make(options.sampling));
  if (options.prompts.has_value()) {
    return run_batch({options.model, *options.prompts, options.batch, options.max_tokens, sampling, options.stops,
                      options.json, [&options] { return open(options); }});
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string prompt, prompt_of(options));
  SLUICE_ASSIGN_OR_RETURN(OpenedModel model, OpenedModel::open(options.model));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::int32_t> tokens, model.tokenizer().encode(prompt, true));
  const auto limit = static_cast<std::uint64_t>(model.config().max_position);
  SLUICE_RETURN_IF_ERROR(engine::check_context(tokens.size(), options.max_tokens, limit));
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<device::Device> device, open(options));
  say(options.model, fmt::format("device: {} ({})", device->info().name, device->info().description));
  const engine::GenerateOptions generate_options = {.max_tokens = options.max_tokens,
                                                    .sampling = sampling,
                                                    .end_tokens = model.config().eos_tokens,
                                                    .interrupted = &interrupt_requested()};
  const std::uint32_t context = static_cast<std::uint32_t>(tokens.size()) + options.max_tokens;
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<engine::Engine> engine, load_engine(model, *device, context));
  catch_interrupt(SecondInterrupt::kEndsProgram);
  say(options.model,
      fmt::format("loaded: {} bytes in card memory; prompt: {} tokens", engine->model().bytes, tokens.size()));

  if (!options.json && !options.prompt_file.has_value()) {
    SLUICE_RETURN_IF_ERROR(write_output(prompt));
  }
  TextOutput output(model.tokenizer(), options.stops, options.json ? TextOutput::Show() : write_output);
  SLUICE_ASSIGN_OR_RETURN(const engine::Generated generated,
                          engine::generate(*engine, tokens, generate_options,
                                           [&output](std::int32_t token) { return output.push(token); }));
  SLUICE_RETURN_IF_ERROR(output.finish());
  if (!options.json) {
    SLUICE_RETURN_IF_ERROR(write_output("\n"));
  }
  return finish(options, {device->info(), output.text(), tokens.size(), generated});
}

void add_text_options(CLI::App& command, Options& options) {
  auto* prompt = command.add_option("--prompt", options.prompt, "text to go on from")->type_name("TEXT");
  prompt->capture_default_str();
  command
      .add_option("--prompt-file", options.prompt_file,
                  "read the prompt from a file, and do not repeat it; - is standard input")
      ->type_name("FILE")
      ->excludes(prompt);
  auto* prompts = command.add_option("--prompts", options.prompts,
                                     "generate for every line of a file, several at once; - is standard input");
  prompts->type_name("FILE")->excludes(prompt)->excludes(command.get_option("--prompt-file"));
  command.add_option("--batch", options.batch, "of --prompts: sequences at once, at most")
      ->type_name("N")
      ->capture_default_str()
      ->needs(prompts)
      ->transform(whole_number(std::numeric_limits<std::uint32_t>::max()));
  command.add_option("--max-tokens", options.max_tokens, "tokens to generate at most")
      ->type_name("N")
      ->capture_default_str()
      ->transform(whole_number(std::numeric_limits<std::uint32_t>::max()));
  add_sampling_options(command, options.sampling);
  command.add_option("--stop", options.stops, "end before this text appears (may be given several times)")
      ->type_name("TEXT")
      ->allow_extra_args(false);
}

void add_device_options(CLI::App& command, Options& options) {
  const std::uint64_t any = std::numeric_limits<std::uint64_t>::max();
  command.add_option("--device", options.device, "see 'sluice devices'")->type_name("NAME")->capture_default_str();
  auto* waves =
      command.add_option("--waves", options.waves.file, "simulation: write a waveform (FST) for GTKWave or Surfer");
  waves->type_name("FILE");
  command.add_option("--waves-from", options.waves.from_cycle, "first cycle of the waveform")
      ->type_name("CYCLE")
      ->capture_default_str()
      ->needs(waves)
      ->transform(whole_number(any));
  command.add_option("--waves-cycles", options.waves.cycles, "length of the waveform in cycles")
      ->type_name("N")
      ->capture_default_str()
      ->needs(waves)
      ->transform(whole_number(any));
  command.add_flag("--json", options.json,
                   "one JSON object on standard output instead of text and summary; with --prompts one a line");
}

}  // namespace

void add_run(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "run",
      "generate text\n"
      "The text goes to standard output as it comes, a summary to standard error. Ctrl-C ends the text, shows the\n"
      "summary of what there is and gives status 0; a second Ctrl-C ends the program at once.");
  add_text_options(*command, *options);
  add_model_options(*command, options->model);
  add_device_options(*command, *options);
  command->callback([options, &status] {
    if (const Status result = run(*options); !result.ok()) {
      status = report(result.error());
    }
  });
}

}  // namespace sluice::cli
