// The backends by name: what `sluice devices` lists and `--device` chooses from.
//
// Ownership, threading: plain functions. Errors: see each.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/result.hpp"
#include "host/device/device.hpp"
#include "host/device/simulation/simulation_device.hpp"

namespace sluice::device {

struct Backend {
  std::string name;
  std::string description;
  bool available = false;
  std::string why_not;  // where it is not available
};

// All backends, the available ones usable on this machine by this build. In the order in which to offer them.
[[nodiscard]] std::vector<Backend> backends();

// Options of all backends; each takes what concerns it.
struct DeviceOptions {
  std::uint64_t memory_bytes = 0;  // of card memory; 0: as much as the backend has
  sim::CardOptions simulation = {};
};

// kNotFound, with the names there are, for an unknown name; kUnsupported for a backend that is not available.
[[nodiscard]] Result<std::unique_ptr<Device>> open_device(std::string_view name, const DeviceOptions& options = {});

}  // namespace sluice::device
