// Lets several clients read host memory through one AXI4 master.
//
// Purpose: bursts of 64-byte beats, each with an id of its own among those outstanding (PCIM's rule; at most 16, where
//   PCIM allows 32). Bursts may be answered in any order and interleaved; every beat goes to the client that asked for
//   it, with the place that the client named for it. Client 0 goes first, then 1, and so on: commands are few and
//   short, and waited for.
// Handshake: request_i with address, length and the place of the first beat, until ready_o; a client may withdraw
//   before. It must be able to take all beats that it asked for: data have no back-pressure.
// Latency: one cycle for AR, none for R. Throughput: one burst and one beat a cycle. Errors: data_error_o with the beat.
// Reset: control only.

module host_read_mux #(
  parameter int unsigned Clients = 4     // 1 to 4
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic [Clients-1:0]    request_i,
  output logic [Clients-1:0]    ready_o,
  input  logic [Clients*64-1:0] address_i,
  input  logic [Clients*8-1:0]  length_i,       // beats - 1
  input  logic [Clients*9-1:0]  slot_i,
  output logic [Clients-1:0]    data_valid_o,
  output logic [8:0]            data_slot_o,    // slot_i plus the number of the beat, modulo 512
  output logic [511:0]          data_o,
  output logic                  data_error_o,

  output logic                  arvalid_o,
  input  logic                  arready_i,
  output logic [3:0]            arid_o,
  output logic [63:0]           araddr_o,
  output logic [7:0]            arlen_o,
  input  logic                  rvalid_i,
  output logic                  rready_o,
  input  logic [3:0]            rid_i,
  input  logic [511:0]          rdata_i,
  input  logic [1:0]            rresp_i,
  input  logic                  rlast_i
);

  if (Clients < 1 || Clients > 4) begin : gen_clients_illegal
    $fatal(1, "host_read_mux: Clients must be 1 to 4");
  end

  logic arvalid_q, free, taken;
  logic [1:0] client;
  logic [3:0] arid_q, next_id_q;         // ids are given in turn
  logic [63:0] address, araddr_q;
  logic [7:0] length, arlen_q;
  logic [8:0] slot;
  logic [15:0] busy_q;                   // ids outstanding
  logic [1:0] client_q [16];             // of every id
  logic [8:0] slot_q [16];               // of every id: the place of its next beat

  assign free = (!arvalid_q || arready_i) && !busy_q[next_id_q];
  assign taken = free && request_i != '0;

  always_comb begin
    client = '0;
    address = '0;
    length = '0;
    slot = '0;
    ready_o = '0;
    for (int c = Clients - 1; c >= 0; c--) begin
      if (request_i[c]) begin
        client = 2'(c);
        address = address_i[64*c +: 64];
        length = length_i[8*c +: 8];
        slot = slot_i[9*c +: 9];
        ready_o = '0;
        ready_o[c] = free;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      arvalid_q <= 1'b0;
      next_id_q <= '0;
      busy_q <= '0;
    end else begin
      if (taken) arvalid_q <= 1'b1;
      else if (arready_i) arvalid_q <= 1'b0;
      if (taken) next_id_q <= next_id_q + 4'd1;
      if (rvalid_i && rlast_i) busy_q[rid_i] <= 1'b0;
      if (taken) busy_q[next_id_q] <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rvalid_i) slot_q[rid_i] <= slot_q[rid_i] + 9'd1;
    if (taken) begin
      client_q[next_id_q] <= client;
      slot_q[next_id_q] <= slot;
      arid_q <= next_id_q;
      araddr_q <= address;
      arlen_q <= length;
    end
  end

  assign arvalid_o = arvalid_q;
  assign arid_o = arid_q;
  assign araddr_o = araddr_q;
  assign arlen_o = arlen_q;
  assign rready_o = 1'b1;
  assign data_slot_o = slot_q[rid_i];
  assign data_o = rdata_i;
  assign data_error_o = rresp_i[1];
  for (genvar c = 0; c < Clients; c++) begin : gen_data
    assign data_valid_o[c] = rvalid_i && client_q[rid_i] == 2'(c);
  end

  logic unused;
  assign unused = &{1'b0, rresp_i[0]};

`ifndef SYNTHESIS
  logic checked_q;  // false until the first reset
  initial checked_q = 1'b0;
  always_ff @(posedge clk_i) if (!rst_ni) checked_q <= 1'b1;
  answer_is_awaited : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      rvalid_i |-> busy_q[rid_i]);
`endif

endmodule
