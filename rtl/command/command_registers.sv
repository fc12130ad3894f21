// The card's registers: identity, control, ring pointers and counters behind an AXI4-Lite slave.
//
// Purpose: Register, RingRegister and Counter of docs/device.md. A write to a ring's tail is the doorbell.
// Handshake: a write is taken when address and data are both there and no response is pending; a read likewise; one
//   response each at a time. Latency: the response one cycle after acceptance; tail_o one cycle after the write.
// Counters: reading a low word latches the high word of that counter; the next read of any high word returns it.
// Soft reset: reset_request_o pulses when bit 1 of kControl is written; kControl bit 1 reads 1 while reset_busy_i;
//   clear_i (the end of the soft reset) sets the tails to 0.
// Errors: writes that are not of a whole word, and writes to unknown or read-only registers, change nothing; a partial
//   write is answered SLVERR. Unknown registers read 0. Reset: everything.

module command_registers #(
  parameter int unsigned Channels = 4,
  parameter int unsigned VectorLines = 4096,
  parameter int unsigned MemoryMib = 256,
  parameter int unsigned WeightsPerCycle = 128
) (
  input  logic          clk_i,
  input  logic          rst_ni,

  input  logic          axil_awvalid_i,
  output logic          axil_awready_o,
  input  logic [15:0]   axil_awaddr_i,
  input  logic          axil_wvalid_i,
  output logic          axil_wready_o,
  input  logic [31:0]   axil_wdata_i,
  input  logic [3:0]    axil_wstrb_i,
  output logic          axil_bvalid_o,
  input  logic          axil_bready_i,
  output logic [1:0]    axil_bresp_o,
  input  logic          axil_arvalid_i,
  output logic          axil_arready_o,
  input  logic [15:0]   axil_araddr_i,
  output logic          axil_rvalid_o,
  input  logic          axil_rready_i,
  output logic [31:0]   axil_rdata_o,
  output logic [1:0]    axil_rresp_o,

  output logic          enable_o,
  output logic          reset_request_o,
  input  logic          reset_busy_i,
  input  logic          clear_i,
  output logic          interrupt_enable_o,
  input  logic [1:0]    stopped_i,

  // Queue q at q * width.
  output logic [127:0]  ring_base_o,
  output logic [9:0]    ring_size_log2_o,
  output logic [63:0]   ring_tail_o,
  input  logic [63:0]   ring_head_i,
  output logic [127:0]  completion_base_o,
  output logic [9:0]    completion_size_log2_o,

  input  logic [64*12-1:0] counters_i     // counter n at 64 * n
);

  localparam logic [15:0] CountersEnd = sluice_pkg::RegisterCounters + 16'd96;

  if (Channels > 255 || WeightsPerCycle > 65535) begin : gen_geometry_check
    $error("the geometry does not fit its register");
  end

  logic write, whole;
  logic bvalid_q;
  logic [1:0] bresp_q;
  logic enable_q, reset_request_q, interrupt_enable_q;

  assign write = axil_awvalid_i && axil_wvalid_i && !bvalid_q;
  assign whole = axil_wstrb_i == 4'hF;
  assign axil_awready_o = write;
  assign axil_wready_o = write;
  assign axil_bvalid_o = bvalid_q;
  assign axil_bresp_o = bresp_q;
  assign enable_o = enable_q;
  assign reset_request_o = reset_request_q;
  assign interrupt_enable_o = interrupt_enable_q;

  always_ff @(posedge clk_i) begin
    reset_request_q <= 1'b0;
    if (!rst_ni) begin
      bvalid_q <= 1'b0;
      bresp_q <= 2'b00;
      enable_q <= 1'b0;
      interrupt_enable_q <= 1'b0;
    end else begin
      if (write) begin
        bvalid_q <= 1'b1;
        bresp_q <= whole ? 2'b00 : 2'b10;
      end else if (axil_bready_i) begin
        bvalid_q <= 1'b0;
      end
      if (write && whole && axil_awaddr_i == sluice_pkg::RegisterControl) begin
        enable_q <= axil_wdata_i[0];
        reset_request_q <= axil_wdata_i[1];
      end
      if (write && whole && axil_awaddr_i == sluice_pkg::RegisterInterruptEnable) begin
        interrupt_enable_q <= axil_wdata_i[0];
      end
    end
  end

  for (genvar q = 0; q < 2; q++) begin : gen_ring
    localparam logic [15:0] First = sluice_pkg::RegisterRing + 16'(q) * sluice_pkg::RingStride;

    logic write_ring;
    logic [63:0] base_q, completion_q;
    logic [4:0] size_q, completion_size_q;
    logic [31:0] tail_q;

    assign write_ring = write && whole && axil_awaddr_i[15:6] == First[15:6];

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        base_q <= '0;
        completion_q <= '0;
        size_q <= '0;
        completion_size_q <= '0;
        tail_q <= '0;
      end else if (clear_i) begin
        tail_q <= '0;
      end else if (write_ring) begin
        unique case (axil_awaddr_i[5:0])
          sluice_pkg::RingBaseLo: base_q[31:0] <= axil_wdata_i;
          sluice_pkg::RingBaseHi: base_q[63:32] <= axil_wdata_i;
          sluice_pkg::RingSizeLog2: size_q <= axil_wdata_i[4:0];
          sluice_pkg::RingTail: tail_q <= axil_wdata_i;
          sluice_pkg::RingCompletionLo: completion_q[31:0] <= axil_wdata_i;
          sluice_pkg::RingCompletionHi: completion_q[63:32] <= axil_wdata_i;
          sluice_pkg::RingCompletionSizeLog2: completion_size_q <= axil_wdata_i[4:0];
          default: ;
        endcase
      end
    end

    assign ring_base_o[64*q +: 64] = base_q;
    assign ring_size_log2_o[5*q +: 5] = size_q;
    assign ring_tail_o[32*q +: 32] = tail_q;
    assign completion_base_o[64*q +: 64] = completion_q;
    assign completion_size_log2_o[5*q +: 5] = completion_size_q;
  end

  logic read, ring_index;
  logic rvalid_q;
  logic [31:0] rdata_q, latched_q;
  logic [63:0] counter;

  assign read = axil_arvalid_i && !rvalid_q;
  assign ring_index = axil_araddr_i[6];
  assign axil_arready_o = read;
  assign axil_rvalid_o = rvalid_q;
  assign axil_rdata_o = rdata_q;
  assign axil_rresp_o = 2'b00;

  always_comb begin
    counter = '0;
    if (axil_arvalid_i) begin
      for (int n = 0; n < 12; n++) begin
        if (axil_araddr_i[6:3] == 4'(n)) counter = counters_i[64*n +: 64];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      rvalid_q <= 1'b0;
    end else if (read) begin
      rvalid_q <= 1'b1;
      rdata_q <= '0;
      if (axil_araddr_i[15:7] == sluice_pkg::RegisterRing[15:7]) begin
        unique case (axil_araddr_i[5:0])
          sluice_pkg::RingBaseLo: rdata_q <= ring_base_o[64*ring_index +: 32];
          sluice_pkg::RingBaseHi: rdata_q <= ring_base_o[64*ring_index+32 +: 32];
          sluice_pkg::RingSizeLog2: rdata_q <= {27'b0, ring_size_log2_o[5*ring_index +: 5]};
          sluice_pkg::RingTail: rdata_q <= ring_tail_o[32*ring_index +: 32];
          sluice_pkg::RingHead: rdata_q <= ring_head_i[32*ring_index +: 32];
          sluice_pkg::RingCompletionLo: rdata_q <= completion_base_o[64*ring_index +: 32];
          sluice_pkg::RingCompletionHi: rdata_q <= completion_base_o[64*ring_index+32 +: 32];
          sluice_pkg::RingCompletionSizeLog2: rdata_q <= {27'b0, completion_size_log2_o[5*ring_index +: 5]};
          default: ;
        endcase
      end else if (axil_araddr_i >= sluice_pkg::RegisterCounters && axil_araddr_i < CountersEnd) begin
        rdata_q <= axil_araddr_i[2] ? latched_q : counter[31:0];
        if (!axil_araddr_i[2]) latched_q <= counter[63:32];
      end else begin
        unique case (axil_araddr_i)
          sluice_pkg::RegisterMagic: rdata_q <= sluice_pkg::Magic;
          sluice_pkg::RegisterVersion: rdata_q <= sluice_pkg::CommandVersion;
          sluice_pkg::RegisterCommandSetHash: rdata_q <= sluice_pkg::CommandSetHash;
          sluice_pkg::RegisterGeometry: begin
            rdata_q <= {16'(WeightsPerCycle), sluice_pkg::MaxTokens[7:0], 8'(Channels)};
          end
          sluice_pkg::RegisterVectorLines: rdata_q <= VectorLines;
          sluice_pkg::RegisterMemoryMib: rdata_q <= MemoryMib;
          sluice_pkg::RegisterControl: rdata_q <= {30'b0, reset_busy_i, enable_q};
          sluice_pkg::RegisterStatus: rdata_q <= {30'b0, stopped_i};
          sluice_pkg::RegisterInterruptEnable: rdata_q <= {31'b0, interrupt_enable_q};
          default: ;
        endcase
      end
    end else if (axil_rready_i) begin
      rvalid_q <= 1'b0;
    end
  end

endmodule
