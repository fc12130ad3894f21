// sluice: Mixture-of-Experts language models on FPGA cards, simulated cards and this processor.
#include <fmt/format.h>

#include <string>

#include "host/cli/common.hpp"
#include "host/device/command.hpp"

int main(int argc, char** argv) {
  CLI::App app(
      "Sluice runs Mixture-of-Experts language models on FPGA cards whose memory is smaller than the model.\n"
      "Exit status: 0 good, 2 the request or its files are at fault, 3 the machine or the device is.");
  app.name("sluice");
  app.set_version_flag("--version", fmt::format("sluice {} (command set {:08x}, numerics {})", SLUICE_VERSION,
                                                sluice::device::command_set_hash(), sluice::device::kNumericsVersion));
  app.require_subcommand(1);
  int status = 0;
  sluice::cli::add_run(app, status);
  sluice::cli::add_eval(app, status);
  sluice::cli::add_quantize(app, status);
  sluice::cli::add_devices(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return status;
}
