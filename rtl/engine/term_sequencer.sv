// From a step of the multipliers to the store of row sums: the control and the scales of the blocks on their way.
//
// Follows every step through multiply and add. When a dot product has ended, its rows become terms, an octet of rows a
// cycle: octets 0..3 with packed 4-bit weights, else the two octets of its half. An octet's enables follow at one
// cycle's distance: term (scale), shift, add, and after the tile's last block store.
//
// Latency: step, multiply, add, term (dots_end_o is high with the last add), shift, add, store: six cycles from the
// last step of a dot product to the store of its first octet. Throughput: a dot product every four steps, so that its
// up to four octets always end in time. Combinational paths: none. Reset: synchronous, of control only. Errors: none.
module term_sequencer #(
  parameter int unsigned Tiles = 256,
  localparam int unsigned TileBits = $clog2(Tiles)
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                packed_i,      // 4-bit weights
  input  logic                take_scale_i,
  input  logic [1023:0]       scales_i,      // scale line
  // the step that is made, from line_sequencer
  input  logic                step_i,
  input  logic                first_i,
  input  logic                last_i,
  input  logic [1:0]          shift_i,
  input  logic                half_i,
  input  logic [1:0]          block_i,
  input  logic                tile_first_i,
  input  logic                tile_last_i,
  input  logic                all_last_i,    // last step of the command's last block
  input  logic [TileBits-1:0] tile_i,
  // to the slices
  output logic                multiply_o,
  output logic                add_o,
  output logic                add_first_o,
  output logic                add_last_o,
  output logic [1:0]          add_shift_o,
  output logic                dots_end_o,    // dot products end with this add
  output logic                term_o,
  output logic [1:0]          octet_o,
  output logic [63:0]         octet_scales_o,
  output logic                term_shift_o,
  output logic                term_add_o,
  output logic [1:0]          term_add_octet_o,
  output logic                term_add_first_o,
  output logic                store_o,
  output logic [1:0]          store_octet_o,
  output logic [TileBits-1:0] store_tile_o,
  output logic                store_end_o    // last store of the command
);

  // The scales of a group of four blocks, and of the block whose dot products are under way; the latter holds until
  // the terms' copy is taken two cycles later, since a dot product has at least four steps.
  logic [1023:0] group_scales_q;
  logic [255:0]  block_scales_q, term_scales_q;

  logic                multiply_q, first1_q, last1_q, add_q, first2_q, last2_q;
  logic [1:0]          shift1_q, shift2_q;
  logic                half_q, tile_first_q, tile_last_q, all_last_q;  // of the dot product that ended last
  logic [TileBits-1:0] tile_q;
  logic                term_q, term_first_q, term_last_q, term_all_q;
  logic [1:0]          octet_q, octet_end_q;
  logic [TileBits-1:0] term_tile_q;
  logic                shift_q, shift_first_q, shift_last_q, shift_all_q;
  logic [1:0]          shift_octet_q;
  logic [TileBits-1:0] shift_tile_q;
  logic                acc_q, acc_first_q, acc_last_q, acc_all_q;
  logic [1:0]          acc_octet_q;
  logic [TileBits-1:0] acc_tile_q;
  logic                store_q, store_all_q;
  logic [1:0]          store_octet_q;
  logic [TileBits-1:0] store_tile_q;

  logic dots_end;
  assign dots_end         = add_q && last2_q;
  assign multiply_o       = multiply_q;
  assign add_o            = add_q;
  assign add_first_o      = first2_q;
  assign add_last_o       = last2_q;
  assign add_shift_o      = shift2_q;
  assign dots_end_o       = dots_end;
  assign term_o           = term_q;
  assign octet_o          = octet_q;
  assign octet_scales_o   = term_scales_q[{octet_q, 6'd0} +: 64];
  assign term_shift_o     = shift_q;
  assign term_add_o       = acc_q;
  assign term_add_octet_o = acc_octet_q;
  assign term_add_first_o = acc_first_q;
  assign store_o          = store_q;
  assign store_octet_o    = store_octet_q;
  assign store_tile_o     = store_tile_q;
  assign store_end_o      = store_all_q;

  always_ff @(posedge clk_i) begin
    if (take_scale_i) group_scales_q <= scales_i;

    multiply_q <= step_i;
    if (step_i) begin
      first1_q <= first_i;
      last1_q  <= last_i;
      shift1_q <= shift_i;
      if (last_i) begin
        block_scales_q <= group_scales_q[{block_i, 8'd0} +: 256];
        half_q         <= half_i;
        tile_first_q   <= tile_first_i;
        tile_last_q    <= tile_last_i;
        all_last_q     <= all_last_i;
        tile_q         <= tile_i;
      end
    end

    add_q <= multiply_q;
    if (multiply_q) begin
      first2_q <= first1_q;
      last2_q  <= last1_q;
      shift2_q <= shift1_q;
    end

    if (dots_end) begin
      term_scales_q <= block_scales_q;
      term_first_q  <= tile_first_q;
      term_last_q   <= tile_last_q;
      term_all_q    <= all_last_q;
      term_tile_q   <= tile_q;
      octet_q       <= packed_i ? 2'd0 : {half_q, 1'b0};
      octet_end_q   <= packed_i ? 2'd3 : {half_q, 1'b1};
    end else if (term_q) begin
      octet_q <= octet_q + 2'd1;
    end
    if (dots_end) term_q <= 1'b1;
    else if (octet_q == octet_end_q) term_q <= 1'b0;

    shift_q <= term_q;
    if (term_q) begin
      shift_octet_q <= octet_q;
      shift_first_q <= term_first_q;
      shift_last_q  <= term_last_q;
      shift_all_q   <= term_all_q && octet_q == 2'd3;
      shift_tile_q  <= term_tile_q;
    end

    acc_q <= shift_q;
    if (shift_q) begin
      acc_octet_q <= shift_octet_q;
      acc_first_q <= shift_first_q;
      acc_last_q  <= shift_last_q;
      acc_all_q   <= shift_all_q;
      acc_tile_q  <= shift_tile_q;
    end

    store_q <= acc_q && acc_last_q;
    if (acc_q) begin
      store_octet_q <= acc_octet_q;
      store_all_q   <= acc_all_q;
      store_tile_q  <= acc_tile_q;
    end

    if (!rst_ni) begin
      multiply_q <= 1'b0;
      add_q      <= 1'b0;
      term_q     <= 1'b0;
      shift_q    <= 1'b0;
      acc_q      <= 1'b0;
      store_q    <= 1'b0;
    end
  end

`ifndef SYNTHESIS
  logic checked_q;
  initial checked_q = 1'b0;
  always_ff @(posedge clk_i) if (!rst_ni) checked_q <= 1'b1;
  terms_keep_up : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      dots_end |-> !term_q || octet_q == octet_end_q);
`endif

endmodule
