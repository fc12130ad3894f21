// A file mapped into memory, read only.
//
// Purpose: checkpoints are larger than memory; pages are read when they are touched and the kernel may drop them.
// Ownership: MappedFile owns the mapping and is move-only; spans into it die with it. The file descriptor is closed
//   after mapping, so a checkpoint of many shards holds no descriptors.
// Threading: reading from several threads is safe.
// Errors: kNotFound if there is no such file, kInvalidInput if it is not a regular file or too large, kIo otherwise.
//   The size is taken once, at open. Somebody who truncates the file while it is in use ends the process with SIGBUS,
//   as for every program that maps files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "host/base/result.hpp"

namespace sluice {

class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
};

// The whole of a small file; kInvalidInput if it holds more than `max_bytes`.
Result<std::string> read_small_file(const std::filesystem::path& path, std::uint64_t max_bytes);

}  // namespace sluice
