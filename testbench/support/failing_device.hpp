// A device that passes everything on until it is told to fail.
#pragma once

#include <cstdint>
#include <limits>

#include "host/device/device.hpp"

namespace sluice::test {

class FailingDevice final : public device::Device {
 public:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  explicit FailingDevice(device::Device& inner) : inner_(inner) {}

  // The next `calls` calls of write, submit and wait succeed, those after them fail.
  void fail_after(std::uint64_t calls) { left_ = calls; }

  [[nodiscard]] const device::DeviceInfo& info() const override { return inner_.info(); }
  Result<std::uint64_t> allocate(std::uint64_t bytes) override { return inner_.allocate(bytes); }
  Result<device::HostBuffer> allocate_host(std::uint64_t bytes) override { return inner_.allocate_host(bytes); }
  Result<device::Fence> submit(device::Queue queue, std::span<const device::Command> commands,
                               std::chrono::milliseconds deadline) override {
    SLUICE_RETURN_IF_ERROR(count());
    return inner_.submit(queue, commands, deadline);
  }
  Status wait(device::Fence fence, std::chrono::milliseconds deadline) override {
    SLUICE_RETURN_IF_ERROR(count());
    return inner_.wait(fence, deadline);
  }
  Status write(std::uint64_t address, std::span<const std::byte> bytes) override {
    SLUICE_RETURN_IF_ERROR(count());
    return inner_.write(address, bytes);
  }
  Status read(std::uint64_t address, std::span<std::byte> bytes) override { return inner_.read(address, bytes); }
  device::Counters counters() override { return inner_.counters(); }
  Status reset() override { return inner_.reset(); }

 private:
  Status count() {
    if (left_ == 0) {
      return Error(ErrorCode::kDevice, "the device is gone");
    }
    left_ -= left_ == kNever ? 0 : 1;
    return {};
  }

  device::Device& inner_;
  std::uint64_t left_ = kNever;
};

}  // namespace sluice::test
