// The units behind the seam 'vector memory + unit command': vector kernel, router kernel and behavioural unit.
//
// Purpose: gives a command to the unit that executes its opcode and joins their ports. sluice_vector (quantise, norm,
//   rope, activation, combine, bias) and sluice_router (route) are RTL that sluice-hls makes of hls/vector and
//   hls/router; kernel_port moves their lines. KV append and attend are the behavioural unit's.
// Seam: a pulse on start_i takes the command, which holds until done_o (or, with compose_i, an opcode and its operand
//   alone, which need not hold); busy_o until a pulse on done_o. modelled_o: busy, and with what is not RTL yet.
// Latency: that of the unit. A kernel without a command has no clock edges, so that it costs no power and a simulator no
//   time.
// Errors: bus_error_o with done_o when a card-memory access was answered with an error. Reset: control only.
module compute_units (
  input  logic          clk_i,
  input  logic          rst_ni,

  input  logic          start_i,
  input  logic [4095:0] command_i,       // a slot of a command ring
  input  logic          compose_i,       // run opcode_i with operand_i instead
  input  logic [15:0]   opcode_i,        // activation or bias
  input  logic [383:0]  operand_i,       // words 0..11 of its operand
  output logic          busy_o,
  output logic          modelled_o,
  output logic          done_o,
  output logic          bus_error_o,
  output logic          progress_o,      // not merely waiting for card memory

  output logic          vector_read_o,   // the same line of all banks; data after one cycle
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
  input  logic          card_read_error_i,   // level, from the line on until the next request is accepted

  output logic          card_write_valid_o,
  input  logic          card_write_ready_i,
  output logic [31:0]   card_write_line_o,
  output logic [1023:0] card_write_data_o,
  input  logic          card_write_idle_i,   // every accepted write has been answered
  input  logic          card_write_error_i
);

  logic [15:0] opcode;
  logic to_behavioural, to_router;

  assign opcode = compose_i ? opcode_i : command_i[15:0];
  assign to_behavioural = opcode == sluice_pkg::OpcodeKvAppend || opcode == sluice_pkg::OpcodeAttend;
  assign to_router = opcode == sluice_pkg::OpcodeRoute;

  // ---- The command for the kernels: a composed one is the operand alone, without header and tokens --------------------

  logic composed_q, router_q;
  logic [15:0] opcode_q;
  logic [383:0] operand_q;
  logic [4095:0] composed, slot;

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      composed_q <= compose_i;
      router_q <= to_router;
      opcode_q <= opcode_i;
      operand_q <= operand_i;
    end
  end

  always_comb begin
    composed = '0;
    composed[15:0] = opcode_q;
    composed[sluice_pkg::CommandOperandBit +: 384] = operand_q;
  end
  assign slot = composed_q ? composed : command_i;

  // ---- The kernels: one port, which the kernel at work uses ----------------------------------------------------------

  logic port_busy, port_done, port_error, port_progress;
  logic [4095:0] command;
  logic command_valid, command_ready, ranges_valid, ranges_ready, lines_valid, lines_ready, writes_valid, writes_ready;
  logic count_valid, count_ready;
  logic [50:0] ranges;
  logic [1023:0] lines;
  logic [1038:0] writes;
  logic [23:0] count;
  logic port_read, port_write, port_card_read, port_card_ready;
  logic [31:0] port_read_line, port_write_line, port_card_line, port_card_count;
  logic [1:0] port_write_bank;
  logic [1023:0] port_write_data;

  kernel_port u_port (
    .clk_i, .rst_ni,
    .start_i(start_i && !to_behavioural), .command_i(slot), .busy_o(port_busy), .done_o(port_done),
    .bus_error_o(port_error), .progress_o(port_progress),
    .command_tdata_o(command), .command_tvalid_o(command_valid), .command_tready_i(command_ready),
    .ranges_tdata_i(ranges), .ranges_tvalid_i(ranges_valid), .ranges_tready_o(ranges_ready),
    .lines_tdata_o(lines), .lines_tvalid_o(lines_valid), .lines_tready_i(lines_ready),
    .writes_tdata_i(writes), .writes_tvalid_i(writes_valid), .writes_tready_o(writes_ready),
    .done_tdata_i(count), .done_tvalid_i(count_valid), .done_tready_o(count_ready),
    .vector_read_o(port_read), .vector_read_line_o(port_read_line), .vector_data_i,
    .vector_write_o(port_write), .vector_write_bank_o(port_write_bank), .vector_write_line_o(port_write_line),
    .vector_write_data_o(port_write_data),
    .card_read_valid_o(port_card_read), .card_read_ready_i, .card_read_line_o(port_card_line),
    .card_read_count_o(port_card_count), .card_data_valid_i(card_data_valid_i && port_busy),
    .card_data_ready_o(port_card_ready), .card_data_i, .card_read_error_i
  );

  // The kernels' clocks and their reset, a cycle later than the card's, which lets the clocks run.
  logic rst_q, vector_clk, router_clk;

  always_ff @(posedge clk_i) rst_q <= rst_ni;
  clock_gate u_vector_clock (.clk_i, .on_i(!rst_q || (port_busy && !router_q)), .clk_o(vector_clk));
  clock_gate u_router_clock (.clk_i, .on_i(!rst_q || (port_busy && router_q)), .clk_o(router_clk));

  logic vector_command_ready, vector_ranges_valid, vector_lines_ready, vector_writes_valid, vector_count_valid;
  logic [50:0] vector_ranges;
  logic [1038:0] vector_writes;
  logic [23:0] vector_count;

  sluice_vector u_vector (
    .clk_i(vector_clk), .rst_ni(rst_q),
    .command_tdata_i(command), .command_tvalid_i(command_valid && !router_q),
    .command_tready_o(vector_command_ready),
    .ranges_tdata_o(vector_ranges), .ranges_tvalid_o(vector_ranges_valid),
    .ranges_tready_i(ranges_ready && !router_q),
    .lines_tdata_i(lines), .lines_tvalid_i(lines_valid && !router_q), .lines_tready_o(vector_lines_ready),
    .writes_tdata_o(vector_writes), .writes_tvalid_o(vector_writes_valid),
    .writes_tready_i(writes_ready && !router_q),
    .done_tdata_o(vector_count), .done_tvalid_o(vector_count_valid), .done_tready_i(count_ready && !router_q)
  );

  logic router_command_ready, router_ranges_valid, router_lines_ready, router_writes_valid, router_count_valid;
  logic [50:0] router_ranges;
  logic [1038:0] router_writes;
  logic [23:0] router_count;

  sluice_router u_router (
    .clk_i(router_clk), .rst_ni(rst_q),
    .command_tdata_i(command), .command_tvalid_i(command_valid && router_q),
    .command_tready_o(router_command_ready),
    .ranges_tdata_o(router_ranges), .ranges_tvalid_o(router_ranges_valid), .ranges_tready_i(ranges_ready && router_q),
    .lines_tdata_i(lines), .lines_tvalid_i(lines_valid && router_q), .lines_tready_o(router_lines_ready),
    .writes_tdata_o(router_writes), .writes_tvalid_o(router_writes_valid), .writes_tready_i(writes_ready && router_q),
    .done_tdata_o(router_count), .done_tvalid_o(router_count_valid), .done_tready_i(count_ready && router_q)
  );

  assign command_ready = router_q ? router_command_ready : vector_command_ready;
  assign ranges = router_q ? router_ranges : vector_ranges;
  assign ranges_valid = router_q ? router_ranges_valid : vector_ranges_valid;
  assign lines_ready = router_q ? router_lines_ready : vector_lines_ready;
  assign writes = router_q ? router_writes : vector_writes;
  assign writes_valid = router_q ? router_writes_valid : vector_writes_valid;
  assign count = router_q ? router_count : vector_count;
  assign count_valid = router_q ? router_count_valid : vector_count_valid;

  // ---- What is not RTL yet -------------------------------------------------------------------------------------------

  logic model_busy, model_done, model_error, model_progress, model_read, model_write, model_card_read;
  logic [31:0] model_read_line, model_write_line, model_card_line, model_card_count;
  logic [1:0] model_write_bank;
  logic [1023:0] model_write_data;

  behavioural_unit u_behavioural (
    .clk_i, .rst_ni,
    .start_i(start_i && to_behavioural), .command_i, .busy_o(model_busy), .done_o(model_done),
    .bus_error_o(model_error), .progress_o(model_progress),
    .vector_read_o(model_read), .vector_read_line_o(model_read_line), .vector_data_i,
    .vector_write_o(model_write), .vector_write_bank_o(model_write_bank), .vector_write_line_o(model_write_line),
    .vector_write_data_o(model_write_data),
    .card_read_valid_o(model_card_read), .card_read_ready_i, .card_read_line_o(model_card_line),
    .card_read_count_o(model_card_count), .card_data_valid_i(card_data_valid_i && model_busy), .card_data_i,
    .card_read_error_i,
    .card_write_valid_o, .card_write_ready_i, .card_write_line_o, .card_write_data_o, .card_write_idle_i,
    .card_write_error_i
  );

  // ---- One command at a time, so that nobody has to wait for a port -------------------------------------------------

  assign busy_o = port_busy || model_busy;
  assign modelled_o = model_busy;
  assign done_o = port_done || model_done;
  assign bus_error_o = model_done ? model_error : port_error;
  assign progress_o = port_progress || model_progress;
  assign vector_read_o = port_read || model_read;
  assign vector_read_line_o = model_busy ? model_read_line : port_read_line;
  assign vector_write_o = port_write || model_write;
  assign vector_write_bank_o = model_busy ? model_write_bank : port_write_bank;
  assign vector_write_line_o = model_busy ? model_write_line : port_write_line;
  assign vector_write_data_o = model_busy ? model_write_data : port_write_data;
  assign card_read_valid_o = port_card_read || model_card_read;
  assign card_read_line_o = model_busy ? model_card_line : port_card_line;
  assign card_read_count_o = model_busy ? model_card_count : port_card_count;
  assign card_data_ready_o = model_busy || port_card_ready;

`ifndef SYNTHESIS
  logic checked_q;
  initial checked_q = 1'b0;
  always_ff @(posedge clk_i) if (!rst_ni) checked_q <= 1'b1;
  one_at_a_time : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q) !(port_busy && model_busy));
`endif

endmodule
