#include "sim/harness/storage.hpp"

#include <sys/mman.h>

namespace sluice::sim {

std::unique_ptr<CardStorage> CardStorage::create(std::uint64_t bytes, std::uint32_t channels) {
  const std::uint64_t rounded = (bytes + device::kLineBytes - 1) / device::kLineBytes * device::kLineBytes;
  void* const base = mmap(nullptr, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    return nullptr;
  }
  return std::unique_ptr<CardStorage>(new CardStorage({static_cast<std::byte*>(base), rounded}, channels));
}

CardStorage::CardStorage(std::span<std::byte> bytes, std::uint32_t channels) : bytes_(bytes) {
  const std::uint32_t slice_bytes = device::kLineBytes / channels;
  for (std::uint32_t channel = 0; channel < channels; ++channel) {
    channels_.emplace_back(bytes, channel * slice_bytes, slice_bytes);
  }
}

CardStorage::~CardStorage() { munmap(bytes_.data(), bytes_.size()); }

std::byte* CardStorage::Channel::translate(std::uint64_t address, std::uint64_t bytes) {
  const std::uint64_t line = address / slice_bytes_;
  const std::uint64_t within = address % slice_bytes_;
  if (line >= bytes_.size() / device::kLineBytes || within + bytes > slice_bytes_) {
    return nullptr;
  }
  return bytes_.data() + line * device::kLineBytes + offset_bytes_ + within;
}

std::uint64_t HostStorage::add_segment(std::span<std::byte> bytes) {
  segments_.push_back(bytes);
  return static_cast<std::uint64_t>(segments_.size()) << kSegmentShift;
}

std::byte* HostStorage::translate(std::uint64_t address, std::uint64_t bytes) {
  const std::uint64_t segment = address >> kSegmentShift;
  const std::uint64_t offset = address & ((std::uint64_t{1} << kSegmentShift) - 1);
  if (segment == 0 || segment > segments_.size()) {
    return nullptr;
  }
  const std::span<std::byte> memory = segments_[segment - 1];
  if (offset >= memory.size() || bytes > memory.size() - offset) {
    return nullptr;
  }
  return memory.data() + offset;
}

}  // namespace sluice::sim
