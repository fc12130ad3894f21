#include "hls/compiler/emit/ports.hpp"

#include "hls/compiler/bind/names.hpp"

namespace sluice::hlsc {

std::string top_name(const Kernel& kernel) { return identifier(kernel.name); }

PortNames port_names(const Kernel& kernel) {
  PortNames result;
  Names names;
  for (const char* control : {"clk_i", "rst_ni", "start_i", "done_o", "idle_o", "ap_mutant_i"}) {
    (void)names.take(control);
  }
  for (const Stream& stream : kernel.streams) {
    result.streams.push_back(names.take_group(
        identifier(stream.name), {"_tdata_i", "_tvalid_i", "_tready_o", "_tdata_o", "_tvalid_o", "_tready_i", "_dout_i",
                                  "_empty_i", "_read_o", "_din_o", "_full_i", "_write_o"}));
  }
  for (const ScalarArgument& scalar : kernel.scalars) {
    result.scalars.push_back(names.take_group(identifier(scalar.name), {"_i"}));
  }
  for (const ScalarArgument& output : kernel.outputs) {
    // The return value is called 'return', which is a keyword.
    const std::string base = output.name == "return" ? "ap_return" : identifier(output.name);
    result.outputs.push_back(names.take_group(base, {"_o", "_valid_o"}));
  }
  for (const ArrayArgument& array : kernel.array_arguments) {
    result.arrays.push_back(names.take_group(
        identifier(array.name),
        {"_address0_o", "_ce0_o", "_we0_o", "_d0_o", "_q0_i", "_address1_o", "_ce1_o", "_we1_o", "_d1_o", "_q1_i"}));
  }
  Names modules;
  const std::string top = modules.take(top_name(kernel));
  for (const Process& process : kernel.processes) {
    const std::string name = identifier(process.name);
    result.modules.push_back(modules.take(top + '_' + (name == top ? "process" : name)));
  }
  return result;
}

std::vector<ArrayPorts> array_ports(const Kernel& kernel) {
  std::vector<ArrayPorts> result(kernel.array_arguments.size());
  for (std::size_t p = 0; p < kernel.processes.size(); ++p) {
    for (const Memory& memory : kernel.processes[p].memories) {
      if (memory.external < 0) {
        continue;
      }
      ArrayPorts& array = result[static_cast<std::size_t>(memory.external)];
      array.process = static_cast<int>(p);
      array.ports.insert(array.ports.end(), static_cast<std::size_t>(memory.ports.read), {true, false});
      array.ports.insert(array.ports.end(), static_cast<std::size_t>(memory.ports.write), {false, true});
      array.ports.insert(array.ports.end(), static_cast<std::size_t>(memory.ports.read_write), {true, true});
    }
  }
  return result;
}

}  // namespace sluice::hlsc
