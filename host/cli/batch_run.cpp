#include "host/cli/batch_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "host/base/utf8.hpp"
#include "host/cli/interrupt.hpp"
#include "host/cli/run_summary.hpp"
#include "host/cli/text_output.hpp"
#include "host/engine/batcher.hpp"

namespace sluice::cli {
namespace {

using engine::Batcher;
using engine::Outcome;

// A line of the file on its way to a text.
struct Line {
  std::string prompt;
  std::vector<std::int32_t> tokens;
  std::optional<TextOutput> output;
  std::optional<Outcome> outcome;
};

// A last line without an end counts; a carriage return before an end does not belong to the prompt.
std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    lines.emplace_back().prompt = line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Outcome failed(const Error& error) { return {{}, engine::Finish::kLength, error}; }

std::string as_json(std::size_t index, const Line& line) {
  nlohmann::json out = {{"index", index}, {"prompt", line.prompt}};
  if (line.outcome->error.has_value()) {
    out["error"] = line.outcome->error->message();
  } else {
    out["text"] = line.output->text();
    out["tokens"] = line.outcome->tokens;
    out["finish"] = name_of(line.outcome->finish);
  }
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string as_text(std::size_t index, const Line& line) {
  const std::string header = fmt::format("==> prompt {} <==\n", index + 1);
  if (line.outcome->error.has_value()) {
    return header + "error: " + line.outcome->error->message() + "\n";
  }
  return header + line.prompt + line.output->text() + "\n";
}

// All prompts of a run: their state, and how many results have been written.
class Prompts {
 public:
  Prompts(const BatchRun& run, std::vector<Line> lines) : run_(run), lines_(std::move(lines)) {}

  void encode(const OpenedModel& model) {
    const auto limit = static_cast<std::uint64_t>(model.config().max_position);
    for (Line& line : lines_) {
      Result<std::vector<std::int32_t>> tokens = model.tokenizer().encode(line.prompt, true);
      const Status fits =
          tokens.ok() ? engine::check_context(tokens.value().size(), run_.max_tokens, limit) : tokens.error();
      if (fits.ok()) {
        line.tokens = std::move(tokens).value();
        line.output.emplace(model.tokenizer(), run_.stops, TextOutput::Show());
      } else {
        line.outcome = failed(fits.error());
      }
    }
  }

  // Room for the largest `batch` of the prompts that are to run.
  [[nodiscard]] engine::EngineOptions engine_options() const {
    std::vector<std::uint32_t> lengths;
    for (const Line& line : lines_) {
      if (!line.outcome.has_value()) {
        lengths.push_back(static_cast<std::uint32_t>(line.tokens.size()) + run_.max_tokens);
      }
    }
    std::sort(lengths.begin(), lengths.end(), std::greater<>());
    lengths.resize(std::min<std::size_t>(lengths.size(), run_.batch));
    engine::EngineOptions options;
    options.max_sequences = static_cast<std::uint32_t>(lengths.size());
    options.max_tokens = lengths.empty() ? 1 : lengths.front();
    std::uint64_t pages = 0;
    for (const std::uint32_t length : lengths) {
      pages += engine::pages_for(length);
    }
    options.kv_pages = static_cast<std::uint32_t>(std::min<std::uint64_t>(pages, UINT32_MAX));
    options.progress = [](std::uint64_t done, std::uint64_t total) { show_progress("loading the card", done, total); };
    return options;
  }

  // Keeps the numbers of what it submits. The batcher's sinks point into the lines.
  void submit(Batcher& batcher, const std::vector<std::int32_t>& end_tokens) {
    for (Line& line : lines_) {
      if (line.outcome.has_value()) {
        continue;
      }
      const Result<std::uint64_t> number =
          batcher.submit({line.tokens, run_.max_tokens, run_.sampling, end_tokens,
                          [&line](std::int32_t token) { return line.output->push(token); },
                          [&line](const Outcome& outcome) { end(line, outcome); }});
      if (number.ok()) {
        numbers_.push_back(number.value());
      } else {
        line.outcome = failed(number.error());
      }
    }
  }

  // Steps until all have ended, writing results as their turn comes. An interrupt ends all.
  Status generate(Batcher& batcher) {
    Status status = write();
    while (status.ok() && !batcher.idle()) {
      if (interrupt_requested().load()) {
        for (const std::uint64_t number : numbers_) {
          batcher.cancel(number);
        }
      }
      const Status stepped = batcher.step();
      status = write();
      if (!stepped.ok()) {
        return stepped;
      }
    }
    return status;
  }

  Status write() {
    for (; written_ < lines_.size() && lines_[written_].outcome.has_value(); ++written_) {
      const Line& line = lines_[written_];
      write_note("");  // ends the progress, which may stand on the same terminal
      SLUICE_RETURN_IF_ERROR(write_output(run_.json ? as_json(written_, line) : as_text(written_, line)));
    }
    show_progress("generating", count([](const Line& line) { return line.outcome.has_value(); }), lines_.size());
    return {};
  }

  [[nodiscard]] std::size_t num_failed() const { return count(has_failed); }
  [[nodiscard]] std::size_t size() const { return lines_.size(); }

  [[nodiscard]] std::string summary(const device::DeviceInfo& info, std::chrono::duration<double> time,
                                    std::uint64_t cycles) const {
    std::uint64_t prompt_tokens = 0;
    std::uint64_t tokens = 0;
    for (const Line& line : lines_) {
      prompt_tokens += has_failed(line) ? 0 : line.tokens.size();
      tokens += line.outcome->tokens.size();
    }
    std::string out = fmt::format(
        "\n{:<24}{} ({})\n{:<24}{} done, {} failed; at most {} at once\n{:<24}{} generated from {} of prompts\n"
        "{:<24}{:.1f} tokens/s in all (wall time, prompts included)\n",
        "device", info.name, info.description, "prompts", size() - num_failed(), num_failed(), run_.batch, "tokens",
        tokens, prompt_tokens, "speed", time.count() > 0 ? static_cast<double>(tokens) / time.count() : 0.0);
    if (info.has_cycles && tokens > 0) {
      out += fmt::format("{:<24}{:.0f} (prompts included)\n", "card cycles a token",
                         static_cast<double>(cycles) / static_cast<double>(tokens));
    }
    return out;
  }

  // kInvalidInput that names the first prompt that failed, if one has.
  [[nodiscard]] Status result() const {
    const auto first = std::find_if(lines_.begin(), lines_.end(), has_failed);
    if (first == lines_.end()) {
      return {};
    }
    return Error(ErrorCode::kInvalidInput,
                 fmt::format("{} of {} prompts failed, prompt {} first: {}", num_failed(), size(),
                             first - lines_.begin() + 1, first->outcome->error->message()));
  }

 private:
  static bool has_failed(const Line& line) { return line.outcome->error.has_value(); }

  static void end(Line& line, const Outcome& outcome) {
    line.outcome = outcome;
    if (const Status finished = line.output->finish(); !finished.ok() && !outcome.error.has_value()) {
      line.outcome->error = finished.error();
    }
  }

  template <typename Which>
  [[nodiscard]] std::size_t count(const Which& which) const {
    return static_cast<std::size_t>(std::count_if(lines_.begin(), lines_.end(), which));
  }

  const BatchRun& run_;
  std::vector<Line> lines_;
  std::vector<std::uint64_t> numbers_;  // the batcher's
  std::size_t written_ = 0;
};

Status generate_all(const BatchRun& run, OpenedModel& model, Prompts& prompts) {
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<device::Device> device, run.open_device());
  say(run.model, fmt::format("device: {} ({})", device->info().name, device->info().description));
  SLUICE_ASSIGN_OR_RETURN(quant::QuantisedModel weights, model.take_weights());
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<engine::Engine> engine,
                          engine::Engine::create(*device, std::move(weights), prompts.engine_options()));
  catch_interrupt(SecondInterrupt::kEndsProgram);
  say(run.model, fmt::format("loaded: {} bytes in card memory; {} prompts", engine->model().bytes, prompts.size()));
  Batcher batcher(*engine, {});
  prompts.submit(batcher, model.config().eos_tokens);
  const auto start = std::chrono::steady_clock::now();
  const device::Counters before = device->counters();
  SLUICE_RETURN_IF_ERROR(prompts.generate(batcher));
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  const device::Counters after = device->counters();
  const std::uint64_t cycles = after[device::Counter::kCycles] - before[device::Counter::kCycles];
  write_note(prompts.summary(device->info(), time, cycles));
  return {};
}

}  // namespace

Status run_batch(const BatchRun& run) {
  if (run.batch == 0) {
    return Error(ErrorCode::kInvalidInput, "--batch: at least 1 sequence");
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string bytes, read_text(run.prompts));
  SLUICE_ASSIGN_OR_RETURN(OpenedModel model, OpenedModel::open(run.model));
  Prompts prompts(run, lines_of(replace_invalid_utf8(bytes)));
  prompts.encode(model);
  if (prompts.engine_options().max_sequences > 0) {
    SLUICE_RETURN_IF_ERROR(generate_all(run, model, prompts));
  } else {
    SLUICE_RETURN_IF_ERROR(prompts.write());
  }
  return prompts.result();
}

}  // namespace sluice::cli
