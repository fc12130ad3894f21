// The commands that are not RTL yet, behind the seam 'vector memory + unit command'.
//
// Purpose: executes KV append and attend by calling the functions of hls/ through DPI-C, but moves every byte through
//   the card's own ports: vector lines through the vector-memory port, card lines through a stripe reader and a line
//   writer.
// synthesis: behavioural
// Seam: a pulse on start_i takes the whole command; busy_o until a pulse on done_o. The functions are described in
//   rtl/card/README.md.
// Latency: one call of sluice_unit_step a cycle while busy; its outputs reach the ports in the next cycle. A vector
//   line asked for in step k is an argument of step k + 2. Idle, nothing is called.
// Errors: bus_error_o with done_o when a card-memory access was answered with an error. Reset: control only.

module behavioural_unit (
  input  logic          clk_i,
  input  logic          rst_ni,

  input  logic          start_i,
  input  logic [4095:0] command_i,       // a slot of a command ring
  output logic          busy_o,
  output logic          done_o,
  output logic          bus_error_o,
  output logic          progress_o,      // not merely waiting for card memory

  output logic          vector_read_o,   // the same line of all banks; data after one cycle
  output logic [31:0]   vector_read_line_o,
  input  logic [4095:0] vector_data_i,   // bank b at 1024 * b
  output logic          vector_write_o,
  output logic [1:0]    vector_write_bank_o,
  output logic [31:0]   vector_write_line_o,
  output logic [1023:0] vector_write_data_o,

  output logic          card_read_valid_o,
  input  logic          card_read_ready_i,
  output logic [31:0]   card_read_line_o,
  output logic [31:0]   card_read_count_o,
  input  logic          card_data_valid_i,   // always accepted
  input  logic [1023:0] card_data_i,
  input  logic          card_read_error_i,   // level, from the line on until the next request is accepted

  output logic          card_write_valid_o,
  input  logic          card_write_ready_i,
  output logic [31:0]   card_write_line_o,
  output logic [1023:0] card_write_data_o,
  input  logic          card_write_idle_i,   // every accepted write has been answered
  input  logic          card_write_error_i
);

  import "DPI-C" function chandle sluice_unit_create();
  import "DPI-C" function void sluice_unit_destroy(input chandle unit);
  import "DPI-C" function void sluice_unit_start(input chandle unit, input bit [4095:0] command);
  import "DPI-C" function int unsigned sluice_unit_step(
    input  chandle          unit,
    input  bit              vector_valid,
    input  bit [4095:0]     vector_lines,
    input  bit              card_read_taken,
    input  bit              card_valid,
    input  bit [1023:0]     card_line,
    input  bit              card_write_taken,
    input  bit              card_writes_done,
    output int unsigned     vector_read_line,
    output int unsigned     vector_write_bank,
    output int unsigned     vector_write_line,
    output int unsigned     card_read_line,
    output int unsigned     card_read_count,
    output int unsigned     card_write_line,
    output bit [1023:0]     write_data);

  // Bits of the result of sluice_unit_step.
  localparam int StepDone = 0;
  localparam int StepVectorRead = 1;
  localparam int StepVectorWrite = 2;
  localparam int StepCardRead = 3;
  localparam int StepCardWrite = 4;
  localparam int StepWaiting = 5;

  chandle unit;
  initial unit = sluice_unit_create();
  final sluice_unit_destroy(unit);

  logic busy_q, done_q, error_q, waiting_q, armed_q;
  logic vector_read_q, vector_valid_q, vector_write_q, card_read_q, card_write_q;
  logic [1:0] vector_write_bank_q;
  int unsigned vector_read_line_q, vector_write_line_q;
  int unsigned card_read_line_q, card_read_count_q, card_write_line_q;
  bit [1023:0] write_data_q;

  assign busy_o = busy_q;
  assign done_o = done_q;
  assign bus_error_o = error_q;
  assign progress_o = busy_q && !waiting_q;
  assign vector_read_o = vector_read_q;
  assign vector_read_line_o = vector_read_line_q;
  assign vector_write_o = vector_write_q;
  assign vector_write_bank_o = vector_write_bank_q;
  assign vector_write_line_o = vector_write_line_q;
  assign vector_write_data_o = write_data_q;
  assign card_read_valid_o = card_read_q;
  assign card_read_line_o = card_read_line_q;
  assign card_read_count_o = card_read_count_q;
  assign card_write_valid_o = card_write_q;
  assign card_write_line_o = card_write_line_q;
  assign card_write_data_o = write_data_q;

  // The outputs of a C function are variables that the clocked process owns: blocking, copied where they are used.
  int unsigned step, read_line, write_bank, write_line, fetch_line, fetch_count, store_line;
  bit [1023:0] write_data;

  // verilator lint_off BLKSEQ
  always_ff @(posedge clk_i) begin
    done_q <= 1'b0;
    if (!rst_ni) begin
      busy_q <= 1'b0;
      error_q <= 1'b0;
      waiting_q <= 1'b0;
      vector_read_q <= 1'b0;
      vector_valid_q <= 1'b0;
      vector_write_q <= 1'b0;
      card_read_q <= 1'b0;
      card_write_q <= 1'b0;
    end else if (start_i) begin
      sluice_unit_start(unit, command_i);
      busy_q <= 1'b1;
      error_q <= 1'b0;
      armed_q <= 1'b0;
      waiting_q <= 1'b0;
    end else if (busy_q) begin
      step = sluice_unit_step(unit, vector_valid_q, vector_data_i, card_read_q && card_read_ready_i, card_data_valid_i,
                              card_data_i, card_write_q && card_write_ready_i, card_write_idle_i && !card_write_q,
                              read_line, write_bank, write_line, fetch_line, fetch_count, store_line, write_data);
      busy_q <= !step[StepDone];
      done_q <= step[StepDone];
      waiting_q <= step[StepWaiting];
      // Until this command's first request the reader still shows an error of the request before.
      if (card_read_q && card_read_ready_i) armed_q <= 1'b1;
      error_q <= error_q || (armed_q && card_read_error_i) || card_write_error_i;
      vector_valid_q <= vector_read_q;
      vector_read_q <= step[StepVectorRead];
      vector_write_q <= step[StepVectorWrite];
      card_read_q <= step[StepCardRead];
      card_write_q <= step[StepCardWrite];
      vector_read_line_q <= read_line;
      vector_write_bank_q <= write_bank[1:0];
      vector_write_line_q <= write_line;
      card_read_line_q <= fetch_line;
      card_read_count_q <= fetch_count;
      card_write_line_q <= store_line;
      if (step[StepVectorWrite] || step[StepCardWrite]) write_data_q <= write_data;
    end
  end
  // verilator lint_on BLKSEQ

endmodule
