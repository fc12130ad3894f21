// Card memory handed out from the bottom up; nothing is ever given back, because a device's user places a model once.
//
// Ownership: addresses only. Threading: one thread at a time.
#pragma once

#include <cstdint>

#include "host/base/result.hpp"

namespace sluice::device {

class CardAllocator {
 public:
  static constexpr std::uint64_t kAlignment = 4096;

  explicit CardAllocator(std::uint64_t memory_bytes) : memory_bytes_(memory_bytes) {}

  // Address of at least `bytes` bytes, a multiple of kAlignment; kUnsupported when there are no more.
  [[nodiscard]] Result<std::uint64_t> allocate(std::uint64_t bytes);

 private:
  std::uint64_t memory_bytes_;
  std::uint64_t taken_bytes_ = 0;
};

}  // namespace sluice::device
