// sluice: Mixture-of-Experts language models on FPGA cards, simulated cards and this processor.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>
#include <exception>
#include <sstream>
#include <string>
#include <vector>

#include "host/cli/common.hpp"
#include "host/device/command.hpp"

namespace {

using sluice::Error;
using sluice::ErrorCode;

// CLI11 takes the argument after `--prompt=` for the value; an empty text is a text.
std::vector<std::string> arguments(int argc, char** argv) {
  std::vector<std::string> out;
  for (int i = argc - 1; i > 0; --i) {  // last first, as CLI11 wants them
    const std::string argument = argv[i];
    if (argument == "--prompt=" || argument == "--system=") {
      out.emplace_back();
      out.push_back(argument.substr(0, argument.size() - 1));
    } else {
      out.push_back(argument);
    }
  }
  return out;
}

std::string command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// One line that says where help is.
Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  const std::vector<std::string> rest = app.remaining();
  std::string message = error.what();
  if (chosen.empty() && rest.empty()) {
    message = fmt::format("name a command: {}", command_names(app));
  } else if (chosen.empty() && !rest.front().starts_with('-')) {
    message = fmt::format("there is no command '{}'; there are: {}", rest.front(), command_names(app));
  } else if (chosen.empty()) {
    message = fmt::format("there is no option '{}' before the command", rest.front());
  } else if (message.size() > 1 && std::islower(static_cast<unsigned char>(message[1])) != 0) {
    message[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[0])));
  }
  const std::string command = chosen.empty() ? "" : chosen.front()->get_name() + " ";
  return {ErrorCode::kInvalidInput, fmt::format("{}; see 'sluice {}--help'", message, command)};
}

int run(int argc, char** argv) {
  CLI::App app(
      "Sluice runs Mixture-of-Experts language models on FPGA cards whose memory is smaller than the model.\n"
      "Exit status: 0 good, 2 the request or its files are at fault, 3 the machine or the device is.\n"
      "'sluice COMMAND --help' describes a command.");
  app.name("sluice");
  app.set_version_flag("--version", fmt::format("sluice {} (command set {:08x}, numerics {})", SLUICE_VERSION,
                                                sluice::device::command_set_hash(), sluice::device::kNumericsVersion));
  app.require_subcommand(1);
  int status = 0;
  sluice::cli::add_run(app, status);
  sluice::cli::add_chat(app, status);
  sluice::cli::add_eval(app, status);
  sluice::cli::add_quantize(app, status);
  sluice::cli::add_devices(app, status);
  try {
    app.parse(arguments(argc, argv));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      return sluice::cli::report(usage_error(app, error));
    }
    std::ostringstream text;
    app.exit(error, text, text);
    const sluice::Status shown = sluice::cli::write_output(text.str());
    return shown.ok() ? 0 : sluice::cli::report(shown.error());
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  sluice::cli::prepare_streams();
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {  // of a library: out of memory above all
    return sluice::cli::report({ErrorCode::kIo, error.what()});
  }
}
