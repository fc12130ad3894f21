// sluice quantize: a checkpoint into the device's weight layout, on disk.
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

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

// While there is one, Ctrl-C and its like end the program as ever, but leave neither temporary files in the destination
// nor, if `made`, the destination without files. Signals that the program was started to ignore are ignored on.
class RemoveOnSignal {
 public:
  RemoveOnSignal(const std::filesystem::path& destination, bool made) : directory_(made ? destination.string() : "") {
    for (const std::filesystem::path& path : quant::temporary_files(destination, std::to_string(::getpid()))) {
      files_.push_back(path.string());
    }
    active.store(this);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
      struct sigaction action = {};
      if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_IGN) {
        (void)std::signal(signal, on_signal);
        handled_.push_back(signal);
      }
    }
  }
  RemoveOnSignal(const RemoveOnSignal&) = delete;
  RemoveOnSignal& operator=(const RemoveOnSignal&) = delete;
  ~RemoveOnSignal() {
    for (const int signal : handled_) {
      (void)std::signal(signal, SIG_DFL);
    }
    active.store(nullptr);
  }

 private:
  static void on_signal(int signal) {
    if (const RemoveOnSignal* self = active.load(); self != nullptr) {
      for (const std::string& file : self->files_) {
        ::unlink(file.c_str());
      }
      if (!self->directory_.empty()) {
        ::rmdir(self->directory_.c_str());  // fails where it is not empty
      }
    }
    (void)std::signal(signal, SIG_DFL);
    (void)std::raise(signal);
  }

  static inline std::atomic<const RemoveOnSignal*> active = nullptr;  // a handler has no other way to its data

  std::string directory_;  // empty: was there before
  std::vector<std::string> files_;
  std::vector<int> handled_;
};

// The directory to write, made if it was not there; removed again by the destructor if it is still empty then. What an
// earlier run that was killed left in it is removed.
class Destination {
 public:
  // kInvalidInput for a path at which there is anything but an empty directory.
  static Result<Destination> prepare(const std::filesystem::path& path) {
    std::error_code problem;
    quant::remove_temporary_files(path);
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
  [[nodiscard]] bool made() const { return !made_.empty(); }
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
  const RemoveOnSignal remove_on_signal(options.destination, destination.made());
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
