// A scheduled kernel to SystemVerilog.
//
// Purpose: emit() writes one file a kernel: one module a process, a top that joins them by FIFOs, each port elastic (a
//   two-entry queue cuts every ready path), one clock enable a process. The text stays in the subset that Verilator 5,
//   Yosys 0.23 and Vivado read, is clean under `verilator -Wall`, carries the names of the source, and says in comments
//   which C++ line an operation came from. emit/README.md has the ports and the protocol.
// Ports of the top: clk_i, rst_ni (synchronous); ap_start_i, ap_done_o, ap_idle_o, ap_ready_o; for a stream S
//   S_tdata_{i,o}, S_tvalid_{i,o}, S_tready_{o,i}; for a scalar X X_i; for an output Y Y_o and Y_valid_o (the return
//   value is ap_return); for an array argument A one or two ports A_address0_o, A_ce0_o, A_we0_o, A_d0_o, A_q0_i (read
//   latency 1), A_address1_o, ... With mutants ap_mutant_i, which stays as it is.
// Ownership: returns text. Threading: none. Errors: none; a kernel that passed verify() and check_schedule() can be
//   emitted.
#pragma once

#include <string>
#include <vector>

#include "hls/compiler/ir/ir.hpp"
#include "hls/compiler/mutate/mutant.hpp"
#include "hls/compiler/schedule/schedule.hpp"

namespace sluice::hlsc {

struct EmitOptions {
  std::vector<std::vector<std::string>> sources;  // [file][line - 1], the text for comments; may be empty
  PlantedFault fault = PlantedFault::kNone;
  // Built in beside the original, which ap_mutant_i = 0 chooses; k chooses mutants[k - 1]. Empty: there is no such
  // port.
  std::vector<Mutant> mutants{};
};

// The SystemVerilog of the kernel, without stream_queue and stream_fifo of rtl/stream, which every kernel shares.
[[nodiscard]] std::string emit(const Kernel& kernel, const Schedule& schedule, const EmitOptions& options);

// What the generic bench needs of a kernel beside its Verilated class: a C++ file with a table of ports and accessors.
[[nodiscard]] std::string emit_bench_adapter(const Kernel& kernel, std::size_t num_mutants = 0);

}  // namespace sluice::hlsc
