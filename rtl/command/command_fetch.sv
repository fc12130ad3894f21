// Fetches the commands of one ring from host memory ahead of their execution.
//
// Purpose: keeps up to eight slots requested or buffered, so that in steady state the host link's latency is hidden.
//   Each slot is one burst of 8 beats of 64 bytes; slots are aligned to 512 bytes, so none crosses 4 KiB.
// Handshake: next_valid_o: a whole command is there; load_i (only with next_valid_o) moves it to command_o, which then
//   holds until the next load_i. error_o belongs to command_o: the link answered its fetch with an error.
//   A command is there as soon as the beats are that it uses: three (header, the operand's first 128 bytes) for those of
//   opcodes below kQuantise, which have no longer operand and no use for the token table. What follows in command_o is
//   then of no meaning, and an error there of no account.
//   Read data are always accepted. hold_i stops new requests; idle_o: none is outstanding; clear_i (only when idle)
//   forgets everything that was fetched.
// Latency: one cycle from the last beat that is used to next_valid_o. Throughput: one command in 8 cycles.
// Combinational paths: none from the link to next_valid_o.
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
  output logic [8:0]    read_slot_o,
  input  logic          data_valid_i,
  input  logic [8:0]    data_slot_i,
  input  logic [511:0]  data_i,
  input  logic          data_error_i,

  output logic          next_valid_o,
  input  logic          load_i,
  output logic [4095:0] command_o,
  output logic          error_o
);

  // Requests: as long as the buffer has room for a slot.
  logic [31:0] fetched_q, slot_number;
  logic [6:0] outstanding_q, free;       // beats
  logic [5:0] slot;
  logic request, granted;

  assign slot_number = fetched_q & ~(32'hFFFFFFFF << ring_size_log2_i);
  assign request = !hold_i && fetched_q != ring_tail_i && free >= 7'd8;
  assign granted = request && read_ready_i;
  assign read_valid_o = request;
  assign read_address_o = ring_base_i + {23'b0, slot_number, 9'b0};
  assign read_slot_o = {3'b0, slot};
  assign idle_o = outstanding_q == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      fetched_q <= '0;
      outstanding_q <= '0;
    end else begin
      if (granted) fetched_q <= fetched_q + 32'd1;
      outstanding_q <= outstanding_q + {3'b0, granted, 3'b0} - {6'b0, data_valid_i};
    end
  end

  // Each beat with its error bit.
  logic beat_valid, beat_ready;
  logic [512:0] beat;

  reorder_buffer #(.Width(513), .Depth(64), .Direct(1'b1)) u_beats (
    .clk_i, .rst_ni, .clear_i,
    .reserve_i(granted), .reserve_beats_i(7'd8), .reserve_slot_o(slot), .free_o(free),
    .write_i(data_valid_i), .write_slot_i(data_slot_i[5:0]), .write_data_i({data_error_i, data_i}),
    .valid_o(beat_valid), .ready_i(beat_ready), .data_o(beat)
  );

  // Beats move from the buffer into the next command one by one; the last one used may go straight into command_q, and
  // those after it follow, unused, when the command has already been loaded.
  localparam logic [2:0] ShortLast = 3'd2;
  localparam logic [2:0] Last = 3'd7;

  logic [2:0] index_q;
  logic short_q, take, used, complete;
  logic next_valid_q, next_error, next_error_q, error_q;
  logic [511:0] next_q [8];
  logic [4095:0] command_q;

  assign beat_ready = !next_valid_q || index_q != 3'd0;
  assign take = beat_valid && beat_ready;
  assign used = !short_q || index_q <= ShortLast;
  assign complete = take && index_q == (short_q ? ShortLast : Last);
  assign next_error = next_error_q || (take && used && beat[512]);
  assign next_valid_o = next_valid_q || complete;
  assign command_o = command_q;
  assign error_o = error_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      index_q <= '0;
      next_valid_q <= 1'b0;
    end else begin
      if (take) index_q <= index_q + 3'd1;
      if (load_i) next_valid_q <= 1'b0;
      else if (complete) next_valid_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      next_q[index_q] <= beat[511:0];
      next_error_q <= index_q == 3'd0 ? beat[512] : next_error;
      if (index_q == 3'd0) short_q <= beat[15:0] < sluice_pkg::OpcodeQuantise;
    end
    if (load_i) begin
      command_q <= {take && index_q == Last ? beat[511:0] : next_q[7], next_q[6], next_q[5], next_q[4], next_q[3],
                    take && index_q == ShortLast ? beat[511:0] : next_q[2], next_q[1], next_q[0]};
      error_q <= next_error;
    end
  end

  logic unused;
  assign unused = &{1'b0, data_slot_i};

endmodule
