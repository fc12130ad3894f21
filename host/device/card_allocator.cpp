#include "host/device/card_allocator.hpp"

#include <algorithm>
#include <string>

namespace sluice::device {

Result<std::uint64_t> CardAllocator::allocate(std::uint64_t bytes) {
  const std::uint64_t free_bytes = memory_bytes_ - taken_bytes_;
  if (bytes > free_bytes) {
    return Error(ErrorCode::kUnsupported, "card memory is full: " + std::to_string(bytes) + " bytes asked for, " +
                                              std::to_string(free_bytes) + " of " + std::to_string(memory_bytes_) +
                                              " free");
  }
  const std::uint64_t address = taken_bytes_;
  const std::uint64_t rounded = (std::max<std::uint64_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
  taken_bytes_ += std::min(rounded, free_bytes);
  return address;
}

}  // namespace sluice::device
