// Two host readers behind host_read_mux and two host writers behind host_write_mux: the host link's parts together.

module host_link (
  input  logic          clk_i,
  input  logic          rst_ni,

  // Reader and writer r at r * width.
  input  logic [1:0]    read_start_i,
  input  logic [127:0]  read_address_i,
  input  logic [49:0]   read_beats_i,
  output logic [1:0]    read_valid_o,
  input  logic [1:0]    read_ready_i,
  output logic [1023:0] read_data_o,
  output logic [1:0]    read_error_o,
  input  logic [1:0]    write_start_i,
  input  logic [127:0]  write_address_i,
  input  logic [49:0]   write_beats_i,
  output logic [1:0]    write_done_o,
  input  logic [1:0]    write_valid_i,
  output logic [1:0]    write_ready_o,
  input  logic [1023:0] write_data_i,
  output logic [1:0]    write_error_o,

  output logic          awvalid_o,
  input  logic          awready_i,
  output logic [3:0]    awid_o,
  output logic [63:0]   awaddr_o,
  output logic [7:0]    awlen_o,
  output logic          wvalid_o,
  input  logic          wready_i,
  output logic [511:0]  wdata_o,
  output logic          wlast_o,
  input  logic          bvalid_i,
  output logic          bready_o,
  input  logic [3:0]    bid_i,
  input  logic [1:0]    bresp_i,
  output logic          arvalid_o,
  input  logic          arready_i,
  output logic [3:0]    arid_o,
  output logic [63:0]   araddr_o,
  output logic [7:0]    arlen_o,
  input  logic          rvalid_i,
  output logic          rready_o,
  input  logic [3:0]    rid_i,
  input  logic [511:0]  rdata_i,
  input  logic [1:0]    rresp_i,
  input  logic          rlast_i
);

  logic [1:0] request, ready, data_valid, write_request;
  logic [127:0] address, write_address;
  logic [15:0] length, write_length;
  logic [17:0] slot;
  logic [8:0] data_slot;
  logic [511:0] data;
  logic data_error, answer_error;
  logic [3:0] take, answer;
  logic [1023:0] write_data;

  for (genvar r = 0; r < 2; r++) begin : gen_client
    host_reader #(.Depth(r == 0 ? 128 : 512)) u_reader (
      .clk_i, .rst_ni, .start_i(read_start_i[r]), .address_i(read_address_i[64*r +: 64]),
      .beats_i(read_beats_i[25*r +: 25]), .valid_o(read_valid_o[r]), .ready_i(read_ready_i[r]),
      .data_o(read_data_o[512*r +: 512]), .error_o(read_error_o[r]),
      .request_o(request[r]), .request_ready_i(ready[r]), .request_address_o(address[64*r +: 64]),
      .request_length_o(length[8*r +: 8]), .request_slot_o(slot[9*r +: 9]),
      .data_valid_i(data_valid[r]), .data_slot_i(data_slot), .data_i(data), .data_error_i(data_error)
    );
    host_writer u_writer (
      .clk_i, .rst_ni, .start_i(write_start_i[r]), .address_i(write_address_i[64*r +: 64]),
      .beats_i(write_beats_i[25*r +: 25]), .done_o(write_done_o[r]), .valid_i(write_valid_i[r]),
      .ready_o(write_ready_o[r]), .data_i(write_data_i[512*r +: 512]), .error_o(write_error_o[r]),
      .request_o(write_request[r]), .request_address_o(write_address[64*r +: 64]),
      .request_length_o(write_length[8*r +: 8]), .request_data_o(write_data[512*r +: 512]),
      .take_i(take[r]), .answer_i(answer[r]), .answer_error_i(answer_error)
    );
  end

  host_read_mux #(.Clients(2)) u_read_mux (
    .clk_i, .rst_ni, .request_i(request), .ready_o(ready), .address_i(address), .length_i(length), .slot_i(slot),
    .data_valid_o(data_valid), .data_slot_o(data_slot), .data_o(data), .data_error_o(data_error),
    .arvalid_o, .arready_i, .arid_o, .araddr_o, .arlen_o, .rvalid_i, .rready_o, .rid_i, .rdata_i, .rresp_i, .rlast_i
  );

  host_write_mux u_write_mux (
    .clk_i, .rst_ni, .request_i({2'b00, write_request}), .address_i({128'b0, write_address}),
    .length_i({16'b0, write_length}), .data0_i(write_data[511:0]), .data1_i(write_data[1023:512]), .data2_i('0),
    .data3_i('0), .take_o(take), .answer_o(answer), .answer_error_o(answer_error),
    .awvalid_o, .awready_i, .awid_o, .awaddr_o, .awlen_o, .wvalid_o, .wready_i, .wdata_o, .wlast_o, .bvalid_i,
    .bready_o, .bid_i, .bresp_i
  );

endmodule
