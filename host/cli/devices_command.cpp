// sluice devices: the backends and whether they can be used here.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "host/cli/common.hpp"

namespace sluice::cli {
namespace {

std::string as_json(const std::vector<device::Backend>& backends) {
  nlohmann::json list = nlohmann::json::array();
  for (const device::Backend& backend : backends) {
    list.push_back({{"name", backend.name},
                    {"description", backend.description},
                    {"available", backend.available},
                    {"why_not", backend.why_not}});
  }
  return nlohmann::json{{"devices", list}}.dump() + "\n";
}

std::string as_table(const std::vector<device::Backend>& backends) {
  std::string out;
  for (const device::Backend& backend : backends) {
    out += fmt::format("{:<12} {:<14} {}\n", backend.name, backend.available ? "available" : "not available",
                       backend.available ? backend.description : backend.why_not);
  }
  return out;
}

}  // namespace

void add_devices(CLI::App& app, int& status) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("devices", "list the devices that --device takes");
  command->add_flag("--json", *json, "one JSON object");
  command->callback([json, &status] {
    const std::vector<device::Backend> backends = device::backends();
    const Status shown = write_output(*json ? as_json(backends) : as_table(backends));
    if (!shown.ok()) {
      status = report(shown.error());
    }
  });
}

}  // namespace sluice::cli
