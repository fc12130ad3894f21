// A device under test with what tests of commands need at hand: copies of vector memory, operands, random weights.
//
// Purpose: the same steps run on the software device and on the simulated card, and must leave the same bytes.
// Ownership: owns its device. Threading: one thread. Errors: a device call that fails fails the test.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "hls/unit/lines.hpp"
#include "host/device/device.hpp"
#include "host/device/simulation/simulation_device.hpp"
#include "host/device/software/software_device.hpp"

namespace sluice::device {

using hls::Line;

inline constexpr std::chrono::milliseconds kTestDeadline = std::chrono::minutes(2);
inline constexpr std::uint64_t kTestMemoryBytes = std::uint64_t{64} << 20;

template <typename Operand>
Command command_of(Opcode opcode, const Operand& operand) {
  Command command;
  command.header.opcode = static_cast<std::uint16_t>(opcode);
  std::memcpy(command.operand, &operand, sizeof(operand));
  return command;
}

inline Command nop() {
  Command command;
  command.header.opcode = static_cast<std::uint16_t>(Opcode::kNop);
  return command;
}

template <typename T>
T must(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.error().message().c_str());
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) {
    return std::move(result).value();
  }
}

class Bench {
 public:
  explicit Bench(Result<std::unique_ptr<Device>> device)
      : device_(must(std::move(device))), buffer_(must(device_->allocate_host(kBufferBytes))) {}

  [[nodiscard]] Device& device() { return *device_; }
  [[nodiscard]] const HostBuffer& buffer() const { return buffer_; }

  Status try_run(Queue queue, const Command& command) {
    const auto fence = device_->submit(queue, {&command, 1}, kTestDeadline);
    return fence.ok() ? device_->wait(fence.value(), kTestDeadline) : fence.error();
  }

  void run(Queue queue, const Command& command) { must(try_run(queue, command)); }

  void import_lines(std::uint32_t bank, std::uint32_t line, std::span<const Line> lines) {
    std::memcpy(buffer_.bytes.data(), lines.data(), lines.size_bytes());
    run(Queue::kCompute, move(Opcode::kImport, bank, line, static_cast<std::uint32_t>(lines.size())));
  }

  std::vector<Line> export_lines(std::uint32_t bank, std::uint32_t line, std::uint32_t count) {
    run(Queue::kCompute, move(Opcode::kExport, bank, line, count));
    std::vector<Line> lines(count);
    std::memcpy(lines.data(), buffer_.bytes.data(), count * sizeof(Line));
    return lines;
  }

  std::uint64_t place(std::span<const std::byte> bytes) {
    const std::uint64_t address = must(device_->allocate(bytes.size()));
    must(device_->write(address, bytes));
    return address;
  }

  [[nodiscard]] Command move(Opcode opcode, std::uint32_t bank, std::uint32_t line, std::uint32_t lines) const {
    return command_of(opcode, MoveOperand{.host_address_lo = static_cast<std::uint32_t>(buffer_.address),
                                          .host_address_hi = static_cast<std::uint32_t>(buffer_.address >> 32),
                                          .bank = bank,
                                          .line = line,
                                          .lines = lines});
  }

 private:
  static constexpr std::uint64_t kBufferBytes = std::uint64_t{kVectorLines} * kLineBytes;

  std::unique_ptr<Device> device_;
  HostBuffer buffer_;
};

inline Bench software_bench() { return Bench(open_software(kTestMemoryBytes)); }

// `stall_probability` of the memories' channels.
inline Bench simulation_bench(double stall_probability = 0, std::uint64_t seed = 1) {
  SimulationOptions options = {.memory_bytes = kTestMemoryBytes};
  options.card.stall_probability = stall_probability;
  options.card.seed = seed;
  return Bench(open_simulation(options));
}

inline std::vector<std::byte> random_bytes(std::size_t size, std::mt19937& random) {
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) {
    byte = static_cast<std::byte>(random());
  }
  return bytes;
}

// A vector of random mantissas of up to 24 bits.
inline hls::VectorValue random_vector(std::uint32_t elements, std::mt19937& random) {
  hls::VectorValue value;
  value.e = -20 - static_cast<std::int32_t>(random() % 8);
  for (std::uint32_t i = 0; i < elements; ++i) {
    value.m.push_back(static_cast<std::int32_t>(random()) >> (8 + random() % 8));
  }
  return value;
}

// A weight matrix in the layout of docs/device.md with random elements and scales of at most `scale_max`.
inline std::vector<std::byte> random_weights(Format format, std::uint32_t rows, std::uint32_t columns,
                                             std::uint32_t groups, std::uint32_t scale_max, std::mt19937& random) {
  const bool nibbles = format == Format::kInt4 || format == Format::kMxFp4;
  const std::uint32_t block_lines = nibbles ? 4 : format == Format::kMxInt8 ? 8 : 16;
  std::vector<std::byte> bytes;
  const auto append_line = [&](bool scales, bool any_byte) {
    for (std::uint32_t i = 0; i < kLineBytes; ++i) {
      std::uint32_t byte = scales ? scale_max - random() % 12 : random() % 256;
      byte = !scales && !any_byte && byte == 0x80 ? 0x81 : byte;  // -128 does not occur in int8 elements
      bytes.push_back(static_cast<std::byte>(byte));
    }
  };
  for (std::uint32_t tile = 0; tile < groups * ((rows + 31) / 32); ++tile) {
    for (std::uint32_t block = 0; block < columns / 32; ++block) {
      if (block % 4 == 0) {
        append_line(true, false);
      }
      for (std::uint32_t i = 0; i < block_lines; ++i) {
        append_line(false, nibbles || (format == Format::kMxInt16 && i % 8 >= 4));
      }
    }
  }
  return bytes;
}

}  // namespace sluice::device
