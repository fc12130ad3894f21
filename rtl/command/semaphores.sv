// The semaphores through which the two queues meet.
//
// Purpose: sluice_pkg::Semaphores words; each queue sets one (signal) and watches one (wait). Semaphore 0 is 'none': it
//   is never written and a wait for it passes.
// Latency: passed_o tells in each cycle whether the semaphore and value given in the cycle before have been reached
//   (value >= wait_value, unsigned), signals of earlier cycles included. Two signals to one semaphore in one cycle:
//   queue 1's value stays. Reset, clear_i: all 0.

module semaphores (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        clear_i,

  // Queue q at q * width.
  input  logic [9:0]  wait_index_i,
  input  logic [63:0] wait_value_i,
  output logic [1:0]  passed_o,
  input  logic [1:0]  signal_i,
  input  logic [9:0]  signal_index_i,
  input  logic [63:0] signal_value_i
);

  logic [31:0] value_q [32];
  logic [1:0] passed_q;

  assign passed_o = passed_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      for (int i = 0; i < 32; i++) value_q[i] <= '0;
    end else begin
      if (signal_i[0] && signal_index_i[4:0] != '0) value_q[signal_index_i[4:0]] <= signal_value_i[31:0];
      if (signal_i[1] && signal_index_i[9:5] != '0) value_q[signal_index_i[9:5]] <= signal_value_i[63:32];
    end
  end

  always_ff @(posedge clk_i) begin
    passed_q[0] <= wait_index_i[4:0] == '0 || value_q[wait_index_i[4:0]] >= wait_value_i[31:0];
    passed_q[1] <= wait_index_i[9:5] == '0 || value_q[wait_index_i[9:5]] >= wait_value_i[63:32];
  end

endmodule
