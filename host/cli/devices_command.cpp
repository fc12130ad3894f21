// sluice devices: the backends and whether they can be used here.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "host/cli/common.hpp"

namespace sluice::cli {
namespace {

void print_json(const std::vector<device::Backend>& backends) {
  nlohmann::json list = nlohmann::json::array();
  for (const device::Backend& backend : backends) {
    list.push_back({{"name", backend.name},
                    {"description", backend.description},
                    {"available", backend.available},
                    {"why_not", backend.why_not}});
  }
  fmt::print("{}\n", nlohmann::json{{"devices", list}}.dump());
}

}  // namespace

void add_devices(CLI::App& app, int&) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("devices", "list the devices that --device takes");
  command->add_flag("--json", *json, "one JSON object");
  command->callback([json] {
    const std::vector<device::Backend> backends = device::backends();
    if (*json) {
      print_json(backends);
      return;
    }
    for (const device::Backend& backend : backends) {
      fmt::print("{:<12} {:<14} {}\n", backend.name, backend.available ? "available" : "not available",
                 backend.available ? backend.description : backend.why_not);
    }
  });
}

}  // namespace sluice::cli
