// Row sums of a command for four rows a tile in one lane, and their normalisation (docs/numerics.md, section 2).
//
// store_i keeps the sum of row 8 * octet + u of a tile and joins it to `span_o`, the OR of the ones' complements, and
// `nonzero_o`; clear_i empties both. read_i reads all four rows of a tile; in the next cycle normalise_i turns them
// into mantissas, 32 bits each: moved left by `left_i` a sum's leading bit stands at bit 46, so that rounding always
// drops 24 bits. Only rounding up or an exact negative power of two leaves the range; both are clamped.
//
// Latency: two cycles from read_i to mantissas_o. Throughput: four rows a cycle. Reset: none; clear_i before use.
module result_bank #(
  parameter int unsigned Tiles = 256,
  localparam int unsigned TileBits = $clog2(Tiles)
) (
  input  logic                clk_i,
  input  logic                clear_i,
  input  logic                store_i,
  input  logic [1:0]          octet_i,
  input  logic [TileBits-1:0] tile_i,
  input  logic [47:0]         sum0_i,
  input  logic [47:0]         sum1_i,
  input  logic [47:0]         sum2_i,
  input  logic [47:0]         sum3_i,
  output logic [46:0]         span_o,
  output logic                nonzero_o,
  input  logic                read_i,
  input  logic [TileBits-1:0] read_tile_i,
  input  logic                normalise_i,
  input  logic [5:0]          left_i,
  output logic [127:0]        mantissas_o  // rows u, u + 8, u + 16, u + 24
);

  if (Tiles < 2) begin : gen_tiles_illegal
    $fatal(1, "result_bank: Tiles must be at least 2");
  end

  function automatic logic [46:0] ones(input logic [47:0] sum);
    ones = sum[46:0] ^ {47{sum[47]}};
  endfunction

  // (x + 2^23) >> 24 for x = sum << left, from the upper 25 bits of x.
  function automatic logic signed [24:0] rounded(input logic [47:0] sum, input logic [5:0] left);
    logic [24:0] upper;
    upper   = 25'((sum << left) >> 23);
    rounded = $signed({upper[24], upper[24:1]}) + $signed({24'd0, upper[0]});
  endfunction

  function automatic logic [31:0] mantissa(input logic [47:0] sum, input logic [5:0] left);
    logic signed [24:0] value;
    value = rounded(sum, left);
    if (value == 25'sd8388608) mantissa = 32'd8388607;
    else if (value == -25'sd8388608) mantissa = -32'd8388607;
    else mantissa = {{7{value[24]}}, value};
  endfunction

  logic [47:0]  memory0 [Tiles];
  logic [47:0]  memory1 [Tiles];
  logic [47:0]  memory2 [Tiles];
  logic [47:0]  memory3 [Tiles];
  logic [47:0]  read0_q, read1_q, read2_q, read3_q;
  logic [46:0]  span_q;
  logic         nonzero_q;
  logic [127:0] mantissas_q;
  assign span_o      = span_q;
  assign nonzero_o   = nonzero_q;
  assign mantissas_o = mantissas_q;

  always_ff @(posedge clk_i) begin
    if (store_i) begin
      unique case (octet_i)
        2'd0: memory0[tile_i] <= sum0_i;
        2'd1: memory1[tile_i] <= sum1_i;
        2'd2: memory2[tile_i] <= sum2_i;
        default: memory3[tile_i] <= sum3_i;
      endcase
    end
    if (read_i) begin
      read0_q <= memory0[read_tile_i];
      read1_q <= memory1[read_tile_i];
      read2_q <= memory2[read_tile_i];
      read3_q <= memory3[read_tile_i];
    end
  end

  always_ff @(posedge clk_i) begin
    if (store_i) begin
      unique case (octet_i)
        2'd0: begin
          span_q    <= span_q | ones(sum0_i);
          nonzero_q <= nonzero_q || sum0_i != '0;
        end
        2'd1: begin
          span_q    <= span_q | ones(sum1_i);
          nonzero_q <= nonzero_q || sum1_i != '0;
        end
        2'd2: begin
          span_q    <= span_q | ones(sum2_i);
          nonzero_q <= nonzero_q || sum2_i != '0;
        end
        default: begin
          span_q    <= span_q | ones(sum3_i);
          nonzero_q <= nonzero_q || sum3_i != '0;
        end
      endcase
    end
    if (clear_i) begin
      span_q    <= '0;
      nonzero_q <= 1'b0;
    end
    if (normalise_i) begin
      mantissas_q <= {mantissa(read3_q, left_i), mantissa(read2_q, left_i), mantissa(read1_q, left_i),
                      mantissa(read0_q, left_i)};
    end
  end

endmodule
