// The area of a kernel's SystemVerilog, as Yosys synthesises it.
//
// Purpose: synthesise() runs `synth_xilinx -family xcup` on FOLDER/NAME.sv, leaves the netlist as NAME_netlist.v, adds
//   the number of cells to NAME.json ("synthesis") and a table of them to NAME.txt. Yosys counts before placement:
//   look-up tables are not packed in pairs, and registers before a DSP slice stay outside of it.
// Ownership: values. Threading: none. Blocks until Yosys ends, at most `limit`. Errors: in words, with the next step;
//   the reports stay as they were then.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace sluice::hlsc {

struct SynthesisOptions {
  std::filesystem::path folder;
  std::string name;  // of the kernel
  std::chrono::seconds limit{1800};
};

[[nodiscard]] std::optional<std::string> synthesise(const SynthesisOptions& options);

}  // namespace sluice::hlsc
