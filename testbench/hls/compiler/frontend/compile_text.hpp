// Runs the front end on a kernel that a test has as text.
#pragma once

#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/InstIterator.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "hls/compiler/frontend/frontend.hpp"
#include "hls/compiler/frontend/marker.hpp"

namespace sluice::hlsc {

struct CompiledText {
  std::optional<Compiled> compiled;
  Diagnostics diagnostics;
  std::string path;

  // The errors as "LINE: MESSAGE" lines; those elsewhere than in the text with their file.
  [[nodiscard]] std::string errors() const { return of(Severity::kError); }
  [[nodiscard]] std::string warnings() const { return of(Severity::kWarning); }

  // All markers of the function whose name contains `function`, in order.
  [[nodiscard]] std::vector<PragmaMarker> markers(const std::string& function) const {
    std::vector<PragmaMarker> found;
    for (llvm::Function& candidate : *compiled->module) {
      if (candidate.getName().contains(function)) {
        for (llvm::Instruction& instruction : llvm::instructions(candidate)) {
          const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
          if (auto marker = call == nullptr ? std::nullopt : read_marker(*call)) {
            found.push_back(std::move(*marker));
          }
        }
      }
    }
    return found;
  }

 private:
  [[nodiscard]] std::string of(Severity severity) const {
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics.all()) {
      if (diagnostic.severity == severity) {
        text += (diagnostic.file == path ? "" : diagnostic.file + ":") + std::to_string(diagnostic.line) + ": " +
                diagnostic.message + "\n";
      }
    }
    return text;
  }
};

// A folder that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(std::filesystem::temp_directory_path() / ("sluice_hls_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

inline CompiledText compile_text(const std::string& text, const std::string& top = "top", Options options = {}) {
  TemporaryFolder folder;
  CompiledText result;
  result.path = folder.write("kernel.cpp", text);
  options.source = result.path;
  options.top = top;
  result.compiled = compile_source(options, result.diagnostics);
  return result;
}

}  // namespace sluice::hlsc
