// Runs a fuzz target over the files of the folders that it is given: what libFuzzer's own main does with -runs=0, for
// builds without libFuzzer. Arguments that start with '-' are libFuzzer's and are skipped.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "testbench/fuzz/target.hpp"

namespace fs = std::filesystem;

int main(int argc, char** argv) {
  std::size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]).starts_with('-')) {
      continue;
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::vector<char> read{std::istreambuf_iterator<char>(file), {}};
      SLUICE_CHECK(file.good() || file.eof());
      std::printf("%s\n", entry.path().c_str());  // so that the last line names what crashed
      std::fflush(stdout);
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(read.data()), read.size());
      ++inputs;
    }
  }
  std::printf("%zu inputs\n", inputs);
  return inputs > 0 ? 0 : 1;
}
