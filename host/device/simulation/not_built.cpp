// Stands in for simulation_device.cpp in a build without the Verilated card.
#include "host/device/simulation/simulation_device.hpp"

namespace sluice::device {

bool simulation_is_built() { return false; }

Result<std::unique_ptr<Device>> open_simulation(const SimulationOptions& /*options*/) {
  return Error(ErrorCode::kUnsupported,
               "this build has no simulated card; configure with -DSLUICE_SIMULATION=ON to get it");
}

}  // namespace sluice::device
