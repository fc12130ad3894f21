// One lane's share of a slice: rows u, u + 8, u + 16 and u + 24 of every row tile for one token.
//
// Two row positions of eight multipliers, one term unit, the result memories and the normaliser of these rows. All
// control comes from matrix_engine, already combined with 'lane in use', so that a lane that is off never toggles.
// Latency, from the cycle with multiply_i: dot after 2 cycles, a row's sum 3 cycles after its scale_i, result stored
// one later. Reset: none, payload only. Errors, combinational paths: none.
module lane_slice #(
  parameter int unsigned Tiles = 256,
  localparam int unsigned TileBits = $clog2(Tiles)
) (
  input  logic                clk_i,
  // dot products
  input  logic                multiply_i,
  input  logic [511:0]        weights_i,
  input  logic [255:0]        activations_i,
  input  logic                add_i,
  input  logic                first_i,
  input  logic                last_i,
  input  logic [1:0]          shift_i,
  // terms
  input  logic                term_scale_i,
  input  logic [1:0]          term_octet_i,
  input  logic                packed_i,
  input  logic                wide_i,
  input  logic                minifloat_i,
  input  logic [7:0]          scale_byte_i,
  input  logic [8:0]          reach_i,
  input  logic                term_shift_i,
  input  logic                term_add_i,
  input  logic [1:0]          term_add_octet_i,
  input  logic                term_add_first_i,
  // results
  input  logic                clear_i,
  input  logic                store_i,
  input  logic [1:0]          store_octet_i,
  input  logic [TileBits-1:0] store_tile_i,
  output logic [46:0]         span_o,
  output logic                nonzero_o,
  input  logic                read_i,
  input  logic [TileBits-1:0] read_tile_i,
  input  logic                normalise_i,
  input  logic [5:0]          left_i,
  output logic [127:0]        mantissas_o
);

  logic [39:0] dot_a, dot_b;
  logic [47:0] sum0, sum1, sum2, sum3;

  dot_row u_dot_a (
    .clk_i, .multiply_i, .weights_i(weights_i[255:0]), .activations_i, .add_i, .first_i, .last_i, .shift_i,
    .dot_o(dot_a)
  );
  dot_row u_dot_b (
    .clk_i, .multiply_i, .weights_i(weights_i[511:256]), .activations_i, .add_i, .first_i, .last_i, .shift_i,
    .dot_o(dot_b)
  );

  term_unit u_term (
    .clk_i,
    .scale_i     (term_scale_i),
    .octet_i     (term_octet_i),
    .packed_i,
    .wide_i,
    .dot_a_i     (dot_a),
    .dot_b_i     (dot_b),
    .minifloat_i,
    .scale_byte_i,
    .reach_i,
    .shift_i     (term_shift_i),
    .add_i       (term_add_i),
    .add_octet_i (term_add_octet_i),
    .add_first_i (term_add_first_i),
    .sum0_o      (sum0),
    .sum1_o      (sum1),
    .sum2_o      (sum2),
    .sum3_o      (sum3)
  );

  result_bank #(.Tiles(Tiles)) u_results (
    .clk_i,
    .clear_i,
    .store_i,
    .octet_i     (store_octet_i),
    .tile_i      (store_tile_i),
    .sum0_i      (sum0),
    .sum1_i      (sum1),
    .sum2_i      (sum2),
    .sum3_i      (sum3),
    .span_o,
    .nonzero_o,
    .read_i,
    .read_tile_i,
    .normalise_i,
    .left_i,
    .mantissas_o
  );

endmodule
