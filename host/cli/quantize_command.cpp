// sluice quantize: a checkpoint into the device's weight layout, on disk.
#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "host/cli/common.hpp"
#include "host/model/model.hpp"
#include "host/quant/model_file.hpp"

namespace sluice::cli {
namespace {

struct Options {
  std::filesystem::path source;
  std::filesystem::path destination;
  std::string format = "mxint8";
};

Status quantize(const Options& options) {
  SLUICE_ASSIGN_OR_RETURN(const device::Format format, parse_format(options.format));
  const auto start = std::chrono::steady_clock::now();
  SLUICE_ASSIGN_OR_RETURN(const Model checkpoint, Model::open(options.source));
  const auto progress = [](std::uint64_t done, std::uint64_t total) { show_progress("quantising", done, total); };
  SLUICE_ASSIGN_OR_RETURN(const quant::QuantisedModel model, quant::quantise_model(checkpoint, {format}, progress));
  SLUICE_RETURN_IF_ERROR(quant::save(model, options.source, options.destination));
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  fmt::print("{}: {} written in {:.1f} s\n", options.destination.string(), options.format, time.count());
  return {};
}

}  // namespace

void add_quantize(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("quantize", "write a checkpoint in the device's weight layout");
  command->add_option("source", options->source, "checkpoint directory (Hugging Face layout)")->required();
  command->add_option("destination", options->destination, "directory to write; must not exist yet or be empty")
      ->required();
  command->add_option("--format", options->format, "mxint8 or int4, for all but router, head and embedding")
      ->capture_default_str();
  command->callback([options, &status] {
    if (const Status result = quantize(*options); !result.ok()) {
      status = report(result.error());
    }
  });
}

}  // namespace sluice::cli
