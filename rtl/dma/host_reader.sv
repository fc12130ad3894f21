// Reads a run of 64-byte beats of host memory as a stream.
//
// Purpose: cuts the run into bursts of up to 4 KiB that end at 4 KiB boundaries, asks ahead as far as its buffer has room
//   and hands the beats on in order.
// Handshake: start_i (a pulse, only while idle: everything of the run before was taken) with address and beats (0: no
//   beats come); the stream is valid/ready.
// Throughput: a beat a cycle, if Depth covers the link's latency plus one burst. Latency: the first request in the cycle
//   after start_i; two cycles from a beat's arrival to the stream.
// Errors: error_o once a beat came with an error, until the next start_i. Reset: control only.

module host_reader #(
  parameter int unsigned Depth = 512     // beats; a power of two, 128 to 512
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
  output logic [8:0]   request_slot_o,
  input  logic         data_valid_i,
  input  logic [8:0]   data_slot_i,
  input  logic [511:0] data_i,
  input  logic         data_error_i
);

  localparam int unsigned SlotWidth = $clog2(Depth);

  if (Depth < 128 || Depth > 512 || (Depth & (Depth - 1)) != 0) begin : gen_depth_illegal
    $fatal(1, "host_reader: Depth must be 128, 256 or 512");
  end

  logic [63:0] address_q;
  logic [24:0] left_q;
  logic [6:0] to_boundary, burst;
  logic [SlotWidth-1:0] slot;
  logic [SlotWidth:0] free;
  logic granted, error_q;

  assign to_boundary = 7'd64 - {1'b0, address_q[11:6]};
  assign burst = left_q < {18'b0, to_boundary} ? left_q[6:0] : to_boundary;
  assign request_o = left_q != '0 && free >= (SlotWidth + 1)'(burst);
  assign request_address_o = address_q;
  assign request_length_o = {1'b0, burst} - 8'd1;
  assign request_slot_o = 9'(slot);
  assign granted = request_o && request_ready_i;
  assign error_o = error_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) left_q <= '0;
    else if (start_i) left_q <= beats_i;
    else if (granted) left_q <= left_q - {18'b0, burst};
  end

  always_ff @(posedge clk_i) begin
    if (start_i) address_q <= address_i;
    else if (granted) address_q <= address_q + {51'b0, burst, 6'b0};
    if (start_i) error_q <= 1'b0;
    else if (data_valid_i && data_error_i) error_q <= 1'b1;
  end

  reorder_buffer #(.Width(512), .Depth(Depth)) u_beats (
    .clk_i, .rst_ni, .clear_i(1'b0),
    .reserve_i(granted), .reserve_beats_i(burst), .reserve_slot_o(slot), .free_o(free),
    .write_i(data_valid_i), .write_slot_i(data_slot_i[SlotWidth-1:0]), .write_data_i(data_i),
    .valid_o, .ready_i, .data_o
  );

  logic unused;
  assign unused = &{1'b0, data_slot_i};

endmodule
