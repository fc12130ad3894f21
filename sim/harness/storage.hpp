// What lies behind the card's AXI ports: card memory, split over channels, and host memory, a table of segments.
//
// Purpose: bytes and address translation only; time and protocol are AxiMemory's (axi_memory.hpp).
// Ownership: CardStorage owns its bytes (mapped without reservation, so untouched memory costs nothing and reads as
//   zero); HostStorage refers to memory of its user, which must outlive it.
// Threading: one thread. Errors: translation of an address that is not there gives nullptr, which the port answers
//   with DECERR.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "host/device/command.hpp"

namespace sluice::sim {

// Address translation of one AXI port.
class Storage {
 public:
  virtual ~Storage() = default;

  // Where the `bytes` bytes at `address` lie, or nullptr. The range never crosses a data beat.
  [[nodiscard]] virtual std::byte* translate(std::uint64_t address, std::uint64_t bytes) = 0;
};

// Card memory. Lines lie one after another; channel c sees bytes [slice * c, slice * (c + 1)) of line L at its address
// slice * L, with slice = kLineBytes / channels.
class CardStorage {
 public:
  // nullptr when the operating system has no such address space. `bytes` is rounded up to whole lines.
  [[nodiscard]] static std::unique_ptr<CardStorage> create(std::uint64_t bytes, std::uint32_t channels);
  ~CardStorage();
  CardStorage(const CardStorage&) = delete;
  CardStorage& operator=(const CardStorage&) = delete;

  [[nodiscard]] Storage& channel(std::uint32_t index) { return channels_[index]; }
  [[nodiscard]] std::uint32_t channels() const { return static_cast<std::uint32_t>(channels_.size()); }

  // All of card memory, addressed as commands address it: the tests' back door.
  [[nodiscard]] std::span<std::byte> bytes() { return bytes_; }

 private:
  class Channel final : public Storage {
   public:
    Channel(std::span<std::byte> bytes, std::uint32_t offset_bytes, std::uint32_t slice_bytes)
        : bytes_(bytes), offset_bytes_(offset_bytes), slice_bytes_(slice_bytes) {}
    [[nodiscard]] std::byte* translate(std::uint64_t address, std::uint64_t bytes) override;

   private:
    std::span<std::byte> bytes_;
    std::uint32_t offset_bytes_;
    std::uint32_t slice_bytes_;
  };

  CardStorage(std::span<std::byte> bytes, std::uint32_t channels);

  std::span<std::byte> bytes_;
  std::vector<Channel> channels_;
};

// Host memory as the card sees it: address = segment << kSegmentShift | offset. Segment 0 is never there, so that a
// null address is answered with an error.
class HostStorage final : public Storage {
 public:
  static constexpr std::uint32_t kSegmentShift = 40;

  // Adds a segment and returns its address.
  [[nodiscard]] std::uint64_t add_segment(std::span<std::byte> bytes);

  [[nodiscard]] std::byte* translate(std::uint64_t address, std::uint64_t bytes) override;

 private:
  std::vector<std::span<std::byte>> segments_;
};

}  // namespace sluice::sim
