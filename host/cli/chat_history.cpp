#include "host/cli/chat_history.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

namespace sluice::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kMaxEntryBytes = std::size_t{64} << 10;  // a longer one is not kept
constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;    // what is read of a file, its end

Error failure(const fs::path& path, int error_number) {
  return {ErrorCode::kIo, path.string() + ": " + std::generic_category().message(error_number)};
}

std::string line_of(std::string_view entry) {
  return json(entry).dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

// Writes lines to a file of the owner's.
Status write_lines(const fs::path& path, int flags, std::string_view lines) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
  if (file < 0) {
    return failure(path, errno);
  }
  const bool written =
      ::fchmod(file, 0600) == 0 && ::write(file, lines.data(), lines.size()) == static_cast<ssize_t>(lines.size());
  const int error_number = errno;
  ::close(file);
  return written ? Status() : failure(path, error_number);
}

Status make_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::create_directories(folder, error)) {
    fs::permissions(folder, fs::perms::owner_all, error);
  }
  return error ? Status(failure(folder, error.value())) : Status();
}

}  // namespace

Result<fs::path> history_path() {
  const char* const state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') {  // a relative one is to be ignored, says the XDG specification
    return fs::path(state) / "sluice" / "chat_history";
  }
  const char* const home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') {
    return Error(ErrorCode::kIo, "neither XDG_STATE_HOME nor HOME names a folder");
  }
  return fs::path(home) / ".local" / "state" / "sluice" / "chat_history";
}

Result<std::vector<std::string>> load_history(const fs::path& path) {
  std::vector<std::string> entries;
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error == std::errc::no_such_file_or_directory) {
    return entries;
  }
  std::ifstream file(path, std::ios::binary);
  if (error || !file) {
    return failure(path, error ? error.value() : EACCES);
  }
  std::string line;
  if (size > kMaxFileBytes) {
    file.seekg(-static_cast<std::streamoff>(kMaxFileBytes), std::ios::end);
    std::getline(file, line);  // part of one
  }
  while (std::getline(file, line)) {
    json entry = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (entry.is_string()) {
      entries.push_back(std::move(entry.get_ref<std::string&>()));
    }
  }
  const bool grown = size > kMaxFileBytes || entries.size() > 2 * kHistoryEntries;
  if (entries.size() > kHistoryEntries) {
    entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(kHistoryEntries));
  }
  if (grown) {
    std::string lines;
    for (auto entry = entries.rbegin(); entry != entries.rend() && lines.size() < kMaxFileBytes / 2; ++entry) {
      lines.insert(0, line_of(*entry));
    }
    SLUICE_RETURN_IF_ERROR(write_lines(path, O_TRUNC, lines));
  }
  return entries;
}

Status append_to_history(const fs::path& path, std::string_view entry) {
  if (entry.size() > kMaxEntryBytes) {
    return {};
  }
  SLUICE_RETURN_IF_ERROR(make_folder(path.parent_path()));
  return write_lines(path, O_APPEND, line_of(entry));
}

}  // namespace sluice::cli
