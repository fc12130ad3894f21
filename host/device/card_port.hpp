// What a card must offer so that RingDevice can be a Device on it: registers, host memory and time.
//
// Purpose: the whole difference between one card backend and another. Rings, completions, fences and staging are above.
// Ownership: host buffers live until the port is destroyed. Threading: one thread at a time. Errors: kDevice when the
// card
//   does not answer; then nothing more can be done with it.
#pragma once

#include <chrono>
#include <cstdint>

#include "host/base/result.hpp"
#include "host/device/device.hpp"

namespace sluice::device {

class CardPort {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  virtual ~CardPort() = default;

  // Byte offsets of 32-bit registers (docs/device.md, 'Registers').
  [[nodiscard]] virtual Result<std::uint32_t> read_register(std::uint32_t offset) = 0;
  [[nodiscard]] virtual Status write_register(std::uint32_t offset, std::uint32_t value) = 0;

  // Zeroed host memory that the card can reach, aligned to 4 KiB.
  [[nodiscard]] virtual Result<HostBuffer> allocate_host(std::uint64_t bytes) = 0;

  // Gives the card a moment: simulates some cycles, or pauses. Called between two looks at host memory.
  [[nodiscard]] virtual Status advance() = 0;

  // The clock of deadlines.
  [[nodiscard]] virtual TimePoint now() const { return std::chrono::steady_clock::now(); }
};

}  // namespace sluice::device
