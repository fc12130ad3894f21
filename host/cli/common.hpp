// What the commands of `sluice` share: loading a model, options, errors and exit statuses.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <string>

#include "host/base/result.hpp"
#include "host/device/backends/backends.hpp"
#include "host/model/tokenizer.hpp"
#include "host/quant/quantised_model.hpp"

namespace sluice::cli {

// Exit statuses: 0 good, 2 the request or its files are at fault, 3 the machine or the device is.
[[nodiscard]] int exit_status(const Error& error);

// Prints "sluice: MESSAGE" on standard error; returns the exit status.
int report(const Error& error);

struct ModelOptions {
  std::filesystem::path directory = "models/fable-mla";
  std::string format = "mxint8";
  bool verbose = false;
};
void add_model_options(CLI::App& command, ModelOptions& options);

struct RunnableModel {
  quant::QuantisedModel model;
  Tokenizer tokenizer;
};

// From a quantised directory, or from a checkpoint, which is quantised in memory.
[[nodiscard]] Result<RunnableModel> load_runnable(const ModelOptions& options);

[[nodiscard]] Result<device::Format> parse_format(const std::string& name);

// Whole file, or standard input for "-"; at most 256 MiB.
[[nodiscard]] Result<std::string> read_text(const std::string& path);

// One line of progress on a terminal's standard error; nothing elsewhere.
void show_progress(const std::string& what, std::uint64_t done, std::uint64_t total);

// The commands; each adds its options to `app` and keeps its state alive in the callback.
void add_run(CLI::App& app, int& status);
void add_eval(CLI::App& app, int& status);
void add_quantize(CLI::App& app, int& status);
void add_devices(CLI::App& app, int& status);

}  // namespace sluice::cli
