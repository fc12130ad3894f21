// A file that is there whole or not at all.
//
// Purpose: written under a temporary name beside its final one, which rename() gives it at the end; a full disk or a
//   killed process leaves nothing half-written under the final name.
// Ownership: owns the descriptor, and the temporary file until commit(); without commit() the file is removed.
// Threading: one thread at a time. Errors: kIo, naming the file and what the system said.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "host/base/result.hpp"

namespace sluice::quant {

class AtomicFile {
 public:
  static Result<AtomicFile> create(const std::filesystem::path& path);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  Status write(std::span<const std::byte> bytes);
  Status write(std::string_view text);
  // Everything written is on the disk; nothing more may be written.
  Status finish();
  // Gives the file its name, replacing a file that had it. After finish().
  Status commit();

 private:
  AtomicFile(std::filesystem::path path, std::filesystem::path temporary, int descriptor)
      : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty: nothing to remove
  int descriptor_;                   // -1: closed
};

}  // namespace sluice::quant
