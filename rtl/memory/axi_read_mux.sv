// Lets several AXI4 read masters share one memory channel.
//
// AR: round robin among the clients that ask, burst by burst; a burst that has been shown to the channel stays until it
// is accepted. The client's number is the burst's id; R beats go to the client that their id names, so bursts of
// different clients may come back interleaved in any way.
//
// Latency: none. Throughput: one burst and one beat a cycle. Combinational paths: client AR to channel AR, channel R to
// client R and both readies back. Reset: synchronous, of control only. Errors: passed on by r_resp.
module axi_read_mux #(
  parameter int unsigned Clients  = 2,
  parameter int unsigned DataBits = 256,
  localparam int unsigned IdBits = Clients > 1 ? $clog2(Clients) : 1
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  // clients; R's payload is common to all
  input  logic [Clients-1:0]    c_ar_valid_i,
  output logic [Clients-1:0]    c_ar_ready_o,
  input  logic [Clients*40-1:0] c_ar_addr_i,
  input  logic [Clients*8-1:0]  c_ar_len_i,
  output logic [Clients-1:0]    c_r_valid_o,
  input  logic [Clients-1:0]    c_r_ready_i,
  output logic [DataBits-1:0]   c_r_data_o,
  output logic [1:0]            c_r_resp_o,
  output logic                  c_r_last_o,
  // channel
  output logic                  ar_valid_o,
  input  logic                  ar_ready_i,
  output logic [IdBits-1:0]     ar_id_o,
  output logic [39:0]           ar_addr_o,
  output logic [7:0]            ar_len_o,
  input  logic                  r_valid_i,
  output logic                  r_ready_o,
  input  logic [IdBits-1:0]     r_id_i,
  input  logic [DataBits-1:0]   r_data_i,
  input  logic [1:0]            r_resp_i,
  input  logic                  r_last_i
);

  if (Clients == 0 || Clients > 16) begin : gen_clients_illegal
    $fatal(1, "axi_read_mux: Clients must be 1 to 16");
  end

  logic [IdBits-1:0] grant;
  round_robin #(.Clients(Clients)) u_arbiter (
    .clk_i,
    .rst_ni,
    .request_i (c_ar_valid_i),
    .taken_i   (ar_valid_o && ar_ready_i),
    .valid_o   (ar_valid_o),
    .grant_o   (grant)
  );

  assign ar_id_o    = grant;
  assign c_r_data_o = r_data_i;
  assign c_r_resp_o = r_resp_i;
  assign c_r_last_o = r_last_i;

  always_comb begin
    ar_addr_o    = c_ar_addr_i[39:0];
    ar_len_o     = c_ar_len_i[7:0];
    c_ar_ready_o = '0;
    c_r_valid_o  = '0;
    r_ready_o    = 1'b0;
    for (int c = 0; c < Clients; c++) begin
      if (grant == IdBits'(c)) begin
        ar_addr_o       = c_ar_addr_i[c*40 +: 40];
        ar_len_o        = c_ar_len_i[c*8 +: 8];
        c_ar_ready_o[c] = ar_ready_i && ar_valid_o;
      end
      if (r_id_i == IdBits'(c)) begin
        c_r_valid_o[c] = r_valid_i;
        r_ready_o      = c_r_ready_i[c];
      end
    end
  end

`ifndef SYNTHESIS
  logic checked_q;
  initial checked_q = 1'b0;
  always_ff @(posedge clk_i) if (!rst_ni) checked_q <= 1'b1;
  ar_holds : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      ar_valid_o && !ar_ready_i |=> ar_valid_o && $stable(ar_id_o) && $stable(ar_addr_o) && $stable(ar_len_o));
  id_in_range : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      r_valid_i |-> 32'(r_id_i) < Clients);
`endif

endmodule
