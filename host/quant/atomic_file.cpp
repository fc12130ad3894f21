#include "host/quant/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "host/base/check.hpp"

namespace sluice::quant {
namespace {

Error system_error(const std::filesystem::path& path, int error_number) {
  return {ErrorCode::kIo, fmt::format("{}: {}", path.string(), std::generic_category().message(error_number))};
}

}  // namespace

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path) {
  std::filesystem::path temporary = path;
  temporary.replace_filename(fmt::format(".{}.tmp-{}", path.filename().string(), ::getpid()));
  constexpr int kMode = 0666;  // less the umask
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode);
  if (descriptor < 0) {
    return system_error(path, errno);
  }
  return AtomicFile(path, std::move(temporary), descriptor);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

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
  const int synced = ::fsync(descriptor_);
  const int sync_error = errno;
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (synced != 0) {
    return system_error(path_, sync_error);
  }
  return closed == 0 ? Status() : Status(system_error(path_, errno));
}

Status AtomicFile::commit() {
  SLUICE_CHECK(descriptor_ < 0 && !temporary_.empty());
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return system_error(path_, errno);
  }
  temporary_.clear();
  return {};
}

}  // namespace sluice::quant
