// A first-in first-out queue between two streams.
//
// Handshake: valid/ready on both sides; out_valid_o never waits for out_ready_i and out_data_o holds until taken.
// Latency: an item that enters an empty queue can be taken two cycles later, with Direct in the next cycle. Throughput:
//   one item a cycle.
// Combinational paths: none from one side to the other; both ready and valid come from registers.
// Reset: synchronous, of control only. Errors: none; a full queue is not ready.
// Memory: one write port and one registered read, so that Depth x Width infers block RAM. With Direct an item that the
//   output register can take at once goes past the memory, which then is distributed RAM.
module stream_fifo #(
  parameter int unsigned Width = 32,
  parameter int unsigned Depth = 16,  // items, the one in the output register included; a power of two >= 2
  parameter bit          Direct = 1'b0,
  localparam int unsigned PointerWidth = $clog2(Depth)
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    in_valid_i,
  output logic                    in_ready_o,
  input  logic [Width-1:0]        in_data_i,
  output logic                    out_valid_o,
  input  logic                    out_ready_i,
  output logic [Width-1:0]        out_data_o,
  output logic [PointerWidth:0]   count_o      // items held
);

  if (Width == 0) begin : gen_width_illegal
    $fatal(1, "stream_fifo: Width must be at least 1");
  end
  if (Depth < 2 || (Depth & (Depth - 1)) != 0) begin : gen_depth_illegal
    $fatal(1, "stream_fifo: Depth must be a power of two of at least 2");
  end

  localparam logic [PointerWidth:0] Full = Depth[PointerWidth:0];

  logic [Width-1:0]        memory [Depth];
  logic [PointerWidth-1:0] write_q, read_q;
  logic [PointerWidth:0]   count_q, stored_q;  // stored: items in the memory, not yet in the output register
  logic [Width-1:0]        data_q;
  logic                    valid_q;

  logic push, pop, direct, store, fetch;
  assign push   = in_valid_i && in_ready_o;
  assign pop    = valid_q && out_ready_i;
  assign direct = Direct && push && stored_q == '0 && (!valid_q || out_ready_i);
  assign store  = push && !direct;
  assign fetch  = stored_q != '0 && (!valid_q || out_ready_i);

  assign in_ready_o  = count_q != Full;
  assign out_valid_o = valid_q;
  assign out_data_o  = data_q;
  assign count_o     = count_q;

  always_ff @(posedge clk_i) begin
    if (store) memory[write_q] <= in_data_i;
    if (fetch) data_q <= memory[read_q];
    else if (direct) data_q <= in_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (store) write_q <= write_q + 1'b1;
    if (fetch) read_q <= read_q + 1'b1;
    if (push && !pop) count_q <= count_q + 1'b1;
    if (!push && pop) count_q <= count_q - 1'b1;
    if (store && !fetch) stored_q <= stored_q + 1'b1;
    if (!store && fetch) stored_q <= stored_q - 1'b1;
    if (fetch || direct || pop) valid_q <= fetch || direct;
    if (!rst_ni) begin
      write_q  <= '0;
      read_q   <= '0;
      count_q  <= '0;
      stored_q <= '0;
      valid_q  <= 1'b0;
    end
  end

`ifndef SYNTHESIS
  logic checked_q;  // false until the first reset, before which registers hold anything
  initial checked_q = 1'b0;
  always_ff @(posedge clk_i) if (!rst_ni) checked_q <= 1'b1;
  count_in_range : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q) count_q <= Full);
  count_is_sum : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      count_q == stored_q + (valid_q ? 1 : 0));
  out_holds : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o));
`endif

endmodule
