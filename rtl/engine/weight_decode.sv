// Turns one element line's bytes for row positions `u` and `u + 8` into multiplier operands.
//
// A byte is one 8-bit weight (MXINT8, a plane of MXINT16) or two 4-bit weights that share their activation: the low
// nibble of row r, the high nibble of row r + 16, packed as (high << 22) + low. The sum of 32 products of such an
// operand and an int8 can be split exactly: |sum of low products| <= 32 * 12 * 127 < 2^21. An operand needs 27 bits;
// it is held sign-extended to 32 so that fields are whole words in simulation (synthesis merges the copies of the
// sign).
//
// Latency: one cycle. Reset: none, payload only. Combinational paths, errors: none.
module weight_decode (
  input  logic         clk_i,
  input  logic         load_i,
  input  logic [1:0]   format_i,   // 0 MXINT8, 1 INT4, 2 MXFP4, 3 MXINT16
  input  logic [127:0] bytes_i,    // byte c: row u, column c; byte 8 + c: row u + 8, column c
  output logic [511:0] weights_o   // 32 bits a byte
);

  function automatic logic [31:0] one_weight(input logic [7:0] weight);
    one_weight = {{24{weight[7]}}, weight};
  endfunction

  function automatic logic [31:0] int4_pair(input logic [7:0] pair);
    int4_pair = {{6{pair[7]}}, pair[7:4], 22'd0} + {{28{pair[3]}}, pair[3:0]};
  endfunction

  // Twice the value of an E2M1 code (a sign, two bits of exponent, one of fraction): 0, 1, 2, 3, 4, 6, 8, 12.
  function automatic logic [31:0] fp4_value(input logic [3:0] code);
    logic [31:0] magnitude;
    magnitude = {28'd0, code[2] && code[1], code[2] && (!code[1] || code[0]),
                 code[1] != code[2] && (code[1] || code[0]), code[0] && !code[2]};
    fp4_value = (magnitude ^ {32{code[3]}}) + {31'd0, code[3]};
  endfunction

  function automatic logic [31:0] fp4_pair(input logic [7:0] pair);
    fp4_pair = (fp4_value(pair[7:4]) << 22) + fp4_value(pair[3:0]);
  endfunction

  logic [511:0] weights_q;
  assign weights_o = weights_q;

  always_ff @(posedge clk_i) begin
    if (load_i) begin
      if (format_i == 2'd1) begin
        weights_q <= {
          int4_pair(bytes_i[127:120]), int4_pair(bytes_i[119:112]), int4_pair(bytes_i[111:104]),
          int4_pair(bytes_i[103:96]), int4_pair(bytes_i[95:88]), int4_pair(bytes_i[87:80]),
          int4_pair(bytes_i[79:72]), int4_pair(bytes_i[71:64]), int4_pair(bytes_i[63:56]),
          int4_pair(bytes_i[55:48]), int4_pair(bytes_i[47:40]), int4_pair(bytes_i[39:32]),
          int4_pair(bytes_i[31:24]), int4_pair(bytes_i[23:16]), int4_pair(bytes_i[15:8]),
          int4_pair(bytes_i[7:0])
        };
      end else if (format_i == 2'd2) begin
        weights_q <= {
          fp4_pair(bytes_i[127:120]), fp4_pair(bytes_i[119:112]), fp4_pair(bytes_i[111:104]),
          fp4_pair(bytes_i[103:96]), fp4_pair(bytes_i[95:88]), fp4_pair(bytes_i[87:80]),
          fp4_pair(bytes_i[79:72]), fp4_pair(bytes_i[71:64]), fp4_pair(bytes_i[63:56]),
          fp4_pair(bytes_i[55:48]), fp4_pair(bytes_i[47:40]), fp4_pair(bytes_i[39:32]),
          fp4_pair(bytes_i[31:24]), fp4_pair(bytes_i[23:16]), fp4_pair(bytes_i[15:8]),
          fp4_pair(bytes_i[7:0])
        };
      end else begin
        weights_q <= {
          one_weight(bytes_i[127:120]), one_weight(bytes_i[119:112]), one_weight(bytes_i[111:104]),
          one_weight(bytes_i[103:96]), one_weight(bytes_i[95:88]), one_weight(bytes_i[87:80]),
          one_weight(bytes_i[79:72]), one_weight(bytes_i[71:64]), one_weight(bytes_i[63:56]),
          one_weight(bytes_i[55:48]), one_weight(bytes_i[47:40]), one_weight(bytes_i[39:32]),
          one_weight(bytes_i[31:24]), one_weight(bytes_i[23:16]), one_weight(bytes_i[15:8]),
          one_weight(bytes_i[7:0])
        };
      end
    end
  end

endmodule
