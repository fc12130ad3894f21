module matrix_engine #(
  parameter int unsigned MaxRows = 8192   // rows of all groups of one command together; a multiple of 32
) (
  input  logic          clk_i,
  input  logic          rst_ni,
  // command
  input  logic          cmd_valid_i,
  output logic          cmd_ready_o,
  input  logic [3:0]    cmd_mask_i,             // lanes in use
  input  logic [1:0]    cmd_format_i,           // 0 MXINT8, 1 INT4, 2 MXFP4, 3 MXINT16
  input  logic [15:0]   cmd_row_tiles_i,        // of 32 rows, a group
  input  logic [15:0]   cmd_groups_i,
  input  logic [12:0]   cmd_blocks_i,           // of 32 columns, a group
  input  logic [12:0]   cmd_block_offset_i,     // first block of group 0 in the input
  input  logic [12:0]   cmd_block_stride_i,     // from one group's first block to the next's
  input  logic [15:0]   cmd_input_line_i,
  input  logic [17:0]   cmd_input_elements_i,
  input  logic [63:0]   cmd_output_line_i,      // 16 bits a lane
  input  logic [15:0]   cmd_output_elements_i,
  input  logic [31:0]   cmd_weight_line_i,
  input  logic [7:0]    cmd_scale_max_i,        // W
  input  logic [15:0]   cmd_scale_bias_i,       // c, signed
  output logic          done_o,
  // vector memory: one read address for all four banks, data in the cycle after vm_re_o
  output logic          vm_re_o,
  output logic [15:0]   vm_raddr_o,
  input  logic [4095:0] vm_rdata_i,
  output logic [3:0]    vm_we_o,
  output logic [63:0]   vm_waddr_o,
  output logic [4095:0] vm_wdata_o,
  // weights, from a stripe_reader
  output logic          wreq_valid_o,
  input  logic          wreq_ready_i,
  output logic [31:0]   wreq_line_o,
  output logic [31:0]   wreq_lines_o,
  input  logic          wdata_valid_i,
  output logic          wdata_ready_o,
  input  logic [1023:0] wdata_i,
  // counters
  output logic          busy_o,
  output logic          mac_o,
  output logic [2:0]    mac_lanes_o,
  output logic          line_o,
  output logic          stall_memory_o
);
  // First version: the ports only.
  assign cmd_ready_o = 1'b0;
endmodule
