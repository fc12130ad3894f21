#include "hls/compiler/emit/process.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

void input(ProcessText& text, const std::string& name, unsigned width) {
  text.port_list.push_back(fmt::format("  input  logic {}{}", range(width), text.signals.declare(name, width)));
}

void output(ProcessText& text, const std::string& name, unsigned width) {
  text.port_list.push_back(fmt::format("  output logic {}{}", range(width), text.signals.declare(name, width)));
  text.signals.read(name);
}

void write_ports(ProcessText& text) {
  for (const char* control : {"clk_i", "rst_ni", "start_i"}) {
    input(text, control, 1);
    text.signals.read(control);
  }
  if (!text.options.mutants.empty()) {
    input(text, "ap_mutant_i", mutant_bits(text.options));
  }
  output(text, "done_o", 1);
  output(text, "idle_o", 1);
  for (const int scalar : text.process.scalar_arguments) {
    const auto at = static_cast<std::size_t>(scalar);
    input(text, text.ports.scalars[at] + "_i", text.kernel.scalars[at].width);
  }
  for (const int written : written_outputs(text.process)) {
    const std::string& name = text.ports.outputs[static_cast<std::size_t>(written)];
    const unsigned width = text.kernel.outputs[static_cast<std::size_t>(written)].width;
    output(text, name + "_o", width);
    output(text, name + "_valid_o", 1);
  }
  for (const StreamBinding& stream : text.binding.streams) {
    const std::string& name = text.ports.streams[index(stream.stream)];
    const unsigned width = text.kernel.streams[index(stream.stream)].width;
    if (stream.input) {
      input(text, name + "_dout_i", width);
      input(text, name + "_empty_i", 1);
      output(text, name + "_read_o", 1);
    } else {
      output(text, name + "_din_o", width);
      input(text, name + "_full_i", 1);
      output(text, name + "_write_o", 1);
    }
  }
  for (std::size_t m = 0; m < text.process.memories.size(); ++m) {
    const Memory& memory = text.process.memories[m];
    if (memory.external < 0) {
      continue;
    }
    const std::string& name = text.ports.arrays[static_cast<std::size_t>(memory.external)];
    for (std::size_t p = 0; p < text.binding.memories[m].ports.size(); ++p) {
      const MemoryPortBinding& port = text.binding.memories[m].ports[p];
      output(text, fmt::format("{}_address{}_o", name, p), bits_for(memory.depth));
      output(text, fmt::format("{}_ce{}_o", name, p), 1);
      if (port.writes) {
        output(text, fmt::format("{}_we{}_o", name, p), 1);
        output(text, fmt::format("{}_d{}_o", name, p), memory.width);
      }
      if (port.reads) {
        input(text, fmt::format("{}_q{}_i", name, p), memory.width);
      }
    }
  }
}

void name_states(ProcessText& text) {
  std::vector<std::string> states;
  const auto add = [&](const std::string& wanted) {
    states.push_back(text.signals.take(wanted));
    return states.back();
  };
  text.idle_state = add("S_idle");
  text.blocks.resize(text.process.blocks.size());
  for (std::size_t b = 0; b < text.blocks.size(); ++b) {
    const BlockBinding& bound = text.binding.blocks[b];
    const std::string base = "S_" + identifier(text.process.blocks[b].name);
    for (int cycle = 0; !bound.skipped && cycle < (bound.pipelined ? 1 : bound.cycles); ++cycle) {
      text.blocks[b].states.push_back(
          add(bound.cycles == 1 || bound.pipelined ? base : fmt::format("{}_{}", base, cycle)));
    }
  }
  text.state_width = bits_for(states.size());
  for (std::size_t s = 0; s < states.size(); ++s) {
    text.declarations += fmt::format("  localparam logic {}{} = {};\n", range(text.state_width), states[s],
                                     literal(text.state_width, s));
  }
  for (const auto& [name, width] :
       {std::pair("state_q", text.state_width), std::pair("done_q", 1U), std::pair("ce", 1U)}) {
    text.signals.read(text.declare_register(name, width));
  }
}

void declare_outputs(ProcessText& text, std::string& assigns) {
  for (const int written : written_outputs(text.process)) {
    const std::string& name = text.ports.outputs[static_cast<std::size_t>(written)];
    const std::string held =
        text.declare_register(name + "_q", text.kernel.outputs[static_cast<std::size_t>(written)].width);
    const std::string valid = text.declare_register(name + "_valid_q", 1);
    assigns += fmt::format("  assign {0}_o = {1};\n  assign {0}_valid_o = {2};\n", name, text.signals.read(held),
                           text.signals.read(valid));
    text.reset += fmt::format("      {} <= 1'b0;\n", valid);
    text.start += fmt::format("          {} <= 1'b0;\n", valid);
  }
}

std::string assemble(const ProcessText& text, const std::string& assigns) {
  const std::string comment = text.place_comment(text.process.location);
  std::string result = fmt::format("// Process {}{}{}\n", text.process.name, comment.empty() ? "" : ": ",
                                   comment.empty() ? "" : comment.substr(3));
  result += fmt::format("module {} (\n{}\n);\n\n", text.ports.modules[text.number], fmt::join(text.port_list, ",\n"));
  result += text.declarations + text.logic;
  if (!text.memories.empty()) {
    result += "\n" + text.memories;
  }
  if (!text.data.empty()) {
    result += fmt::format("\n  always_ff @(posedge clk_i) begin\n    if (ce) begin\n{}    end\n  end\n", text.data);
  }
  result += fmt::format(
      "\n  always_ff @(posedge clk_i) begin\n    done_q <= 1'b0;\n    if (ce) begin\n{}    end\n    if (!rst_ni) "
      "begin\n"
      "      state_q <= {};\n      done_q <= 1'b0;\n{}    end\n  end\n\n",
      text.control, text.idle_state, text.reset);
  result += fmt::format("  assign done_o = done_q;\n  assign idle_o = state_q == {} && !done_q;\n{}", text.idle_state,
                        assigns);
  const std::vector<std::string> unread = text.signals.unread();
  if (!unread.empty()) {
    result += fmt::format("\n  // What the kernel computes and does not use.\n  wire unused = &{{1'b0, {}}};\n",
                          fmt::join(unread, ",\n    "));
  }
  return result + "\nendmodule\n";
}

}  // namespace

std::vector<int> written_outputs(const Process& process) {
  std::vector<int> result;
  for (const Block& block : process.blocks) {
    for (const OpId id : block.ops) {
      const Op& op = process.ops[index(id)];
      if (op.kind == OpKind::kScalarWrite && std::ranges::find(result, op.scalar) == result.end()) {
        result.push_back(op.scalar);
      }
    }
  }
  std::ranges::sort(result);
  return result;
}

std::string emit_process(const Kernel& kernel, std::size_t process, const Schedule& schedule,
                         const EmitOptions& options, const PortNames& ports) {
  ProcessText text(kernel, process, schedule, options, ports);
  std::string assigns;
  (void)text.signals.take("unused");
  write_ports(text);
  name_states(text);
  declare_outputs(text, assigns);
  declare_storage(text);
  text.declare_values();
  write_loops(text);
  write_data_path(text);
  write_streams(text);
  write_storage(text);
  write_control(text);
  return assemble(text, assigns);
}

}  // namespace sluice::hlsc
