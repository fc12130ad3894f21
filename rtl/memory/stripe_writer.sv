// Writes one stream of lines to consecutive lines of card memory through all its channels at once.
//
// The counterpart of stripe_reader, with the same striping. Every channel is an AXI4 write master of its own
// (channel_writer). A request is accepted when the one before has ended; done_o is high for one cycle when every
// channel has had the response of every burst, also for a request of no lines. Lines may arrive before their request;
// the channels' queues take up to Depth of them.
//
// Bursts: INCR, full width, all byte strobes set, at most 16 beats, each inside a naturally aligned block of 16 beats,
//   so that none crosses 4 KiB. A burst is announced only when all its beats are queued, so W never waits for data.
// Throughput: one line a cycle within a request. Combinational paths: line_ready_o depends on registers only.
// Errors: error_o is set by a B response SLVERR or DECERR and cleared when the next request is accepted; it is
//   settled when done_o is high.
// Reset: synchronous, of control only.
module stripe_writer #(
  parameter int unsigned Channels = 4,   // 1, 2, 4 or 8
  parameter int unsigned Depth    = 64,  // beats a channel's queue holds; a power of two >= 32
  localparam int unsigned BeatBits = 1024 / Channels
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,
  input  logic                         req_valid_i,
  output logic                         req_ready_o,
  input  logic [31:0]                  req_line_i,
  input  logic [31:0]                  req_lines_i,
  input  logic                         line_valid_i,
  output logic                         line_ready_o,
  input  logic [1023:0]                line_data_i,
  output logic                         done_o,
  output logic                         error_o,
  // AXI4 write channels, AWSIZE = log2(BeatBits / 8), AWBURST = INCR, WSTRB all ones
  output logic [Channels-1:0]          aw_valid_o,
  input  logic [Channels-1:0]          aw_ready_i,
  output logic [Channels*40-1:0]       aw_addr_o,
  output logic [Channels*8-1:0]        aw_len_o,
  output logic [Channels-1:0]          w_valid_o,
  input  logic [Channels-1:0]          w_ready_i,
  output logic [Channels*BeatBits-1:0] w_data_o,
  output logic [Channels-1:0]          w_last_o,
  input  logic [Channels-1:0]          b_valid_i,
  output logic [Channels-1:0]          b_ready_o,
  input  logic [Channels*2-1:0]        b_resp_i
);

  if (Channels != 1 && Channels != 2 && Channels != 4 && Channels != 8) begin : gen_channels_illegal
    $fatal(1, "stripe_writer: Channels must be 1, 2, 4 or 8");
  end

  logic [Channels-1:0] in_ready, idle, fault;
  logic                accept, take, busy_q, error_q;
  assign req_ready_o  = !busy_q;
  assign accept       = req_valid_i && !busy_q;
  assign line_ready_o = &in_ready;
  assign take         = line_valid_i && line_ready_o;
  assign done_o       = busy_q && idle == '1;
  assign error_o      = error_q;

  for (genvar c = 0; c < Channels; c++) begin : gen_channel
    channel_writer #(.BeatBits(BeatBits), .Depth(Depth)) u_channel (
      .clk_i,
      .rst_ni,
      .start_i    (accept),
      .line_i     (req_line_i),
      .lines_i    (req_lines_i),
      .idle_o     (idle[c]),
      .fault_o    (fault[c]),
      .in_valid_i (take),
      .in_ready_o (in_ready[c]),
      .in_data_i  (line_data_i[c*BeatBits +: BeatBits]),
      .aw_valid_o (aw_valid_o[c]),
      .aw_ready_i (aw_ready_i[c]),
      .aw_addr_o  (aw_addr_o[c*40 +: 40]),
      .aw_len_o   (aw_len_o[c*8 +: 8]),
      .w_valid_o  (w_valid_o[c]),
      .w_ready_i  (w_ready_i[c]),
      .w_data_o   (w_data_o[c*BeatBits +: BeatBits]),
      .w_last_o   (w_last_o[c]),
      .b_valid_i  (b_valid_i[c]),
      .b_ready_o  (b_ready_o[c]),
      .b_resp_i   (b_resp_i[c*2 +: 2])
    );
  end

  always_ff @(posedge clk_i) begin
    if (accept) busy_q <= 1'b1;
    else if (done_o) busy_q <= 1'b0;
    if (fault != '0) error_q <= 1'b1;
    else if (accept) error_q <= 1'b0;
    if (!rst_ni) begin
      busy_q  <= 1'b0;
      error_q <= 1'b0;
    end
  end

endmodule
