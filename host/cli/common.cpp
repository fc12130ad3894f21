#include "host/cli/common.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "host/model/model.hpp"
#include "host/quant/model_file.hpp"

namespace sluice::cli {
namespace {

constexpr std::size_t kMaxTextBytes = std::size_t{256} << 20;

}  // namespace

int exit_status(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalidInput:
    case ErrorCode::kNotFound:
    case ErrorCode::kUnsupported:
      return 2;
    case ErrorCode::kDevice:
    case ErrorCode::kTimeout:
    case ErrorCode::kIo:
      return 3;
  }
  return 3;
}

int report(const Error& error) {
  fmt::print(stderr, "sluice: {}\n", error.message());
  return exit_status(error);
}

void add_model_options(CLI::App& command, ModelOptions& options) {
  command
      .add_option("--model", options.directory, "model directory: a Hugging Face checkpoint or what 'quantize' wrote")
      ->type_name("DIR")
      ->capture_default_str();
  command
      .add_option("--format", options.format,
                  "weights of a checkpoint that is not quantised yet: mxint8 or int4 (router: mxint16; head and "
                  "embedding: mxint8)")
      ->type_name("FORMAT")
      ->capture_default_str();
  command.add_flag("--verbose", options.verbose, "say what is happening, on standard error");
}

Result<device::Format> parse_format(const std::string& name) {
  if (name == "mxint8") {
    return device::Format::kMxInt8;
  }
  if (name == "int4") {
    return device::Format::kInt4;
  }
  return Error(ErrorCode::kInvalidInput, "--format: there is no '" + name + "'; use mxint8 or int4");
}

Result<RunnableModel> load_runnable(const ModelOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(const device::Format format, parse_format(options.format));
  if (quant::is_quantised(options.directory)) {
    SLUICE_ASSIGN_OR_RETURN(quant::QuantisedModel model, quant::load(options.directory));
    SLUICE_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::load(options.directory / "tokenizer.json"));
    SLUICE_RETURN_IF_ERROR(check_tokenizer(model.config, tokenizer));
    return RunnableModel{std::move(model), std::move(tokenizer)};
  }
  SLUICE_ASSIGN_OR_RETURN(const Model checkpoint, Model::open(options.directory));
  const auto progress = [](std::uint64_t done, std::uint64_t total) { show_progress("quantising", done, total); };
  SLUICE_ASSIGN_OR_RETURN(quant::QuantisedModel model, quant::quantise_model(checkpoint, {format}, progress));
  SLUICE_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::load(options.directory / "tokenizer.json"));
  return RunnableModel{std::move(model), std::move(tokenizer)};
}

Result<std::string> read_text(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file || std::filesystem::is_directory(path)) {
      return Error(ErrorCode::kNotFound, path + ": cannot be read");
    }
  }
  std::istream& in = path == "-" ? std::cin : file;
  std::string text;
  char buffer[65536];
  while (in.read(buffer, sizeof(buffer)) || in.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMaxTextBytes) {
      return Error(ErrorCode::kInvalidInput, path + ": is larger than 256 MiB");
    }
  }
  if (in.bad()) {
    return Error(ErrorCode::kIo, path + ": cannot be read");
  }
  return text;
}

void show_progress(const std::string& what, std::uint64_t done, std::uint64_t total) {
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  if (!terminal || total == 0) {
    return;
  }
  fmt::print(stderr, "\r{}: {} %{}", what, 100 * done / total, done >= total ? "\r\x1b[K" : "");
  std::fflush(stderr);
}

}  // namespace sluice::cli
