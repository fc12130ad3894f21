// Reads consecutive lines of card memory through all its channels at once, as one stream of lines.
//
// A line (1024 bits) lies in equal parts in all channels: line L, channel c holds the line's bits
// [c * BeatBits, (c + 1) * BeatBits) at channel address L * BeatBits / 8. Every channel is an AXI4 read master of its
// own (channel_reader); a line leaves when all channels have their part.
//
// Bursts: INCR, full width, at most 16 beats, each inside a naturally aligned block of 16 beats, so that none crosses
//   4 KiB. A burst is asked for only when the channel's queue has room for it: R never waits.
// Latency: first AR in the cycle after the request is accepted; a line can be taken in the cycle after its last beat.
// Throughput: one line a cycle, also across requests (the next request is accepted while the last one is being read),
//   as long as Depth covers the memory's latency plus 16 beats.
// Errors: error_o is set by an R beat with SLVERR or DECERR and cleared when the next request is accepted.
// Reset: synchronous, of control only.
module stripe_reader #(
  parameter int unsigned Channels = 4,    // 1, 2, 4 or 8
  parameter int unsigned Depth    = 128,  // beats a channel's queue holds; a power of two >= 32
  localparam int unsigned BeatBits = 1024 / Channels
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,
  input  logic                         req_valid_i,
  output logic                         req_ready_o,
  input  logic [31:0]                  req_line_i,
  input  logic [31:0]                  req_lines_i,
  output logic                         line_valid_o,
  input  logic                         line_ready_i,
  output logic [1023:0]                line_data_o,
  output logic                         error_o,
  // AXI4 read channels, ARSIZE = log2(BeatBits / 8), ARBURST = INCR
  output logic [Channels-1:0]          ar_valid_o,
  input  logic [Channels-1:0]          ar_ready_i,
  output logic [Channels*40-1:0]       ar_addr_o,
  output logic [Channels*8-1:0]        ar_len_o,
  input  logic [Channels-1:0]          r_valid_i,
  output logic [Channels-1:0]          r_ready_o,
  input  logic [Channels*BeatBits-1:0] r_data_i,
  input  logic [Channels*2-1:0]        r_resp_i,
  input  logic [Channels-1:0]          r_last_i
);

  if (Channels != 1 && Channels != 2 && Channels != 4 && Channels != 8) begin : gen_channels_illegal
    $fatal(1, "stripe_reader: Channels must be 1, 2, 4 or 8");
  end

  logic [Channels-1:0] req_ready, valid, fault;
  logic                accept, take;
  assign req_ready_o  = &req_ready;
  assign accept       = req_valid_i && req_ready_o;
  assign line_valid_o = &valid;
  assign take         = line_valid_o && line_ready_i;

  for (genvar c = 0; c < Channels; c++) begin : gen_channel
    channel_reader #(.BeatBits(BeatBits), .Depth(Depth)) u_channel (
      .clk_i,
      .rst_ni,
      .req_valid_i (accept),
      .req_ready_o (req_ready[c]),
      .req_line_i,
      .req_lines_i,
      .out_valid_o (valid[c]),
      .out_ready_i (take),
      .out_data_o  (line_data_o[c*BeatBits +: BeatBits]),
      .fault_o     (fault[c]),
      .ar_valid_o  (ar_valid_o[c]),
      .ar_ready_i  (ar_ready_i[c]),
      .ar_addr_o   (ar_addr_o[c*40 +: 40]),
      .ar_len_o    (ar_len_o[c*8 +: 8]),
      .r_valid_i   (r_valid_i[c]),
      .r_ready_o   (r_ready_o[c]),
      .r_data_i    (r_data_i[c*BeatBits +: BeatBits]),
      .r_resp_i    (r_resp_i[c*2 +: 2]),
      .r_last_i    (r_last_i[c])
    );
  end

  logic error_q;
  assign error_o = error_q;
  always_ff @(posedge clk_i) begin
    if (fault != '0) error_q <= 1'b1;
    else if (accept) error_q <= 1'b0;
    if (!rst_ni) error_q <= 1'b0;
  end

`ifndef SYNTHESIS
  logic checked_q;
  initial checked_q = 1'b0;
  always_ff @(posedge clk_i) if (!rst_ni) checked_q <= 1'b1;
  line_holds : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      line_valid_o && !line_ready_i |=> line_valid_o && $stable(line_data_o));
`endif

endmodule
