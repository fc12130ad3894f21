// Fetches the quantised activations of a command ahead of their use: the control common to all lanes.
//
// At start_i it reads the input's header line (A), then walks the blocks as the weights do: for every group its blocks,
// once for each row tile. Four blocks that share a line of vector memory also share a word of delta bytes; both are
// read together (and the line of the low plane, for q16) when a block needs a line other than the last one. From
// there a block goes to one of two slots of every lane's activation_lane, as soon as one is free, so that the next
// block is ready while one is in use.
//
// Latency: the first block is valid seven cycles after start_i (eight for q16). Throughput: a block every four cycles
// even if each needs a new line (five for q16). Combinational paths: none. Reset: synchronous. Errors: none.
module activation_fetch (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        start_i,
  input  logic        wide_i,        // q16: two planes
  input  logic [15:0] row_tiles_i,   // a group
  input  logic [15:0] groups_i,
  input  logic [12:0] blocks_i,      // a group
  input  logic [12:0] offset_i,
  input  logic [12:0] stride_i,
  input  logic [15:0] input_line_i,
  input  logic [17:0] elements_i,
  // vector memory
  output logic        vm_re_o,
  output logic [15:0] vm_raddr_o,
  // to activation_lane, for the data read in the cycle before
  output logic        header_here_o,
  output logic        delta_here_o,
  output logic        high_here_o,
  output logic        low_here_o,
  output logic [4:0]  delta_word_o,  // word of the delta line
  output logic        fill_o,        // copy block fill_block_o of the line to slot fill_slot_o
  output logic        fill_slot_o,
  output logic [1:0]  fill_block_o,
  // to the multipliers
  output logic        valid_o,       // slot slot_o holds the block in turn
  output logic        slot_o,
  input  logic        release_i
);

  localparam logic [2:0] Idle = 3'd0, Header = 3'd1, Delta = 3'd2, High = 3'd3, Low = 3'd4, Fill = 3'd5;

  logic [2:0]  state_q;
  logic [12:0] first_q, block_q, left_q;  // first block of the group; next block; blocks left in the tile
  logic [15:0] tiles_left_q, groups_left_q;
  logic [15:0] delta_line_q, high_line_q, low_line_q;
  logic        header_q, delta_q, high_q, low_q;  // what the memory returns in this cycle
  logic [1:0]  full_q;                            // slots filled
  logic        fill_slot_q, slot_q;

  // The block after block_q in the order of use.
  logic        tile_end, group_end, all_end;
  logic [12:0] next_first, next_block;
  assign tile_end   = left_q == 13'd1;
  assign group_end  = tile_end && tiles_left_q == 16'd1;
  assign all_end    = group_end && groups_left_q == 16'd1;
  assign next_first = group_end ? first_q + stride_i : first_q;
  assign next_block = tile_end ? next_first : block_q + 13'd1;

  // Data read in cycle t stand in the lanes' line registers from cycle t + 2.
  logic fill;
  assign fill = state_q == Fill && !high_q && !low_q && !full_q[fill_slot_q];

  assign header_here_o = header_q;
  assign delta_here_o  = delta_q;
  assign high_here_o   = high_q;
  assign low_here_o    = low_q;
  assign delta_word_o  = block_q[6:2];
  assign fill_o        = fill;
  assign fill_slot_o   = fill_slot_q;
  assign fill_block_o  = block_q[1:0];
  assign valid_o       = full_q[slot_q];
  assign slot_o        = slot_q;

  always_comb begin
    vm_re_o    = 1'b1;
    vm_raddr_o = input_line_i;
    case (state_q)
      Header:  vm_raddr_o = input_line_i;
      Delta:   vm_raddr_o = delta_line_q + {10'd0, block_q[12:7]};
      High:    vm_raddr_o = high_line_q + {5'd0, block_q[12:2]};
      Low:     vm_raddr_o = low_line_q + {5'd0, block_q[12:2]};
      default: vm_re_o = 1'b0;
    endcase
  end

  // Lines of delta bytes and of one plane: ceil(elements / 4096) and ceil(elements / 128).
  logic [15:0] delta_lines, plane_lines;
  assign delta_lines = {10'd0, elements_i[17:12]} + {15'd0, elements_i[11:0] != '0};
  assign plane_lines = {5'd0, elements_i[17:7]} + {15'd0, elements_i[6:0] != '0};

  always_ff @(posedge clk_i) begin
    header_q <= state_q == Header;
    delta_q  <= state_q == Delta;
    high_q   <= state_q == High;
    low_q    <= state_q == Low;

    case (state_q)
      Header:  state_q <= Delta;
      Delta:   state_q <= High;
      High:    state_q <= wide_i ? Low : Fill;
      Low:     state_q <= Fill;
      default: ;
    endcase

    if (release_i) begin
      full_q[slot_q] <= 1'b0;
      slot_q         <= !slot_q;
    end
    if (fill) begin
      full_q[fill_slot_q] <= 1'b1;
      fill_slot_q         <= !fill_slot_q;
      block_q             <= next_block;
      first_q             <= next_first;
      left_q              <= tile_end ? blocks_i : left_q - 13'd1;
      if (tile_end) tiles_left_q <= group_end ? row_tiles_i : tiles_left_q - 16'd1;
      if (group_end) groups_left_q <= groups_left_q - 16'd1;
      if (all_end) state_q <= Idle;
      else if (next_block[12:2] != block_q[12:2]) state_q <= Delta;
    end
    if (start_i) begin
      state_q       <= Header;
      first_q       <= offset_i;
      block_q       <= offset_i;
      left_q        <= blocks_i;
      tiles_left_q  <= row_tiles_i;
      groups_left_q <= groups_i;
      delta_line_q  <= input_line_i + 16'd1;
      high_line_q   <= input_line_i + 16'd1 + delta_lines;
      low_line_q    <= input_line_i + 16'd1 + delta_lines + plane_lines;
      full_q        <= 2'b00;
      fill_slot_q   <= 1'b0;
      slot_q        <= 1'b0;
    end
    if (!rst_ni) begin
      state_q  <= Idle;
      full_q   <= 2'b00;
      header_q <= 1'b0;
      delta_q  <= 1'b0;
      high_q   <= 1'b0;
      low_q    <= 1'b0;
    end
  end

`ifndef SYNTHESIS
  logic checked_q;
  initial checked_q = 1'b0;
  always_ff @(posedge clk_i) if (!rst_ni) checked_q <= 1'b1;
  released_was_full : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q) release_i |-> valid_o);
  start_when_idle : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      start_i |-> state_q == Idle && full_q == 2'b00);
`endif

endmodule
