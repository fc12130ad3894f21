// Terms and sums of four rows (u, u + 8, u + 16, u + 24) of a row tile in one lane; docs/numerics.md, section 5.
//
// One row an active cycle, in three stages: scaled dot and distance, shift, accumulate. octet_i says which row:
// 8 * octet + u. With 4-bit weights rows u and u + 8 are the low halves of the two packed dots and rows u + 16 and u
// + 24 the high ones; otherwise dot a is row u (or u + 16) and dot b row u + 8 (or u + 24). The sums hold until the
// first block of the next tile; after the tile's last block they are copied to the result memories by result_bank in
// the cycle after the accumulation.
//
// Latency: three cycles. Throughput: one row a cycle. Reset: none, payload only. Errors, combinational paths: none.
module term_unit (
  input  logic        clk_i,
  // stage 1
  input  logic        scale_i,     // stage enables include 'lane in use'
  input  logic [1:0]  octet_i,
  input  logic        packed_i,    // 4-bit weights
  input  logic        wide_i,      // MXINT16: F = 0
  input  logic [39:0] dot_a_i,
  input  logic [39:0] dot_b_i,
  input  logic        minifloat_i, // INT4: the scale is a UE5M3 byte, else an exponent
  input  logic [7:0]  scale_byte_i,
  input  logic [8:0]  reach_i,     // delta + W
  // stage 2
  input  logic        shift_i,
  // stage 3
  input  logic        add_i,
  input  logic [1:0]  add_octet_i,
  input  logic        add_first_i, // first block of the tile
  output logic [47:0] sum0_o,
  output logic [47:0] sum1_o,
  output logic [47:0] sum2_o,
  output logic [47:0] sum3_o
);

  // dot * mu << F. Packed: the low half is sign-extended; the high half lends it its borrow.
  function automatic logic signed [39:0] scaled(input logic signed [39:0] dot, input logic high, input logic halves,
                                                input logic wide, input logic [3:0] mantissa);
    if (wide) scaled = dot;
    else if (halves && high) scaled = (($signed({{22{dot[39]}}, dot[39:22]}) + $signed({39'd0, dot[21]}))
                                       * $signed({36'd0, mantissa})) <<< 16;
    else scaled = ($signed({{18{dot[21]}}, dot[21:0]}) * $signed({36'd0, mantissa})) <<< 16;
  endfunction

  function automatic logic [5:0] limited(input logic [8:0] distance);
    limited = distance > 9'd63 ? 6'd63 : distance[5:0];
  endfunction

  logic signed [39:0] value_q, term_q;
  logic        [5:0]  distance_q;
  logic signed [47:0] sum0_q, sum1_q, sum2_q, sum3_q;
  assign sum0_o = sum0_q;
  assign sum1_o = sum1_q;
  assign sum2_o = sum2_q;
  assign sum3_o = sum3_q;

  always_ff @(posedge clk_i) begin
    if (scale_i) begin
      value_q    <= scaled(octet_i[0] ? dot_b_i : dot_a_i, octet_i[1], packed_i, wide_i,
                           minifloat_i ? {1'b1, scale_byte_i[2:0]} : 4'd1);
      distance_q <= limited(reach_i - (minifloat_i ? {4'd0, scale_byte_i[7:3]} : {1'b0, scale_byte_i}));
    end
    if (shift_i) term_q <= value_q >>> distance_q;
    if (add_i) begin
      unique case (add_octet_i)
        2'd0: sum0_q <= (add_first_i ? 48'sd0 : sum0_q) + 48'(term_q);
        2'd1: sum1_q <= (add_first_i ? 48'sd0 : sum1_q) + 48'(term_q);
        2'd2: sum2_q <= (add_first_i ? 48'sd0 : sum2_q) + 48'(term_q);
        default: sum3_q <= (add_first_i ? 48'sd0 : sum3_q) + 48'(term_q);
      endcase
    end
  end

endmodule
