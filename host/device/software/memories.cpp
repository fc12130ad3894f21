#include "host/device/software/memories.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace sluice::device {

Result<ReservedBytes> ReservedBytes::reserve(std::uint64_t bytes) {
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) {
    return Error(ErrorCode::kIo,
                 "cannot reserve " + std::to_string(bytes) + " bytes of memory: " + std::strerror(errno));
  }
  return ReservedBytes({static_cast<std::byte*>(at), static_cast<std::size_t>(bytes)});
}

ReservedBytes::ReservedBytes(ReservedBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

ReservedBytes& ReservedBytes::operator=(ReservedBytes&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

ReservedBytes::~ReservedBytes() {
  if (!bytes_.empty()) {
    munmap(bytes_.data(), bytes_.size());
  }
}

Memories::Memories(ReservedBytes card)
    : card_(std::move(card)), vector_(std::size_t{kMaxTokens} * kVectorLines, hls::Line{}) {}

hls::Line* Memories::lines(hls::Space space, std::uint32_t bank, std::uint64_t line, std::uint64_t count) {
  static_assert(alignof(hls::Line) == 1);
  if (space == hls::Space::kVector) {
    return bank < kMaxTokens && line + count <= kVectorLines ? &vector_[std::size_t{bank} * kVectorLines + line]
                                                             : nullptr;
  }
  return line + count <= card_lines() ? reinterpret_cast<hls::Line*>(card_.bytes().data()) + line : nullptr;
}

std::byte* Memories::host(std::uint64_t address, std::uint64_t bytes) {
  const std::uint64_t segment = address >> 40;
  const std::uint64_t offset = address & ((std::uint64_t{1} << 40) - 1);
  if (segment == 0 || segment > segments_.size()) {
    return nullptr;
  }
  const std::span<std::byte> all = segments_[segment - 1].bytes();
  return offset <= all.size() && bytes <= all.size() - offset ? all.data() + offset : nullptr;
}

Result<std::uint64_t> Memories::add_host(std::uint64_t bytes) {
  SLUICE_ASSIGN_OR_RETURN(ReservedBytes segment, ReservedBytes::reserve(bytes));
  segments_.push_back(std::move(segment));
  return std::uint64_t{segments_.size()} << 40;
}

}  // namespace sluice::device
