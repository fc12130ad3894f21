// The Sluice card: command queues, DMA, matrix engine, vector memory and units between a host link and card memory.
//
// Purpose: everything of docs/device.md. rtl/README.md has the block diagram.
// Ports: AXI4-Lite registers; Channels AXI4 masters of 256 bits (channel c at bit c * width of each vector); one AXI4
//   master of 512 bits to host memory (INCR, full width, no burst over a 4 KiB boundary, at most 32 reads outstanding,
//   a burst's write data offered only when all of it is at hand); an interrupt pulse a completion that asks for it.
// Clock, reset: one clock; rst_ni low for at least one cycle, sampled synchronously; resets control only.

module sluice_card #(
  parameter int unsigned Channels = 4,        // 1, 2 or 4
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

endmodule
