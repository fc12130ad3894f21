// The activations of one lane: a line of vector memory with its delta word, two block slots and the operand register.
//
// activation_fetch says when what is to be kept; every enable comes already combined with 'lane in use'. load_i takes
// the eight elements of column group column_i from slot slot_i to the multipliers, sign-extended to 32 bits each (see
// weight_decode).
//
// Latency: one cycle for every step. Reset: none, payload only. Combinational paths: slot_i to delta_o. Errors: none.
module activation_lane (
  input  logic          clk_i,
  input  logic [1023:0] vm_rdata_i,
  input  logic          header_here_i,
  input  logic          delta_here_i,
  input  logic          high_here_i,
  input  logic          low_here_i,
  input  logic [4:0]    delta_word_i,
  input  logic          fill_i,
  input  logic          fill_slot_i,
  input  logic [1:0]    fill_block_i,
  input  logic          fill_wide_i,
  input  logic          load_i,
  input  logic          slot_i,
  input  logic [1:0]    column_i,
  input  logic          low_i,
  output logic [255:0]  activations_o,
  output logic [5:0]    delta_o,       // of the block in slot slot_i
  output logic [31:0]   exponent_o     // A
);

  function automatic logic [255:0] extended(input logic [63:0] elements);
    extended = {{24{elements[63]}}, elements[63:56], {24{elements[55]}}, elements[55:48],
                {24{elements[47]}}, elements[47:40], {24{elements[39]}}, elements[39:32],
                {24{elements[31]}}, elements[31:24], {24{elements[23]}}, elements[23:16],
                {24{elements[15]}}, elements[15:8], {24{elements[7]}}, elements[7:0]};
  endfunction

  logic [1023:0] high_line_q, low_line_q;
  logic [31:0]   delta_word_q, exponent_q;
  logic [255:0]  high0_q, high1_q, low0_q, low1_q;
  logic [5:0]    delta0_q, delta1_q;
  logic [255:0]  activations_q;
  assign activations_o = activations_q;
  assign exponent_o    = exponent_q;
  assign delta_o       = slot_i ? delta1_q : delta0_q;

  always_ff @(posedge clk_i) begin
    if (header_here_i) exponent_q <= vm_rdata_i[31:0];
    if (delta_here_i) delta_word_q <= vm_rdata_i[{delta_word_i, 5'd0} +: 32];
    if (high_here_i) high_line_q <= vm_rdata_i;
    if (low_here_i) low_line_q <= vm_rdata_i;
    if (fill_i) begin
      if (fill_slot_i) begin
        high1_q  <= high_line_q[{fill_block_i, 8'd0} +: 256];
        delta1_q <= delta_word_q[{fill_block_i, 3'd0} +: 6];
        if (fill_wide_i) low1_q <= low_line_q[{fill_block_i, 8'd0} +: 256];
      end else begin
        high0_q  <= high_line_q[{fill_block_i, 8'd0} +: 256];
        delta0_q <= delta_word_q[{fill_block_i, 3'd0} +: 6];
        if (fill_wide_i) low0_q <= low_line_q[{fill_block_i, 8'd0} +: 256];
      end
    end
    if (load_i) begin
      if (low_i) activations_q <= extended(slot_i ? low1_q[{column_i, 6'd0} +: 64] : low0_q[{column_i, 6'd0} +: 64]);
      else activations_q <= extended(slot_i ? high1_q[{column_i, 6'd0} +: 64] : high0_q[{column_i, 6'd0} +: 64]);
    end
  end

endmodule
