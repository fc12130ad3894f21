#include "host/cli/common.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <system_error>

#include "host/model/json.hpp"
#include "host/quant/model_file.hpp"

namespace sluice::cli {
namespace {

constexpr std::size_t kMaxTextBytes = std::size_t{256} << 20;

}  // namespace

const char* const kFormatHelp =
    "weights of a checkpoint that is not quantised yet: mxint8, int4 or mxfp4, and TYPE=FORMAT behind a comma for "
    "types "
    "of matrices that differ: attention, dense, experts, shared, head (mxint8 unless named), router (mxint16 unless "
    "named), as in int4,head=int4,experts=mxfp4. Default: mxint8, and mxfp4 for experts that are stored so";

void add_model_options(CLI::App& command, ModelOptions& options) {
  command
      .add_option("--model", options.directory, "model directory: a Hugging Face checkpoint or what 'quantize' wrote")
      ->type_name("DIR")
      ->capture_default_str();
  command.add_option("--format", options.format, kFormatHelp)->type_name("FORMAT");
  command.add_flag("--verbose", options.verbose, "say what is happening, on standard error");
}

void say(const ModelOptions& options, const std::string& text) {
  if (options.verbose) {
    write_note(text + "\n");
  }
}

CLI::Validator whole_number(std::uint64_t most) {
  const auto check = [most](std::string& text) -> std::string {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, value);
    if (problem != std::errc() || stop != end || value > most) {
      return fmt::format("'{}' is not a whole number from 0 to {}", text, most);
    }
    text = std::to_string(value);
    return {};
  };
  return {check, ""};
}

CLI::Validator real_number() {
  const auto check = [](const std::string& text) -> std::string {
    double value = 0.0;
    const char* const end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, value);
    return problem != std::errc() || stop != end ? fmt::format("'{}' is not a number", text) : "";
  };
  return {check, ""};
}

Result<quant::Formats> formats_of_option(const std::string& option, const ModelConfig& config) {
  Result<quant::Formats> formats = quant::parse_formats(option, quant::default_formats(config));
  return formats.ok() ? formats : formats.error().within("--format");
}

Result<OpenedModel> OpenedModel::open(const ModelOptions& options) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(options.directory, ignored)) {
    return Error(ErrorCode::kNotFound, fmt::format("there is no directory {}; name the model's with --model DIR",
                                                   in_quotes(options.directory.string())));
  }
  if (quant::is_quantised(options.directory)) {
    return open_quantised(options);
  }
  OpenedModel opened;
  SLUICE_ASSIGN_OR_RETURN(opened.checkpoint_, Model::open(options.directory));
  SLUICE_ASSIGN_OR_RETURN(opened.formats_, formats_of_option(options.format, opened.config()));
  opened.directory_ = options.directory;
  return opened;
}

Result<OpenedModel> OpenedModel::open_quantised(const ModelOptions& options) {
  OpenedModel opened;
  SLUICE_ASSIGN_OR_RETURN(opened.quantised_, quant::load(options.directory));
  SLUICE_ASSIGN_OR_RETURN(const quant::Formats formats, formats_of_option(options.format, opened.config()));
  if (!options.format.empty() && formats != opened.quantised_->formats) {
    return Error(ErrorCode::kInvalidInput,
                 fmt::format("--format: {} is quantised to {}, not to {}; leave --format out, or quantize the "
                             "checkpoint again",
                             options.directory.string(), quant::formats_text(opened.quantised_->formats),
                             quant::formats_text(formats)));
  }
  SLUICE_ASSIGN_OR_RETURN(opened.tokenizer_, Tokenizer::load(options.directory / "tokenizer.json"));
  const Status fits = check_tokenizer(opened.config(), *opened.tokenizer_);
  if (!fits.ok()) {
    return fits.error().within(options.directory.string());
  }
  return opened;
}

Result<quant::QuantisedModel> OpenedModel::take_weights() {
  return quantised_ ? std::move(*quantised_) : quantise_checkpoint(*checkpoint_, directory_, formats_);
}

Result<quant::QuantisedModel> quantise_checkpoint(const Model& checkpoint, const std::filesystem::path& directory,
                                                  const quant::Formats& formats) {
  const auto progress = [](std::uint64_t done, std::uint64_t total) { show_progress("quantising", done, total); };
  Result<quant::QuantisedModel> model = quant::quantise_model(checkpoint, formats, progress);
  return model.ok() ? std::move(model) : model.error().within(directory.string());
}

Result<std::unique_ptr<engine::Engine>> load_engine(OpenedModel& model, device::Device& device,
                                                    std::uint32_t context_tokens) {
  SLUICE_ASSIGN_OR_RETURN(quant::QuantisedModel weights, model.take_weights());
  engine::EngineOptions options;
  options.max_sequences = 1;
  options.max_tokens = context_tokens;
  options.progress = [](std::uint64_t done, std::uint64_t total) { show_progress("loading the card", done, total); };
  return engine::Engine::create(device, std::move(weights), options);
}

Result<std::string> read_text(const std::string& path) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> opened(path == "-" ? nullptr : std::fopen(path.c_str(), "rb"));
  std::FILE* const file = path == "-" ? stdin : opened.get();
  const std::string name = path == "-" ? "standard input" : (path.empty() ? "\"\"" : path);
  const auto failure = [&name](int error_number) {
    return Error(ErrorCode::kNotFound, name + ": " + std::generic_category().message(error_number));
  };
  if (file == nullptr) {
    return failure(errno);
  }
  std::string text;
  char buffer[65536];
  while (const std::size_t count = std::fread(buffer, 1, sizeof(buffer), file)) {
    text.append(buffer, count);
    if (text.size() > kMaxTextBytes) {
      return Error(ErrorCode::kInvalidInput, name + ": is larger than 256 MiB");
    }
  }
  if (std::ferror(file) != 0) {
    return failure(errno);
  }
  return text;
}

}  // namespace sluice::cli
