#include "host/device/ring_device.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

namespace sluice::device {
namespace {

constexpr std::uint32_t kControlEnable = 1u << 0;
constexpr std::uint32_t kControlReset = 1u << 1;
constexpr std::uint32_t kInfoPollCardMemory = 1u << 0;

std::string hex(std::uint32_t value) {
  std::array<char, 16> text = {};
  std::snprintf(text.data(), text.size(), "0x%08X", value);
  return text.data();
}

Result<std::uint32_t> read_register(CardPort& port, Register which) {
  return port.read_register(static_cast<std::uint32_t>(which));
}

Status write_control(CardPort& port, std::uint32_t value) {
  return port.write_register(static_cast<std::uint32_t>(Register::kControl), value);
}

// Refuses a card that this program does not speak to.
Status check_identity(CardPort& port) {
  SLUICE_ASSIGN_OR_RETURN(const std::uint32_t magic, read_register(port, Register::kMagic));
  if (magic != kMagic) {
    return Error(ErrorCode::kDevice, "this is not a Sluice card: its magic register reads " + hex(magic));
  }
  SLUICE_ASSIGN_OR_RETURN(const std::uint32_t hash, read_register(port, Register::kCommandSetHash));
  if (hash != command_set_hash()) {
    return Error(ErrorCode::kDevice, "the card's command set " + hex(hash) + " is not this program's " +
                                         hex(command_set_hash()) + "; build both from the same version");
  }
  SLUICE_ASSIGN_OR_RETURN(const std::uint32_t lines, read_register(port, Register::kVectorLines));
  if (lines < kVectorLines) {
    return Error(ErrorCode::kDevice, "the card has " + std::to_string(lines) + " lines of vector memory a bank, " +
                                         std::to_string(kVectorLines) + " are needed");
  }
  SLUICE_ASSIGN_OR_RETURN(const std::uint32_t info, read_register(port, Register::kInfo));
  if ((info & kInfoPollCardMemory) != 0) {
    return Error(ErrorCode::kUnsupported,
                 "the card keeps completions in card memory, which this program does not poll");
  }
  return {};
}

Result<DeviceInfo> describe(CardPort& port, const RingOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(const std::uint32_t geometry, read_register(port, Register::kGeometry));
  SLUICE_ASSIGN_OR_RETURN(const std::uint32_t memory_mib, read_register(port, Register::kMemoryMib));
  const std::uint64_t memory_bytes = std::uint64_t{memory_mib} << 20;
  DeviceInfo info;
  info.name = options.name;
  info.description = options.description;
  info.command_set_hash = command_set_hash();
  info.channels = geometry & 0xFF;
  info.weights_per_cycle = geometry >> 16;
  info.memory_bytes = options.memory_bytes == 0 ? memory_bytes : std::min(memory_bytes, options.memory_bytes);
  info.has_cycles = options.has_cycles;
  return info;
}

}  // namespace

Result<std::unique_ptr<Device>> RingDevice::open(std::unique_ptr<CardPort> port, const RingOptions& options) {
  SLUICE_RETURN_IF_ERROR(check_identity(*port));
  SLUICE_ASSIGN_OR_RETURN(DeviceInfo info, describe(*port, options));
  std::vector<RingQueue> queues;
  for (const Queue which : {Queue::kLoad, Queue::kCompute}) {
    SLUICE_ASSIGN_OR_RETURN(RingQueue queue, RingQueue::create(*port, which, options.ring_log2));
    queues.push_back(std::move(queue));
  }
  std::array<Staging, 2> staging;
  for (Staging& half : staging) {
    SLUICE_ASSIGN_OR_RETURN(half.buffer, port->allocate_host(options.staging_bytes));
  }
  std::unique_ptr<RingDevice> device(
      new RingDevice(std::move(port), options, std::move(info), std::move(queues), staging));
  SLUICE_RETURN_IF_ERROR(device->restart());
  return std::unique_ptr<Device>(std::move(device));
}

RingDevice::RingDevice(std::unique_ptr<CardPort> port, const RingOptions& options, DeviceInfo info,
                       std::vector<RingQueue> queues, std::array<Staging, 2> staging)
    : port_(std::move(port)),
      options_(options),
      info_(std::move(info)),
      allocator_(info_.memory_bytes),
      queues_(std::move(queues)),
      staging_(staging) {}

// The card must not touch host memory that is about to go.
RingDevice::~RingDevice() { static_cast<void>(write_control(*port_, kControlReset)); }

Result<std::uint64_t> RingDevice::allocate(std::uint64_t bytes) { return allocator_.allocate(bytes); }

Result<HostBuffer> RingDevice::allocate_host(std::uint64_t bytes) { return port_->allocate_host(bytes); }

Result<Fence> RingDevice::submit(Queue which, std::span<const Command> commands, std::chrono::milliseconds deadline) {
  SLUICE_ASSIGN_OR_RETURN(const std::uint64_t number, queue(which).submit(commands, port_->now() + deadline));
  return Fence{which, number};
}

Status RingDevice::wait(Fence fence, std::chrono::milliseconds deadline) {
  return queue(fence.queue).wait(fence.number, port_->now() + deadline);
}

Status RingDevice::check_range(std::uint64_t card_address, std::uint64_t bytes) const {
  if (card_address > info_.memory_bytes || bytes > info_.memory_bytes - card_address) {
    return Error(ErrorCode::kInvalidInput, "address range is outside of card memory");
  }
  return {};
}

Status RingDevice::start_copy(Opcode opcode, Staging& staging, std::uint32_t offset_bytes, std::uint64_t card_address,
                              std::uint64_t bytes) {
  const std::uint64_t host_address = staging.buffer.address + offset_bytes;
  const CopyOperand operand = {.host_address_lo = static_cast<std::uint32_t>(host_address),
                               .host_address_hi = static_cast<std::uint32_t>(host_address >> 32),
                               .card_address_lo = static_cast<std::uint32_t>(card_address),
                               .card_address_hi = static_cast<std::uint32_t>(card_address >> 32),
                               .bytes = static_cast<std::uint32_t>(bytes)};
  Command command;
  command.header.opcode = static_cast<std::uint16_t>(opcode);
  std::memcpy(command.operand, &operand, sizeof(operand));
  SLUICE_ASSIGN_OR_RETURN(staging.pending, queue(Queue::kLoad).submit({&command, 1}, copy_deadline()));
  return {};
}

Status RingDevice::finish_copy(Staging& staging) {
  const std::uint64_t number = std::exchange(staging.pending, 0);
  return number == 0 ? Status() : queue(Queue::kLoad).wait(number, copy_deadline());
}

Status RingDevice::fetch_line(Staging& staging, std::uint32_t offset_bytes, std::uint64_t card_address) {
  SLUICE_RETURN_IF_ERROR(start_copy(Opcode::kStore, staging, offset_bytes, card_address, kLineBytes));
  return finish_copy(staging);
}

Status RingDevice::write(std::uint64_t card_address, std::span<const std::byte> bytes) {
  SLUICE_RETURN_IF_ERROR(check_range(card_address, bytes.size()));
  if (bytes.empty()) {
    return {};
  }
  const std::uint64_t end = card_address + bytes.size();
  std::size_t half = 0;
  for (std::uint64_t at = card_address / kLineBytes * kLineBytes; at < end; half ^= 1) {
    Staging& staging = staging_[half];
    SLUICE_RETURN_IF_ERROR(finish_copy(staging));
    const std::uint64_t lines = (end - at + kLineBytes - 1) / kLineBytes;
    const std::uint64_t size = std::min<std::uint64_t>(lines * kLineBytes, options_.staging_bytes);
    const std::uint64_t from = std::max(at, card_address);
    const std::uint64_t to = std::min(at + size, end);
    if (from != at) {
      SLUICE_RETURN_IF_ERROR(fetch_line(staging, 0, at));
    }
    if (to != at + size) {
      const std::uint64_t last = size - kLineBytes;
      SLUICE_RETURN_IF_ERROR(fetch_line(staging, static_cast<std::uint32_t>(last), at + last));
    }
    std::memcpy(staging.buffer.bytes.data() + (from - at), bytes.data() + (from - card_address), to - from);
    SLUICE_RETURN_IF_ERROR(start_copy(Opcode::kLoad, staging, 0, at, size));
    at += size;
  }
  SLUICE_RETURN_IF_ERROR(finish_copy(staging_[0]));
  return finish_copy(staging_[1]);
}

Status RingDevice::read(std::uint64_t card_address, std::span<std::byte> bytes) {
  SLUICE_RETURN_IF_ERROR(check_range(card_address, bytes.size()));
  if (bytes.empty()) {
    return {};
  }
  const std::uint64_t end = card_address + bytes.size();
  const std::uint64_t first = card_address / kLineBytes * kLineBytes;
  const std::uint64_t step = options_.staging_bytes;
  const auto start = [&](std::uint64_t at) -> Status {
    if (at >= end) {
      return {};
    }
    const std::uint64_t lines = (end - at + kLineBytes - 1) / kLineBytes;
    return start_copy(Opcode::kStore, staging_[(at - first) / step % 2], 0, at, std::min(lines * kLineBytes, step));
  };
  SLUICE_RETURN_IF_ERROR(start(first));
  for (std::uint64_t at = first; at < end; at += step) {
    SLUICE_RETURN_IF_ERROR(start(at + step));
    Staging& staging = staging_[(at - first) / step % 2];
    SLUICE_RETURN_IF_ERROR(finish_copy(staging));
    const std::uint64_t from = std::max(at, card_address);
    const std::uint64_t to = std::min(at + step, end);
    std::memcpy(bytes.data() + (from - card_address), staging.buffer.bytes.data() + (from - at), to - from);
  }
  return {};
}

Counters RingDevice::counters() {
  Counters counters;
  for (std::uint32_t i = 0; i < kCounters; ++i) {
    const std::uint32_t offset = static_cast<std::uint32_t>(Register::kCounters) + 8 * i;
    const auto low = port_->read_register(offset);  // latches the high word
    const auto high = low.ok() ? port_->read_register(offset + 4) : low;
    if (!high.ok()) {
      return counters_;
    }
    counters.value[i] = std::uint64_t{high.value()} << 32 | low.value();
  }
  counters_ = counters;
  return counters_;
}

Status RingDevice::reset() { return restart(); }

Status RingDevice::restart() {
  const CardPort::TimePoint deadline = copy_deadline();
  SLUICE_RETURN_IF_ERROR(write_control(*port_, kControlReset));
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const std::uint32_t control, read_register(*port_, Register::kControl));
    if ((control & kControlReset) == 0) {
      break;
    }
    if (port_->now() >= deadline) {
      return Error(ErrorCode::kTimeout, "the card does not come out of reset");
    }
    SLUICE_RETURN_IF_ERROR(port_->advance());
  }
  for (RingQueue& each : queues_) {
    SLUICE_RETURN_IF_ERROR(each.restart());
  }
  for (Staging& staging : staging_) {
    staging.pending = 0;
  }
  return write_control(*port_, kControlEnable);
}

}  // namespace sluice::device
