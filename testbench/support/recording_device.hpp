// A device that passes everything on and records what the router chose: after every route command it exports the
// result.
#pragma once

#include <cstring>
#include <vector>

#include "host/device/device.hpp"
#include "host/engine/commands.hpp"
#include "testbench/support/model_fixture.hpp"

namespace sluice::test {

class RecordingDevice final : public device::Device {
 public:
  explicit RecordingDevice(device::Device& inner) : inner_(inner), buffer_(must(inner.allocate_host(kBufferBytes))) {}

  // The chosen experts of every (route command, token) since the last call, in order of execution.
  std::vector<std::vector<std::uint32_t>> take_routes() {
    std::vector<std::vector<std::uint32_t>> out;
    for (std::size_t i = 0; i < top_k_.size(); ++i) {
      std::vector<std::uint32_t> experts(top_k_[i]);
      std::memcpy(experts.data(), buffer_.bytes.data() + i * device::kLineBytes, 4 * experts.size());
      out.push_back(experts);
    }
    top_k_.clear();
    return out;
  }

  [[nodiscard]] const device::DeviceInfo& info() const override { return inner_.info(); }
  Result<std::uint64_t> allocate(std::uint64_t bytes) override { return inner_.allocate(bytes); }
  Result<device::HostBuffer> allocate_host(std::uint64_t bytes) override { return inner_.allocate_host(bytes); }
  Result<device::Fence> submit(device::Queue queue, std::span<const device::Command> commands,
                               std::chrono::milliseconds deadline) override {
    std::vector<device::Command> out;
    for (const device::Command& command : commands) {
      out.push_back(command);
      if (command.header.opcode == static_cast<std::uint16_t>(device::Opcode::kRoute)) {
        add_exports(command, out);
      }
    }
    return inner_.submit(queue, out, deadline);
  }
  Status wait(device::Fence fence, std::chrono::milliseconds deadline) override { return inner_.wait(fence, deadline); }
  Status write(std::uint64_t address, std::span<const std::byte> bytes) override {
    return inner_.write(address, bytes);
  }
  Status read(std::uint64_t address, std::span<std::byte> bytes) override { return inner_.read(address, bytes); }
  device::Counters counters() override { return inner_.counters(); }
  Status reset() override { return inner_.reset(); }

 private:
  static constexpr std::uint64_t kBufferBytes = 1 << 20;

  void add_exports(const device::Command& route, std::vector<device::Command>& out) {
    device::RouteOperand o;
    std::memcpy(&o, route.operand, sizeof(o));
    for (std::uint32_t token = 0; token < o.num_tokens; ++token) {
      const std::uint64_t address = buffer_.address + top_k_.size() * device::kLineBytes;
      REQUIRE((top_k_.size() + 1) * device::kLineBytes <= kBufferBytes);
      device::MoveOperand move;
      move.host_address_lo = engine::low_word(address);
      move.host_address_hi = engine::high_word(address);
      move.bank = token;
      move.line = o.output_line;
      move.lines = 1;
      out.push_back(engine::make_command(device::Opcode::kExport, move));
      top_k_.push_back(o.top_k);
    }
  }

  device::Device& inner_;
  device::HostBuffer buffer_;
  std::vector<std::uint32_t> top_k_;
};

}  // namespace sluice::test
