// Executes the load queue's commands: hands load and store to the DMA engine, publish and retire to the slot table.
//
// Handshake: start_i (a pulse) with the command, which holds; done_o (a pulse) with fault_o and detail_o; progress_o
//   while the command does not merely wait. The other side is dma_engine's and slot_table's.
// Errors: kBusError from the DMA engine; kBadOperand with detail 0 for a publish into a full slot table.
// Combinational paths: start_i to dma_start_o, dma_done_i and slot_done_i to done_o. Reset: control only.

module load_dispatch (
  input  logic          clk_i,
  input  logic          rst_ni,
  input  logic          start_i,
  input  logic [4095:0] command_i,
  output logic          done_o,
  output logic [3:0]    fault_o,
  output logic [31:0]   detail_o,
  output logic          progress_o,

  output logic          dma_start_o,
  output logic          dma_store_o,
  output logic [63:0]   dma_host_address_o,
  output logic [31:0]   dma_card_line_o,
  output logic [24:0]   dma_beats_o,
  input  logic          dma_done_i,
  input  logic          dma_bus_error_i,
  input  logic          dma_progress_i,

  output logic          slot_update_o,
  output logic          slot_publish_o,
  output logic [7:0]    slot_layer_o,
  output logic [8:0]    slot_expert_o,
  output logic [111:0]  slot_payload_o,    // {down c, down W, gate-up c, gate-up W, down line, gate-up line}
  input  logic          slot_done_i,
  input  logic          slot_full_i
);

  localparam int First = sluice_pkg::CommandOperandBit;

  logic [15:0] opcode;
  logic [63:0] card_address, gate_up_address, down_address;
  logic copy, slot_q;

  assign opcode = command_i[15:0];
  assign copy = opcode == sluice_pkg::OpcodeLoad || opcode == sluice_pkg::OpcodeStore;
  assign card_address = command_i[First + 32*sluice_pkg::CopyCardAddressLo +: 64];
  assign gate_up_address = command_i[First + 32*sluice_pkg::SlotGateUpAddressLo +: 64];
  assign down_address = command_i[First + 32*sluice_pkg::SlotDownAddressLo +: 64];

  assign dma_start_o = start_i && copy;
  assign dma_store_o = opcode == sluice_pkg::OpcodeStore;
  assign dma_host_address_o = command_i[First + 32*sluice_pkg::CopyHostAddressLo +: 64];
  assign dma_card_line_o = card_address[38:7];
  assign dma_beats_o = command_i[First + 32*sluice_pkg::CopyBytes + 6 +: 25];

  assign slot_update_o = slot_q;
  assign slot_publish_o = opcode == sluice_pkg::OpcodePublish;
  assign slot_layer_o = command_i[First + 32*sluice_pkg::SlotLayer +: 8];
  assign slot_expert_o = command_i[First + 32*sluice_pkg::SlotExpert +: 9];
  assign slot_payload_o = {command_i[First + 32*sluice_pkg::SlotDownScaleBias +: 16],
                           command_i[First + 32*sluice_pkg::SlotDownScaleMax +: 8],
                           command_i[First + 32*sluice_pkg::SlotGateUpScaleBias +: 16],
                           command_i[First + 32*sluice_pkg::SlotGateUpScaleMax +: 8],
                           down_address[38:7], gate_up_address[38:7]};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) slot_q <= 1'b0;
    else if (start_i && !copy) slot_q <= 1'b1;
    else if (slot_done_i) slot_q <= 1'b0;
  end

  assign done_o = dma_done_i || (slot_q && slot_done_i);
  assign detail_o = '0;
  assign progress_o = slot_q || dma_progress_i;
  always_comb begin
    fault_o = sluice_pkg::FaultNone;
    if (slot_q && slot_full_i) fault_o = sluice_pkg::FaultBadOperand;
    if (!slot_q && dma_bus_error_i) fault_o = sluice_pkg::FaultBusError;
  end

  logic unused;
  assign unused = &{1'b0, command_i, card_address, gate_up_address, down_address};

endmodule
