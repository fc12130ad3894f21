// Lets several clients read host memory through one AXI4 master.
//
// Purpose: bursts of 64-byte beats; the client's number is the burst's id, and beats go to the client that their id
//   names. At most 32 bursts are outstanding (PCIM's rule). Client 0 goes first, then 1, and so on: commands are few and
//   short, and waited for.
// Handshake: request_i with address and length until ready_o; a client may withdraw before. It must be able to take all
//   beats that it asked for: data have no back-pressure.
// Latency: one cycle for AR, none for R. Throughput: one burst and one beat a cycle. Errors: data_error_o with the beat.
// Reset: control only.

module host_read_mux #(
  parameter int unsigned Clients = 4     // 1 to 16
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic [Clients-1:0]    request_i,
  output logic [Clients-1:0]    ready_o,
  input  logic [Clients*64-1:0] address_i,
  input  logic [Clients*8-1:0]  length_i,       // beats - 1
  output logic [Clients-1:0]    data_valid_o,
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

  logic arvalid_q, free, taken;
  logic [3:0] id, arid_q;
  logic [63:0] address, araddr_q;
  logic [7:0] length, arlen_q;
  logic [5:0] outstanding_q;

  // Granted requests count as outstanding even while AR waits.
  assign free = (!arvalid_q || arready_i) && outstanding_q != 6'd32;
  assign taken = free && request_i != '0;

  always_comb begin
    id = '0;
    address = '0;
    length = '0;
    ready_o = '0;
    for (int c = Clients - 1; c >= 0; c--) begin
      if (request_i[c]) begin
        id = 4'(c);
        address = address_i[64*c +: 64];
        length = length_i[8*c +: 8];
        ready_o = '0;
        ready_o[c] = free;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      arvalid_q <= 1'b0;
      outstanding_q <= '0;
    end else begin
      if (taken) arvalid_q <= 1'b1;
      else if (arready_i) arvalid_q <= 1'b0;
      outstanding_q <= outstanding_q + {5'b0, taken} - {5'b0, rvalid_i && rlast_i};
    end
  end

  always_ff @(posedge clk_i) begin
    if (taken) begin
      arid_q <= id;
      araddr_q <= address;
      arlen_q <= length;
    end
  end

  assign arvalid_o = arvalid_q;
  assign arid_o = arid_q;
  assign araddr_o = araddr_q;
  assign arlen_o = arlen_q;
  assign rready_o = 1'b1;
  assign data_o = rdata_i;
  assign data_error_o = rresp_i[1];
  for (genvar c = 0; c < Clients; c++) begin : gen_data
    assign data_valid_o[c] = rvalid_i && rid_i == 4'(c);
  end

  logic unused;
  assign unused = &{1'b0, rresp_i[0]};

endmodule
