// sluice-hls: synthesizable C++ to SystemVerilog.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "hls/compiler/driver/pipeline.hpp"
#include "hls/compiler/driver/print_diagnostics.hpp"
#include "hls/compiler/driver/slow_notice.hpp"
#include "hls/compiler/driver/synthesis.hpp"
#include "hls/compiler/driver/write_files.hpp"
#include "hls/compiler/schedule/target.hpp"

namespace {

using namespace sluice::hlsc;

constexpr int kSourceAtFault = 1;
constexpr int kRequestAtFault = 2;
constexpr int kMachineAtFault = 3;
constexpr std::chrono::seconds kPatience{3};

struct Request {
  PipelineOptions pipeline;
  std::string target_name;
  std::string folder = ".";
  bool lists_targets = false;
  bool json_diagnostics = false;
  bool synthesises = false;
  int synthesis_limit_s = 1800;
};

template <typename Value>
using Named = std::vector<std::pair<std::string, Value>>;

const Named<PlantedFault> kFaults = {{"phi-window", PlantedFault::kPhiWindow},
                                     {"back-edge-distance", PlantedFault::kBackEdgeDistance},
                                     {"memory-read-after-write", PlantedFault::kMemoryReadAfterWrite},
                                     {"dropped-predicate", PlantedFault::kDroppedPredicate},
                                     {"port-over-use", PlantedFault::kPortOverUse},
                                     {"wrong-write-stage", PlantedFault::kWrongWriteStage},
                                     {"missing-stall", PlantedFault::kMissingStall},
                                     {"wrong-trip-count", PlantedFault::kWrongTripCount},
                                     {"fifo-depth", PlantedFault::kFifoDepth},
                                     {"sign-extension", PlantedFault::kSignExtension}};

const Named<Stage> kStages = {{"llvm", Stage::kLlvm}, {"ir", Stage::kKernelIr}, {"schedule", Stage::kSchedule}};

std::vector<std::string> target_names() {
  std::vector<std::string> names;
  for (const Target* target : targets()) {
    names.emplace_back(target->name());
  }
  return names;
}

// CLI11's validator: an empty text is good. Its own range takes 'nan'.
std::string clock_period(const std::string& text) {
  double period_ns = 0;
  if (CLI::detail::lexical_cast(text, period_ns) && period_ns >= 0.5 && period_ns <= 1000) {
    return "";
  }
  return "is a number of nanoseconds from 0.5 to 1000";
}

// An option whose value is one of some names, each standing for a value.
template <typename Value, typename Target>
CLI::Option* add_named(CLI::App& app, const std::string& option, Target& target, const Named<Value>& named,
                       const std::string& help) {
  std::vector<std::string> names;
  names.reserve(named.size());
  for (const auto& [name, value] : named) {
    names.push_back(name);
  }
  auto set = [&target, &named](const std::string& name) {
    target = std::ranges::find(named, name, [](const auto& entry) { return entry.first; })->second;
  };
  return app.add_option_function<std::string>(option, set, help)->check(CLI::IsMember(names).description(""));
}

// Options with their values' names as help shows them; the validators' own texts repeat what is said anyway.
void declare(CLI::App& app, Request& request) {
  Options& source = request.pipeline.source;
  ScheduleOptions& schedule = request.pipeline.schedule;
  app.set_version_flag("--version", "sluice-hls " SLUICE_VERSION);
  auto* kernel = app.add_option("KERNEL", source.source, "the C++ file with the kernel")->type_name("");
  auto* top = app.add_option("--top", source.top, "name of the kernel's function")->type_name("NAME");
  app.add_option("-o,--output", request.folder, "folder for NAME.sv and its reports, made if need be (here)")
      ->type_name("FOLDER");
  app.add_option("--clock-ns", schedule.clock_ns, fmt::format("clock period ({})", schedule.clock_ns))
      ->type_name("NS")
      ->check(clock_period, "");
  app.add_option("--target", request.target_name,
                 fmt::format("device whose modelled delays the schedule fits ({})", request.target_name))
      ->type_name("NAME")
      ->check(CLI::IsMember(target_names()).description(""));
  app.add_option("-I", source.include_folders, "folder for #include; repeat for more")
      ->type_name("FOLDER")
      ->allow_extra_args(false);
  app.add_option("-D", source.definitions, "macro; repeat for more")
      ->type_name("NAME[=VALUE]")
      ->allow_extra_args(false);
  app.add_option("--hls-include", source.hls_include, "folder of ap_int.h and hls_stream.h instead of this build's")
      ->type_name("FOLDER")
      ->check(CLI::ExistingDirectory.description(""));
  add_named(app, "--print", request.pipeline.stop_at, kStages,
            "stop at llvm, ir (the kernel IR) or schedule and print that")
      ->type_name("FORM");
  app.add_flag("--json-diagnostics", request.json_diagnostics,
               "diagnostics as JSON, one object a line, on standard error");
  auto* synthesises = app.add_flag("--synthesise", request.synthesises,
                                   "also run Yosys for UltraScale+: NAME_netlist.v, and the area in the reports");
  app.add_option("--synthesis-limit", request.synthesis_limit_s,
                 fmt::format("seconds that Yosys may take ({})", request.synthesis_limit_s))
      ->type_name("S")
      ->check(CLI::Range(1, 86400).description(""))
      ->needs(synthesises);
  auto* list = app.add_flag("--list-targets", request.lists_targets, "what --target takes");
  add_named(app, "--plant", schedule.fault, kFaults, "a fault, for the compiler's own tests")->group("");
  app.footer(
      "Writes NAME.sv, NAME_adapter.cpp (for the co-simulation bench), NAME.json, NAME.txt and NAME.html, all or "
      "none.\nStatus: 0 done, 1 the kernel is at fault, 2 the command line, 3 the machine.");
  app.callback([=] {
    if (list->count() == 0 && (kernel->count() == 0 || top->count() == 0)) {
      throw CLI::RequiredError(kernel->count() == 0 ? "KERNEL" : "--top");
    }
  });
}

int synthesise_kernel(const Request& request) {
  const std::string& top = request.pipeline.source.top;
  const std::string name = top.substr(top.rfind(':') + 1);  // npos + 1 is 0
  SlowNotice notice(kPatience);
  notice.begin("synthesis by Yosys");
  if (const auto failure = synthesise({request.folder, name, std::chrono::seconds(request.synthesis_limit_s)})) {
    fmt::print(stderr, "sluice-hls: {}\n", *failure);
    return kMachineAtFault;
  }
  fmt::print("wrote {}\n", (std::filesystem::path(request.folder) / (name + "_netlist.v")).string());
  return 0;
}

int compile(Request& request) {
  request.pipeline.schedule.target = find_target(request.target_name);
  Diagnostics diagnostics;
  SourceLines sources;
  std::optional<PipelineResult> result;
  {
    SlowNotice notice(kPatience);
    result = run_pipeline(request.pipeline, sources, [&](std::string_view stage) { notice.begin(stage); }, diagnostics);
  }
  fmt::print(stderr, "{}",
             request.json_diagnostics ? diagnostics_json(diagnostics) : diagnostics_text(diagnostics, sources));
  if (!result) {
    return kSourceAtFault;
  }
  if (request.pipeline.schedule.fault != PlantedFault::kNone) {
    fmt::print(stderr, "sluice-hls: warning: the output has a planted fault\n");
  }
  if (auto failure = result->files.empty() ? std::nullopt : write_files(request.folder, result->files)) {
    fmt::print(stderr, "sluice-hls: {}\n", *failure);
    return kMachineAtFault;
  }
  fmt::print("{}", result->text);
  for (const OutputFile& file : result->files) {
    fmt::print("wrote {}\n", (std::filesystem::path(request.folder) / file.name).string());
  }
  if (std::fflush(stdout) != 0) {
    return kMachineAtFault;
  }
  return request.synthesises && !result->files.empty() ? synthesise_kernel(request) : 0;
}

int run(int argc, char** argv) {
  Request request;
  request.target_name = targets().front()->name();
  CLI::App app("Synthesizable C++ in the Vitis HLS style to SystemVerilog.", "sluice-hls");
  declare(app, request);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "sluice-hls: {}; see 'sluice-hls --help'\n", error.what());
    return kRequestAtFault;
  }
  if (request.lists_targets) {
    fmt::print("{}\n", fmt::join(target_names(), "\n"));
    return 0;
  }
  return compile(request);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {  // out of memory
    fmt::print(stderr, "sluice-hls: {}\n", error.what());
    return kMachineAtFault;
  }
}
