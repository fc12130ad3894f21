// Writes single lines of card memory through all its channels.
//
// Purpose: for a client whose lines lie anywhere (the behavioural unit's KV entries); stripe_writer serves long runs.
//   The line's part for each channel is one burst of one beat. Several lines may be under way: the next is accepted
//   when every channel has taken address and data of the one before.
// Handshake: valid/ready; idle_o when every accepted line has been answered by all channels.
// Latency: the AXI requests one cycle after acceptance. Throughput: a line in two cycles at best.
// Errors: error_o pulses with an answer SLVERR or DECERR. Reset: control only.

module line_writer #(
  parameter int unsigned Channels = 4,
  localparam int unsigned BeatBits = 1024 / Channels
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   valid_i,
  output logic                   ready_o,
  input  logic [31:0]            line_i,
  input  logic [1023:0]          data_i,
  output logic                   idle_o,
  output logic                   error_o,

  output logic [Channels-1:0]    aw_valid_o,
  input  logic [Channels-1:0]    aw_ready_i,
  output logic [Channels*40-1:0] aw_addr_o,
  output logic [Channels*8-1:0]  aw_len_o,
  output logic [Channels-1:0]    w_valid_o,
  input  logic [Channels-1:0]    w_ready_i,
  output logic [1023:0]          w_data_o,
  output logic [Channels-1:0]    w_last_o,
  input  logic [Channels-1:0]    b_valid_i,
  output logic [Channels-1:0]    b_ready_o,
  input  logic [Channels*2-1:0]  b_resp_i
);

  localparam int unsigned AddressShift = $clog2(BeatBits / 8);

  logic [Channels-1:0] aw_valid_q, w_valid_q, waiting, failed;
  logic [31:0] line_q;
  logic [1023:0] data_q;
  logic accept;

  assign ready_o = aw_valid_q == '0 && w_valid_q == '0;
  assign accept = valid_i && ready_o;
  assign idle_o = waiting == '0;
  assign error_o = failed != '0;
  assign aw_valid_o = aw_valid_q;
  assign aw_len_o = '0;
  assign w_valid_o = w_valid_q;
  assign w_data_o = data_q;
  assign w_last_o = '1;
  assign b_ready_o = '1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_valid_q <= '0;
      w_valid_q <= '0;
    end else if (accept) begin
      aw_valid_q <= '1;
      w_valid_q <= '1;
    end else begin
      aw_valid_q <= aw_valid_q & ~aw_ready_i;
      w_valid_q <= w_valid_q & ~w_ready_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (accept) begin
      line_q <= line_i;
      data_q <= data_i;
    end
  end

  for (genvar c = 0; c < Channels; c++) begin : gen_channel
    logic [15:0] outstanding_q;

    assign aw_addr_o[40*c +: 40] = 40'(line_q) << AddressShift;
    assign waiting[c] = outstanding_q != '0;
    assign failed[c] = b_valid_i[c] && b_resp_i[2*c + 1];

    always_ff @(posedge clk_i) begin
      if (!rst_ni) outstanding_q <= '0;
      else outstanding_q <= outstanding_q + {15'b0, accept} - {15'b0, b_valid_i[c]};
    end
  end

  logic unused;
  assign unused = &{1'b0, b_resp_i};

endmodule
