// The bench adapter: C++ that fills testbench/support/hls_bench's RtlKernel from the Verilated class of the kernel.
#include <fmt/format.h>

#include <algorithm>

#include "hls/compiler/emit/emit.hpp"
#include "hls/compiler/emit/ports.hpp"

namespace sluice::hlsc {
namespace {

// Whether some contents count from call to call, or from power-up, that no reset brings back.
bool has_lasting_memory(const Kernel& kernel) {
  return std::ranges::any_of(kernel.processes, [](const Process& process) {
    return std::ranges::any_of(process.memories, [](const Memory& memory) {
      const bool is_reset = memory.is_static && memory.kind == MemoryKind::kRegisters;
      return (memory.is_static || memory.initial) && !is_reset && memory.kind != MemoryKind::kRom;
    });
  });
}

std::string array_lines(const Kernel& kernel, const PortNames& names) {
  std::string text;
  const std::vector<ArrayPorts> arrays = array_ports(kernel);
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const ArrayArgument& array = kernel.array_arguments[i];
    const std::string& base = names.arrays[i];
    std::string dimensions;
    for (const ArrayDimension& it : array.dimensions) {
      dimensions += fmt::format("{}{{{}, {}, {}, {}, {}}}", dimensions.empty() ? "" : ", ", it.count, it.banks,
                                it.per_bank, it.bank, it.is_cyclic);
    }
    text += fmt::format("  kernel.arrays.push_back({{\"{}\", {}, {}, {}, {}, {{{}}}, {{}}}});\n", array.name,
                        array.width, array.depth, array.parameter, array.low, dimensions);
    for (std::size_t p = 0; p < arrays[i].ports.size(); ++p) {
      text += fmt::format("  {{\n    RtlArrayPort port = array_port(m.{0}_address{1}_o, m.{0}_ce{1}_o);\n", base, p);
      if (arrays[i].ports[p].reads) {
        text += fmt::format("    let_read(port, m.{}_q{}_i);\n", base, p);
      }
      if (arrays[i].ports[p].writes) {
        text += fmt::format("    let_write(port, {2}, m.{0}_d{1}_o, m.{0}_we{1}_o);\n", base, p, array.width);
      }
      text += "    kernel.arrays.back().ports.push_back(std::move(port));\n  }\n";
    }
  }
  return text;
}

}  // namespace

std::string emit_bench_adapter(const Kernel& kernel, std::size_t num_mutants) {
  const PortNames names = port_names(kernel);
  const std::string top = top_name(kernel);
  std::string text = fmt::format(
      "// Ports of kernel {0} for the generic bench; made by sluice-hls.\n"
      "#include \"V{1}.h\"\n#include \"testbench/support/hls_bench/verilated_kernel.hpp\"\n\n"
      "namespace sluice::hls_bench {{\n\n"
      "RtlKernel make_rtl_{1}();\n\n"
      "RtlKernel make_rtl_{1}() {{\n"
      "  const auto model = make_model<V{1}>();\n  V{1}& m = *model;\n"
      "  RtlKernel kernel = make_kernel(\"{0}\", model);\n",
      kernel.name, top);
  if (kernel.control == Control::kHandshake) {
    text += "  add_handshake(kernel, m);\n";
  }
  if (num_mutants > 0) {
    text += fmt::format("  add_mutants(kernel, {}, m.ap_mutant_i);\n", num_mutants);
  }
  if (has_lasting_memory(kernel)) {
    text += "  kernel.has_lasting_memory = true;\n";
  }
  for (std::size_t i = 0; i < kernel.streams.size(); ++i) {
    const Stream& stream = kernel.streams[i];
    const std::string& base = names.streams[i];
    if (stream.direction == StreamDirection::kInput) {
      text += fmt::format("  add_input(kernel, \"{1}\", {2}, m.{0}_tdata_i, m.{0}_tvalid_i, m.{0}_tready_o);\n", base,
                          stream.name, stream.width);
    } else if (stream.direction == StreamDirection::kOutput) {
      text += fmt::format("  add_output(kernel, \"{1}\", {2}, m.{0}_tdata_o, m.{0}_tvalid_o, m.{0}_tready_i);\n", base,
                          stream.name, stream.width);
    }
  }
  for (std::size_t i = 0; i < kernel.scalars.size(); ++i) {
    const ScalarArgument& scalar = kernel.scalars[i];
    text += fmt::format("  add_scalar(kernel, \"{}\", {}, {}, m.{}_i);\n", scalar.name, scalar.width, scalar.is_signed,
                        names.scalars[i]);
  }
  for (std::size_t i = 0; i < kernel.outputs.size(); ++i) {
    text += fmt::format("  add_scalar_output(kernel, \"{1}\", {2}, {3}, m.{0}_o, m.{0}_valid_o);\n", names.outputs[i],
                        kernel.outputs[i].name, kernel.outputs[i].width, kernel.outputs[i].parameter);
  }
  text += array_lines(kernel, names);
  return text + "  return kernel;\n}\n\n}  // namespace sluice::hls_bench\n";
}

}  // namespace sluice::hlsc
