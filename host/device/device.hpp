// A device: memory and two command queues (docs/device.md). Four backends, chosen at run time, behind one interface.
//
// Purpose: the engine knows a device only through this class; `software` executes commands in-process, `simulation`
//   runs the Verilated card. Both give the same bits.
// Ownership: a device owns its memories; host buffers live until the device is closed. Threading: one thread at a time.
// Errors: every call that can fail says so; a fault of a command is an ErrorCode::kDevice that names command, field and
//   fault. After a fault the queue refuses commands until reset(). No call waits longer than its deadline.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "host/base/result.hpp"
#include "host/device/command.hpp"

namespace sluice::device {

struct DeviceInfo {
  std::string name;         // "software", "simulation", ...
  std::string description;  // one line for people
  std::uint32_t command_set_hash = 0;
  std::uint32_t channels = 0;           // memory channels; 0 where there is no such thing
  std::uint32_t weights_per_cycle = 0;  // 8-bit, a lane; 0 as above
  std::uint64_t memory_bytes = 0;       // card memory
  bool has_cycles = false;              // whether the cycle counters mean something
};

// Host memory that commands can address. `address` is segment << 40 | offset.
struct HostBuffer {
  std::uint64_t address = 0;
  std::span<std::byte> bytes;
};

// Everything submitted to `queue` up to and including command `number` (counted from 1).
struct Fence {
  Queue queue = Queue::kCompute;
  std::uint64_t number = 0;
};

struct Counters {
  std::array<std::uint64_t, kCounters> value = {};
  [[nodiscard]] std::uint64_t operator[](Counter counter) const { return value[static_cast<std::size_t>(counter)]; }
};

class Device {
 public:
  virtual ~Device() = default;

  [[nodiscard]] virtual const DeviceInfo& info() const = 0;

  // Card memory of at least `bytes` bytes, aligned to 4 KiB; kUnsupported when the card has no more.
  [[nodiscard]] virtual Result<std::uint64_t> allocate(std::uint64_t bytes) = 0;

  // Zeroed host memory, aligned to 4 KiB.
  [[nodiscard]] virtual Result<HostBuffer> allocate_host(std::uint64_t bytes) = 0;

  // Queues commands; the last of them gets kFlagComplete. Blocks while the ring is full, at most `deadline`.
  [[nodiscard]] virtual Result<Fence> submit(Queue queue, std::span<const Command> commands,
                                             std::chrono::milliseconds deadline) = 0;

  // Waits until the fence has passed.
  [[nodiscard]] virtual Status wait(Fence fence, std::chrono::milliseconds deadline) = 0;

  // Copies between host memory of the caller and card memory, by load and store commands; blocks until done.
  [[nodiscard]] virtual Status write(std::uint64_t card_address, std::span<const std::byte> bytes) = 0;
  [[nodiscard]] virtual Status read(std::uint64_t card_address, std::span<std::byte> bytes) = 0;

  [[nodiscard]] virtual Counters counters() = 0;

  // Back to idle queues after a fault: semaphores, slot table and faults are cleared, memories kept.
  [[nodiscard]] virtual Status reset() = 0;
};

// "linear: operand word 4 is out of range (bad operand)" and the like, from a failed command's completion.
[[nodiscard]] std::string describe_fault(std::uint16_t opcode, std::uint32_t fault, std::uint32_t detail);

}  // namespace sluice::device
