// Lets several AXI4 write masters share one memory channel.
//
// AW: round robin, burst by burst, through a register; the client's number is the burst's id. W follows in the order of
// the bursts granted (AXI4 does not interleave W): a queue of client numbers, Outstanding deep, remembers it. W of a
// granted burst may go before AW is accepted, as AXI demands. B goes to the client that its id names. A client that
// announces a burst before it has the data holds up the others; stripe_writer never does.
//
// Latency: one cycle for AW, two from the grant to the first W beat. Throughput: one beat a cycle.
// Combinational paths: W and B between clients and channel in both directions; none for AW.
// Reset: synchronous, of control only. Errors: passed on by b_resp.
module axi_write_mux #(
  parameter int unsigned Clients     = 2,
  parameter int unsigned DataBits    = 256,
  parameter int unsigned Outstanding = 8,   // bursts granted whose W has not ended; a power of two >= 2
  localparam int unsigned IdBits = Clients > 1 ? $clog2(Clients) : 1
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,
  // clients; B's payload is common to all
  input  logic [Clients-1:0]          c_aw_valid_i,
  output logic [Clients-1:0]          c_aw_ready_o,
  input  logic [Clients*40-1:0]       c_aw_addr_i,
  input  logic [Clients*8-1:0]        c_aw_len_i,
  input  logic [Clients-1:0]          c_w_valid_i,
  output logic [Clients-1:0]          c_w_ready_o,
  input  logic [Clients*DataBits-1:0] c_w_data_i,
  input  logic [Clients-1:0]          c_w_last_i,
  output logic [Clients-1:0]          c_b_valid_o,
  input  logic [Clients-1:0]          c_b_ready_i,
  output logic [1:0]                  c_b_resp_o,
  // channel
  output logic                        aw_valid_o,
  input  logic                        aw_ready_i,
  output logic [IdBits-1:0]           aw_id_o,
  output logic [39:0]                 aw_addr_o,
  output logic [7:0]                  aw_len_o,
  output logic                        w_valid_o,
  input  logic                        w_ready_i,
  output logic [DataBits-1:0]         w_data_o,
  output logic                        w_last_o,
  input  logic                        b_valid_i,
  output logic                        b_ready_o,
  input  logic [IdBits-1:0]           b_id_i,
  input  logic [1:0]                  b_resp_i
);

  if (Clients == 0 || Clients > 16) begin : gen_clients_illegal
    $fatal(1, "axi_write_mux: Clients must be 1 to 16");
  end

  logic              aw_valid_q;
  logic [IdBits-1:0] aw_id_q;
  logic [39:0]       aw_addr_q;
  logic [7:0]        aw_len_q;

  logic [IdBits-1:0] grant, writer;  // client whose AW is next; client whose W beats go
  logic              any, take, order_ready, order_valid, burst_end;
  logic [39:0]       addr;
  logic [7:0]        len;
  assign take = any && order_ready && (!aw_valid_q || aw_ready_i);

  round_robin #(.Clients(Clients)) u_arbiter (
    .clk_i,
    .rst_ni,
    .request_i (c_aw_valid_i),
    .taken_i   (take),
    .valid_o   (any),
    .grant_o   (grant)
  );

  logic [$clog2(Outstanding):0] order_count;
  stream_fifo #(.Width(IdBits), .Depth(Outstanding)) u_order (
    .clk_i,
    .rst_ni,
    .in_valid_i  (take),
    .in_ready_o  (order_ready),
    .in_data_i   (grant),
    .out_valid_o (order_valid),
    .out_ready_i (burst_end),
    .out_data_o  (writer),
    .count_o     (order_count)
  );

  assign burst_end  = w_valid_o && w_ready_i && w_last_o;
  assign aw_valid_o = aw_valid_q;
  assign aw_id_o    = aw_id_q;
  assign aw_addr_o  = aw_addr_q;
  assign aw_len_o   = aw_len_q;
  assign c_b_resp_o = b_resp_i;

  always_comb begin
    addr         = c_aw_addr_i[39:0];
    len          = c_aw_len_i[7:0];
    c_aw_ready_o = '0;
    w_valid_o    = 1'b0;
    w_data_o     = c_w_data_i[DataBits-1:0];
    w_last_o     = 1'b0;
    c_w_ready_o  = '0;
    c_b_valid_o  = '0;
    b_ready_o    = 1'b0;
    for (int c = 0; c < Clients; c++) begin
      if (grant == IdBits'(c)) begin
        addr            = c_aw_addr_i[c*40 +: 40];
        len             = c_aw_len_i[c*8 +: 8];
        c_aw_ready_o[c] = take;
      end
      if (writer == IdBits'(c)) begin
        w_valid_o      = order_valid && c_w_valid_i[c];
        w_data_o       = c_w_data_i[c*DataBits +: DataBits];
        w_last_o       = c_w_last_i[c];
        c_w_ready_o[c] = order_valid && w_ready_i;
      end
      if (b_id_i == IdBits'(c)) begin
        c_b_valid_o[c] = b_valid_i;
        b_ready_o      = c_b_ready_i[c];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      aw_id_q   <= grant;
      aw_addr_q <= addr;
      aw_len_q  <= len;
    end
    if (take || aw_ready_i) aw_valid_q <= take;
    if (!rst_ni) aw_valid_q <= 1'b0;
  end

  logic unused;
  assign unused = &{1'b0, order_count};

`ifndef SYNTHESIS
  logic checked_q;
  initial checked_q = 1'b0;
  always_ff @(posedge clk_i) if (!rst_ni) checked_q <= 1'b1;
  aw_holds : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      aw_valid_o && !aw_ready_i |=> aw_valid_o && $stable(aw_id_o) && $stable(aw_addr_o) && $stable(aw_len_o));
  w_holds : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      w_valid_o && !w_ready_i |=> w_valid_o && $stable(w_data_o) && $stable(w_last_o));
  id_in_range : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      b_valid_i |-> 32'(b_id_i) < Clients);
`endif

endmodule
