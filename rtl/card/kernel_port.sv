// Between a unit kernel (hls/unit/ports.hpp) and the card: executes its ranges and writes, command by command.
//
// Purpose: gives the kernel a command, reads the lines that it asks for, from vector memory or card memory, hands them
//   over in the order in which it asked, stores what it writes, and ends the command when the kernel has said how many
//   lines it wrote and all of them are stored. The kernel's streams have the names and layouts that sluice-hls gives
//   them: a range is {count[16], line[32], bank[2], card}, a write {last, data[1024], line[12], bank[2]}.
// Handshake: start_i (a pulse while idle) with command_i, which holds until done_o (a pulse).
// Latency: the command reaches the kernel in the cycle after the start; done_o two cycles after the later of the
//   kernel's done and its last write. Throughput: a line a cycle, across ranges; a write a cycle, never refused.
// Card reads are requested when the kernel asks, up to RangeDepth ranges ahead of the line that is handed over, so that
//   the memory's latency shows once. Vector memory is read when its line is due; its output register keeps the line
//   until the kernel takes it, so nobody else may read in the meantime.
// Combinational paths: lines_tready_i to vector_read_o and card_data_ready_o; card_data_valid_i to lines_tvalid_o;
//   card_read_ready_i to ranges_tready_o; writes straight to vector memory.
// Errors: bus_error_o with done_o when a card read was answered with an error; the kernel ends on any data. Reset:
//   control only; kernel and reader are reset with it.
module kernel_port #(
  parameter int unsigned RangeDepth = 32  // a power of two; covers a latency of 63 cycles at two ranges in 8 cycles
) (
  input  logic          clk_i,
  input  logic          rst_ni,

  input  logic          start_i,
  input  logic [4095:0] command_i,       // a slot of a command ring
  output logic          busy_o,
  output logic          done_o,
  output logic          bus_error_o,
  output logic          progress_o,      // not merely waiting for card memory

  // The kernel's streams.
  output logic [4095:0] command_tdata_o,
  output logic          command_tvalid_o,
  input  logic          command_tready_i,
  input  logic [50:0]   ranges_tdata_i,
  input  logic          ranges_tvalid_i,
  output logic          ranges_tready_o,
  output logic [1023:0] lines_tdata_o,
  output logic          lines_tvalid_o,
  input  logic          lines_tready_i,
  input  logic [1038:0] writes_tdata_i,
  input  logic          writes_tvalid_i,
  output logic          writes_tready_o,
  input  logic [23:0]   done_tdata_i,
  input  logic          done_tvalid_i,
  output logic          done_tready_o,

  output logic          vector_read_o,   // the same line of all banks; data from the next cycle on
  output logic [31:0]   vector_read_line_o,
  input  logic [4095:0] vector_data_i,   // bank b at 1024 * b
  output logic          vector_write_o,
  output logic [1:0]    vector_write_bank_o,
  output logic [31:0]   vector_write_line_o,
  output logic [1023:0] vector_write_data_o,

  output logic          card_read_valid_o,
  input  logic          card_read_ready_i,
  output logic [31:0]   card_read_line_o,
  output logic [31:0]   card_read_count_o,
  input  logic          card_data_valid_i,
  output logic          card_data_ready_o,
  input  logic [1023:0] card_data_i,
  input  logic          card_read_error_i   // level, from the line on until the next request is accepted
);

  // ---- The command and its end --------------------------------------------------------------------------------------

  logic busy_q, done_q, error_q, armed_q, offer_q, counted_q;
  logic [23:0] written_q, count_q;
  logic ending;

  assign busy_o = busy_q;
  assign done_o = done_q;
  assign bus_error_o = error_q;
  assign command_tdata_o = command_i;
  assign command_tvalid_o = offer_q;
  assign done_tready_o = busy_q && !counted_q;
  assign ending = counted_q && written_q == count_q;

  always_ff @(posedge clk_i) begin
    done_q <= busy_q && ending;
    if (!rst_ni) begin
      busy_q <= 1'b0;
      offer_q <= 1'b0;
      done_q <= 1'b0;
    end else if (start_i) begin
      busy_q <= 1'b1;
      offer_q <= 1'b1;
    end else begin
      if (ending) busy_q <= 1'b0;
      if (command_tready_i) offer_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      counted_q <= 1'b0;
      written_q <= '0;
      armed_q <= 1'b0;
      error_q <= 1'b0;
    end else begin
      if (done_tvalid_i && done_tready_o) begin
        counted_q <= 1'b1;
        count_q <= done_tdata_i;
      end
      if (writes_tvalid_i) written_q <= written_q + 24'd1;
      // Until this command's first request the reader still shows an error of the request before.
      if (card_read_valid_o && card_read_ready_i) armed_q <= 1'b1;
      if (armed_q && card_read_error_i) error_q <= 1'b1;
    end
  end

  // ---- Writes -------------------------------------------------------------------------------------------------------

  assign writes_tready_o = 1'b1;
  assign vector_write_o = writes_tvalid_i;
  assign vector_write_bank_o = writes_tdata_i[1:0];
  assign vector_write_line_o = {20'b0, writes_tdata_i[13:2]};
  assign vector_write_data_o = writes_tdata_i[1037:14];

  // ---- Ranges: requested from card memory at once, and queued in their order ---------------------------------------

  logic asks_card, queue_ready, range_valid, range_ends;
  logic [50:0] range;
  logic [$clog2(RangeDepth):0] held;

  assign asks_card = ranges_tdata_i[0];
  assign ranges_tready_o = queue_ready && (!asks_card || card_read_ready_i);
  assign card_read_valid_o = ranges_tvalid_i && asks_card && queue_ready;
  assign card_read_line_o = ranges_tdata_i[34:3];
  assign card_read_count_o = {16'b0, ranges_tdata_i[50:35]};

  stream_fifo #(.Width(51), .Depth(RangeDepth), .Direct(1'b1)) u_ranges (
    .clk_i, .rst_ni,
    .in_valid_i(ranges_tvalid_i && (!asks_card || card_read_ready_i)), .in_ready_o(queue_ready),
    .in_data_i(ranges_tdata_i),
    .out_valid_o(range_valid), .out_ready_i(range_ends), .out_data_o(range), .count_o(held)
  );

  // ---- Lines: of the oldest range, one by one -----------------------------------------------------------------------

  logic [15:0] offset_q;
  logic of_card, shown_q, read, take;  // shown_q: vector memory's output register holds the next line
  logic [1:0] bank_q;

  assign of_card = range[0];
  assign read = range_valid && !of_card && (!shown_q || lines_tready_i);
  assign card_data_ready_o = range_valid && of_card && !shown_q && lines_tready_i;
  assign take = card_data_ready_o && card_data_valid_i;
  assign range_ends = (read || take) && offset_q + 16'd1 == range[50:35];

  assign vector_read_o = read;
  assign vector_read_line_o = range[34:3] + {16'b0, offset_q};
  assign lines_tvalid_o = shown_q || (range_valid && of_card && card_data_valid_i);
  assign lines_tdata_o = shown_q ? vector_data_i[1024*bank_q +: 1024] : card_data_i;
  assign progress_o = busy_q && (!range_valid || !of_card || shown_q || card_data_valid_i);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      shown_q <= 1'b0;
      offset_q <= '0;
    end else begin
      shown_q <= read || (shown_q && !lines_tready_i);
      if (range_ends) offset_q <= '0;
      else if (read || take) offset_q <= offset_q + 16'd1;
    end
  end

  always_ff @(posedge clk_i) if (read) bank_q <= range[2:1];

  logic unused;
  assign unused = &{1'b0, held, writes_tdata_i[1038]};

`ifndef SYNTHESIS
  logic checked_q;
  initial checked_q = 1'b0;
  always_ff @(posedge clk_i) if (!rst_ni) checked_q <= 1'b1;
  start_while_idle : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q) start_i |-> !busy_q);
  range_not_empty : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      ranges_tvalid_i |-> ranges_tdata_i[50:35] != '0);
  nothing_when_idle : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      !busy_q |-> !writes_tvalid_i && !ranges_tvalid_i && !range_valid);
  writes_as_counted : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      counted_q && busy_q |-> written_q <= count_q);
  last_is_last : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      counted_q && writes_tvalid_i |-> writes_tdata_i[1038] == (written_q + 24'd1 == count_q));
  lines_hold : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      lines_tvalid_o && !lines_tready_i |=> lines_tvalid_o && $stable(lines_tdata_o));
`endif

endmodule
