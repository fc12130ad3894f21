#include "host/engine/recording_device.hpp"

#include <cstring>

#include "host/engine/commands.hpp"

namespace sluice::engine {
namespace {

constexpr std::uint64_t kBufferBytes = 1 << 20;

}  // namespace

Result<std::unique_ptr<RecordingDevice>> RecordingDevice::create(device::Device& inner) {
  SLUICE_ASSIGN_OR_RETURN(const device::HostBuffer buffer, inner.allocate_host(kBufferBytes));
  return std::unique_ptr<RecordingDevice>(new RecordingDevice(inner, buffer));
}

std::vector<std::vector<std::uint32_t>> RecordingDevice::take_routes() {
  std::vector<std::vector<std::uint32_t>> out;
  for (std::size_t i = 0; i < top_k_.size(); ++i) {
    std::vector<std::uint32_t> experts(top_k_[i]);
    std::memcpy(experts.data(), buffer_.bytes.data() + i * device::kLineBytes, 4 * experts.size());
    out.push_back(std::move(experts));
  }
  top_k_.clear();
  return out;
}

Result<device::Fence> RecordingDevice::submit(device::Queue queue, std::span<const device::Command> commands,
                                              std::chrono::milliseconds deadline) {
  std::vector<device::Command> out;
  for (const device::Command& command : commands) {
    out.push_back(command);
    if (command.header.opcode == static_cast<std::uint16_t>(device::Opcode::kRoute)) {
      SLUICE_RETURN_IF_ERROR(add_exports(command, out));
    }
  }
  return inner_.submit(queue, out, deadline);
}

Status RecordingDevice::add_exports(const device::Command& route, std::vector<device::Command>& out) {
  device::RouteOperand o;
  std::memcpy(&o, route.operand, sizeof(o));
  for (std::uint32_t token = 0; token < o.num_tokens; ++token) {
    const std::uint64_t offset = top_k_.size() * device::kLineBytes;
    if (offset + device::kLineBytes > kBufferBytes) {
      return Error(ErrorCode::kUnsupported, "more routes are recorded at once than the buffer holds");
    }
    device::MoveOperand move;
    move.host_address_lo = low_word(buffer_.address + offset);
    move.host_address_hi = high_word(buffer_.address + offset);
    move.bank = token;
    move.line = o.output_line;
    move.lines = 1;
    out.push_back(make_command(device::Opcode::kExport, move));
    top_k_.push_back(o.top_k);
  }
  return {};
}

}  // namespace sluice::engine
