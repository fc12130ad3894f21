// A two-entry queue, which cuts every path between what is on its two sides.
//
// Handshake: valid/ready on both sides; out_valid_o never waits for out_ready_i and out_data_o holds until taken.
// Latency: one cycle. Throughput: one word a cycle, also while the other side stops and goes.
// Combinational paths: none from one side to the other; both ready and valid come from registers.
// Reset: synchronous, of control only. Errors: none; a full queue is not ready.
module stream_queue #(
  parameter int unsigned Width = 32
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);

  if (Width == 0) begin : gen_width_illegal
    $fatal(1, "stream_queue: Width must be at least 1");
  end

  logic [Width-1:0] first_q, second_q;  // the second is used only while the first is
  logic             first_valid_q, second_valid_q;

  logic push, pop;
  assign push = in_valid_i && in_ready_o;
  assign pop  = out_valid_o && out_ready_i;

  assign in_ready_o  = !second_valid_q;
  assign out_valid_o = first_valid_q;
  assign out_data_o  = first_q;

  always_ff @(posedge clk_i) begin
    if (pop && second_valid_q) first_q <= second_q;
    else if (push && (pop || !first_valid_q)) first_q <= in_data_i;
    if (push) second_q <= in_data_i;
  end

  always_ff @(posedge clk_i) begin
    first_valid_q  <= (first_valid_q && !pop) || second_valid_q || push;
    second_valid_q <= first_valid_q && !pop && (second_valid_q || push);
    if (!rst_ni) begin
      first_valid_q  <= 1'b0;
      second_valid_q <= 1'b0;
    end
  end

`ifndef SYNTHESIS
  logic checked_q;  // false until the first reset, before which registers hold anything
  initial checked_q = 1'b0;
  always_ff @(posedge clk_i) if (!rst_ni) checked_q <= 1'b1;
  second_behind_first : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      !second_valid_q || first_valid_q);
  out_holds : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o));
`endif

endmodule
