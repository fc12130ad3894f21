// The lines of source files, read once, for diagnostics and for the comments in the SystemVerilog.
//
// Ownership: owns the texts. Threading: none. Errors: a file that can't be read has no lines.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace sluice::hlsc {

class SourceLines {
 public:
  // [line - 1]; stays valid.
  [[nodiscard]] const std::vector<std::string>& of(const std::string& file);

 private:
  std::map<std::string, std::vector<std::string>> files_;
};

}  // namespace sluice::hlsc
