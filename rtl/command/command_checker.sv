// Checks a command before it is executed: header, operand block and token table against limits and memories.
//
// Purpose: one rule for every backend. The check is the C++ function behind sluice_check_command (hls/unit), which the
//   software device calls as well; an RTL checker will replace this module.
// synthesis: behavioural
// Handshake: a pulse on check_i; valid_o in the next cycle, with the fault (0: none) and its detail.
// Latency: one cycle. Idle, nothing is called. Reset: valid_o.

module command_checker #(
  parameter logic Queue = 1'b0,              // sluice_pkg::QueueLoad or QueueCompute
  parameter longint unsigned MemoryLines = 1
) (
  input  logic          clk_i,
  input  logic          rst_ni,
  input  logic          check_i,
  input  logic [4095:0] command_i,
  output logic          valid_o,
  output logic [3:0]    fault_o,
  output logic [31:0]   detail_o
);

  // fault << 32 | detail
  import "DPI-C" pure function longint unsigned sluice_check_command(
    input bit [4095:0] command, input int unsigned queue_number, input longint unsigned memory_lines);

  logic valid_q;
  logic [35:0] result_q;

  assign valid_o = valid_q;
  assign fault_o = result_q[35:32];
  assign detail_o = result_q[31:0];

  // A fault number above 15 does not exist (Fault in command.hpp), so the low four bits say all.
  function automatic logic [35:0] checked(input logic [4095:0] command);
    checked = 36'(sluice_check_command(command, {31'b0, Queue}, MemoryLines));
  endfunction

  always_ff @(posedge clk_i) begin
    valid_q <= rst_ni && check_i;
    if (check_i) result_q <= checked(command_i);
  end

endmodule
