// Lets four clients write host memory through one AXI4 master.
//
// Purpose: one burst at a time is sent, address first; the client's number is its id, and answers go to the client that
//   their id names. Client 0 goes first, then 1, and so on.
// Handshake: request_i, with address, length and the first beat of data, holds until the burst's last beat is taken;
//   take_o takes a beat, after which data_i must show the next. So a client asks only when the whole burst is at hand
//   (store and forward), and W never waits for a client.
// Latency: from request to AW one cycle, to W two. Throughput: one beat a cycle, two idle cycles between bursts.
// Errors: answer_error_o with answer_o. Reset: control only.

module host_write_mux (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  input  logic [3:0]     request_i,
  input  logic [255:0]  address_i,
  input  logic [31:0]   length_i,      // beats - 1
  input  logic [511:0]           data0_i,       // ports of their own: a simulator need not join them each cycle
  input  logic [511:0]           data1_i,
  input  logic [511:0]           data2_i,
  input  logic [511:0]           data3_i,
  output logic [3:0]     take_o,
  output logic [3:0]     answer_o,      // one for each burst
  output logic                   answer_error_o,

  output logic                   awvalid_o,
  input  logic                   awready_i,
  output logic [3:0]             awid_o,
  output logic [63:0]            awaddr_o,
  output logic [7:0]             awlen_o,
  output logic                   wvalid_o,
  input  logic                   wready_i,
  output logic [511:0]           wdata_o,
  output logic                   wlast_o,
  input  logic                   bvalid_i,
  output logic                   bready_o,
  input  logic [3:0]             bid_i,
  input  logic [1:0]             bresp_i
);

  logic awvalid_q, wvalid_q, wlast_q, busy_q;
  logic [3:0] owner, owner_q;
  logic [63:0] address, awaddr_q;
  logic [7:0] length, awlen_q, left_q;
  logic [511:0] wdata_q;
  logic grant, take;

  assign grant = !busy_q && !awvalid_q && request_i != '0;
  assign take = busy_q && (!wvalid_q || wready_i);

  always_comb begin
    owner = '0;
    address = '0;
    length = '0;
    for (int c = 4 - 1; c >= 0; c--) begin
      if (request_i[c]) begin
        owner = 4'(c);
        address = address_i[64*c +: 64];
        length = length_i[8*c +: 8];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      awvalid_q <= 1'b0;
      wvalid_q <= 1'b0;
      busy_q <= 1'b0;
    end else begin
      if (grant) awvalid_q <= 1'b1;
      else if (awready_i) awvalid_q <= 1'b0;
      if (grant) busy_q <= 1'b1;
      else if (take && left_q == '0) busy_q <= 1'b0;
      if (take) wvalid_q <= 1'b1;
      else if (wready_i) wvalid_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (grant) begin
      owner_q <= owner;
      awaddr_q <= address;
      awlen_q <= length;
      left_q <= length;
    end
    if (take) begin
      left_q <= left_q - 8'd1;
      wlast_q <= left_q == '0;
      unique case (owner_q[1:0])
        2'd0: wdata_q <= data0_i;
        2'd1: wdata_q <= data1_i;
        2'd2: wdata_q <= data2_i;
        default: wdata_q <= data3_i;
      endcase
    end
  end

  assign awvalid_o = awvalid_q;
  assign awid_o = owner_q;
  assign awaddr_o = awaddr_q;
  assign awlen_o = awlen_q;
  assign wvalid_o = wvalid_q;
  assign wdata_o = wdata_q;
  assign wlast_o = wlast_q;
  assign bready_o = 1'b1;
  assign answer_error_o = bresp_i[1];
  for (genvar c = 0; c < 4; c++) begin : gen_client
    assign take_o[c] = take && owner_q == 4'(c);
    assign answer_o[c] = bvalid_i && bid_i == 4'(c);
  end

  logic unused;
  assign unused = &{1'b0, bresp_i[0]};

endmodule
