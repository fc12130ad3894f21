// Runs the experts that a route selected: the command experts.
//
// Purpose: reads the route line of every token, then walks tokens 0..n-1 and for each ranks 0..top_k-1. An expert met for
//   the first time is looked up in the slot table and run once for all tokens that selected it: gate-up linear into
//   gate_up_line, activation into activated_line, down linear into output_line + rank * output_stride of each token;
//   behind each linear that has one, the unit adds its bias.
//   An expert of no token's earlier (token, rank) is one met for the first time, so no list of those done is kept.
// Expert numbers are the low 16 bits of their words.
// Handshake: start_i (a pulse while idle); the operand block holds until done_o (a pulse), with fault_o and detail_o
//   (kNotResident: the expert is not in the slot table; experts run before it stay run). Linears: linear_valid_o until
//   linear_ready_i, then linear_done_i; activations and biases: unit_start_o (a pulse), then unit_done_i.
// Latency: 3 cycles to the first (token, rank); 2 for each of them and 4 more for a lookup. Reset: control only.

module experts_sequencer (
  input  logic          clk_i,
  input  logic          rst_ni,
  input  logic          start_i,
  input  logic [2559:0] operand_i,         // ExpertsOperand
  output logic          busy_o,
  output logic          waiting_o,         // for a linear or the unit
  output logic          done_o,
  output logic [3:0]    fault_o,
  output logic [31:0]   detail_o,

  output logic          route_read_o,
  output logic [15:0]   route_read_line_o,
  input  logic [4095:0] vector_data_i,

  output logic          lookup_o,
  output logic [7:0]    lookup_layer_o,
  output logic [8:0]    lookup_expert_o,
  input  logic          lookup_done_i,
  input  logic          lookup_found_i,
  input  logic [111:0]  lookup_payload_i,  // as load_dispatch composes it

  output logic          linear_valid_o,
  input  logic          linear_ready_i,
  output logic          linear_down_o,     // else gate-up; a cycle at least before linear_valid_o
  output logic [3:0]    linear_mask_o,
  output logic [63:0]   linear_output_line_o,   // lane t at 16 * t
  output logic [31:0]   linear_weight_line_o,
  output logic [7:0]    linear_scale_max_o,
  output logic [15:0]   linear_scale_bias_o,
  input  logic          linear_done_i,
  input  logic          linear_error_i,

  output logic          unit_start_o,
  output logic [15:0]   unit_opcode_o,     // activation or bias
  output logic [383:0]  unit_operand_o,
  input  logic          unit_done_i,
  input  logic          unit_error_i
);

  typedef enum logic [4:0] {
    StateIdle, StateRead, StateLatch, StateMatch, StateDecide, StateLookup, StateGateUp, StateGateUpWait,
    StateGateUpBias, StateGateUpBiasWait, StateActivate, StateActivateWait, StateDown, StateDownWait, StateDownBias,
    StateDownBiasWait, StateNext
  } state_e;

  state_e state_q;

  logic [31:0] layer;
  logic [2:0] num_tokens;
  logic [4:0] top_k;
  logic [15:0] gate_up_line, output_line, output_stride;

  assign num_tokens = operand_i[32*sluice_pkg::ExpertsNumTokens +: 3];
  assign layer = operand_i[32*sluice_pkg::ExpertsLayer +: 32];
  assign top_k = operand_i[32*sluice_pkg::ExpertsTopK +: 5];
  assign gate_up_line = operand_i[32*sluice_pkg::ExpertsGateUpLine +: 16];
  assign output_line = operand_i[32*sluice_pkg::ExpertsOutputLine +: 16];
  assign output_stride = operand_i[32*sluice_pkg::ExpertsOutputStride +: 16];

  assign route_read_o = state_q == StateRead;
  assign route_read_line_o = operand_i[32*sluice_pkg::ExpertsRouteLine +: 16];

  // The selected experts, rank k of token t at 16 * (16 * t + k), and the walk over them.
  logic [1023:0] routes_q;
  logic [2:0] token_q;
  logic [4:0] rank_q;
  logic [15:0] expert_q;
  logic [5:0] position;
  logic last_rank, last_token;

  assign position = {token_q[1:0], rank_q[3:0]};
  assign last_rank = rank_q + 5'd1 == top_k;
  assign last_token = token_q + 3'd1 == num_tokens;

  always_ff @(posedge clk_i) begin
    if (state_q == StateLatch) begin
      for (int t = 0; t < 4; t++) begin
        for (int k = 0; k < 16; k++) routes_q[16*(16*t+k) +: 16] <= vector_data_i[1024*t + 32*k +: 16];
      end
    end
  end

  // Which tokens selected the expert, at which rank (the first, should a line name it twice), and whether it was met
  // before. Settled in StateMatch, used from StateDecide on.
  logic seen_q;
  logic [3:0] mask_q;
  logic [15:0] ranks_q;                  // token t's at 4 * t

  always_ff @(posedge clk_i) begin
    if (state_q == StateMatch) begin
      seen_q <= 1'b0;
      mask_q <= '0;
      for (int t = 0; t < 4; t++) begin
        for (int k = 15; k >= 0; k--) begin
          if (3'(t) < num_tokens && 5'(k) < top_k && routes_q[16*(16*t+k) +: 16] == routes_q[16*position +: 16]) begin
            mask_q[t] <= 1'b1;
            ranks_q[4*t +: 4] <= 4'(k);
            if (6'(16*t+k) < position) seen_q <= 1'b1;
          end
        end
      end
      expert_q <= routes_q[16*position +: 16];
    end
  end

  // The slot at hand.
  logic [111:0] slot_q;
  assign lookup_o = state_q == StateLookup;
  assign lookup_layer_o = layer[7:0];
  assign lookup_expert_o = expert_q[8:0];
  always_ff @(posedge clk_i) if (lookup_done_i && state_q == StateLookup) slot_q <= lookup_payload_i;

  logic down;
  assign down = state_q == StateActivateWait || state_q == StateDown || state_q == StateDownWait ||
                state_q == StateDownBias || state_q == StateDownBiasWait;
  assign linear_valid_o = state_q == StateGateUp || state_q == StateDown;
  assign linear_down_o = down;
  assign linear_mask_o = mask_q;
  assign linear_weight_line_o = down ? slot_q[63:32] : slot_q[31:0];
  assign linear_scale_max_o = down ? slot_q[95:88] : slot_q[71:64];
  assign linear_scale_bias_o = down ? slot_q[111:96] : slot_q[87:72];
  for (genvar t = 0; t < 4; t++) begin : gen_lane
    assign linear_output_line_o[16*t +: 16] =
        down ? output_line + {12'b0, ranks_q[4*t +: 4]} * output_stride : gate_up_line;
  end

  // A bias lies at an offset from its matrix, the same for all experts of a layer.
  logic [31:0] gate_up_bias_offset, down_bias_offset, bias_offset, bias_elements, hidden, intermediate;
  logic [32:0] bias_line;

  assign gate_up_bias_offset = operand_i[32*sluice_pkg::ExpertsGateUpBiasOffset +: 32];
  assign down_bias_offset = operand_i[32*sluice_pkg::ExpertsDownBiasOffset +: 32];
  assign hidden = operand_i[32*sluice_pkg::ExpertsHidden +: 32];
  assign intermediate = operand_i[32*sluice_pkg::ExpertsIntermediate +: 32];
  assign bias_offset = down ? down_bias_offset : gate_up_bias_offset;
  assign bias_elements = down ? hidden : intermediate << 1;
  assign bias_line = {1'b0, linear_weight_line_o} + {8'b0, bias_offset[31:7]};

  logic [383:0] activation, bias;

  assign unit_start_o = state_q == StateActivate || state_q == StateGateUpBias || state_q == StateDownBias;
  assign unit_opcode_o = state_q == StateActivate ? sluice_pkg::OpcodeActivation : sluice_pkg::OpcodeBias;
  assign unit_operand_o = state_q == StateActivate ? activation : bias;

  always_comb begin  // BiasOperand
    bias = '0;
    bias[32*sluice_pkg::BiasNumTokens +: 32] = operand_i[32*sluice_pkg::ExpertsNumTokens +: 32];
    bias[32*sluice_pkg::BiasElements +: 32] = bias_elements;
    bias[32*sluice_pkg::BiasBiasAddressLo +: 64] = {24'b0, bias_line, 7'b0};
    bias[32*sluice_pkg::BiasTokenMask +: 32] = {28'b0, mask_q};
    for (int t = 0; t < 4; t++) bias[32*(sluice_pkg::BiasLine+t) +: 32] = {16'b0, linear_output_line_o[16*t +: 16]};
  end

  always_comb begin  // ActivationOperand, between the two linears
    activation = '0;
    activation[32*sluice_pkg::ActivationNumTokens +: 32] = operand_i[32*sluice_pkg::ExpertsNumTokens +: 32];
    activation[32*sluice_pkg::ActivationInputLine +: 32] = operand_i[32*sluice_pkg::ExpertsGateUpLine +: 32];
    activation[32*sluice_pkg::ActivationIntermediate +: 32] = operand_i[32*sluice_pkg::ExpertsIntermediate +: 32];
    activation[32*sluice_pkg::ActivationOutVectorLine +: 32] = sluice_pkg::None;
    activation[32*sluice_pkg::ActivationOutQ8Line +: 32] = operand_i[32*sluice_pkg::ExpertsActivatedLine +: 32];
    activation[32*sluice_pkg::ActivationOutQ16Line +: 32] = sluice_pkg::None;
    activation[32*sluice_pkg::ActivationActivation +: 32] = operand_i[32*sluice_pkg::ExpertsActivation +: 32];
    activation[32*sluice_pkg::ActivationLimit +: 32] = operand_i[32*sluice_pkg::ExpertsLimit +: 32];
    activation[32*sluice_pkg::ActivationScale +: 32] = operand_i[32*sluice_pkg::ExpertsScale +: 32];
    activation[32*sluice_pkg::ActivationTokenMask +: 32] = {28'b0, mask_q};
  end

  // Every way to the command's end passes one of these.
  logic absent, failed, done_q;
  logic [3:0] fault_q;
  logic [31:0] detail_q;

  assign absent = (state_q == StateDecide && !seen_q && expert_q[15:9] != '0) ||
                  (state_q == StateLookup && lookup_done_i && !lookup_found_i);
  logic linear_waiting, unit_waiting;
  assign linear_waiting = state_q == StateGateUpWait || state_q == StateDownWait;
  assign unit_waiting = state_q == StateActivateWait || state_q == StateGateUpBiasWait || state_q == StateDownBiasWait;
  assign failed = (linear_done_i && linear_error_i && linear_waiting) || (unit_done_i && unit_error_i && unit_waiting);
  assign busy_o = state_q != StateIdle;
  assign waiting_o = linear_waiting || unit_waiting;
  assign done_o = done_q;
  assign fault_o = fault_q;
  assign detail_o = detail_q;

  always_ff @(posedge clk_i) begin
    done_q <= 1'b0;
    if (!rst_ni) begin
      state_q <= StateIdle;
    end else if (absent || failed) begin
      state_q <= StateIdle;
      done_q <= 1'b1;
    end else begin
      unique case (state_q)
        StateIdle: if (start_i) state_q <= StateRead;
        StateRead: state_q <= StateLatch;
        StateLatch: state_q <= StateMatch;
        StateMatch: state_q <= StateDecide;
        StateDecide: state_q <= seen_q ? StateNext : StateLookup;
        StateLookup: if (lookup_done_i) state_q <= StateGateUp;
        StateGateUp: if (linear_ready_i) state_q <= StateGateUpWait;
        StateGateUpWait: if (linear_done_i) state_q <= gate_up_bias_offset == '0 ? StateActivate : StateGateUpBias;
        StateGateUpBias: state_q <= StateGateUpBiasWait;
        StateGateUpBiasWait: if (unit_done_i) state_q <= StateActivate;
        StateActivate: state_q <= StateActivateWait;
        StateActivateWait: if (unit_done_i) state_q <= StateDown;
        StateDown: if (linear_ready_i) state_q <= StateDownWait;
        StateDownWait: if (linear_done_i) state_q <= down_bias_offset == '0 ? StateNext : StateDownBias;
        StateDownBias: state_q <= StateDownBiasWait;
        StateDownBiasWait: if (unit_done_i) state_q <= StateNext;
        StateNext: begin
          state_q <= last_rank && last_token ? StateIdle : StateMatch;
          done_q <= last_rank && last_token;
        end
        default: state_q <= StateIdle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      token_q <= '0;
      rank_q <= '0;
      fault_q <= sluice_pkg::FaultNone;
      detail_q <= '0;
    end else if (absent) begin
      fault_q <= sluice_pkg::FaultNotResident;
      detail_q <= {layer[15:0], expert_q};
    end else if (failed) begin
      fault_q <= sluice_pkg::FaultBusError;
    end else if (state_q == StateNext) begin
      rank_q <= last_rank ? '0 : rank_q + 5'd1;
      if (last_rank) token_q <= token_q + 3'd1;
    end
  end

  logic unused;
  assign unused = &{1'b0, operand_i, vector_data_i, layer, bias_offset};

endmodule
