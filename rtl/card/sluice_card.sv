// The Sluice card: command queues, DMA, matrix engine, vector memory and units between a host link and card memory.
//
// Purpose: everything of docs/device.md. rtl/README.md has the block diagram.
// Ports: AXI4-Lite registers; Channels AXI4 masters of 256 bits (channel c at bit c * width of each vector); one AXI4
//   master of 512 bits to host memory (INCR, full width, no burst over a 4 KiB boundary, at most 16 reads outstanding,
//   each with an id of its own, a burst's write data offered only when all of it is at hand); an interrupt pulse for a
//   completion that asks for it.
// Clock, reset: one clock; rst_ni low for at least one cycle, sampled synchronously; resets control only.

module sluice_card #(
  parameter int unsigned Channels = 4,        // a line is one beat of each: 4 with channels of 256 bits
  parameter int unsigned VectorLines = 4096,  // a bank, a power of two
  parameter int unsigned MemoryMib = 256      // all channels together
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,

  // Registers: AXI4-Lite slave, 32 bits.
  input  logic                     axil_awvalid_i,
  output logic                     axil_awready_o,
  input  logic [15:0]              axil_awaddr_i,
  input  logic                     axil_wvalid_i,
  output logic                     axil_wready_o,
  input  logic [31:0]              axil_wdata_i,
  input  logic [3:0]               axil_wstrb_i,
  output logic                     axil_bvalid_o,
  input  logic                     axil_bready_i,
  output logic [1:0]               axil_bresp_o,
  input  logic                     axil_arvalid_i,
  output logic                     axil_arready_o,
  input  logic [15:0]              axil_araddr_i,
  output logic                     axil_rvalid_o,
  input  logic                     axil_rready_i,
  output logic [31:0]              axil_rdata_o,
  output logic [1:0]               axil_rresp_o,

  // Card memory: Channels AXI4 masters, 256 bits each.
  output logic [Channels-1:0]      mem_awvalid_o,
  input  logic [Channels-1:0]      mem_awready_i,
  output logic [Channels*4-1:0]    mem_awid_o,
  output logic [Channels*40-1:0]   mem_awaddr_o,
  output logic [Channels*8-1:0]    mem_awlen_o,
  output logic [Channels*3-1:0]    mem_awsize_o,
  output logic [Channels*2-1:0]    mem_awburst_o,
  output logic [Channels-1:0]      mem_wvalid_o,
  input  logic [Channels-1:0]      mem_wready_i,
  output logic [Channels*256-1:0]  mem_wdata_o,
  output logic [Channels*32-1:0]   mem_wstrb_o,
  output logic [Channels-1:0]      mem_wlast_o,
  input  logic [Channels-1:0]      mem_bvalid_i,
  output logic [Channels-1:0]      mem_bready_o,
  input  logic [Channels*4-1:0]    mem_bid_i,
  input  logic [Channels*2-1:0]    mem_bresp_i,
  output logic [Channels-1:0]      mem_arvalid_o,
  input  logic [Channels-1:0]      mem_arready_i,
  output logic [Channels*4-1:0]    mem_arid_o,
  output logic [Channels*40-1:0]   mem_araddr_o,
  output logic [Channels*8-1:0]    mem_arlen_o,
  output logic [Channels*3-1:0]    mem_arsize_o,
  output logic [Channels*2-1:0]    mem_arburst_o,
  input  logic [Channels-1:0]      mem_rvalid_i,
  output logic [Channels-1:0]      mem_rready_o,
  input  logic [Channels*4-1:0]    mem_rid_i,
  input  logic [Channels*256-1:0]  mem_rdata_i,
  input  logic [Channels*2-1:0]    mem_rresp_i,
  input  logic [Channels-1:0]      mem_rlast_i,

  // Host memory: AXI4 master, 512 bits.
  output logic                     host_awvalid_o,
  input  logic                     host_awready_i,
  output logic [3:0]               host_awid_o,
  output logic [63:0]              host_awaddr_o,
  output logic [7:0]               host_awlen_o,
  output logic [2:0]               host_awsize_o,
  output logic [1:0]               host_awburst_o,
  output logic                     host_wvalid_o,
  input  logic                     host_wready_i,
  output logic [511:0]             host_wdata_o,
  output logic [63:0]              host_wstrb_o,
  output logic                     host_wlast_o,
  input  logic                     host_bvalid_i,
  output logic                     host_bready_o,
  input  logic [3:0]               host_bid_i,
  input  logic [1:0]               host_bresp_i,
  output logic                     host_arvalid_o,
  input  logic                     host_arready_i,
  output logic [3:0]               host_arid_o,
  output logic [63:0]              host_araddr_o,
  output logic [7:0]               host_arlen_o,
  output logic [2:0]               host_arsize_o,
  output logic [1:0]               host_arburst_o,
  input  logic                     host_rvalid_i,
  output logic                     host_rready_o,
  input  logic [3:0]               host_rid_i,
  input  logic [511:0]             host_rdata_i,
  input  logic [1:0]               host_rresp_i,
  input  logic                     host_rlast_i,

  output logic                     irq_o
);

  if (Channels != 4) begin : gen_channels_illegal
    $fatal(1, "sluice_card: channels of 256 bits must be 4");
  end

  localparam longint unsigned MemoryLines = 64'(MemoryMib) * 64'd8192;
  localparam int unsigned WeightsPerCycle = 128;

  // ---- Registers, counters, semaphores, soft reset ----------------------------------------------------------------

  logic enable, reset_request, resetting_q, clear, interrupt_enable;
  logic [1:0] stopped, ended, quiet, interrupt;
  logic [127:0] ring_base, completion_base;
  logic [9:0] ring_size, completion_size;
  logic [63:0] ring_tail, ring_head;
  logic [64*12-1:0] counters;

  command_registers #(
    .Channels(Channels), .VectorLines(VectorLines), .MemoryMib(MemoryMib), .WeightsPerCycle(WeightsPerCycle)
  ) u_registers (
    .clk_i, .rst_ni,
    .axil_awvalid_i, .axil_awready_o, .axil_awaddr_i, .axil_wvalid_i, .axil_wready_o, .axil_wdata_i, .axil_wstrb_i,
    .axil_bvalid_o, .axil_bready_i, .axil_bresp_o, .axil_arvalid_i, .axil_arready_o, .axil_araddr_i, .axil_rvalid_o,
    .axil_rready_i, .axil_rdata_o, .axil_rresp_o,
    .enable_o(enable), .reset_request_o(reset_request), .reset_busy_i(reset_request || resetting_q), .clear_i(clear),
    .interrupt_enable_o(interrupt_enable), .stopped_i(stopped),
    .ring_base_o(ring_base), .ring_size_log2_o(ring_size), .ring_tail_o(ring_tail), .ring_head_i(ring_head),
    .completion_base_o(completion_base), .completion_size_log2_o(completion_size), .counters_i(counters)
  );

  // Soft reset: what is under way ends first, since AXI has no way to call it back; then everything is cleared at once.
  assign clear = resetting_q && quiet == 2'b11;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear) resetting_q <= 1'b0;
    else if (reset_request) resetting_q <= 1'b1;
  end

  assign irq_o = interrupt_enable && interrupt != '0;

  logic [9:0] wait_index, signal_index;
  logic [63:0] wait_value, signal_value;
  logic [1:0] wait_passed, signal;

  semaphores u_semaphores (
    .clk_i, .rst_ni, .clear_i(clear),
    .wait_index_i(wait_index), .wait_value_i(wait_value), .passed_o(wait_passed),
    .signal_i(signal), .signal_index_i(signal_index), .signal_value_i(signal_value)
  );

  // ---- Host link: clients 0 and 1 the queues, 2 the vector mover, 3 the DMA engine ---------------------------------

  logic [3:0] host_read_request, host_read_ready, host_read_valid;
  logic [255:0] host_read_address, host_write_address;
  logic [31:0] host_read_length, host_write_length;
  logic [35:0] host_read_slot;
  logic [8:0] host_read_data_slot;
  logic [511:0] host_read_data;
  logic host_read_error, host_write_error;
  logic [3:0] host_write_request, host_write_take, host_write_answer;
  logic [511:0] completion_data_load, completion_data_compute, mover_host_data, dma_host_data;

  host_read_mux #(.Clients(4)) u_host_read_mux (
    .clk_i, .rst_ni,
    .request_i(host_read_request), .ready_o(host_read_ready), .address_i(host_read_address),
    .length_i(host_read_length), .slot_i(host_read_slot), .data_valid_o(host_read_valid),
    .data_slot_o(host_read_data_slot), .data_o(host_read_data),
    .data_error_o(host_read_error),
    .arvalid_o(host_arvalid_o), .arready_i(host_arready_i), .arid_o(host_arid_o), .araddr_o(host_araddr_o),
    .arlen_o(host_arlen_o), .rvalid_i(host_rvalid_i), .rready_o(host_rready_o), .rid_i(host_rid_i),
    .rdata_i(host_rdata_i), .rresp_i(host_rresp_i), .rlast_i(host_rlast_i)
  );

  host_write_mux u_host_write_mux (
    .clk_i, .rst_ni,
    .request_i(host_write_request), .address_i(host_write_address), .length_i(host_write_length),
    .data0_i(completion_data_load), .data1_i(completion_data_compute), .data2_i(mover_host_data),
    .data3_i(dma_host_data), .take_o(host_write_take), .answer_o(host_write_answer),
    .answer_error_o(host_write_error),
    .awvalid_o(host_awvalid_o), .awready_i(host_awready_i), .awid_o(host_awid_o), .awaddr_o(host_awaddr_o),
    .awlen_o(host_awlen_o), .wvalid_o(host_wvalid_o), .wready_i(host_wready_i), .wdata_o(host_wdata_o),
    .wlast_o(host_wlast_o), .bvalid_i(host_bvalid_i), .bready_o(host_bready_o), .bid_i(host_bid_i),
    .bresp_i(host_bresp_i)
  );

  assign host_arsize_o = 3'd6;
  assign host_awsize_o = 3'd6;
  assign host_arburst_o = 2'b01;
  assign host_awburst_o = 2'b01;
  assign host_wstrb_o = '1;
  assign host_read_length[15:0] = {2{8'd7}};
  assign host_write_length[15:0] = {2{8'd0}};

  // ---- Queues -----------------------------------------------------------------------------------------------------

  logic [1:0] start, done, progress;
  logic [8191:0] command;
  logic [7:0] fault;
  logic [63:0] detail;

  for (genvar q = 0; q < 2; q++) begin : gen_queue
    logic [511:0] completion_data;
    command_queue #(.Queue(q == 1), .MemoryLines(MemoryLines)) u_queue (
      .clk_i, .rst_ni,
      .enable_i(enable), .hold_i(resetting_q), .clear_i(clear), .quiet_o(quiet[q]), .stopped_o(stopped[q]),
      .ended_o(ended[q]), .head_o(ring_head[32*q +: 32]),
      .ring_base_i(ring_base[64*q +: 64]), .ring_size_log2_i(ring_size[5*q +: 5]),
      .ring_tail_i(ring_tail[32*q +: 32]), .completion_base_i(completion_base[64*q +: 64]),
      .completion_size_log2_i(completion_size[5*q +: 5]),
      .cycle_i(counters[64*sluice_pkg::CounterCycles +: 64]),
      .wait_index_o(wait_index[5*q +: 5]), .wait_value_o(wait_value[32*q +: 32]), .wait_passed_i(wait_passed[q]),
      .signal_o(signal[q]), .signal_index_o(signal_index[5*q +: 5]), .signal_value_o(signal_value[32*q +: 32]),
      .start_o(start[q]), .command_o(command[4096*q +: 4096]), .done_i(done[q]), .fault_i(fault[4*q +: 4]),
      .detail_i(detail[32*q +: 32]), .progress_i(progress[q]),
      .read_valid_o(host_read_request[q]), .read_ready_i(host_read_ready[q]),
      .read_address_o(host_read_address[64*q +: 64]), .read_slot_o(host_read_slot[9*q +: 9]),
      .read_data_valid_i(host_read_valid[q]), .read_data_slot_i(host_read_data_slot),
      .read_data_i(host_read_data), .read_error_i(host_read_error),
      .write_valid_o(host_write_request[q]), .write_ready_i(host_write_take[q]),
      .write_address_o(host_write_address[64*q +: 64]), .write_data_o(completion_data),
      .write_answer_i(host_write_answer[q]), .write_error_i(host_write_error), .interrupt_o(interrupt[q])
    );
  end

  assign completion_data_load = gen_queue[0].completion_data;
  assign completion_data_compute = gen_queue[1].completion_data;

  // ---- Load queue: DMA engine and slot table ------------------------------------------------------------------------

  logic dma_start, dma_store, dma_done, dma_bus_error, dma_progress;
  logic [63:0] dma_host_address;
  logic [31:0] dma_card_line;
  logic [24:0] dma_beats;
  logic slot_update, slot_publish, slot_done, slot_full;
  logic [7:0] slot_layer, lookup_layer;
  logic [8:0] slot_expert, lookup_expert;
  logic [111:0] slot_payload, lookup_payload;
  logic lookup, lookup_done, lookup_found;

  load_dispatch u_load (
    .clk_i, .rst_ni,
    .start_i(start[0]), .command_i(command[4095:0]), .done_o(done[0]), .fault_o(fault[3:0]), .detail_o(detail[31:0]),
    .progress_o(progress[0]),
    .dma_start_o(dma_start), .dma_store_o(dma_store), .dma_host_address_o(dma_host_address),
    .dma_card_line_o(dma_card_line), .dma_beats_o(dma_beats), .dma_done_i(dma_done), .dma_bus_error_i(dma_bus_error),
    .dma_progress_i(dma_progress),
    .slot_update_o(slot_update), .slot_publish_o(slot_publish), .slot_layer_o(slot_layer),
    .slot_expert_o(slot_expert), .slot_payload_o(slot_payload), .slot_done_i(slot_done), .slot_full_i(slot_full)
  );

  slot_table #(.Slots(sluice_pkg::MaxSlots), .PayloadWidth(112)) u_slots (
    .clk_i, .rst_ni, .clear_i(clear),
    .update_i(slot_update), .update_publish_i(slot_publish), .update_layer_i(slot_layer),
    .update_expert_i(slot_expert), .update_payload_i(slot_payload), .update_done_o(slot_done),
    .update_full_o(slot_full),
    .lookup_i(lookup), .lookup_layer_i(lookup_layer), .lookup_expert_i(lookup_expert), .lookup_done_o(lookup_done),
    .lookup_found_o(lookup_found), .lookup_payload_o(lookup_payload)
  );

  // Card memory as its clients see it: reads of the compute queue (0: weights and the unit's lines) and of the DMA
  // engine (1), writes of the unit (0) and the DMA engine (1). Per client, channel c at c * width.
  logic [Channels-1:0] compute_arvalid, compute_arready, compute_rvalid, compute_rready;
  logic [Channels-1:0] dma_arvalid, dma_arready, dma_rvalid, dma_rready;
  logic [Channels*40-1:0] compute_araddr, dma_araddr, unit_awaddr, dma_awaddr;
  logic [Channels*8-1:0] compute_arlen, dma_arlen, unit_awlen, dma_awlen;
  logic [Channels-1:0] unit_awvalid, unit_awready, unit_wvalid, unit_wready, unit_wlast, unit_bvalid, unit_bready;
  logic [Channels-1:0] dma_awvalid, dma_awready, dma_wvalid, dma_wready, dma_wlast, dma_bvalid, dma_bready;
  logic [Channels*256-1:0] unit_wdata, dma_wdata;

  dma_engine #(.Channels(Channels)) u_dma (
    .clk_i, .rst_ni,
    .start_i(dma_start), .store_i(dma_store), .host_address_i(dma_host_address), .card_line_i(dma_card_line),
    .beats_i(dma_beats), .done_o(dma_done), .bus_error_o(dma_bus_error), .progress_o(dma_progress),
    .read_request_o(host_read_request[3]), .read_ready_i(host_read_ready[3]),
    .read_address_o(host_read_address[255:192]), .read_length_o(host_read_length[31:24]),
    .read_slot_o(host_read_slot[35:27]), .read_valid_i(host_read_valid[3]), .read_slot_i(host_read_data_slot),
    .read_data_i(host_read_data), .read_error_i(host_read_error),
    .write_request_o(host_write_request[3]), .write_address_o(host_write_address[255:192]),
    .write_length_o(host_write_length[31:24]), .write_data_o(dma_host_data),
    .write_take_i(host_write_take[3]), .write_answer_i(host_write_answer[3]), .write_error_i(host_write_error),
    .ar_valid_o(dma_arvalid), .ar_ready_i(dma_arready), .ar_addr_o(dma_araddr), .ar_len_o(dma_arlen),
    .r_valid_i(dma_rvalid), .r_ready_o(dma_rready), .r_data_i(mem_rdata_i), .r_resp_i(mem_rresp_i),
    .r_last_i(mem_rlast_i),
    .aw_valid_o(dma_awvalid), .aw_ready_i(dma_awready), .aw_addr_o(dma_awaddr), .aw_len_o(dma_awlen),
    .w_valid_o(dma_wvalid), .w_ready_i(dma_wready), .w_data_o(dma_wdata), .w_last_o(dma_wlast),
    .b_valid_i(dma_bvalid), .b_ready_o(dma_bready), .b_resp_i(mem_bresp_i)
  );

  // ---- Compute queue ------------------------------------------------------------------------------------------------

  logic mover_start, mover_export, mover_done, mover_bus_error, mover_progress;
  logic [63:0] mover_host_address;
  logic [1:0] mover_bank;
  logic [15:0] mover_line, mover_lines;
  logic engine_valid, engine_ready, engine_done, engine_busy, engine_mac, engine_line, engine_stall;
  logic [3:0] engine_mask;
  logic [1:0] engine_format;
  logic [15:0] engine_row_tiles, engine_groups, engine_input_line, engine_output_elements, engine_scale_bias;
  logic [12:0] engine_blocks, engine_block_offset, engine_block_stride;
  logic [17:0] engine_input_elements;
  logic [63:0] engine_output_line;
  logic [31:0] engine_weight_line;
  logic [7:0] engine_scale_max;
  logic [2:0] engine_lanes;
  logic weight_request, weight_request_ready, weight_valid, weight_ready;
  logic card_request_ready, card_read_error;
  logic [31:0] weight_request_line, weight_request_lines;
  logic [1023:0] card_line;
  logic card_line_valid;
  logic unit_start, unit_compose, unit_busy, unit_modelled, unit_done, unit_bus_error, unit_progress;
  logic [15:0] unit_opcode;
  logic [383:0] unit_operand;
  logic route_read;
  logic [15:0] route_read_line;
  logic [4095:0] vector_data;

  compute_dispatch u_compute (
    .clk_i, .rst_ni,
    .start_i(start[1]), .command_i(command[8191:4096]), .done_o(done[1]), .fault_o(fault[7:4]),
    .detail_o(detail[63:32]), .progress_o(progress[1]),
    .mover_start_o(mover_start), .mover_export_o(mover_export), .mover_host_address_o(mover_host_address),
    .mover_bank_o(mover_bank), .mover_line_o(mover_line), .mover_lines_o(mover_lines), .mover_done_i(mover_done),
    .mover_bus_error_i(mover_bus_error), .mover_progress_i(mover_progress),
    .engine_valid_o(engine_valid), .engine_ready_i(engine_ready), .engine_mask_o(engine_mask),
    .engine_format_o(engine_format), .engine_row_tiles_o(engine_row_tiles), .engine_groups_o(engine_groups),
    .engine_blocks_o(engine_blocks), .engine_block_offset_o(engine_block_offset),
    .engine_block_stride_o(engine_block_stride), .engine_input_line_o(engine_input_line),
    .engine_input_elements_o(engine_input_elements), .engine_output_line_o(engine_output_line),
    .engine_output_elements_o(engine_output_elements), .engine_weight_line_o(engine_weight_line),
    .engine_scale_max_o(engine_scale_max), .engine_scale_bias_o(engine_scale_bias), .engine_done_i(engine_done),
    .engine_progress_i(engine_busy && !engine_stall),
    .weight_request_i(weight_request && weight_request_ready), .weight_error_i(card_read_error),
    .unit_start_o(unit_start), .unit_compose_o(unit_compose), .unit_opcode_o(unit_opcode),
    .unit_operand_o(unit_operand),
    .unit_done_i(unit_done), .unit_bus_error_i(unit_bus_error), .unit_progress_i(unit_progress),
    .route_read_o(route_read), .route_read_line_o(route_read_line), .vector_data_i(vector_data),
    .lookup_o(lookup), .lookup_layer_o(lookup_layer), .lookup_expert_o(lookup_expert), .lookup_done_i(lookup_done),
    .lookup_found_i(lookup_found), .lookup_payload_i(lookup_payload)
  );

  logic mover_read, mover_write;
  logic [15:0] mover_read_line, mover_write_line;
  logic [1:0] mover_write_bank;
  logic [1023:0] mover_write_data;

  vector_mover u_mover (
    .clk_i, .rst_ni,
    .start_i(mover_start), .export_i(mover_export), .host_address_i(mover_host_address), .bank_i(mover_bank),
    .line_i(mover_line), .lines_i(mover_lines), .done_o(mover_done), .bus_error_o(mover_bus_error),
    .progress_o(mover_progress),
    .read_request_o(host_read_request[2]), .read_ready_i(host_read_ready[2]),
    .read_address_o(host_read_address[191:128]), .read_length_o(host_read_length[23:16]),
    .read_slot_o(host_read_slot[26:18]), .read_valid_i(host_read_valid[2]), .read_slot_i(host_read_data_slot),
    .read_data_i(host_read_data), .read_error_i(host_read_error),
    .write_request_o(host_write_request[2]), .write_address_o(host_write_address[191:128]),
    .write_length_o(host_write_length[23:16]), .write_data_o(mover_host_data),
    .write_take_i(host_write_take[2]), .write_answer_i(host_write_answer[2]), .write_error_i(host_write_error),
    .vector_read_o(mover_read), .vector_read_line_o(mover_read_line), .vector_data_i(vector_data),
    .vector_write_o(mover_write), .vector_write_bank_o(mover_write_bank), .vector_write_line_o(mover_write_line),
    .vector_write_data_o(mover_write_data)
  );

  logic engine_read;
  logic [15:0] engine_read_line;
  logic [3:0] engine_write;
  logic [63:0] engine_write_line;
  logic [4095:0] engine_write_data;

  matrix_engine #(.MaxRows(sluice_pkg::MaxRows)) u_engine (
    .clk_i, .rst_ni,
    .cmd_valid_i(engine_valid), .cmd_ready_o(engine_ready), .cmd_mask_i(engine_mask), .cmd_format_i(engine_format),
    .cmd_row_tiles_i(engine_row_tiles), .cmd_groups_i(engine_groups), .cmd_blocks_i(engine_blocks),
    .cmd_block_offset_i(engine_block_offset), .cmd_block_stride_i(engine_block_stride),
    .cmd_input_line_i(engine_input_line), .cmd_input_elements_i(engine_input_elements),
    .cmd_output_line_i(engine_output_line), .cmd_output_elements_i(engine_output_elements),
    .cmd_weight_line_i(engine_weight_line), .cmd_scale_max_i(engine_scale_max),
    .cmd_scale_bias_i(engine_scale_bias), .done_o(engine_done),
    .vm_re_o(engine_read), .vm_raddr_o(engine_read_line), .vm_rdata_i(vector_data), .vm_we_o(engine_write),
    .vm_waddr_o(engine_write_line), .vm_wdata_o(engine_write_data),
    .wreq_valid_o(weight_request), .wreq_ready_i(weight_request_ready), .wreq_line_o(weight_request_line),
    .wreq_lines_o(weight_request_lines), .wdata_valid_i(weight_valid), .wdata_ready_o(weight_ready),
    .wdata_i(card_line),
    .busy_o(engine_busy), .mac_o(engine_mac), .mac_lanes_o(engine_lanes), .line_o(engine_line),
    .stall_memory_o(engine_stall)
  );

  logic unit_read, unit_write;
  logic [31:0] unit_read_line, unit_write_line;
  logic [1:0] unit_write_bank;
  logic [1023:0] unit_write_data;
  logic card_read, card_read_ready, card_read_valid, card_data_ready;
  logic [31:0] card_read_line, card_read_count, card_write_line;
  logic [1023:0] card_write_data;
  logic card_write, card_write_ready, card_write_idle, card_write_error;

  compute_units u_units (
    .clk_i, .rst_ni,
    .start_i(unit_start), .command_i(command[8191:4096]), .compose_i(unit_compose), .opcode_i(unit_opcode),
    .operand_i(unit_operand),
    .busy_o(unit_busy), .modelled_o(unit_modelled), .done_o(unit_done), .bus_error_o(unit_bus_error),
    .progress_o(unit_progress),
    .vector_read_o(unit_read), .vector_read_line_o(unit_read_line), .vector_data_i(vector_data),
    .vector_write_o(unit_write), .vector_write_bank_o(unit_write_bank), .vector_write_line_o(unit_write_line),
    .vector_write_data_o(unit_write_data),
    .card_read_valid_o(card_read), .card_read_ready_i(card_read_ready), .card_read_line_o(card_read_line),
    .card_read_count_o(card_read_count), .card_data_valid_i(card_read_valid), .card_data_ready_o(card_data_ready),
    .card_data_i(card_line), .card_read_error_i(card_read_error),
    .card_write_valid_o(card_write), .card_write_ready_i(card_write_ready), .card_write_line_o(card_write_line),
    .card_write_data_o(card_write_data), .card_write_idle_i(card_write_idle), .card_write_error_i(card_write_error)
  );

  // One reader serves engine and units: compute commands run one at a time, and an experts command uses them in turn.
  assign weight_request_ready = card_request_ready && !unit_busy;
  assign card_read_ready = card_request_ready && unit_busy;
  assign weight_valid = card_line_valid && !unit_busy;
  assign card_read_valid = card_line_valid && unit_busy;

  stripe_reader #(.Channels(Channels)) u_compute_reader (
    .clk_i, .rst_ni,
    .req_valid_i(unit_busy ? card_read : weight_request), .req_ready_o(card_request_ready),
    .req_line_i(unit_busy ? card_read_line : weight_request_line),
    .req_lines_i(unit_busy ? card_read_count : weight_request_lines),
    .line_valid_o(card_line_valid), .line_ready_i(unit_busy ? card_data_ready : weight_ready), .line_data_o(card_line),
    .error_o(card_read_error),
    .ar_valid_o(compute_arvalid), .ar_ready_i(compute_arready), .ar_addr_o(compute_araddr), .ar_len_o(compute_arlen),
    .r_valid_i(compute_rvalid), .r_ready_o(compute_rready), .r_data_i(mem_rdata_i), .r_resp_i(mem_rresp_i),
    .r_last_i(mem_rlast_i)
  );

  line_writer #(.Channels(Channels)) u_unit_writer (
    .clk_i, .rst_ni,
    .valid_i(card_write), .ready_o(card_write_ready), .line_i(card_write_line), .data_i(card_write_data),
    .idle_o(card_write_idle), .error_o(card_write_error),
    .aw_valid_o(unit_awvalid), .aw_ready_i(unit_awready), .aw_addr_o(unit_awaddr), .aw_len_o(unit_awlen),
    .w_valid_o(unit_wvalid), .w_ready_i(unit_wready), .w_data_o(unit_wdata), .w_last_o(unit_wlast),
    .b_valid_i(unit_bvalid), .b_ready_o(unit_bready), .b_resp_i(mem_bresp_i)
  );

  vector_memory #(.Lines(VectorLines)) u_vector_memory (
    .clk_i,
    .engine_read_i(engine_read), .engine_read_line_i(engine_read_line), .engine_write_i(engine_write),
    .engine_write_line_i(engine_write_line), .engine_write_data_i(engine_write_data),
    .unit_read_i(unit_read), .unit_read_line_i(unit_read_line[15:0]), .unit_write_i(unit_write),
    .unit_write_bank_i(unit_write_bank), .unit_write_line_i(unit_write_line[15:0]),
    .unit_write_data_i(unit_write_data),
    .mover_read_i(mover_read), .mover_read_line_i(mover_read_line), .mover_write_i(mover_write),
    .mover_write_bank_i(mover_write_bank), .mover_write_line_i(mover_write_line),
    .mover_write_data_i(mover_write_data),
    .route_read_i(route_read), .route_read_line_i(route_read_line), .read_data_o(vector_data)
  );

  // ---- Card memory --------------------------------------------------------------------------------------------------

  for (genvar c = 0; c < Channels; c++) begin : gen_channel
    logic [255:0] rdata;
    logic [1:0] rresp, bresp;
    logic arid, awid, rlast;

    axi_read_mux #(.Clients(2), .DataBits(256)) u_read_mux (
      .clk_i, .rst_ni,
      .c_ar_valid_i({dma_arvalid[c], compute_arvalid[c]}),
      .c_ar_ready_o({dma_arready[c], compute_arready[c]}),
      .c_ar_addr_i({dma_araddr[40*c +: 40], compute_araddr[40*c +: 40]}),
      .c_ar_len_i({dma_arlen[8*c +: 8], compute_arlen[8*c +: 8]}),
      .c_r_valid_o({dma_rvalid[c], compute_rvalid[c]}),
      .c_r_ready_i({dma_rready[c], compute_rready[c]}),
      .c_r_data_o(rdata), .c_r_resp_o(rresp), .c_r_last_o(rlast),
      .ar_valid_o(mem_arvalid_o[c]), .ar_ready_i(mem_arready_i[c]), .ar_id_o(arid),
      .ar_addr_o(mem_araddr_o[40*c +: 40]), .ar_len_o(mem_arlen_o[8*c +: 8]),
      .r_valid_i(mem_rvalid_i[c]), .r_ready_o(mem_rready_o[c]), .r_id_i(mem_rid_i[4*c]),
      .r_data_i(mem_rdata_i[256*c +: 256]), .r_resp_i(mem_rresp_i[2*c +: 2]), .r_last_i(mem_rlast_i[c])
    );

    axi_write_mux #(.Clients(2), .DataBits(256)) u_write_mux (
      .clk_i, .rst_ni,
      .c_aw_valid_i({dma_awvalid[c], unit_awvalid[c]}), .c_aw_ready_o({dma_awready[c], unit_awready[c]}),
      .c_aw_addr_i({dma_awaddr[40*c +: 40], unit_awaddr[40*c +: 40]}),
      .c_aw_len_i({dma_awlen[8*c +: 8], unit_awlen[8*c +: 8]}),
      .c_w_valid_i({dma_wvalid[c], unit_wvalid[c]}), .c_w_ready_o({dma_wready[c], unit_wready[c]}),
      .c_w_data_i({dma_wdata[256*c +: 256], unit_wdata[256*c +: 256]}),
      .c_w_last_i({dma_wlast[c], unit_wlast[c]}),
      .c_b_valid_o({dma_bvalid[c], unit_bvalid[c]}), .c_b_ready_i({dma_bready[c], unit_bready[c]}),
      .c_b_resp_o(bresp),
      .aw_valid_o(mem_awvalid_o[c]), .aw_ready_i(mem_awready_i[c]), .aw_id_o(awid),
      .aw_addr_o(mem_awaddr_o[40*c +: 40]), .aw_len_o(mem_awlen_o[8*c +: 8]),
      .w_valid_o(mem_wvalid_o[c]), .w_ready_i(mem_wready_i[c]), .w_data_o(mem_wdata_o[256*c +: 256]),
      .w_last_o(mem_wlast_o[c]),
      .b_valid_i(mem_bvalid_i[c]), .b_ready_o(mem_bready_o[c]), .b_id_i(mem_bid_i[4*c]),
      .b_resp_i(mem_bresp_i[2*c +: 2])
    );

    assign mem_arid_o[4*c +: 4] = {3'b0, arid};
    assign mem_awid_o[4*c +: 4] = {3'b0, awid};
    assign mem_arsize_o[3*c +: 3] = 3'd5;
    assign mem_awsize_o[3*c +: 3] = 3'd5;
    assign mem_arburst_o[2*c +: 2] = 2'b01;
    assign mem_awburst_o[2*c +: 2] = 2'b01;

    // The clients take data and responses of all channels at once, straight from the ports.
    logic unused_channel;
    assign unused_channel = &{1'b0, rdata, rresp, rlast, bresp};
  end
  assign mem_wstrb_o = '1;

  // ---- Counters -----------------------------------------------------------------------------------------------------

  logic [2:0] read_beats, write_beats;

  always_comb begin
    read_beats = '0;
    write_beats = '0;
    for (int c = 0; c < Channels; c++) begin
      read_beats = read_beats + {2'b0, mem_rvalid_i[c] && mem_rready_o[c]};
      write_beats = write_beats + {2'b0, mem_wvalid_o[c] && mem_wready_i[c]};
    end
  end

  command_counters u_counters (
    .clk_i, .rst_ni,
    .ended_i(ended), .engine_busy_i(engine_busy), .engine_mac_i(engine_mac), .engine_lanes_i(engine_lanes),
    .engine_line_i(engine_line), .engine_stall_i(engine_stall), .unit_busy_i(unit_modelled),
    .memory_read_beats_i(read_beats), .memory_write_beats_i(write_beats),
    .host_read_beat_i(host_rvalid_i && host_rready_o), .host_write_beat_i(host_wvalid_o && host_wready_i),
    .counters_o(counters)
  );

  // Vector memory is smaller than a unit's line number can say; commands are checked. Ids come back as they were sent.
  logic unused;
  assign unused = &{1'b0, unit_read_line[31:16], unit_write_line[31:16], mem_rid_i, mem_bid_i};

endmodule
