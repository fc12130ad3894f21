// A file that is there whole or not at all.
//
// Purpose: written without a name (O_TMPFILE), which it gets at the end; a full disk or a killed process leaves nothing
//   half-written. Where the file system or the lack of /proc rules that out, and for the moment in which it takes the
//   place of an older file, it has the name temporary_path(), which a killed process leaves behind.
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

  // ".NAME.tmp-PROCESS" beside `path`; `process` is the number of the process that writes.
  static std::filesystem::path temporary_path(const std::filesystem::path& path, std::string_view process);

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

  [[nodiscard]] bool give_name(const std::filesystem::path& name) const;  // false: errno says why
  Status close();

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty: nothing to remove
  int descriptor_;                   // -1: closed
  bool finished_ = false;
};

}  // namespace sluice::quant
