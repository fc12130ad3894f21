// One memory channel of a stripe_writer: queues beats, cuts a request into bursts and counts their responses.
//
// A burst's AW is loaded into its register when the queue holds all its beats; from then on its W beats may go,
// whether or not AW has been accepted (AXI forbids W to wait for AWREADY). Bursts are as in channel_reader.
//
// Latency: AW three cycles after the last beat of its burst came. Throughput: one beat a cycle. start_i may be high
// only while idle_o is. Combinational paths: none. Reset: synchronous, of control only.
// Errors: fault_o is high in a cycle in which a response SLVERR or DECERR arrives.
module channel_writer #(
  parameter int unsigned BeatBits = 256,
  parameter int unsigned Depth    = 64,
  localparam int unsigned AddressShift = $clog2(BeatBits / 8)
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                start_i,
  input  logic [31:0]         line_i,
  input  logic [31:0]         lines_i,
  output logic                idle_o,
  output logic                fault_o,
  input  logic                in_valid_i,
  output logic                in_ready_o,
  input  logic [BeatBits-1:0] in_data_i,
  output logic                aw_valid_o,
  input  logic                aw_ready_i,
  output logic [39:0]         aw_addr_o,
  output logic [7:0]          aw_len_o,
  output logic                w_valid_o,
  input  logic                w_ready_i,
  output logic [BeatBits-1:0] w_data_o,
  output logic                w_last_o,
  input  logic                b_valid_i,
  output logic                b_ready_o,
  input  logic [1:0]          b_resp_i
);

  if (Depth < 32) begin : gen_depth_illegal
    $fatal(1, "channel_writer: Depth must be at least 32");
  end

  localparam int unsigned CountWidth = $clog2(Depth) + 1;

  logic [31:0]           line_q, left_q;      // of the next burst to announce; beats still to be announced
  logic [3:0]            w_line_q;            // low bits of the line of the next W beat
  logic [31:0]           w_left_q;            // W beats still to go
  logic [CountWidth-1:0] promised_q;          // beats announced by AW and not gone yet
  logic [31:0]           outstanding_q;       // bursts announced whose response has not come
  logic                  aw_valid_q;
  logic [39:0]           aw_addr_q;
  logic [7:0]            aw_len_q;

  logic [CountWidth-1:0] count;
  logic                  out_valid, w_go, announce;
  logic [4:0]            to_boundary, beats;
  assign to_boundary = 5'd16 - {1'b0, line_q[3:0]};
  assign beats       = left_q < {27'd0, to_boundary} ? left_q[4:0] : to_boundary;
  assign announce    = left_q != '0 && (!aw_valid_q || aw_ready_i) && count - promised_q >= CountWidth'(beats);

  assign w_valid_o  = out_valid && promised_q != '0;
  assign w_last_o   = w_line_q == 4'd15 || w_left_q == 32'd1;
  assign w_go       = w_valid_o && w_ready_i;
  assign aw_valid_o = aw_valid_q;
  assign aw_addr_o  = aw_addr_q;
  assign aw_len_o   = aw_len_q;
  assign b_ready_o  = 1'b1;
  assign fault_o    = b_valid_i && b_resp_i[1];
  assign idle_o     = left_q == '0 && w_left_q == '0 && outstanding_q == '0;

  always_ff @(posedge clk_i) begin
    if (announce) begin
      aw_addr_q <= 40'(line_q) << AddressShift;
      aw_len_q  <= {3'd0, beats - 5'd1};
      line_q    <= line_q + {27'd0, beats};
      left_q    <= left_q - {27'd0, beats};
    end
    if (announce || aw_ready_i) aw_valid_q <= announce;
    if (w_go) begin
      w_line_q <= w_line_q + 4'd1;
      w_left_q <= w_left_q - 32'd1;
    end
    if (announce || w_go) begin
      promised_q <= promised_q + (announce ? CountWidth'(beats) : '0) - (w_go ? CountWidth'(1) : '0);
    end
    if (announce && !b_valid_i) outstanding_q <= outstanding_q + 32'd1;
    if (!announce && b_valid_i) outstanding_q <= outstanding_q - 32'd1;
    if (start_i) begin
      line_q   <= line_i;
      left_q   <= lines_i;
      w_line_q <= line_i[3:0];
      w_left_q <= lines_i;
    end
    if (!rst_ni) begin
      left_q        <= '0;
      w_left_q      <= '0;
      promised_q    <= '0;
      outstanding_q <= '0;
      aw_valid_q    <= 1'b0;
    end
  end

  stream_fifo #(.Width(BeatBits), .Depth(Depth)) u_queue (
    .clk_i,
    .rst_ni,
    .in_valid_i,
    .in_ready_o,
    .in_data_i,
    .out_valid_o (out_valid),
    .out_ready_i (w_ready_i && promised_q != '0),
    .out_data_o  (w_data_o),
    .count_o     (count)
  );

  logic unused;
  assign unused = &{1'b0, b_resp_i[0]};

`ifndef SYNTHESIS
  logic checked_q;
  initial checked_q = 1'b0;
  always_ff @(posedge clk_i) if (!rst_ni) checked_q <= 1'b1;
  start_when_idle : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q) start_i |-> idle_o);
  aw_holds : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      aw_valid_o && !aw_ready_i |=> aw_valid_o && $stable(aw_addr_o) && $stable(aw_len_o));
  w_holds : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      w_valid_o && !w_ready_i |=> w_valid_o && $stable(w_data_o) && $stable(w_last_o));
  promised_are_queued : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q) promised_q <= count);
  response_is_awaited : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      b_valid_i |-> outstanding_q != '0);
`endif

endmodule
