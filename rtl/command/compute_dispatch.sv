// Executes the compute queue's commands: import and export by the vector mover, linear and experts by the matrix engine,
// unit commands by the units of card/compute_units.sv.
//
// Purpose: decodes the opcode, turns operand fields into the engine's command, and merges the ends. The experts sequencer
//   inside drives engine and unit for the command experts; behind a linear with a bias, the unit adds it.
// Handshake: start_i (a pulse) with the command, which holds; done_o (a pulse) with fault_o and detail_o; progress_o
//   while the command does not merely wait. Engine: valid/ready, then a pulse; mover and unit: pulses.
// Errors: kBusError when weight_error_i (the weight reader's, which it clears with its next request) was seen during a
//   linear, or the mover or unit says so; kNotResident from the sequencer.
// The engine's groups and row tiles stand, as it asks, before start_i: command_i holds since the cycle before.
// Combinational paths: start_i to all starts, all ends to done_o. Reset: control only.

module compute_dispatch (
  input  logic          clk_i,
  input  logic          rst_ni,
  input  logic          start_i,
  input  logic [4095:0] command_i,
  output logic          done_o,
  output logic [3:0]    fault_o,
  output logic [31:0]   detail_o,
  output logic          progress_o,

  output logic          mover_start_o,
  output logic          mover_export_o,
  output logic [63:0]   mover_host_address_o,
  output logic [1:0]    mover_bank_o,
  output logic [15:0]   mover_line_o,
  output logic [15:0]   mover_lines_o,
  input  logic          mover_done_i,
  input  logic          mover_bus_error_i,
  input  logic          mover_progress_i,

  output logic          engine_valid_o,
  input  logic          engine_ready_i,
  output logic [3:0]    engine_mask_o,
  output logic [1:0]    engine_format_o,
  output logic [15:0]   engine_row_tiles_o,
  output logic [15:0]   engine_groups_o,
  output logic [12:0]   engine_blocks_o,
  output logic [12:0]   engine_block_offset_o,
  output logic [12:0]   engine_block_stride_o,
  output logic [15:0]   engine_input_line_o,
  output logic [17:0]   engine_input_elements_o,
  output logic [63:0]   engine_output_line_o,
  output logic [15:0]   engine_output_elements_o,
  output logic [31:0]   engine_weight_line_o,
  output logic [7:0]    engine_scale_max_o,
  output logic [15:0]   engine_scale_bias_o,
  input  logic          engine_done_i,
  input  logic          engine_progress_i,
  input  logic          weight_request_i,     // the weight reader accepts a request
  input  logic          weight_error_i,

  output logic          unit_start_o,
  output logic          unit_compose_o,
  output logic [15:0]   unit_opcode_o,
  output logic [383:0]  unit_operand_o,
  input  logic          unit_done_i,
  input  logic          unit_bus_error_i,
  input  logic          unit_progress_i,

  output logic          route_read_o,
  output logic [15:0]   route_read_line_o,
  input  logic [4095:0] vector_data_i,

  output logic          lookup_o,
  output logic [7:0]    lookup_layer_o,
  output logic [8:0]    lookup_expert_o,
  input  logic          lookup_done_i,
  input  logic          lookup_found_i,
  input  logic [111:0]  lookup_payload_i
);

  localparam int First = sluice_pkg::CommandOperandBit;

  logic [15:0] opcode;
  logic is_move, is_linear, is_experts, is_unit;

  assign opcode = command_i[15:0];
  assign is_move = opcode == sluice_pkg::OpcodeImport || opcode == sluice_pkg::OpcodeExport;
  assign is_linear = opcode == sluice_pkg::OpcodeLinear;
  assign is_experts = opcode == sluice_pkg::OpcodeExperts;
  assign is_unit = opcode >= sluice_pkg::OpcodeQuantise;

  assign mover_start_o = start_i && is_move;
  assign mover_export_o = opcode == sluice_pkg::OpcodeExport;
  assign mover_host_address_o = command_i[First + 32*sluice_pkg::MoveHostAddressLo +: 64];
  assign mover_bank_o = command_i[First + 32*sluice_pkg::MoveBank +: 2];
  assign mover_line_o = command_i[First + 32*sluice_pkg::MoveLine +: 16];
  assign mover_lines_o = command_i[First + 32*sluice_pkg::MoveLines +: 16];

  // Experts.
  logic experts_busy, experts_waiting, experts_done, linear_valid, linear_down;
  logic [3:0] experts_fault, linear_mask;
  logic [31:0] experts_detail, linear_weight_line;
  logic [63:0] linear_output_line;
  logic [7:0] linear_scale_max;
  logic [15:0] linear_scale_bias;
  logic experts_unit_start, linear_error;
  logic [15:0] experts_unit_opcode;
  logic [383:0] experts_unit_operand;

  experts_sequencer u_experts (
    .clk_i, .rst_ni,
    .start_i(start_i && is_experts), .operand_i(command_i[First +: 2560]),
    .busy_o(experts_busy), .waiting_o(experts_waiting),
    .done_o(experts_done), .fault_o(experts_fault), .detail_o(experts_detail),
    .route_read_o, .route_read_line_o, .vector_data_i,
    .lookup_o, .lookup_layer_o, .lookup_expert_o, .lookup_done_i, .lookup_found_i, .lookup_payload_i,
    .linear_valid_o(linear_valid), .linear_ready_i(engine_ready_i), .linear_down_o(linear_down),
    .linear_mask_o(linear_mask), .linear_output_line_o(linear_output_line),
    .linear_weight_line_o(linear_weight_line), .linear_scale_max_o(linear_scale_max),
    .linear_scale_bias_o(linear_scale_bias), .linear_done_i(engine_done_i), .linear_error_i(linear_error),
    .unit_start_o(experts_unit_start), .unit_opcode_o(experts_unit_opcode), .unit_operand_o(experts_unit_operand),
    .unit_done_i, .unit_error_i(unit_bus_error_i)
  );

  // A linear's bias, added by the unit once the engine has written the product: a composed BiasOperand.
  logic has_bias, bias_start_q, bias_busy_q, bias_done;
  logic [63:0] bias_address;
  logic [383:0] bias_operand;

  assign bias_address = command_i[First + 32*sluice_pkg::LinearBiasAddressLo +: 64];
  assign has_bias = is_linear && bias_address != '0;
  assign bias_done = bias_busy_q && unit_done_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      bias_start_q <= 1'b0;
      bias_busy_q <= 1'b0;
    end else begin
      bias_start_q <= has_bias && engine_done_i && !linear_error;
      if (bias_start_q) bias_busy_q <= 1'b1;
      else if (unit_done_i) bias_busy_q <= 1'b0;
    end
  end

  always_comb begin
    bias_operand = '0;
    bias_operand[32*sluice_pkg::BiasNumTokens +: 32] = num_tokens;
    bias_operand[32*sluice_pkg::BiasElements +: 32] = output_elements;
    bias_operand[32*sluice_pkg::BiasBiasAddressLo +: 64] = bias_address;
    bias_operand[32*sluice_pkg::BiasTokenMask +: 32] = {28'b0, engine_mask_o};
    for (int t = 0; t < 4; t++) bias_operand[32*(sluice_pkg::BiasLine+t) +: 32] = {16'b0, engine_output_line_o[16*t +: 16]};
  end

  assign unit_start_o = (start_i && is_unit) || experts_unit_start || bias_start_q;
  assign unit_compose_o = experts_unit_start || bias_start_q;
  assign unit_opcode_o = is_experts ? experts_unit_opcode : sluice_pkg::OpcodeBias;
  assign unit_operand_o = is_experts ? experts_unit_operand : bias_operand;

  // The engine's command: of a linear command, or of the sequencer's linear at hand.
  logic start_linear, pending_q;
  logic [31:0] hidden, intermediate, columns, rows, groups, num_tokens, output_elements;
  logic [63:0] weight_address;

  assign start_linear = start_i && is_linear;
  assign hidden = command_i[First + 32*sluice_pkg::ExpertsHidden +: 32];
  assign intermediate = command_i[First + 32*sluice_pkg::ExpertsIntermediate +: 32];
  assign num_tokens = command_i[First + 32*sluice_pkg::LinearNumTokens +: 32];
  assign weight_address = command_i[First + 32*sluice_pkg::LinearWeightAddressLo +: 64];
  assign engine_valid_o = start_linear || pending_q || linear_valid;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) pending_q <= 1'b0;
    else if (start_linear) pending_q <= !engine_ready_i;
    else if (engine_ready_i) pending_q <= 1'b0;
  end

  always_comb begin
    columns = command_i[First + 32*sluice_pkg::LinearColumns +: 32];
    rows = command_i[First + 32*sluice_pkg::LinearRows +: 32];
    groups = command_i[First + 32*sluice_pkg::LinearGroups +: 32];
    engine_mask_o = (4'd1 << num_tokens[2:0]) - 4'd1;
    engine_format_o = command_i[First + 32*sluice_pkg::LinearFormat +: 2];
    engine_block_offset_o = command_i[First + 32*sluice_pkg::LinearColumnOffset + 5 +: 13];
    engine_block_stride_o = command_i[First + 32*sluice_pkg::LinearInputStride + 5 +: 13];
    engine_input_line_o = command_i[First + 32*sluice_pkg::LinearInputLine +: 16];
    engine_input_elements_o = command_i[First + 32*sluice_pkg::LinearInputElements +: 18];
    engine_output_line_o = {4{command_i[First + 32*sluice_pkg::LinearOutputLine +: 16]}};
    engine_weight_line_o = weight_address[38:7];
    engine_scale_max_o = command_i[First + 32*sluice_pkg::LinearScaleMax +: 8];
    engine_scale_bias_o = command_i[First + 32*sluice_pkg::LinearScaleBias +: 16];
    if (is_experts) begin
      columns = linear_down ? intermediate : hidden;
      rows = linear_down ? hidden : intermediate << 1;
      groups = 32'd1;
      engine_mask_o = linear_mask;
      engine_format_o = command_i[First + 32*sluice_pkg::ExpertsFormat +: 2];
      engine_block_offset_o = '0;
      engine_block_stride_o = '0;
      engine_input_line_o = linear_down ? command_i[First + 32*sluice_pkg::ExpertsActivatedLine +: 16]
                                        : command_i[First + 32*sluice_pkg::ExpertsInputLine +: 16];
      engine_input_elements_o = columns[17:0];
      engine_output_line_o = linear_output_line;
      engine_weight_line_o = linear_weight_line;
      engine_scale_max_o = linear_scale_max;
      engine_scale_bias_o = linear_scale_bias;
    end
  end

  assign engine_row_tiles_o = rows[20:5] + {15'b0, rows[4:0] != '0};
  assign engine_groups_o = groups[15:0];
  assign engine_blocks_o = columns[17:5];
  assign output_elements = {18'b0, rows[13:0]} * {18'b0, groups[13:0]};
  assign engine_output_elements_o = output_elements[15:0];

  // An error of the weight reader counts from the first request of this linear on: until then it shows the last one's.
  logic armed_q, weight_failed_q;

  assign linear_error = weight_failed_q || (armed_q && weight_error_i);
  always_ff @(posedge clk_i) begin
    if (!rst_ni || (engine_valid_o && engine_ready_i)) begin
      armed_q <= rst_ni && weight_request_i;
      weight_failed_q <= 1'b0;
    end else begin
      if (weight_request_i) armed_q <= 1'b1;
      if (armed_q && weight_error_i) weight_failed_q <= 1'b1;
    end
  end

  // Ends.
  always_comb begin
    done_o = 1'b0;
    fault_o = sluice_pkg::FaultNone;
    detail_o = '0;
    if (is_experts) begin
      done_o = experts_done;
      fault_o = experts_fault;
      detail_o = experts_detail;
    end else if (is_linear) begin
      done_o = bias_done || (engine_done_i && (linear_error || !has_bias));
      if (bias_done ? unit_bus_error_i : linear_error) fault_o = sluice_pkg::FaultBusError;
    end else if (is_move) begin
      done_o = mover_done_i;
      if (mover_bus_error_i) fault_o = sluice_pkg::FaultBusError;
    end else begin
      done_o = unit_done_i;
      if (unit_bus_error_i) fault_o = sluice_pkg::FaultBusError;
    end
  end

  assign progress_o = mover_progress_i || engine_progress_i || unit_progress_i || (experts_busy && !experts_waiting);

  logic unused;
  assign unused = &{1'b0, command_i, hidden, intermediate, columns, rows, groups, num_tokens, output_elements,
                    weight_address};

endmodule
