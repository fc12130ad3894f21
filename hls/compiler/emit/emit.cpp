#include "hls/compiler/emit/emit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>

#include "hls/compiler/bind/binding.hpp"
#include "hls/compiler/emit/ports.hpp"
#include "hls/compiler/emit/process.hpp"
#include "hls/compiler/emit/text.hpp"
#include "hls/compiler/ir/demanded.hpp"
#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

// Beyond this depth a FIFO is worth a block RAM, which costs it a cycle.
constexpr int kMaxDistributedDepth = 64;

// Which processes are at the ends of a stream; -1: none.
struct Ends {
  int reader = -1;
  int writer = -1;
};

std::vector<Ends> stream_ends(const Kernel& kernel) {
  std::vector<Ends> ends(kernel.streams.size());
  for (std::size_t p = 0; p < kernel.processes.size(); ++p) {
    for (const Block& block : kernel.processes[p].blocks) {
      for (const OpId id : block.ops) {
        const Op& op = kernel.processes[p].ops[index(id)];
        if (is_stream_access(op.kind)) {
          Ends& of = ends[index(op.stream)];
          (is_stream_reading(op.kind) ? of.reader : of.writer) = static_cast<int>(p);
        }
      }
    }
  }
  return ends;
}

// The bits of each stream's words that matter to the process that reads them; one at least. Outputs: all.
std::vector<llvm::APInt> used_bits(const Kernel& kernel) {
  std::vector<llvm::APInt> used;
  for (const Stream& stream : kernel.streams) {
    const bool is_read_outside = stream.direction == StreamDirection::kOutput;
    used.emplace_back(is_read_outside ? llvm::APInt::getAllOnes(stream.width) : llvm::APInt(stream.width, 1));
  }
  for (const Process& process : kernel.processes) {
    const std::vector<llvm::APInt> demanded = demanded_bits(process);
    for (std::size_t i = 0; i < process.ops.size(); ++i) {
      const Op& op = process.ops[i];
      if (op.kind == OpKind::kStreamRead || op.kind == OpKind::kTryRead) {
        llvm::APInt& of = used[index(op.stream)];
        of |= demanded[i].trunc(of.getBitWidth());
      }
    }
  }
  return used;
}

// The bits of a signal that are used, the most significant first.
std::string joined_bits(const std::string& name, const llvm::APInt& used) {
  if (used.isAllOnes()) {
    return name;
  }
  std::vector<std::string> runs = runs_of(name, used);
  std::ranges::reverse(runs);
  return runs.size() == 1 ? runs[0] : fmt::format("{{{}}}", fmt::join(runs, ", "));
}

class Top {
 public:
  Top(const Kernel& kernel, const EmitOptions& options, const PortNames& names)
      : kernel_(kernel),
        options_(options),
        names_(names),
        ends_(stream_ends(kernel)),
        used_(used_bits(kernel)),
        arrays_(array_ports(kernel)) {
    connections_.resize(kernel.processes.size());
  }

  std::string text() {
    input("clk_i", 1);
    input("rst_ni", 1);
    if (!options_.mutants.empty()) {
      add_mutant_port();
    }
    add_control();
    for (std::size_t i = 0; i < kernel_.scalars.size(); ++i) {
      add_scalar(i);
    }
    for (std::size_t i = 0; i < kernel_.outputs.size(); ++i) {
      add_output(i);
    }
    for (std::size_t i = 0; i < kernel_.streams.size(); ++i) {
      add_stream(i);
    }
    for (std::size_t i = 0; i < kernel_.array_arguments.size(); ++i) {
      add_array(i);
    }
    std::string result = fmt::format("module {} (\n{}\n);\n\n{}", top_name(kernel_), fmt::join(ports_, ",\n"), body_);
    for (std::size_t p = 0; p < kernel_.processes.size(); ++p) {
      result += fmt::format("\n  {} u_{} (\n    .clk_i (clk_i),\n    .rst_ni(rst_ni),\n    {}\n  );\n",
                            names_.modules[p], names_.modules[p], fmt::join(connections_[p], ",\n    "));
    }
    if (!unused_.empty()) {
      result += fmt::format("\n  wire unused = &{{1'b0, {}}};\n", fmt::join(unused_, ", "));
    }
    return result + "\nendmodule\n";
  }

