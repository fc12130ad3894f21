// The weight-streaming matrix engine: one linear command at a time, bit-exactly as docs/numerics.md, section 5.
//
// Weights come as lines of 1024 bits in the layout of docs/device.md, one taken every cycle (MXINT16: every second
// cycle), and are shared by up to four lanes, one token each. A line meets 16 row positions x 8 columns of
// multipliers a lane, kept as eight slices of two row positions:
//
//   line -> weight_decode (a slice) -> lane_slice: dot_row x 2 -> term_unit -> result_bank -> result lines
//              activation_fetch, activation_lane (a lane) ^
//   control: line_sequencer (what a line is), term_sequencer (from a step to the stored sums)
//
// A block's dot products become terms over the next four cycles (two with 8- and 16-bit weights), eight rows a cycle,
// while the next block's lines arrive. A row tile's sums go to the result memories; when all tiles are there, the width
// of the largest sum of a lane fixes its exponent, and header and mantissas are written, one line a cycle in all lanes.
//
// Command: taken when cmd_valid_i and cmd_ready_o are high; cmd_ready_o is high while the engine is idle and while it
//   writes its last line. cmd_groups_i and cmd_row_tiles_i must stand a cycle before cmd_valid_i, so that their product
//   is at hand when the weights are asked for. done_o is high for one cycle, two before the one in which the last line
//   is written: results may be read from the third cycle after it on.
//   Limits: groups * row_tiles * 32 <= MaxRows; no count 0; mask not 0; no scale's exponent above cmd_scale_max_i.
//   The input's empty blocks hold zeros (section 3 says so): hence an input with A = E0 gives an all-zero result.
// Latency: the weights are asked for in the cycle of the command; the last line is followed by 11 cycles (8- and 16-bit
//   weights: 9), the header and the result lines. Throughput: one weight line a cycle, without a gap between blocks,
//   tiles and groups.
// Combinational paths: wdata_valid_i to wdata_ready_o: none; wdata_valid_i to the counter outputs; the command to wreq_*.
// Reset: synchronous, of control only. Errors: none are detected here; memory errors are the reader's to tell.
module matrix_engine #(
  parameter int unsigned MaxRows = 8192   // rows of all groups of one command together; a power of two
) (
  input  logic          clk_i,
  input  logic          rst_ni,
  // command
  input  logic          cmd_valid_i,
  output logic          cmd_ready_o,
  input  logic [3:0]    cmd_mask_i,             // lanes in use
  input  logic [1:0]    cmd_format_i,           // 0 MXINT8, 1 INT4, 2 MXFP4, 3 MXINT16
  input  logic [15:0]   cmd_row_tiles_i,        // of 32 rows, a group
  input  logic [15:0]   cmd_groups_i,
  input  logic [12:0]   cmd_blocks_i,           // of 32 columns, a group
  input  logic [12:0]   cmd_block_offset_i,     // first block of group 0 in the input
  input  logic [12:0]   cmd_block_stride_i,     // from one group's first block to the next's
  input  logic [15:0]   cmd_input_line_i,
  input  logic [17:0]   cmd_input_elements_i,
  input  logic [63:0]   cmd_output_line_i,      // 16 bits a lane
  input  logic [15:0]   cmd_output_elements_i,
  input  logic [31:0]   cmd_weight_line_i,
  input  logic [7:0]    cmd_scale_max_i,        // W
  input  logic [15:0]   cmd_scale_bias_i,       // c, signed
  output logic          done_o,
  // vector memory: one read address for all four banks, data in the cycle after vm_re_o
  output logic          vm_re_o,
  output logic [15:0]   vm_raddr_o,
  input  logic [4095:0] vm_rdata_i,
  output logic [3:0]    vm_we_o,
  output logic [63:0]   vm_waddr_o,
  output logic [4095:0] vm_wdata_o,
  // weights, from a stripe_reader
  output logic          wreq_valid_o,
  input  logic          wreq_ready_i,
  output logic [31:0]   wreq_line_o,
  output logic [31:0]   wreq_lines_o,
  input  logic          wdata_valid_i,
  output logic          wdata_ready_o,
  input  logic [1023:0] wdata_i,
  // counters
  output logic          busy_o,
  output logic          mac_o,
  output logic [2:0]    mac_lanes_o,
  output logic          line_o,
  output logic          stall_memory_o
);

  localparam int unsigned Lanes    = 4;
  localparam int unsigned Slices   = 8;
  localparam int unsigned Tiles    = MaxRows / 32;
  localparam int unsigned TileBits = $clog2(Tiles);

  if (MaxRows < 64 || MaxRows > 65536 || (MaxRows & (MaxRows - 1)) != 0) begin : gen_rows_illegal
    $fatal(1, "matrix_engine: MaxRows must be a power of two of 64 to 65536");
  end

  // ---- Command ----------------------------------------------------------------------------------------------------

  logic              busy_q, start_q, request_q;
  logic              done_end;         // the last line is being written
  logic [3:0]        mask_q;
  logic [2:0]        lanes_q;
  logic [1:0]        format_q;
  logic [15:0]       row_tiles_q, groups_q, input_line_q, output_elements_q;
  logic [12:0]       blocks_q, offset_q, stride_q;
  logic [17:0]       input_elements_q;
  logic [63:0]       output_line_q;
  logic [31:0]       weight_line_q;
  logic [7:0]        scale_max_q;
  logic [31:0]       exponent_bias_q;  // W + c - F + 24
  logic [TileBits:0] all_tiles_q, tiles_q;  // of all groups: of the command on offer, of the one taken
  logic [31:0]       weight_lines, weight_lines_q;
  logic              accept, wide, packed_pairs, int4;
  assign cmd_ready_o  = !busy_q || done_end;
  assign accept       = cmd_valid_i && cmd_ready_o;
  assign busy_o       = busy_q;
  assign wide         = format_q == 2'd3;
  assign int4         = format_q == 2'd1;
  assign packed_pairs = format_q == 2'd1 || format_q == 2'd2;

  // Element lines of a block: 8, 4, 4 or 16; one scale line for every four blocks.
  function automatic logic [17:0] lines_of_tile(input logic [1:0] format, input logic [12:0] blocks);
    lines_of_tile = ({5'd0, blocks} << (format == 2'd3 ? 4 : format == 2'd0 ? 3 : 2))
                  + {7'd0, blocks[12:2]} + {17'd0, blocks[1:0] != 2'd0};
  endfunction

  always_ff @(posedge clk_i) begin
    start_q <= accept;
    if (accept) begin
      mask_q            <= cmd_mask_i;
      lanes_q           <= {2'd0, cmd_mask_i[0]} + {2'd0, cmd_mask_i[1]} + {2'd0, cmd_mask_i[2]}
                         + {2'd0, cmd_mask_i[3]};
      format_q          <= cmd_format_i;
      row_tiles_q       <= cmd_row_tiles_i;
      groups_q          <= cmd_groups_i;
      blocks_q          <= cmd_blocks_i;
      offset_q          <= cmd_block_offset_i;
      stride_q          <= cmd_block_stride_i;
      input_line_q      <= cmd_input_line_i;
      input_elements_q  <= cmd_input_elements_i;
      output_line_q     <= cmd_output_line_i;
      output_elements_q <= cmd_output_elements_i;
      weight_line_q     <= cmd_weight_line_i;
      scale_max_q       <= cmd_scale_max_i;
      exponent_bias_q   <= {24'd0, cmd_scale_max_i} + {{16{cmd_scale_bias_i[15]}}, cmd_scale_bias_i}
                         + (cmd_format_i == 2'd3 ? 32'd24 : 32'd8);
      tiles_q           <= all_tiles_q;
      weight_lines_q    <= weight_lines;
    end
    all_tiles_q <= (TileBits + 1)'(cmd_groups_i[TileBits:0] * cmd_row_tiles_i[TileBits:0]);
    if (accept) busy_q <= 1'b1;
    else if (done_end) busy_q <= 1'b0;
    if (wreq_valid_o) request_q <= !wreq_ready_i;
    if (!rst_ni) begin
      start_q   <= 1'b0;
      busy_q    <= 1'b0;
      request_q <= 1'b0;
    end
  end

  assign weight_lines = 32'(all_tiles_q) * 32'(lines_of_tile(cmd_format_i, cmd_blocks_i));
  assign wreq_valid_o = accept || request_q;
  assign wreq_line_o  = request_q ? weight_line_q : cmd_weight_line_i;
  assign wreq_lines_o = request_q ? weight_lines_q : weight_lines;

  // ---- Step 0: a line is taken ------------------------------------------------------------------------------------

  logic                active, next_scale, low, first, last, half, block_end, tile_first, tile_last, all_last;
  logic [1:0]          column, shift, group_block;
  logic [TileBits-1:0] tile;
  logic                block_valid, slot, take_scale, step;
  assign wdata_ready_o  = active && (next_scale || (block_valid && (!wide || low)));
  assign take_scale     = active && next_scale && wdata_valid_i;
  assign step           = active && !next_scale && block_valid && wdata_valid_i;
  assign mac_o          = step;
  assign mac_lanes_o    = step ? lanes_q : 3'd0;
  assign line_o         = wdata_valid_i && wdata_ready_o;
  assign stall_memory_o = active && (next_scale || block_valid) && !wdata_valid_i;

  line_sequencer #(.Tiles(Tiles)) u_sequencer (
    .clk_i,
    .rst_ni,
    .start_i        (start_q),
    .format_i       (format_q),
    .blocks_i       (blocks_q),
    .tiles_i        (tiles_q),
    .scale_taken_i  (take_scale),
    .element_step_i (step),
    .active_o       (active),
    .scale_o        (next_scale),
    .column_o       (column),
    .low_o          (low),
    .first_o        (first),
    .last_o         (last),
    .shift_o        (shift),
    .half_o         (half),
    .block_o        (group_block),
    .block_end_o    (block_end),
    .tile_first_o   (tile_first),
    .tile_last_o    (tile_last),
    .all_last_o     (all_last),
    .tile_o         (tile)
  );

  logic       header_here, delta_here, high_here, low_here, fill, fill_slot;
  logic [4:0] delta_word;
  logic [1:0] fill_block;
  activation_fetch u_fetch (
    .clk_i,
    .rst_ni,
    .start_i       (start_q),
    .wide_i        (wide),
    .row_tiles_i   (row_tiles_q),
    .groups_i      (groups_q),
    .blocks_i      (blocks_q),
    .offset_i      (offset_q),
    .stride_i      (stride_q),
    .input_line_i  (input_line_q),
    .elements_i    (input_elements_q),
    .vm_re_o,
    .vm_raddr_o,
    .header_here_o (header_here),
    .delta_here_o  (delta_here),
    .high_here_o   (high_here),
    .low_here_o    (low_here),
    .delta_word_o  (delta_word),
    .fill_o        (fill),
    .fill_slot_o   (fill_slot),
    .fill_block_o  (fill_block),
    .valid_o       (block_valid),
    .slot_o        (slot),
    .release_i     (step && block_end)
  );

  // ---- Steps 1 to 6: multiply, add, then a row octet a cycle: scale, shift, accumulate, store ----------------------

  logic                multiply, add, add_first, add_last, dots_end, term, term_shift, term_add, term_add_first;
  logic                store, store_end;
  logic [1:0]          add_shift, octet, term_add_octet, store_octet;
  logic [63:0]         octet_scales;
  logic [TileBits-1:0] store_tile;

  term_sequencer #(.Tiles(Tiles)) u_terms (
    .clk_i,
    .rst_ni,
    .packed_i         (packed_pairs),
    .take_scale_i     (take_scale),
    .scales_i         (wdata_i),
    .step_i           (step),
    .first_i          (first),
    .last_i           (last),
    .shift_i          (shift),
    .half_i           (half),
    .block_i          (group_block),
    .tile_first_i     (tile_first),
    .tile_last_i      (tile_last),
    .all_last_i       (all_last && block_end),
    .tile_i           (tile),
    .multiply_o       (multiply),
    .add_o            (add),
    .add_first_o      (add_first),
    .add_last_o       (add_last),
    .add_shift_o      (add_shift),
    .dots_end_o       (dots_end),
    .term_o           (term),
    .octet_o          (octet),
    .octet_scales_o   (octet_scales),
    .term_shift_o     (term_shift),
    .term_add_o       (term_add),
    .term_add_octet_o (term_add_octet),
    .term_add_first_o (term_add_first),
    .store_o          (store),
    .store_octet_o    (store_octet),
    .store_tile_o     (store_tile),
    .store_end_o      (store_end)
  );

  // ---- Normalisation: width, then tile after tile: read, normalise, gather, write -----------------------------------

  logic                width_q, read_q, normalise_q, gather_header_q, gather_q, write_q;
  logic [TileBits:0]   reads_left_q;
  logic [TileBits-1:0] read_tile_q;
  logic                read;
  assign read     = width_q || read_q;
  assign done_end = write_q && !gather_q && !gather_header_q;
  assign done_o   = normalise_q && !read;

  always_ff @(posedge clk_i) begin
    width_q <= store && store_end;
    if (start_q) begin
      read_tile_q  <= '0;
      reads_left_q <= tiles_q;
    end else if (read) begin
      read_tile_q  <= read_tile_q + 1'b1;
      reads_left_q <= reads_left_q - 1'b1;
      read_q       <= reads_left_q != (TileBits + 1)'(1);
    end
    gather_header_q <= width_q;
    normalise_q     <= read;
    gather_q        <= normalise_q;
    write_q         <= gather_header_q || gather_q;
    if (!rst_ni) begin
      width_q         <= 1'b0;
      read_q          <= 1'b0;
      normalise_q     <= 1'b0;
      gather_header_q <= 1'b0;
      gather_q        <= 1'b0;
      write_q         <= 1'b0;
    end
  end

  // ---- The slices and their lanes ---------------------------------------------------------------------------------

  for (genvar u = 0; u < Slices; u++) begin : gen_slice
    logic [511:0] weights;
    weight_decode u_decode (
      .clk_i,
      .load_i    (step),
      .format_i  (format_q),
      .bytes_i   ({wdata_i[(64+4*(u+8))*8 +: 32], wdata_i[4*(u+8)*8 +: 32], wdata_i[(64+4*u)*8 +: 32],
                   wdata_i[4*u*8 +: 32]}),
      .weights_o (weights)
    );

    for (genvar l = 0; l < Lanes; l++) begin : gen_lane
      logic [46:0]  span;
      logic         nonzero;
      logic [127:0] mantissas;
      lane_slice #(.Tiles(Tiles)) u_lane (
        .clk_i,
        .multiply_i       (multiply && mask_q[l]),
        .weights_i        (weights),
        .activations_i    (gen_token[l].activations),
        .add_i            (add && mask_q[l]),
        .first_i          (add_first),
        .last_i           (add_last),
        .shift_i          (add_shift),
        .term_scale_i     (term && mask_q[l]),
        .term_octet_i     (octet),
        .packed_i         (packed_pairs),
        .wide_i           (wide),
        .minifloat_i      (int4),
        .scale_byte_i     (octet_scales[u*8 +: 8]),
        .reach_i          (gen_token[l].reach_q),
        .term_shift_i     (term_shift && mask_q[l]),
        .term_add_i       (term_add && mask_q[l]),
        .term_add_octet_i (term_add_octet),
        .term_add_first_i (term_add_first),
        .clear_i          (start_q),
        .store_i          (store && mask_q[l]),
        .store_octet_i    (store_octet),
        .store_tile_i     (store_tile),
        .span_o           (span),
        .nonzero_o        (nonzero),
        .read_i           (read && mask_q[l]),
        .read_tile_i      (read_tile_q),
        .normalise_i      (normalise_q && mask_q[l]),
        .left_i           (gen_token[l].left_q),
        .mantissas_o      (mantissas)
      );
    end
  end

  // Zeros above the leading one of 47 bits: how far the largest sum moves left to stand at bit 46.
  function automatic logic [5:0] leading_zeros(input logic [46:0] span);
    leading_zeros = 6'd47;
    for (int b = 0; b < 47; b++) if (span[b]) leading_zeros = 6'd46 - 6'(b);
  endfunction

  for (genvar l = 0; l < Lanes; l++) begin : gen_token
    logic [255:0]  activations;
    logic [5:0]    delta, block_delta_q;
    logic [31:0]   exponent;
    logic [8:0]    reach_q;    // delta + W of the block whose terms are made
    logic [5:0]    left_q;
    logic          nonzero_q;
    logic [1023:0] line_q;
    logic [15:0]   address_q;

    activation_lane u_activations (
      .clk_i,
      .vm_rdata_i    (vm_rdata_i[l*1024 +: 1024]),
      .header_here_i (header_here && mask_q[l]),
      .delta_here_i  (delta_here && mask_q[l]),
      .high_here_i   (high_here && mask_q[l]),
      .low_here_i    (low_here && mask_q[l]),
      .delta_word_i  (delta_word),
      .fill_i        (fill && mask_q[l]),
      .fill_slot_i   (fill_slot),
      .fill_block_i  (fill_block),
      .fill_wide_i   (wide),
      .load_i        (step && mask_q[l]),
      .slot_i        (slot),
      .column_i      (column),
      .low_i         (low),
      .activations_o (activations),
      .delta_o       (delta),
      .exponent_o    (exponent)
    );

    always_ff @(posedge clk_i) begin
      if (step && last) block_delta_q <= delta;
      if (dots_end) reach_q <= {3'd0, block_delta_q} + {1'b0, scale_max_q};
      if (width_q) begin
        left_q    <= leading_zeros(gen_slice[0].gen_lane[l].span | gen_slice[1].gen_lane[l].span
                                 | gen_slice[2].gen_lane[l].span | gen_slice[3].gen_lane[l].span
                                 | gen_slice[4].gen_lane[l].span | gen_slice[5].gen_lane[l].span
                                 | gen_slice[6].gen_lane[l].span | gen_slice[7].gen_lane[l].span);
        nonzero_q <= gen_slice[0].gen_lane[l].nonzero || gen_slice[1].gen_lane[l].nonzero
                  || gen_slice[2].gen_lane[l].nonzero || gen_slice[3].gen_lane[l].nonzero
                  || gen_slice[4].gen_lane[l].nonzero || gen_slice[5].gen_lane[l].nonzero
                  || gen_slice[6].gen_lane[l].nonzero || gen_slice[7].gen_lane[l].nonzero;
      end
      if (mask_q[l] && gather_header_q) begin
        line_q    <= {960'd0, 16'd0, output_elements_q,
                      nonzero_q ? exponent + exponent_bias_q - {26'd0, left_q} : -32'd16384};
        address_q <= output_line_q[l*16 +: 16];
      end
      if (mask_q[l] && gather_q) begin
        line_q    <= {
          gen_slice[7].gen_lane[l].mantissas[127:96], gen_slice[6].gen_lane[l].mantissas[127:96],
          gen_slice[5].gen_lane[l].mantissas[127:96], gen_slice[4].gen_lane[l].mantissas[127:96],
          gen_slice[3].gen_lane[l].mantissas[127:96], gen_slice[2].gen_lane[l].mantissas[127:96],
          gen_slice[1].gen_lane[l].mantissas[127:96], gen_slice[0].gen_lane[l].mantissas[127:96],
          gen_slice[7].gen_lane[l].mantissas[95:64], gen_slice[6].gen_lane[l].mantissas[95:64],
          gen_slice[5].gen_lane[l].mantissas[95:64], gen_slice[4].gen_lane[l].mantissas[95:64],
          gen_slice[3].gen_lane[l].mantissas[95:64], gen_slice[2].gen_lane[l].mantissas[95:64],
          gen_slice[1].gen_lane[l].mantissas[95:64], gen_slice[0].gen_lane[l].mantissas[95:64],
          gen_slice[7].gen_lane[l].mantissas[63:32], gen_slice[6].gen_lane[l].mantissas[63:32],
          gen_slice[5].gen_lane[l].mantissas[63:32], gen_slice[4].gen_lane[l].mantissas[63:32],
          gen_slice[3].gen_lane[l].mantissas[63:32], gen_slice[2].gen_lane[l].mantissas[63:32],
          gen_slice[1].gen_lane[l].mantissas[63:32], gen_slice[0].gen_lane[l].mantissas[63:32],
          gen_slice[7].gen_lane[l].mantissas[31:0], gen_slice[6].gen_lane[l].mantissas[31:0],
          gen_slice[5].gen_lane[l].mantissas[31:0], gen_slice[4].gen_lane[l].mantissas[31:0],
          gen_slice[3].gen_lane[l].mantissas[31:0], gen_slice[2].gen_lane[l].mantissas[31:0],
          gen_slice[1].gen_lane[l].mantissas[31:0], gen_slice[0].gen_lane[l].mantissas[31:0]
        };
        address_q <= address_q + 16'd1;
      end
    end

    assign vm_we_o[l]                   = write_q && mask_q[l];
    assign vm_waddr_o[l*16 +: 16]       = address_q;
    assign vm_wdata_o[l*1024 +: 1024]   = line_q;
  end

`ifndef SYNTHESIS
  logic checked_q;
  initial checked_q = 1'b0;
  always_ff @(posedge clk_i) if (!rst_ni) checked_q <= 1'b1;
  command_is_legal : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      start_q |-> mask_q != '0 && blocks_q != '0 && row_tiles_q != '0 && groups_q != '0
                  && 32'(row_tiles_q) * 32'(groups_q) == 32'(tiles_q)
                  && 32'(row_tiles_q) * 32'(groups_q) <= 32'(Tiles));
  request_holds : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      wreq_valid_o && !wreq_ready_i |=> wreq_valid_o && $stable(wreq_line_o) && $stable(wreq_lines_o));
`endif

endmodule
