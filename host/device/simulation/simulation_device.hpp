// The simulation device: the Verilated card in-process, cycle by cycle.
//
// Purpose: everything below the register and host-memory interface is the card's RTL; cycle counters are exact, but for
//   the arithmetic of the behavioural unit (KV append and attention), whose cycles are modelled and counted apart
//   (Counter::kUnitBusy).
// Ownership, threading: as Device; several may be open at once. Errors: as Device; a broken bus protocol or a failed
//   assertion of the RTL is kDevice, and the device is then of no further use.
#pragma once

#include <cstdint>
#include <memory>

#include "host/base/result.hpp"
#include "host/device/device.hpp"
#include "sim/harness/card_options.hpp"

namespace sluice::device {

struct SimulationOptions {
  std::uint64_t memory_bytes = 0;  // as RingOptions
  sim::CardOptions card = {};      // latencies, random stalls, waveforms
};

// Whether this build has the simulated card (SLUICE_SIMULATION).
[[nodiscard]] bool simulation_is_built();

// kUnsupported where it is not built.
[[nodiscard]] Result<std::unique_ptr<Device>> open_simulation(const SimulationOptions& options);

}  // namespace sluice::device
