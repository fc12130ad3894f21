// One memory channel of a stripe_reader: cuts requests into bursts and queues the beats that come back.
//
// A request of n beats from beat address `line` is read in bursts of at most 16 beats, each inside a naturally
// aligned block of 16 beats (at most 2 KiB, so no burst crosses 4 KiB). Credits count the free places of the queue
// that no burst has been promised; a burst is asked for only when they suffice, so r_ready_o is constant and R never
// waits.
//
// Latency: AR in the cycle after acceptance, a beat can be taken in the cycle after it came. Throughput: one beat a
// cycle. A request is accepted when the last burst of the one before is being accepted, so requests follow one another
// without a gap. Combinational paths: ar_ready_i to req_ready_o. Reset: synchronous, of control only.
// Errors: fault_o is high in a cycle in which a beat arrives with SLVERR or DECERR.
module channel_reader #(
  parameter int unsigned BeatBits = 256,
  parameter int unsigned Depth    = 128,
  localparam int unsigned AddressShift = $clog2(BeatBits / 8)
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                req_valid_i,
  output logic                req_ready_o,
  input  logic [31:0]         req_line_i,
  input  logic [31:0]         req_lines_i,
  output logic                out_valid_o,
  input  logic                out_ready_i,
  output logic [BeatBits-1:0] out_data_o,
  output logic                fault_o,
  output logic                ar_valid_o,
  input  logic                ar_ready_i,
  output logic [39:0]         ar_addr_o,
  output logic [7:0]          ar_len_o,
  input  logic                r_valid_i,
  output logic                r_ready_o,
  input  logic [BeatBits-1:0] r_data_i,
  input  logic [1:0]          r_resp_i,
  input  logic                r_last_i
);

  if (Depth < 32) begin : gen_depth_illegal
    $fatal(1, "channel_reader: Depth must be at least 32");
  end

  localparam int unsigned CountWidth = $clog2(Depth) + 1;

  logic [31:0]           line_q, left_q;  // next beat to ask for; beats still to be asked for
  logic [CountWidth-1:0] credit_q;        // free places not promised to a burst

  // Beats of the next burst: up to the next multiple of 16, or what is left.
  logic [4:0] to_boundary, beats;
  assign to_boundary = 5'd16 - {1'b0, line_q[3:0]};
  assign beats       = left_q < {27'd0, to_boundary} ? left_q[4:0] : to_boundary;

  logic issue, last_burst, pop, fifo_ready;
  assign ar_valid_o  = left_q != '0 && credit_q >= CountWidth'(beats);
  assign ar_addr_o   = 40'(line_q) << AddressShift;
  assign ar_len_o    = {3'd0, beats - 5'd1};
  assign issue       = ar_valid_o && ar_ready_i;
  assign last_burst  = left_q == {27'd0, beats};
  assign req_ready_o = left_q == '0 || (issue && last_burst);
  assign pop         = out_valid_o && out_ready_i;
  assign r_ready_o   = 1'b1;
  assign fault_o     = r_valid_i && r_resp_i[1];

  always_ff @(posedge clk_i) begin
    if (issue) begin
      line_q <= line_q + {27'd0, beats};
      left_q <= left_q - {27'd0, beats};
    end
    if (req_valid_i && req_ready_o) begin
      line_q <= req_line_i;
      left_q <= req_lines_i;
    end
    if (issue || pop) begin
      credit_q <= credit_q - (issue ? CountWidth'(beats) : '0) + (pop ? CountWidth'(1) : '0);
    end
    if (!rst_ni) begin
      left_q   <= '0;
      credit_q <= CountWidth'(Depth);
    end
  end

  logic [CountWidth-1:0] count;
  stream_fifo #(.Width(BeatBits), .Depth(Depth), .Direct(1'b1)) u_queue (
    .clk_i,
    .rst_ni,
    .in_valid_i  (r_valid_i),
    .in_ready_o  (fifo_ready),
    .in_data_i   (r_data_i),
    .out_valid_o,
    .out_ready_i,
    .out_data_o,
    .count_o     (count)
  );

  logic unused;
  assign unused = &{1'b0, r_last_i, r_resp_i[0], count, fifo_ready};

`ifndef SYNTHESIS
  logic checked_q;
  initial checked_q = 1'b0;
  always_ff @(posedge clk_i) if (!rst_ni) checked_q <= 1'b1;
  ar_holds : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      ar_valid_o && !ar_ready_i |=> ar_valid_o && $stable(ar_addr_o) && $stable(ar_len_o));
  r_never_waits : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q) r_valid_i |-> fifo_ready);
  credit_in_range : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      credit_q <= CountWidth'(Depth) && credit_q + count <= CountWidth'(Depth));
`endif

endmodule
