// One row position of one lane: eight multipliers and the sum over a block.
//
// Cycle 1 (multiply_i): eight products, added in pairs. Cycle 2 (add_i): their sum, shifted by 0, 8 or 16 (MXINT16's
// planes), joins the running sum; first_i starts a new one, last_i hands it to dot_o, which holds until the next last.
// Everything is exact modulo 2^40: two packed sums need 39 bits, an MXINT16 sum 36.
//
// Latency: two cycles. Throughput: eight products a cycle. Reset: none, payload only. Errors, combinational paths:
// none.
module dot_row (
  input  logic         clk_i,
  input  logic         multiply_i,
  input  logic [255:0] weights_i,      // 8 columns, 27 bits sign-extended to 32
  input  logic [255:0] activations_i,  // 8 columns, 8 bits sign-extended to 32
  input  logic         add_i,
  input  logic         first_i,
  input  logic         last_i,
  input  logic [1:0]   shift_i,        // in bytes
  output logic [39:0]  dot_o
);

  function automatic logic signed [39:0] pair(input logic signed [31:0] w0, input logic signed [31:0] x0,
                                              input logic signed [31:0] w1, input logic signed [31:0] x1);
    pair = w0 * x0 + w1 * x1;
  endfunction

  logic signed [39:0] pair0_q, pair1_q, pair2_q, pair3_q;
  logic        [39:0] sum_q, dot_q;
  assign dot_o = dot_q;

  always_ff @(posedge clk_i) begin
    if (multiply_i) begin
      pair0_q <= pair(weights_i[31:0], activations_i[31:0], weights_i[63:32], activations_i[63:32]);
      pair1_q <= pair(weights_i[95:64], activations_i[95:64], weights_i[127:96], activations_i[127:96]);
      pair2_q <= pair(weights_i[159:128], activations_i[159:128], weights_i[191:160], activations_i[191:160]);
      pair3_q <= pair(weights_i[223:192], activations_i[223:192], weights_i[255:224], activations_i[255:224]);
    end
    if (add_i) begin
      if (last_i) dot_q <= (first_i ? 40'd0 : sum_q) + ((pair0_q + pair1_q + pair2_q + pair3_q) << {shift_i, 3'd0});
      else sum_q <= (first_i ? 40'd0 : sum_q) + ((pair0_q + pair1_q + pair2_q + pair3_q) << {shift_i, 3'd0});
    end
  end

endmodule
