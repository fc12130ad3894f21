#include "hls/compiler/driver/write_files.hpp"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <system_error>

namespace sluice::hlsc {
namespace {

namespace fs = std::filesystem;

// Files that are removed again unless they were renamed.
class Temporaries {
 public:
  explicit Temporaries(const std::vector<fs::path>& paths) : paths_(paths) {}
  ~Temporaries() {
    std::error_code ignored;
    for (const fs::path& path : paths_) {
      fs::remove(path, ignored);
    }
  }
  Temporaries(const Temporaries&) = delete;
  Temporaries& operator=(const Temporaries&) = delete;

 private:
  const std::vector<fs::path>& paths_;
};

bool holds(const fs::path& path, const std::string& text) {
  std::ifstream stream(path, std::ios::binary);
  return stream && std::string(std::istreambuf_iterator<char>(stream), {}) == text;
}

}  // namespace

std::optional<std::string> write_files(const fs::path& folder, const std::vector<OutputFile>& files) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return "can't make the folder '" + folder.string() + "': " + error.message();
  }
  std::vector<fs::path> written;
  written.reserve(files.size());
  const Temporaries temporaries(written);
  for (const OutputFile& file : files) {
    if (fs::is_directory(folder / file.name)) {
      return "'" + (folder / file.name).string() + "' is a folder";
    }
    written.push_back(folder / ("." + file.name + ".tmp-" + std::to_string(::getpid())));
    std::ofstream stream(written.back(), std::ios::binary);
    stream << file.text;
    stream.close();
    if (!stream) {
      return "can't write '" + (folder / file.name).string() + "'";
    }
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (holds(folder / files[i].name, files[i].text)) {
      continue;
    }
    fs::rename(written[i], folder / files[i].name, error);
    if (error) {
      return "can't write '" + (folder / files[i].name).string() + "': " + error.message();
    }
  }
  return std::nullopt;
}

}  // namespace sluice::hlsc
