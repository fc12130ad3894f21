#include "hls/compiler/driver/pipeline.hpp"

#include <llvm/Support/raw_ostream.h>

#include <utility>

#include "hls/compiler/base/check.hpp"
#include "hls/compiler/driver/schedule_text.hpp"
#include "hls/compiler/driver/summary.hpp"
#include "hls/compiler/emit/emit.hpp"
#include "hls/compiler/ir/print.hpp"
#include "hls/compiler/ir/verify.hpp"
#include "hls/compiler/lower/lower.hpp"
#include "hls/compiler/mutate/mutate.hpp"
#include "hls/compiler/report/report.hpp"

namespace sluice::hlsc {
namespace {

PipelineResult stopped(std::string text) { return {.files = {}, .text = std::move(text)}; }

std::string print_module(const llvm::Module& module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream, nullptr);
  return text;
}

PipelineResult write_out(const Kernel& kernel, const Schedule& schedule, const PipelineOptions& asked,
                         SourceLines& sources) {
  EmitOptions options;
  options.fault = asked.schedule.fault;
  options.mutants = choose_mutants(kernel, asked.mutants, asked.mutant_seed);
  for (const std::string& file : kernel.files) {
    options.sources.push_back(sources.of(file));
  }
  const std::string& name = kernel.name;
  PipelineResult result{.files = {{name + ".sv", emit(kernel, schedule, options)},
                                  {name + "_adapter.cpp", emit_bench_adapter(kernel, options.mutants.size())},
                                  {name + ".json", report_json(kernel, schedule)},
                                  {name + ".txt", report_text(kernel, schedule)},
                                  {name + ".html", schedule_html(kernel, schedule)}},
                        .text = summary(kernel, schedule)};
  if (!options.mutants.empty()) {
    result.files.push_back({name + "_mutants.json", mutants_json(kernel, options.mutants)});
  }
  return result;
}

}  // namespace

std::optional<PipelineResult> run_pipeline(const PipelineOptions& options, SourceLines& sources,
                                           const std::function<void(std::string_view)>& begin,
                                           Diagnostics& diagnostics) {
  begin("reading the source");
  std::optional<Compiled> compiled = compile_source(options.source, diagnostics);
  if (!compiled) {
    return std::nullopt;
  }
  if (options.stop_at == Stage::kLlvm) {
    return stopped(print_module(*compiled->module));
  }
  begin("lowering");
  std::optional<Kernel> kernel = lower(std::move(*compiled), diagnostics);
  if (!kernel) {
    return std::nullopt;
  }
  if (std::optional<std::string> broken = verify(*kernel)) {
    fail("the lowered kernel breaks a rule of the kernel IR: " + *broken);
  }
  if (options.stop_at == Stage::kKernelIr) {
    return stopped(print(*kernel));
  }
  begin("scheduling");
  std::optional<Schedule> times = schedule(*kernel, options.schedule, diagnostics);
  if (!times) {
    return std::nullopt;
  }
  // A planted fault is for the co-simulation to find.
  if (options.schedule.fault == PlantedFault::kNone) {
    if (std::optional<std::string> broken = check_schedule(*kernel, *times, options.schedule)) {
      fail("the schedule breaks a rule: " + *broken);
    }
  }
  if (options.stop_at == Stage::kSchedule) {
    return stopped(schedule_text(*kernel, *times));
  }
  begin("writing SystemVerilog and reports");
  return write_out(*kernel, *times, options, sources);
}

}  // namespace sluice::hlsc
