#include "hls/compiler/driver/source_lines.hpp"

#include <fstream>

namespace sluice::hlsc {

const std::vector<std::string>& SourceLines::of(const std::string& file) {
  auto [found, is_new] = files_.try_emplace(file);
  if (is_new) {
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
      if (line.ends_with('\r')) {
        line.pop_back();
      }
      found->second.push_back(line);
    }
  }
  return found->second;
}

}  // namespace sluice::hlsc
