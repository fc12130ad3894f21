// Puts beats that arrive in any order into the order in which their places were reserved.
//
// Purpose: host reads carry unique ids, so bursts may come back in any order; each beat brings the place that was
//   reserved for it.
// Handshake: reserve_i takes reserve_beats_i places from reserve_slot_o on (modulo Depth); only when free_o is at least
//   as many. write_i fills one place. The stream side is valid/ready and shows the places in order, each once.
// Latency: two cycles from write_i to valid_o; with Direct one for the beat that is due, which goes past the memory (that
//   is then distributed RAM). Throughput: one beat a cycle. Combinational paths: none between sides.
// Errors: none. Reset, clear_i (only while no reserved place waits for its beat): empty.

module reorder_buffer #(
  parameter int unsigned Width = 512,
  parameter int unsigned Depth = 32,     // places; a power of two
  parameter bit          Direct = 1'b0,
  localparam int unsigned SlotWidth = $clog2(Depth)
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 clear_i,

  input  logic                 reserve_i,
  input  logic [6:0]           reserve_beats_i,
  output logic [SlotWidth-1:0] reserve_slot_o,
  output logic [SlotWidth:0]   free_o,

  input  logic                 write_i,
  input  logic [SlotWidth-1:0] write_slot_i,
  input  logic [Width-1:0]     write_data_i,

  output logic                 valid_o,
  input  logic                 ready_i,
  output logic [Width-1:0]     data_o
);

  if (Depth < 2 || (Depth & (Depth - 1)) != 0) begin : gen_depth_illegal
    $fatal(1, "reorder_buffer: Depth must be a power of two of at least 2");
  end

  logic [Width-1:0] memory [Depth];
  logic [Width-1:0] data_q;
  logic [Depth-1:0] arrived_q;           // places that hold a beat
  logic [SlotWidth-1:0] reserve_q, read_q;
  logic [SlotWidth:0] free_q;
  logic valid_q, fetch, direct;

  assign direct = Direct && write_i && write_slot_i == read_q && (!valid_q || ready_i);
  assign fetch = arrived_q[read_q] && (!valid_q || ready_i);
  assign reserve_slot_o = reserve_q;
  assign free_o = free_q;
  assign valid_o = valid_q;
  assign data_o = data_q;

  always_ff @(posedge clk_i) begin
    if (write_i && !direct) memory[write_slot_i] <= write_data_i;
    if (fetch) data_q <= memory[read_q];
    else if (direct) data_q <= write_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      arrived_q <= '0;
      reserve_q <= '0;
      read_q <= '0;
      free_q <= (SlotWidth + 1)'(Depth);
      valid_q <= 1'b0;
    end else begin
      if (write_i && !direct) arrived_q[write_slot_i] <= 1'b1;
      if (fetch) arrived_q[read_q] <= 1'b0;
      if (fetch || direct) read_q <= read_q + 1'b1;
      if (fetch || direct) valid_q <= 1'b1;
      else if (ready_i) valid_q <= 1'b0;
      if (reserve_i) reserve_q <= reserve_q + SlotWidth'(reserve_beats_i);
      free_q <= free_q - (reserve_i ? (SlotWidth + 1)'(reserve_beats_i) : '0) + {{SlotWidth{1'b0}}, fetch || direct};
    end
  end

`ifndef SYNTHESIS
  logic checked_q;  // false until the first reset
  initial checked_q = 1'b0;
  always_ff @(posedge clk_i) if (!rst_ni) checked_q <= 1'b1;
  reserve_fits : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      reserve_i |-> 32'(free_q) >= 32'(reserve_beats_i));
  place_is_empty : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      write_i |-> !arrived_q[write_slot_i]);
`endif

endmodule
