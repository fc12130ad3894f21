// What the commands of `sluice` share: options, texts and models from files.
//
// Ownership, threading: plain functions and values; one thread. Errors: those of exit status 2 where a file or an
// option is at fault.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "host/base/result.hpp"
#include "host/cli/output.hpp"
#include "host/device/backends/backends.hpp"
#include "host/engine/engine.hpp"
#include "host/model/model.hpp"
#include "host/quant/quantised_model.hpp"

namespace sluice::cli {

struct ModelOptions {
  std::filesystem::path directory = "models/fable-mla";
  std::string format;  // as quant::parse_formats; empty: what the directory holds, or quant::default_formats
  bool verbose = false;
};
void add_model_options(CLI::App& command, ModelOptions& options);

// `text` as a line on standard error, with --verbose.
void say(const ModelOptions& options, const std::string& text);

// Makes an option take decimal whole numbers from 0 to `most` only. CLI11 alone takes -1 for 2^64 - 1 and 010 for 8.
[[nodiscard]] CLI::Validator whole_number(std::uint64_t most);

// Makes an option take decimal numbers only. CLI11 alone takes nothing for 0.
[[nodiscard]] CLI::Validator real_number();

// A model directory whose config and tokenizer are ready, so that a request can be checked before the weights, which
// may take long, are worked on.
class OpenedModel {
 public:
  // A quantised directory, or a checkpoint.
  [[nodiscard]] static Result<OpenedModel> open(const ModelOptions& options);

  [[nodiscard]] const ModelConfig& config() const { return checkpoint_ ? checkpoint_->config() : quantised_->config; }
  [[nodiscard]] const Tokenizer& tokenizer() const { return checkpoint_ ? checkpoint_->tokenizer() : *tokenizer_; }

  // Those of the directory; a checkpoint's are quantised now. Once.
  [[nodiscard]] Result<quant::QuantisedModel> take_weights();

 private:
  [[nodiscard]] static Result<OpenedModel> open_quantised(const ModelOptions& options);

  std::optional<Model> checkpoint_;
  std::filesystem::path directory_;  // of the checkpoint
  quant::Formats formats_;           // to quantise it to
  std::optional<quant::QuantisedModel> quantised_;
  std::optional<Tokenizer> tokenizer_;  // with quantised_
};

// Shows progress; errors name the directory.
[[nodiscard]] Result<quant::QuantisedModel> quantise_checkpoint(const Model& checkpoint,
                                                                const std::filesystem::path& directory,
                                                                const quant::Formats& formats);

// The formats that a --format option asks for, for a checkpoint of this config.
[[nodiscard]] Result<quant::Formats> formats_of_option(const std::string& option, const ModelConfig& config);

// Help of the --format option.
extern const char* const kFormatHelp;

// An engine for one sequence of at most `context_tokens`. Shows progress.
[[nodiscard]] Result<std::unique_ptr<engine::Engine>> load_engine(OpenedModel& model, device::Device& device,
                                                                  std::uint32_t context_tokens);

// Whole file, or standard input for "-"; at most 256 MiB.
[[nodiscard]] Result<std::string> read_text(const std::string& path);

// The commands; each adds its options to `app` and keeps its state alive in the callback.
void add_run(CLI::App& app, int& status);
void add_chat(CLI::App& app, int& status);
void add_eval(CLI::App& app, int& status);
void add_quantize(CLI::App& app, int& status);
void add_devices(CLI::App& app, int& status);

}  // namespace sluice::cli
