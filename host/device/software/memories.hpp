// Card, vector and host memory of the software device.
//
// Ownership: owns all bytes. Threading: one thread. Errors: ranges outside a memory give a null pointer or false.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "hls/unit/unit.hpp"
#include "host/base/result.hpp"
#include "host/device/command.hpp"

namespace sluice::device {

// Bytes that the system provides zeroed when they are first touched.
class ReservedBytes {
 public:
  [[nodiscard]] static Result<ReservedBytes> reserve(std::uint64_t bytes);
  ReservedBytes(ReservedBytes&& other) noexcept;
  ReservedBytes& operator=(ReservedBytes&& other) noexcept;
  ReservedBytes(const ReservedBytes&) = delete;
  ReservedBytes& operator=(const ReservedBytes&) = delete;
  ~ReservedBytes();

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }

 private:
  explicit ReservedBytes(std::span<std::byte> bytes) : bytes_(bytes) {}
  std::span<std::byte> bytes_;
};

class Memories {
 public:
  explicit Memories(ReservedBytes card);

  [[nodiscard]] std::uint64_t card_lines() const { return card_.bytes().size() / kLineBytes; }
  // Lines [line, line + count) of a memory; nullptr when they are not all there.
  [[nodiscard]] hls::Line* lines(hls::Space space, std::uint32_t bank, std::uint64_t line, std::uint64_t count);
  [[nodiscard]] hls::Line* vector(std::uint32_t bank, std::uint64_t line) {
    return lines(hls::Space::kVector, bank, line, 0);
  }
  [[nodiscard]] std::byte* host(std::uint64_t address, std::uint64_t bytes);

  // A new zeroed host segment; its number is the address >> 40.
  [[nodiscard]] Result<std::uint64_t> add_host(std::uint64_t bytes);

 private:
  ReservedBytes card_;
  std::vector<hls::Line> vector_;  // [bank, line]
  std::vector<ReservedBytes> segments_;
};

}  // namespace sluice::device
