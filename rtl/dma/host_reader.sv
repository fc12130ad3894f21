// Reads a run of 64-byte beats of host memory as a stream.
//
// Purpose: cuts the run into bursts of up to 4 KiB that end at 4 KiB boundaries, asks ahead as far as its queue has room
//   and hands the beats on in order.
// Handshake: start_i (a pulse, only while idle: everything of the run before was taken) with address and beats (0: no
//   beats come); the stream is valid/ready.
// Throughput: a beat a cycle, if Depth covers the link's latency plus one burst. Latency: the first request in the cycle
//   after start_i; two cycles from a beat's arrival to the stream.
// Errors: error_o once a beat came with an error, until the next start_i. Reset: control only.

module host_reader #(
  parameter int unsigned Depth = 512     // beats; a power of two, at least 128
) (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         start_i,
  input  logic [63:0]  address_i,        // a multiple of 64
  input  logic [24:0]  beats_i,

  output logic         valid_o,
  input  logic         ready_i,
  output logic [511:0] data_o,
  output logic         error_o,

  output logic         request_o,
  input  logic         request_ready_i,
  output logic [63:0]  request_address_o,
  output logic [7:0]   request_length_o,
  input  logic         data_valid_i,
  input  logic [511:0] data_i,
  input  logic         data_error_i
);

  localparam int unsigned CountWidth = $clog2(Depth) + 1;

  if (Depth < 128 || (Depth & (Depth - 1)) != 0) begin : gen_depth_illegal
    $fatal(1, "host_reader: Depth must be a power of two of at least 128");
  end

  logic [63:0] address_q;
  logic [24:0] left_q;
  logic [CountWidth-1:0] free_q;         // places of the queue that no beat has been asked for
  logic [6:0] to_boundary, burst;
  logic granted, error_q, in_ready;
  logic [CountWidth-1:0] count;

  assign to_boundary = 7'd64 - {1'b0, address_q[11:6]};
  assign burst = left_q < {18'b0, to_boundary} ? left_q[6:0] : to_boundary;
  assign request_o = left_q != '0 && free_q >= CountWidth'(burst);
  assign request_address_o = address_q;
  assign request_length_o = {1'b0, burst} - 8'd1;
  assign granted = request_o && request_ready_i;
  assign error_o = error_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      left_q <= '0;
      free_q <= CountWidth'(Depth);
    end else begin
      if (start_i) left_q <= beats_i;
      else if (granted) left_q <= left_q - {18'b0, burst};
      free_q <= free_q - (granted ? CountWidth'(burst) : '0) + {{(CountWidth - 1){1'b0}}, valid_o && ready_i};
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) address_q <= address_i;
    else if (granted) address_q <= address_q + {51'b0, burst, 6'b0};
    if (start_i) error_q <= 1'b0;
    else if (data_valid_i && data_error_i) error_q <= 1'b1;
  end

  stream_fifo #(.Width(512), .Depth(Depth)) u_beats (
    .clk_i, .rst_ni,
    .in_valid_i(data_valid_i), .in_ready_o(in_ready), .in_data_i(data_i),
    .out_valid_o(valid_o), .out_ready_i(ready_i), .out_data_o(data_o),
    .count_o(count)
  );

  logic unused;
  assign unused = &{1'b0, count, in_ready};

`ifndef SYNTHESIS
  beats_fit : assert property (@(posedge clk_i) disable iff (!rst_ni) data_valid_i |-> in_ready);
`endif

endmodule
