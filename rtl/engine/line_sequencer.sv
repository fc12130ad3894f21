// Says what each weight line of a command is (docs/device.md, 'Weight layout').
//
// The outputs describe the line that comes next, as registers give it; `scale_taken_i` and `element_step_i` move on. An
// element line takes one step, or two where the format is MXINT16: first with the high plane of the activations
// (low_o = 0, the line is kept), then with the low one.
//
// Latency, throughput: one step a cycle. Combinational paths: none. Reset: synchronous. Errors: none; blocks and tiles
// must be at least 1 at start_i.
module line_sequencer #(
  parameter int unsigned Tiles = 256,  // row tiles of all groups of a command at most
  localparam int unsigned TileBits = $clog2(Tiles)
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                start_i,
  input  logic [1:0]          format_i,
  input  logic [12:0]         blocks_i,
  input  logic [TileBits:0]   tiles_i,
  input  logic                scale_taken_i,
  input  logic                element_step_i,
  output logic                active_o,       // a line is still to come
  output logic                scale_o,        // it is a scale line
  output logic [1:0]          column_o,       // columns 8k..8k+7 of the block
  output logic                low_o,          // the activations' low plane
  output logic                first_o,        // first step of a dot product
  output logic                last_o,         // last step of a dot product
  output logic [1:0]          shift_o,        // weight of its products, in bytes
  output logic                half_o,         // 8- and 16-bit formats: rows 16..31
  output logic [1:0]          block_o,        // block of the scale group
  output logic                block_end_o,    // last step of the block
  output logic                tile_first_o,   // first block of the tile
  output logic                tile_last_o,    // last block of the tile
  output logic                all_last_o,     // last block of the command
  output logic [TileBits-1:0] tile_o
);

  logic                active_q, scale_q, low_q, tile_first_q;
  logic [1:0]          column_q, part_q, block_q;  // part: half, or half and plane
  logic [12:0]         blocks_left_q;              // of the tile
  logic [TileBits:0]   tiles_left_q;
  logic [TileBits-1:0] tile_q;

  logic       wide, columns_end;
  logic [1:0] last_part;
  assign wide        = format_i == 2'd3;
  assign last_part   = wide ? 2'd3 : format_i == 2'd0 ? 2'd1 : 2'd0;
  assign columns_end = column_q == 2'd3 && (!wide || low_q);

  assign active_o     = active_q;
  assign scale_o      = scale_q;
  assign column_o     = column_q;
  assign low_o        = low_q;
  assign first_o      = column_q == 2'd0 && !low_q && (!wide || !part_q[0]);
  assign last_o       = columns_end && (!wide || part_q[0]);
  assign shift_o      = wide ? 2'd2 - {1'b0, part_q[0]} - {1'b0, low_q} : 2'd0;
  assign half_o       = wide ? part_q[1] : part_q[0];
  assign block_o      = block_q;
  assign block_end_o  = columns_end && part_q == last_part;
  assign tile_first_o = tile_first_q;
  assign tile_last_o  = blocks_left_q == 13'd1;
  assign all_last_o   = tile_last_o && tiles_left_q == (TileBits + 1)'(1);
  assign tile_o       = tile_q;

  always_ff @(posedge clk_i) begin
    if (scale_taken_i) scale_q <= 1'b0;
    if (element_step_i) begin
      low_q <= wide && !low_q;
      if (!wide || low_q) column_q <= column_q + 2'd1;
      if (columns_end) part_q <= block_end_o ? 2'd0 : part_q + 2'd1;
      if (block_end_o) begin
        block_q       <= tile_last_o ? 2'd0 : block_q + 2'd1;
        scale_q       <= tile_last_o || block_q == 2'd3;
        tile_first_q  <= tile_last_o;
        blocks_left_q <= tile_last_o ? blocks_i : blocks_left_q - 13'd1;
        if (tile_last_o) begin
          tile_q       <= tile_q + 1'b1;
          tiles_left_q <= tiles_left_q - 1'b1;
        end
        if (all_last_o) active_q <= 1'b0;
      end
    end
    if (start_i) begin
      active_q      <= 1'b1;
      scale_q       <= 1'b1;
      low_q         <= 1'b0;
      tile_first_q  <= 1'b1;
      column_q      <= 2'd0;
      part_q        <= 2'd0;
      block_q       <= 2'd0;
      blocks_left_q <= blocks_i;
      tiles_left_q  <= tiles_i;
      tile_q        <= '0;
    end
    if (!rst_ni) active_q <= 1'b0;
  end

endmodule