 private:
  void input(const std::string& name, unsigned width) {
    ports_.push_back(fmt::format("  input  logic {}{}", range(width), name));
  }
  void output(const std::string& name, unsigned width) {
    ports_.push_back(fmt::format("  output logic {}{}", range(width), name));
  }
  void connect(int process, const std::string& port, const std::string& to) {
    connections_[static_cast<std::size_t>(process)].push_back(fmt::format(".{}({})", port, to));
  }

  void add_mutant_port() {
    input("ap_mutant_i", mutant_bits(options_));
    for (std::size_t p = 0; p < kernel_.processes.size(); ++p) {
      connect(static_cast<int>(p), "ap_mutant_i", "ap_mutant_i");
    }
  }

  // All processes start together, and the kernel is done when all are.
  void add_control() {
    const std::size_t count = kernel_.processes.size();
    body_ += fmt::format("  wire [{}:0] done, idle;\n", count - 1);
    const bool handshake = kernel_.control == Control::kHandshake;
    for (std::size_t p = 0; p < count; ++p) {
      const int process = static_cast<int>(p);
      connect(process, "start_i", handshake ? "start" : "1'b1");
      connect(process, "done_o", fmt::format("done[{}]", p));
      connect(process, "idle_o", fmt::format("idle[{}]", p));
    }
    if (!handshake) {
      unused_.insert(unused_.end(), {"done", "idle"});
      return;
    }
    input("ap_start_i", 1);
    for (const char* port : {"ap_done_o", "ap_idle_o", "ap_ready_o"}) {
      output(port, 1);
    }
    if (count == 1) {
      body_ +=
          "  wire start = ap_start_i;\n"
          "  assign ap_done_o = done[0];\n  assign ap_idle_o = idle[0];\n  assign ap_ready_o = ap_done_o;\n";
      return;
    }
    body_ += fmt::format(
        "  // All processes start together; the kernel is done when the last one is.\n"
        "  logic [{0}:0] finished_q;\n  logic busy_q, done_q;\n"
        "  wire start = ap_start_i && !busy_q && !done_q;\n"
        "  wire all_done = busy_q && (&(finished_q | done));\n"
        "  always_ff @(posedge clk_i) begin\n"
        "    done_q     <= all_done;\n"
        "    finished_q <= all_done ? '0 : finished_q | done;\n"
        "    busy_q     <= start || (busy_q && !all_done);\n"
        "    if (!rst_ni) begin\n"
        "      done_q     <= 1'b0;\n      finished_q <= '0;\n      busy_q     <= 1'b0;\n"
        "    end\n  end\n"
        "  assign ap_done_o  = done_q;\n  assign ap_idle_o  = !busy_q && !done_q && (&idle);\n"
        "  assign ap_ready_o = ap_done_o;\n",
        count - 1);
  }

  void add_scalar(std::size_t i) {
    const std::string port = names_.scalars[i] + "_i";
    input(port, kernel_.scalars[i].width);
    bool used = false;
    for (std::size_t p = 0; p < kernel_.processes.size(); ++p) {
      if (std::ranges::find(kernel_.processes[p].scalar_arguments, static_cast<int>(i)) !=
          kernel_.processes[p].scalar_arguments.end()) {
        connect(static_cast<int>(p), port, port);
        used = true;
      }
    }
    if (!used) {
      unused_.push_back(port);
    }
  }

