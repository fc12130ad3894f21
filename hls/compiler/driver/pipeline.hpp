// A kernel's way through the compiler, in one place.
//
// Purpose: run_pipeline() calls the modules in order and hands back texts; nothing is written or printed here.
// Ownership: values. Threading: none. Errors: diagnostics, and nothing returned; a broken rule between modules aborts
//   (base/check.hpp), for that is a bug of the compiler.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hls/compiler/base/diagnostic.hpp"
#include "hls/compiler/driver/source_lines.hpp"
#include "hls/compiler/frontend/frontend.hpp"
#include "hls/compiler/schedule/schedule.hpp"

namespace sluice::hlsc {

// A form of the kernel on its way, to look at instead of compiling to the end.
enum class Stage : std::uint8_t { kLlvm, kKernelIr, kSchedule };

struct PipelineOptions {
  Options source;
  ScheduleOptions schedule;
  std::optional<Stage> stop_at;
  std::size_t mutants = 0;  // to build in, chosen by the seed
  std::uint64_t mutant_seed = 1;
};

struct OutputFile {
  std::string name;  // NAME.sv, ... with NAME the kernel's
  std::string text;
};

struct PipelineResult {
  std::vector<OutputFile> files;  // empty with `stop_at`
  std::string text;               // the form that `stop_at` asked for, else a summary for a person
};

// `begin` is called with what comes next ("scheduling").
[[nodiscard]] std::optional<PipelineResult> run_pipeline(const PipelineOptions& options, SourceLines& sources,
                                                         const std::function<void(std::string_view)>& begin,
                                                         Diagnostics& diagnostics);

}  // namespace sluice::hlsc
