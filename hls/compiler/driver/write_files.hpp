// Several files that appear together or not at all.
//
// Purpose: write_files() makes the folder if need be, writes every text under a temporary name there, and renames them
//   only when all are on the disk. A file that holds its text already is left as it is, so that a build that watches
//   times does nothing over again.
// Ownership: none kept. Threading: none. Errors: what went wrong with which file, in words; no file has changed then,
//   but where a rename itself fails.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hls/compiler/driver/pipeline.hpp"

namespace sluice::hlsc {

[[nodiscard]] std::optional<std::string> write_files(const std::filesystem::path& folder,
                                                     const std::vector<OutputFile>& files);

}  // namespace sluice::hlsc
