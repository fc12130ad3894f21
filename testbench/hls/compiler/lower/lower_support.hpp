// Compiles a kernel for tests: from text or from testbench/hls/compiler/kernels.
#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "hls/compiler/frontend/frontend.hpp"
#include "hls/compiler/ir/interpret.hpp"
#include "hls/compiler/ir/ir.hpp"
#include "hls/compiler/lower/lower.hpp"

namespace sluice::hlsc::testing {

struct Lowered {
  std::optional<Kernel> kernel;
  Diagnostics diagnostics;
};

inline Lowered lower_file(const std::string& path, const std::string& top) {
  Lowered result;
  std::optional<Compiled> compiled = compile_source(
      {.source = path, .top = top, .include_folders = {}, .definitions = {}, .hls_include = {}}, result.diagnostics);
  if (compiled) {
    result.kernel = lower(std::move(*compiled), result.diagnostics);
  }
  for (const Diagnostic& diagnostic : result.diagnostics.all()) {
    UNSCOPED_INFO(diagnostic.file << ":" << diagnostic.line << ": " << diagnostic.message);
  }
  return result;
}

// The text's first line is line 1; both headers are included before it.
inline Lowered lower_text(const std::string& text, const std::string& top) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("sluice_lower_" + std::to_string(::getpid()) + ".cpp");
  std::ofstream(path) << "#include <ap_int.h>\n#include <hls_stream.h>\n#line 1\n" << text;
  Lowered result = lower_file(path.string(), top);
  std::filesystem::remove(path);
  return result;
}

// Whether there is an error on `line` whose message contains `words`.
inline bool has_error(const Lowered& lowered, int line, const std::string& words) {
  for (const Diagnostic& diagnostic : lowered.diagnostics.all()) {
    if (diagnostic.severity == Severity::kError && diagnostic.line == line &&
        diagnostic.message.find(words) != std::string::npos) {
      return !lowered.kernel.has_value();
    }
  }
  return false;
}

inline llvm::APInt word(unsigned width, std::int64_t value) {
  return llvm::APInt(64, static_cast<std::uint64_t>(value)).sextOrTrunc(width);
}

inline std::vector<llvm::APInt> words(unsigned width, const std::vector<int>& values) {
  std::vector<llvm::APInt> result;
  for (int value : values) {
    result.push_back(word(width, value));
  }
  return result;
}

inline std::vector<std::int64_t> numbers(const std::vector<llvm::APInt>& words) {
  std::vector<std::int64_t> result;
  for (const llvm::APInt& each : words) {
    result.push_back(each.getSExtValue());
  }
  return result;
}

// Runs with every check of the interpreter on: no result may depend on a value that is any, no conflict in memory may
// be missing from the dependences.
inline InterpreterResult run(const Kernel& kernel, InterpreterInput input) {
  input.check_dependences = true;
  input.any_seed = 12345;
  InterpreterResult result = interpret(kernel, input);
  CHECK(result.uncovered == std::nullopt);
  CHECK(result.end == InterpreterEnd::kFinished);
  return result;
}

inline const Block* pipelined_block(const Kernel& kernel, const std::string& name) {
  for (const Process& process : kernel.processes) {
    for (const Block& block : process.blocks) {
      if (block.name == name && block.pipeline) {
        return &block;
      }
    }
  }
  return nullptr;
}

}  // namespace sluice::hlsc::testing
