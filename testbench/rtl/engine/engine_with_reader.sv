// The matrix engine with the stripe_reader that feeds it, as on the card; for tests and for engine_cycles.
module engine_with_reader (
  input  logic          clk_i,
  input  logic          rst_ni,
  input  logic          cmd_valid_i,
  output logic          cmd_ready_o,
  input  logic [3:0]    cmd_mask_i,
  input  logic [1:0]    cmd_format_i,
  input  logic [15:0]   cmd_row_tiles_i,
  input  logic [15:0]   cmd_groups_i,
  input  logic [12:0]   cmd_blocks_i,
  input  logic [12:0]   cmd_block_offset_i,
  input  logic [12:0]   cmd_block_stride_i,
  input  logic [15:0]   cmd_input_line_i,
  input  logic [17:0]   cmd_input_elements_i,
  input  logic [63:0]   cmd_output_line_i,
  input  logic [15:0]   cmd_output_elements_i,
  input  logic [31:0]   cmd_weight_line_i,
  input  logic [7:0]    cmd_scale_max_i,
  input  logic [15:0]   cmd_scale_bias_i,
  output logic          done_o,
  output logic          vm_re_o,
  output logic [15:0]   vm_raddr_o,
  input  logic [4095:0] vm_rdata_i,
  output logic [3:0]    vm_we_o,
  output logic [63:0]   vm_waddr_o,
  output logic [4095:0] vm_wdata_o,
  output logic          busy_o,
  output logic          mac_o,
  output logic [2:0]    mac_lanes_o,
  output logic          line_o,
  output logic          stall_memory_o,
  output logic          error_o,
  output logic [3:0]    ar_valid_o,
  input  logic [3:0]    ar_ready_i,
  output logic [159:0]  ar_addr_o,
  output logic [31:0]   ar_len_o,
  input  logic [3:0]    r_valid_i,
  output logic [3:0]    r_ready_o,
  input  logic [1023:0] r_data_i,
  input  logic [7:0]    r_resp_i,
  input  logic [3:0]    r_last_i
);

  logic          request_valid, request_ready, line_valid, line_ready;
  logic [31:0]   request_line, request_lines;
  logic [1023:0] line;

  matrix_engine u_engine (
    .clk_i, .rst_ni, .cmd_valid_i, .cmd_ready_o, .cmd_mask_i, .cmd_format_i, .cmd_row_tiles_i, .cmd_groups_i,
    .cmd_blocks_i, .cmd_block_offset_i, .cmd_block_stride_i, .cmd_input_line_i, .cmd_input_elements_i,
    .cmd_output_line_i, .cmd_output_elements_i, .cmd_weight_line_i, .cmd_scale_max_i, .cmd_scale_bias_i, .done_o,
    .vm_re_o, .vm_raddr_o, .vm_rdata_i, .vm_we_o, .vm_waddr_o, .vm_wdata_o,
    .wreq_valid_o (request_valid), .wreq_ready_i (request_ready),
    .wreq_line_o (request_line), .wreq_lines_o (request_lines),
    .wdata_valid_i (line_valid), .wdata_ready_o (line_ready), .wdata_i (line),
    .busy_o, .mac_o, .mac_lanes_o, .line_o, .stall_memory_o
  );

  stripe_reader #(.Channels(4), .Depth(128)) u_reader (
    .clk_i, .rst_ni,
    .req_valid_i (request_valid), .req_ready_o (request_ready),
    .req_line_i (request_line), .req_lines_i (request_lines),
    .line_valid_o (line_valid), .line_ready_i (line_ready), .line_data_o (line),
    .error_o, .ar_valid_o, .ar_ready_i, .ar_addr_o, .ar_len_o, .r_valid_i, .r_ready_o, .r_data_i, .r_resp_i, .r_last_i
  );

endmodule
