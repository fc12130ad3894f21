// sluice quantize: a checkpoint into the device's weight layout, on disk.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "host/cli/common.hpp"
#include "host/model/model.hpp"
#include "host/quant/model_file.hpp"

namespace sluice::cli {
namespace {

struct Options {
  std::filesystem::path source;
  std::filesystem::path destination;
  std::string format;
};

// The directory to write, made if it was not there; removed again by the destructor if it is still empty then.
class Destination {
 public:
  // kInvalidInput for a path at which there is anything but an empty directory.
  static Result<Destination> prepare(const std::filesystem::path& path) {
    std::error_code problem;
    const bool there = std::filesystem::exists(std::filesystem::symlink_status(path, problem));
    if (there && !std::filesystem::is_directory(path, problem)) {
      return Error(ErrorCode::kInvalidInput, path.string() + ": is not a directory; name another destination");
    }
    if (there && !std::filesystem::is_empty(path, problem) && !problem) {
      return Error(ErrorCode::kInvalidInput,
                   path.string() + ": is not empty; remove what is in it or name another destination");
    }
    const bool made = std::filesystem::create_directories(path, problem);
    if (problem) {
      return Error(ErrorCode::kIo, path.string() + ": " + problem.message());
    }
    return Destination(made ? path : std::filesystem::path());
  }

  Destination(Destination&& other) noexcept : made_(std::exchange(other.made_, {})) {}
  Destination& operator=(Destination&&) = delete;
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;
  ~Destination() {
    std::error_code not_empty;
    if (!made_.empty()) {
      std::filesystem::remove(made_, not_empty);
    }
  }

 private:
  explicit Destination(std::filesystem::path made) : made_(std::move(made)) {}

  std::filesystem::path made_;
};

Status quantize(const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  if (quant::is_quantised(options.source)) {
    return Error(ErrorCode::kInvalidInput,
                 options.source.string() + ": is quantised already; name the checkpoint that it was made from");
  }
  SLUICE_ASSIGN_OR_RETURN(const Model checkpoint, Model::open(options.source));
  SLUICE_ASSIGN_OR_RETURN(const quant::Formats formats, formats_of_option(options.format, checkpoint.config()));
  SLUICE_ASSIGN_OR_RETURN(const Destination destination, Destination::prepare(options.destination));
  SLUICE_ASSIGN_OR_RETURN(const quant::QuantisedModel model, quantise_checkpoint(checkpoint, options.source, formats));
  SLUICE_RETURN_IF_ERROR(quant::save(model, options.source, options.destination));
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  return write_output(fmt::format("{}: {} written in {:.1f} s\n", options.destination.string(),
                                  quant::formats_text(formats), time.count()));
}

}  // namespace

void add_quantize(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("quantize", "write a checkpoint in the device's weight layout");
  command->add_option("source", options->source, "checkpoint directory (Hugging Face layout)")
      ->type_name("DIR")
      ->required();
  command->add_option("destination", options->destination, "directory to write; must not exist yet or be empty")
      ->type_name("DIR")
      ->required();
  command->add_option("--format", options->format, kFormatHelp)->type_name("FORMAT");
  command->callback([options, &status] {
    if (const Status result = quantize(*options); !result.ok()) {
      status = report(result.error());
    }
  });
}

}  // namespace sluice::cli
