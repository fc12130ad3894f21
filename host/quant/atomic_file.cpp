#include "host/quant/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "host/base/check.hpp"

namespace sluice::quant {
namespace {

Error system_error(const std::filesystem::path& path, int error_number) {
  return {ErrorCode::kIo, fmt::format("{}: {}", path.string(), std::generic_category().message(error_number))};
}

// The path by which linkat() finds an open file that has no name.
std::string link_to(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

}  // namespace

std::filesystem::path AtomicFile::temporary_path(const std::filesystem::path& path, std::string_view process) {
  return std::filesystem::path(path).replace_filename(fmt::format(".{}.tmp-{}", path.filename().string(), process));
}

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path) {
  constexpr int kMode = 0666;  // less the umask
  const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : ".";
  const int unnamed = ::open(directory.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, kMode);
  if (unnamed >= 0) {
    AtomicFile file(path, {}, unnamed);
    if (::access(link_to(unnamed).c_str(), F_OK) == 0) {
      return file;
    }
  }
  std::filesystem::path temporary = temporary_path(path, std::to_string(::getpid()));
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode);
  if (descriptor < 0) {
    return system_error(path, errno);
  }
  return AtomicFile(path, std::move(temporary), descriptor);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)),
      finished_(other.finished_) {}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
  }
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  constexpr std::size_t kMaxWrite = std::size_t{1} << 30U;  // Linux writes less than 2^31 bytes at once
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), std::min(bytes.size(), kMaxWrite));
    if (written < 0 && errno != EINTR) {
      return system_error(path_, errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  return {};
}

Status AtomicFile::write(std::string_view text) { return write(std::as_bytes(std::span(text))); }

Status AtomicFile::finish() {
  SLUICE_CHECK(descriptor_ >= 0);
  if (::fsync(descriptor_) != 0) {
    return system_error(path_, errno);
  }
  finished_ = true;
  return {};
}

Status AtomicFile::commit() {
  SLUICE_CHECK(descriptor_ >= 0 && finished_);
  if (temporary_.empty()) {
    if (give_name(path_)) {
      return close();
    }
    if (errno != EEXIST) {
      return system_error(path_, errno);
    }
    std::filesystem::path temporary = temporary_path(path_, std::to_string(::getpid()));  // only rename() replaces
    if (!give_name(temporary)) {
      return system_error(path_, errno);
    }
    temporary_ = std::move(temporary);
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return system_error(path_, errno);
  }
  temporary_.clear();
  return close();
}

bool AtomicFile::give_name(const std::filesystem::path& name) const {
  return ::linkat(AT_FDCWD, link_to(descriptor_).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

Status AtomicFile::close() {
  return ::close(std::exchange(descriptor_, -1)) == 0 ? Status() : Status(system_error(path_, errno));
}

}  // namespace sluice::quant
