// A clock that runs only while it is wanted.
//
// Purpose: a unit without work has no clock edges: it costs no power, and a simulator no time. On an FPGA a clock buffer
//   with enable (BUFGCE) stands in its place.
// on_i, from registers of clk_i, is taken at the falling edge, half a cycle after they change: clk_o has whole pulses
//   only, and a rising edge with each rising edge of clk_i that follows a cycle with on_i.
// Combinational paths: clk_i to clk_o. Reset: none.
module clock_gate (
  input  logic clk_i,
  input  logic on_i,
  output logic clk_o
);

  logic on_q;

  always_ff @(negedge clk_i) on_q <= on_i;
  assign clk_o = clk_i && on_q;

endmodule