  void add_output(std::size_t i) {
    const std::string base = names_.outputs[i];
    output(base + "_o", kernel_.outputs[i].width);
    output(base + "_valid_o", 1);
    for (std::size_t p = 0; p < kernel_.processes.size(); ++p) {
      const std::vector<int> written = written_outputs(kernel_.processes[p]);
      if (std::ranges::find(written, static_cast<int>(i)) != written.end()) {
        connect(static_cast<int>(p), base + "_o", base + "_o");
        connect(static_cast<int>(p), base + "_valid_o", base + "_valid_o");
        return;
      }
    }
    body_ += fmt::format("  assign {0}_o = '0;  // never written\n  assign {0}_valid_o = 1'b0;\n", base);
  }

  void add_stream(std::size_t i) {
    const Stream& stream = kernel_.streams[i];
    const std::string& base = names_.streams[i];
    const Ends ends = ends_[i];
    const bool from_outside = stream.direction == StreamDirection::kInput;
    const bool to_outside = stream.direction == StreamDirection::kOutput;
    if (from_outside) {
      input(base + "_tdata_i", stream.width);
      input(base + "_tvalid_i", 1);
      output(base + "_tready_o", 1);
    }
    if (to_outside) {
      output(base + "_tdata_o", stream.width);
      output(base + "_tvalid_o", 1);
      input(base + "_tready_i", 1);
    }
    if ((from_outside && ends.reader < 0) || (to_outside && ends.writer < 0)) {
      add_unused_stream(base, from_outside);
      return;
    }
    if (ends.reader < 0 && ends.writer < 0) {
      return;
    }
    // A mutant may use other bits.
    const llvm::APInt used = options_.mutants.empty() ? used_[i] : llvm::APInt::getAllOnes(stream.width);
    add_queue(stream, base, ends, used);
  }

  void add_unused_stream(const std::string& base, bool from_outside) {
    if (from_outside) {
      body_ += fmt::format("  assign {}_tready_o = 1'b0;  // never read\n", base);
      unused_.insert(unused_.end(), {base + "_tdata_i", base + "_tvalid_i"});
    } else {
      body_ += fmt::format("  assign {0}_tdata_o = '0;  // never written\n  assign {0}_tvalid_o = 1'b0;\n", base);
      unused_.push_back(base + "_tready_i");
    }
  }

  void add_queue(const Stream& stream, const std::string& base, const Ends& ends, const llvm::APInt& used) {
    const bool from_outside = stream.direction == StreamDirection::kInput;
    const bool to_outside = stream.direction == StreamDirection::kOutput;
    const bool internal = !from_outside && !to_outside;
    const int depth = internal && options_.fault != PlantedFault::kFifoDepth ? std::max(stream.depth, 2) : 2;
    const std::string write = from_outside ? base + "_tvalid_i" : base + "_write";
    const std::string room = from_outside ? base + "_tready_o" : base + "_room";
    const std::string in = from_outside ? base + "_tdata_i" : base + "_din";
    const std::string has = to_outside ? base + "_tvalid_o" : base + "_has";
    const std::string take = to_outside ? base + "_tready_i" : base + "_read";
    const std::string out = to_outside ? base + "_tdata_o" : base + "_dout";
    const std::string kind = internal ? fmt::format("between processes, {} words", depth) : "port";
    body_ += fmt::format("\n  // Stream {}: {}.\n", stream.name, kind);
    if (!from_outside) {
      body_ += fmt::format("  wire {}{};\n  wire {}, {};\n", range(stream.width), in, write, room);
      if (ends.writer >= 0) {
        connect(ends.writer, base + "_din_o", in);
        connect(ends.writer, base + "_full_i", "!" + room);
        connect(ends.writer, base + "_write_o", write);
      } else {
        body_ += fmt::format("  assign {} = '0;\n  assign {} = 1'b0;  // never written\n", in, write);
        unused_.push_back(room);
      }
    }
    if (!to_outside) {
      body_ += fmt::format("  wire {}{};\n  wire {}, {};\n", range(stream.width), out, has, take);
      if (ends.reader >= 0) {
        connect(ends.reader, base + "_dout_i", out);
        connect(ends.reader, base + "_empty_i", "!" + has);
        connect(ends.reader, base + "_read_o", take);
      } else {
        body_ += fmt::format("  assign {} = 1'b0;  // never read\n", take);
        unused_.insert(unused_.end(), {out, has});
      }
    }
    for (const std::string& bits : runs_of(out, ~used)) {
      body_ += fmt::format("  assign {} = '0;  // no process looks at these bits\n", bits);
    }
    std::ranges::move(runs_of(in, ~used), std::back_inserter(unused_));
    std::string count;
    std::string module = fmt::format("stream_queue #(.Width({}))", used.popcount());
    if (depth > 2) {
      const unsigned rounded = std::bit_ceil(static_cast<unsigned>(depth));
      const std::string held = base + "_count";
      body_ += fmt::format("  wire {}{};\n", range(bits_for(rounded) + 1), held);
      unused_.push_back(held);
      count = fmt::format(", .count_o({})", held);
      module = fmt::format("stream_fifo #(.Width({}), .Depth({}), .Direct(1'b{}))", used.popcount(), rounded,
                           depth <= kMaxDistributedDepth ? 1 : 0);
    }
    body_ += fmt::format(
        "  {} u_{}_queue (\n    .clk_i(clk_i), .rst_ni(rst_ni),\n"
        "    .in_valid_i({}), .in_ready_o({}), .in_data_i({}),\n"
        "    .out_valid_o({}), .out_ready_i({}), .out_data_o({}){}\n  );\n",
        module, base, write, room, joined_bits(in, used), has, take, joined_bits(out, used), count);
  }

