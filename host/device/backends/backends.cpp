#include "host/device/backends/backends.hpp"

#include "host/device/software/software_device.hpp"

namespace sluice::device {

std::vector<Backend> backends() {
  return {{.name = "simulation",
           .description = "the card's RTL, simulated cycle by cycle (Verilator)",
           .available = simulation_is_built(),
           .why_not = simulation_is_built() ? "" : "not built; configure with -DSLUICE_SIMULATION=ON"},
          {.name = "software",
           .description = "the command set executed on this processor",
           .available = true,
           .why_not = ""}};
}

Result<std::unique_ptr<Device>> open_device(std::string_view name, const DeviceOptions& options) {
  if (name == "simulation") {
    return open_simulation({.memory_bytes = options.memory_bytes, .card = options.simulation});
  }
  if (name == "software") {
    return open_software(options.memory_bytes == 0 ? kSoftwareMemoryBytes : options.memory_bytes);
  }
  std::string names;
  for (const Backend& backend : backends()) {
    names += (names.empty() ? "" : ", ") + backend.name;
  }
  return Error(ErrorCode::kNotFound, "no device is named '" + std::string(name) + "'; there are: " + names);
}

}  // namespace sluice::device
