#include "hls/compiler/driver/synthesis.hpp"

#include <fmt/format.h>
#include <llvm/Support/Program.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "hls/compiler/driver/write_files.hpp"

namespace sluice::hlsc {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// What Yosys calls a cell -> what a device has; how many places of that kind it takes.
struct CellClass {
  std::string_view prefix;
  std::string_view resource;
};
constexpr std::array kClasses = {
    CellClass{"LUT", "luts"},
    CellClass{"INV", "luts"},
    CellClass{"FD", "flip_flops"},
    CellClass{"SRL", "shift_registers"},
    CellClass{"RAMB36", "block_rams_36k"},
    CellClass{"RAMB18", "block_rams_18k"},
    CellClass{"RAM", "lut_rams"},
    CellClass{"URAM", "ultra_rams"},
    CellClass{"DSP", "dsps"},
    CellClass{"CARRY", "carries"},
    CellClass{"MUXF", "wide_muxes"},
};

Json resources_of(const Json& cells) {
  Json result;
  for (const CellClass& each : kClasses) {
    result[std::string(each.resource)] = 0;
  }
  for (const auto& [type, number] : cells.items()) {
    for (const CellClass& each : kClasses) {
      if (type.starts_with(each.prefix)) {
        Json& total = result[std::string(each.resource)];
        total = total.get<int>() + number.get<int>();
        break;
      }
    }
  }
  return result;
}

std::string row(const std::string& name, const Json& resources) {
  std::string text = fmt::format("  {:<32}", name);
  for (const auto& [resource, number] : resources.items()) {
    text += fmt::format(" {:>{}}", number.get<int>(), std::max<std::size_t>(resource.size(), 5));
  }
  return text + "\n";
}

std::string table(const Json& synthesis) {
  std::string text = fmt::format("\nSynthesised by {} for UltraScale+ in {:.0f} s (cells before placement)\n",
                                 synthesis["tool"].get<std::string>(), synthesis["seconds"].get<double>());
  text += fmt::format("  {:<32}", "module");
  for (const auto& [resource, number] : synthesis["total"].items()) {
    text += fmt::format(" {:>5}", resource);
  }
  text += "\n";
  for (const auto& [module, resources] : synthesis["modules"].items()) {
    text += row(module, resources);
  }
  return text + row("all", synthesis["total"]);
}

// "\name" of a module of the kernel; instances of the queues have parameters in their names.
std::string module_name(std::string_view yosys_name) {
  return std::string(yosys_name.starts_with('\\') ? yosys_name.substr(1) : yosys_name);
}

Json synthesis_of(const Json& statistics, const std::string& kernel, double seconds) {
  Json modules;
  for (const auto& [name, module] : statistics.at("modules").items()) {
    if (const std::string plain = module_name(name); plain.starts_with(kernel)) {
      modules[plain] = resources_of(module.at("num_cells_by_type"));
    }
  }
  return {{"tool", statistics.at("creator").get<std::string>().substr(0, 10) + " synth_xilinx -family xcup"},
          {"seconds", seconds},
          {"modules", std::move(modules)},
          {"total", resources_of(statistics.at("design").at("num_cells_by_type"))}};
}

std::string script(const SynthesisOptions& options, const fs::path& statistics, const fs::path& netlist) {
  return fmt::format(
      "read_verilog -sv \"{0}/stream_queue.sv\" \"{0}/stream_fifo.sv\" \"{1}\"\n"
      "synth_xilinx -family xcup -noiopad -noclkbuf -top {2}\n"
      "write_verilog -noattr \"{3}\"\n"
      "tee -q -o {4} stat -json -top {2}\n",
      SLUICE_STREAM_RTL, (options.folder / (options.name + ".sv")).string(), options.name, netlist.string(),
      statistics.string());
}

// Files that only one run of Yosys needs; not in the user's folder, whose name Yosys' tee may not take (blanks).
class Scratch {
 public:
  explicit Scratch(const std::string& name)
      : base_(fs::temp_directory_path() / fmt::format("sluice-hls-{}-{}", ::getpid(), name)) {}
  ~Scratch() {
    std::error_code ignored;
    for (const char* kind : {".ys", ".json", ".log"}) {
      fs::remove(file(kind), ignored);
    }
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] fs::path file(const char* kind) const { return base_.string() + kind; }

 private:
  fs::path base_;
};

std::string last_lines(const fs::path& log) {
  const std::string text = text_of(log);
  constexpr std::size_t kMost = 500;
  return text.substr(text.size() > kMost ? text.size() - kMost : 0);
}

}  // namespace

std::optional<std::string> synthesise(const SynthesisOptions& options) {
  const llvm::ErrorOr<std::string> yosys = llvm::sys::findProgramByName("yosys");
  if (!yosys) {
    return "--synthesise needs Yosys: install the package yosys";
  }
  const Scratch scratch(options.name);
  const fs::path netlist = options.folder / (options.name + "_netlist.v");
  std::ofstream(scratch.file(".ys")) << script(options, scratch.file(".json"), netlist);
  const std::string log = scratch.file(".log").string();
  const std::string script_path = scratch.file(".ys").string();
  const std::vector<llvm::StringRef> arguments{"yosys", "-q", "-s", script_path};
  const std::array<std::optional<llvm::StringRef>, 3> redirects{llvm::StringRef(), llvm::StringRef(log),
                                                                llvm::StringRef(log)};
  std::string failure;
  const auto begin = std::chrono::steady_clock::now();
  const int status = llvm::sys::ExecuteAndWait(*yosys, arguments, std::nullopt, redirects,
                                               static_cast<unsigned>(options.limit.count()), 0, &failure);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  if (status == -2 && seconds >= options.limit) {
    return fmt::format("Yosys took longer than {} s and was stopped; --synthesis-limit gives it more",
                       options.limit.count());
  }
  if (status != 0) {
    return fmt::format("Yosys failed{}{}:\n{}", failure.empty() ? "" : ": ", failure, last_lines(log));
  }
  const Json statistics = Json::parse(text_of(scratch.file(".json")), nullptr, false);
  if (statistics.is_discarded()) {
    return "Yosys wrote statistics that are no JSON; sluice-hls knows those of Yosys 0.23";
  }
  Json report = Json::parse(text_of(options.folder / (options.name + ".json")));
  report["synthesis"] = synthesis_of(statistics, options.name, seconds.count());
  const std::string text = text_of(options.folder / (options.name + ".txt"));
  return write_files(options.folder, {{options.name + ".json", report.dump(2) + "\n"},
                                      {options.name + ".txt", text + table(report["synthesis"])}});
}

}  // namespace sluice::hlsc
