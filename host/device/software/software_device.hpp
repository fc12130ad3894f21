// The software device: executes the command set in-process, on the golden kernels of hls/.
//
// Purpose: the fallback for everything and the oracle of every other backend. Correct and plain.
// Ownership: owns card memory (reserved, not committed, until written) and host buffers. Threading: one thread at a
//   time. Errors: as host/device/device.hpp. Commands run inside submit() and wait(), until the deadline; a command
//   that it meets at work is cut off (kTimeout; its outputs are then of no use), and the queue stops until reset(). A
//   command that waits for a semaphore stays queued until the other queue signals it; when nothing can run any more,
//   the wait has timed out.
#pragma once

#include <cstdint>
#include <memory>

#include "host/device/device.hpp"

namespace sluice::device {

inline constexpr std::uint64_t kSoftwareMemoryBytes = std::uint64_t{16} << 30;

// memory_bytes: size of card memory, a multiple of 4 KiB.
[[nodiscard]] Result<std::unique_ptr<Device>> open_software(std::uint64_t memory_bytes = kSoftwareMemoryBytes);

}  // namespace sluice::device