  void add_array(std::size_t i) {
    const ArrayArgument& array = kernel_.array_arguments[i];
    const ArrayPorts& ports = arrays_[i];
    for (std::size_t p = 0; p < ports.ports.size(); ++p) {
      const auto both = [&](const std::string& pin, unsigned width, bool is_input) {
        const std::string name = names_.arrays[i] + pin;
        is_input ? input(name, width) : output(name, width);
        connect(ports.process, name, name);
      };
      both(fmt::format("_address{}_o", p), bits_for(array.depth), false);
      both(fmt::format("_ce{}_o", p), 1, false);
      if (ports.ports[p].writes) {
        both(fmt::format("_we{}_o", p), 1, false);
        both(fmt::format("_d{}_o", p), array.width, false);
      }
      if (ports.ports[p].reads) {
        both(fmt::format("_q{}_i", p), array.width, true);
      }
    }
  }

  const Kernel& kernel_;
  const EmitOptions& options_;
  const PortNames& names_;
  std::vector<Ends> ends_;
  std::vector<llvm::APInt> used_;  // bits of streams
  std::vector<ArrayPorts> arrays_;
  std::vector<std::string> ports_;
  std::vector<std::vector<std::string>> connections_;
  std::vector<std::string> unused_;
  std::string body_;
};

}  // namespace

std::string emit(const Kernel& kernel, const Schedule& schedule, const EmitOptions& options) {
  const PortNames names = port_names(kernel);
  std::string result = fmt::format(
      "// Kernel {}, made by sluice-hls{}{} for a clock of {} ns on '{}' (delays modelled).\n"
      "// Needs stream_queue.sv{}. Reset is synchronous, of control and static registers only.\n\n",
      kernel.name, kernel.files.empty() ? "" : " from ",
      kernel.files.empty() ? "" : kernel.files[0].substr(kernel.files[0].rfind('/') + 1), schedule.clock_ns,
      schedule.target, " and, for deeper streams between processes, stream_fifo.sv");
  result += Top(kernel, options, names).text();
  result += "\n/* verilator lint_off DECLFILENAME */  // one file holds the kernel and its processes\n";
  for (std::size_t p = 0; p < kernel.processes.size(); ++p) {
    result += "\n" + emit_process(kernel, p, schedule, options, names);
  }
  return result;
}

}  // namespace sluice::hlsc
