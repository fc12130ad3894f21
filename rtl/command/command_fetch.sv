// Fetches the commands of one ring from host memory ahead of their execution.
//
// Purpose: keeps up to four slots requested or buffered, so that in steady state the host link's latency is hidden.
//   Each slot is one burst of 8 beats of 64 bytes; slots are aligned to 512 bytes, so none crosses 4 KiB.
// Handshake: next_valid_o: a whole command is there; load_i (only with next_valid_o) moves it to command_o, which then
//   holds until the next load_i. error_o belongs to command_o: the link answered its fetch with an error.
//   Read data are always accepted. hold_i stops new requests; idle_o: none is outstanding; clear_i (only when idle)
//   forgets everything that was fetched.
// Latency: three cycles from the last beat to next_valid_o. Throughput: one command in 10 cycles.
// Reset: control only.

module command_fetch (
  input  logic          clk_i,
  input  logic          rst_ni,
  input  logic          hold_i,
  input  logic          clear_i,
  output logic          idle_o,

  input  logic [63:0]   ring_base_i,
  input  logic [4:0]    ring_size_log2_i,
  input  logic [31:0]   ring_tail_i,

  output logic          read_valid_o,      // a burst of 8 beats
  input  logic          read_ready_i,
  output logic [63:0]   read_address_o,
  input  logic          data_valid_i,
  input  logic [511:0]  data_i,
  input  logic          data_error_i,

  output logic          next_valid_o,
  input  logic          load_i,
  output logic [4095:0] command_o,
  output logic          error_o
);

  // Requests. A slot counts from its request until its last beat has left the buffer.
  logic [31:0] fetched_q, slot_number;
  logic [2:0] slots_q;
  logic [5:0] outstanding_q;     // beats
  logic request, granted, slot_left;

  assign slot_number = fetched_q & ~(32'hFFFFFFFF << ring_size_log2_i);
  assign request = !hold_i && fetched_q != ring_tail_i && slots_q != 3'd4;
  assign granted = request && read_ready_i;
  assign read_valid_o = request;
  assign read_address_o = ring_base_i + {23'b0, slot_number, 9'b0};
  assign idle_o = outstanding_q == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      fetched_q <= '0;
      slots_q <= '0;
      outstanding_q <= '0;
    end else begin
      if (granted) fetched_q <= fetched_q + 32'd1;
      slots_q <= slots_q + {2'b0, granted} - {2'b0, slot_left};
      outstanding_q <= outstanding_q + {2'b0, granted, 3'b0} - {5'b0, data_valid_i};
    end
  end

  // The buffer: four slots of 8 beats, each beat with its error bit. It cannot overflow: slots_q bounds the requests.
  logic [512:0] buffer [32];
  logic [512:0] beat_q;
  logic [4:0] write_index_q, read_index_q;
  logic [5:0] filled_q;          // beats in the buffer
  logic read_beat;

  always_ff @(posedge clk_i) begin
    if (data_valid_i) buffer[write_index_q] <= {data_error_i, data_i};
    if (read_beat) beat_q <= buffer[read_index_q];
  end

  // Beats move from the buffer into the next command one by one; moved_q of them have been read.
  logic [3:0] moved_q;
  logic beat_valid_q, next_valid_q, next_error_q, error_q;
  logic [2:0] beat_index_q;
  logic [511:0] next_q [8];
  logic [4095:0] command_q;

  assign read_beat = filled_q != '0 && (!moved_q[3] || load_i);
  assign slot_left = read_beat && moved_q == 4'd7;
  assign next_valid_o = next_valid_q;
  assign command_o = command_q;
  assign error_o = error_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      write_index_q <= '0;
      read_index_q <= '0;
      filled_q <= '0;
      moved_q <= '0;
      beat_valid_q <= 1'b0;
      next_valid_q <= 1'b0;
    end else begin
      if (data_valid_i) write_index_q <= write_index_q + 5'd1;
      if (read_beat) read_index_q <= read_index_q + 5'd1;
      filled_q <= filled_q + {5'b0, data_valid_i} - {5'b0, read_beat};
      if (load_i) moved_q <= {3'b0, read_beat};
      else if (read_beat) moved_q <= moved_q + 4'd1;
      beat_valid_q <= read_beat;
      if (load_i) next_valid_q <= 1'b0;
      else if (beat_valid_q && beat_index_q == 3'd7) next_valid_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (read_beat) beat_index_q <= load_i ? 3'd0 : moved_q[2:0];
    if (beat_valid_q) begin
      next_q[beat_index_q] <= beat_q[511:0];
      next_error_q <= beat_q[512] || (next_error_q && beat_index_q != 3'd0);
    end
    if (load_i) begin
      command_q <= {next_q[7], next_q[6], next_q[5], next_q[4], next_q[3], next_q[2], next_q[1], next_q[0]};
      error_q <= next_error_q;
    end
  end

endmodule
