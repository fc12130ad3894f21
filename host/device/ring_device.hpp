// A Device on a card that is reached through a CardPort: queues, staging, allocation, reset.
//
// Purpose: everything that card backends share; a backend is a CardPort and a factory that calls open().
// Ownership: owns the port. Threading: one thread at a time. Errors: as host/device/device.hpp; open() refuses a card
//   whose magic, versions or command set are not this program's.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/base/result.hpp"
#include "host/device/card_allocator.hpp"
#include "host/device/card_port.hpp"
#include "host/device/device.hpp"
#include "host/device/ring_queue.hpp"

namespace sluice::device {

struct RingOptions {
  std::string name;
  std::string description;
  bool has_cycles = false;
  std::uint64_t memory_bytes = 0;          // of the card's memory to be used; 0, or more than there is: all
  std::uint32_t ring_log2 = 8;             // slots a queue
  std::uint32_t staging_bytes = 1u << 20;  // of one of the two staging buffers; a multiple of kLineBytes
  std::chrono::milliseconds copy_deadline = std::chrono::minutes(2);  // of one staging buffer, and of a reset
};

class RingDevice final : public Device {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Device>> open(std::unique_ptr<CardPort> port, const RingOptions& options);
  ~RingDevice() override;

  [[nodiscard]] const DeviceInfo& info() const override { return info_; }
  [[nodiscard]] Result<std::uint64_t> allocate(std::uint64_t bytes) override;
  [[nodiscard]] Result<HostBuffer> allocate_host(std::uint64_t bytes) override;
  [[nodiscard]] Result<Fence> submit(Queue which, std::span<const Command> commands,
                                     std::chrono::milliseconds deadline) override;
  [[nodiscard]] Status wait(Fence fence, std::chrono::milliseconds deadline) override;

  // Any address and length. Lines that are written in part are read first: commands that run at the same time must not
  // write the rest of them.
  [[nodiscard]] Status write(std::uint64_t card_address, std::span<const std::byte> bytes) override;
  [[nodiscard]] Status read(std::uint64_t card_address, std::span<std::byte> bytes) override;

  // Those of the last good reading when the card does not answer.
  [[nodiscard]] Counters counters() override;
  [[nodiscard]] Status reset() override;

 private:
  // One of the two buffers that copies go through, and the copy that uses it.
  struct Staging {
    HostBuffer buffer;
    std::uint64_t pending = 0;  // number of the command in the load queue; 0: none
  };

  RingDevice(std::unique_ptr<CardPort> port, const RingOptions& options, DeviceInfo info, std::vector<RingQueue> queues,
             std::array<Staging, 2> staging);

  [[nodiscard]] RingQueue& queue(Queue which) { return queues_[static_cast<std::size_t>(which)]; }
  [[nodiscard]] CardPort::TimePoint copy_deadline() const { return port_->now() + options_.copy_deadline; }
  [[nodiscard]] Status check_range(std::uint64_t card_address, std::uint64_t bytes) const;
  [[nodiscard]] Status start_copy(Opcode opcode, Staging& staging, std::uint32_t offset_bytes,
                                  std::uint64_t card_address, std::uint64_t bytes);
  [[nodiscard]] Status finish_copy(Staging& staging);
  [[nodiscard]] Status fetch_line(Staging& staging, std::uint32_t offset_bytes, std::uint64_t card_address);
  [[nodiscard]] Status restart();

  std::unique_ptr<CardPort> port_;
  RingOptions options_;
  DeviceInfo info_;
  CardAllocator allocator_;
  std::vector<RingQueue> queues_;  // [kQueues]
  std::array<Staging, 2> staging_;
  Counters counters_;
};

}  // namespace sluice::device
