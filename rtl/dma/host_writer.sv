// Writes a stream of 64-byte beats to a run of host memory.
//
// Purpose: cuts the run into bursts of up to 4 KiB that end at 4 KiB boundaries; a burst is asked for when all its beats
//   are queued (store and forward).
// Handshake: start_i (a pulse, only while done_o) with address and beats; the stream is valid/ready. done_o: every burst
//   of the run has been answered, at once for a run of no beats. The request side is host_write_mux's.
// Throughput: the link's, as the queue holds two bursts. Errors: error_o once an answer was an error, until the next
//   start_i. Reset: control only.

module host_writer (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         start_i,
  input  logic [63:0]  address_i,        // a multiple of 64
  input  logic [24:0]  beats_i,
  output logic         done_o,

  input  logic         valid_i,
  output logic         ready_o,
  input  logic [511:0] data_i,
  output logic         error_o,

  output logic         request_o,
  output logic [63:0]  request_address_o,
  output logic [7:0]   request_length_o,
  output logic [511:0] request_data_o,
  input  logic         take_i,
  input  logic         answer_i,
  input  logic         answer_error_i
);

  logic [63:0] address_q;
  logic [24:0] left_q;                   // beats of bursts that have not ended
  logic [6:0] to_boundary, burst, sent_q;
  logic [7:0] count;
  logic [18:0] unanswered_q;
  logic beat_there, last, error_q;

  assign to_boundary = 7'd64 - {1'b0, address_q[11:6]};
  assign burst = left_q < {18'b0, to_boundary} ? left_q[6:0] : to_boundary;
  // Once beats of a burst have been taken the queue holds fewer than the burst: sent_q keeps the request up.
  assign request_o = left_q != '0 && beat_there && (sent_q != '0 || count >= {1'b0, burst});
  assign request_address_o = address_q;
  assign request_length_o = {1'b0, burst} - 8'd1;
  assign last = take_i && sent_q + 7'd1 == burst;
  assign done_o = left_q == '0 && unanswered_q == '0;
  assign error_o = error_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      left_q <= '0;
      sent_q <= '0;
      unanswered_q <= '0;
    end else begin
      if (start_i) left_q <= beats_i;
      else if (last) left_q <= left_q - {18'b0, burst};
      if (last) sent_q <= '0;
      else if (take_i) sent_q <= sent_q + 7'd1;
      unanswered_q <= unanswered_q + {18'b0, last} - {18'b0, answer_i};
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) address_q <= address_i;
    else if (last) address_q <= address_q + {51'b0, burst, 6'b0};
    if (start_i) error_q <= 1'b0;
    else if (answer_i && answer_error_i) error_q <= 1'b1;
  end

  stream_fifo #(.Width(512), .Depth(128)) u_beats (
    .clk_i, .rst_ni,
    .in_valid_i(valid_i), .in_ready_o(ready_o), .in_data_i(data_i),
    .out_valid_o(beat_there), .out_ready_i(take_i), .out_data_o(request_data_o),
    .count_o(count)
  );

`ifndef SYNTHESIS
  data_at_hand : assert property (@(posedge clk_i) disable iff (!rst_ni) take_i |-> beat_there);
`endif

endmodule
