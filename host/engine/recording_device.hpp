// A device that passes everything on and records what the router chose.
//
// Purpose: routing traces, for quality reports and predictors: after every route command its result is exported to a
//   buffer of host memory. Results do not change.
// Ownership: borrows the device, which must outlive it. Threading: one thread. Errors: those of the device;
// kUnsupported
//   when more is recorded than fits before the next take_routes().
#pragma once

#include <memory>
#include <vector>

#include "host/device/device.hpp"

namespace sluice::engine {

class RecordingDevice final : public device::Device {
 public:
  [[nodiscard]] static Result<std::unique_ptr<RecordingDevice>> create(device::Device& inner);

  // The chosen experts, in rank order, of every (route command, token) since the last call, in order of execution: an
  // engine runs kMaxTokens tokens of a step at a time through all layers.
  std::vector<std::vector<std::uint32_t>> take_routes();

  [[nodiscard]] const device::DeviceInfo& info() const override { return inner_.info(); }
  Result<std::uint64_t> allocate(std::uint64_t bytes) override { return inner_.allocate(bytes); }
  Result<device::HostBuffer> allocate_host(std::uint64_t bytes) override { return inner_.allocate_host(bytes); }
  Result<device::Fence> submit(device::Queue queue, std::span<const device::Command> commands,
                               std::chrono::milliseconds deadline) override;
  Status wait(device::Fence fence, std::chrono::milliseconds deadline) override { return inner_.wait(fence, deadline); }
  Status write(std::uint64_t address, std::span<const std::byte> bytes) override {
    return inner_.write(address, bytes);
  }
  Status read(std::uint64_t address, std::span<std::byte> bytes) override { return inner_.read(address, bytes); }
  device::Counters counters() override { return inner_.counters(); }
  Status reset() override { return inner_.reset(); }

 private:
  RecordingDevice(device::Device& inner, const device::HostBuffer& buffer) : inner_(inner), buffer_(buffer) {}
  Status add_exports(const device::Command& route, std::vector<device::Command>& out);

  device::Device& inner_;
  device::HostBuffer buffer_;         // a line a recorded route
  std::vector<std::uint32_t> top_k_;  // of each recorded route
};

}  // namespace sluice::engine
