// What was typed in earlier sessions, in a file.
//
// Purpose: $XDG_STATE_HOME/sluice/chat_history, or ~/.local/state/sluice/chat_history: one JSON string a line, readable
//   by its owner only, the newest kHistoryEntries of them. Lines are appended as they are typed, so that sessions
//   beside one another keep each other's.
// Ownership, threading: plain functions; one thread. Errors: kIo, which a session says once and goes on without.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/result.hpp"

namespace sluice::cli {

inline constexpr std::size_t kHistoryEntries = 1000;

// From the environment; kIo if it names no place.
[[nodiscard]] Result<std::filesystem::path> history_path();

// The newest entries, oldest first; lines that are none are left out. Cuts a file that has grown to twice its bounds.
[[nodiscard]] Result<std::vector<std::string>> load_history(const std::filesystem::path& path);

[[nodiscard]] Status append_to_history(const std::filesystem::path& path, std::string_view entry);

}  // namespace sluice::cli
