// Chooses among clients in turn: after client c has been served, the search begins at client c + 1.
//
// grant_o is meaningful while valid_o is high, and then stays until taken_i is high, provided that a client keeps
// asking until it is served. Latency: none. Combinational paths: request_i to valid_o and grant_o. Reset:
// synchronous. Errors: none.
module round_robin #(
  parameter int unsigned Clients = 2,
  localparam int unsigned IdBits = Clients > 1 ? $clog2(Clients) : 1
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic [Clients-1:0] request_i,
  input  logic               taken_i,
  output logic               valid_o,
  output logic [IdBits-1:0]  grant_o
);

  if (Clients == 0) begin : gen_clients_illegal
    $fatal(1, "round_robin: Clients must be at least 1");
  end

  logic [IdBits-1:0] last_q, held_q;  // client served last; client shown while locked
  logic              locked_q;
  logic [IdBits-1:0] lowest, next;    // lowest client that asks; lowest above last_q
  logic              above;

  assign valid_o = request_i != '0;

  always_comb begin
    lowest = '0;
    next   = '0;
    above  = 1'b0;
    for (int c = Clients - 1; c >= 0; c--) begin
      if (request_i[c]) begin
        lowest = IdBits'(c);
        if (IdBits'(c) > last_q) begin
          next  = IdBits'(c);
          above = 1'b1;
        end
      end
    end
    grant_o = locked_q ? held_q : above ? next : lowest;
  end

  always_ff @(posedge clk_i) begin
    if (valid_o) begin
      locked_q <= !taken_i;
      held_q   <= grant_o;
      if (taken_i) last_q <= grant_o;
    end
    if (!rst_ni) begin
      locked_q <= 1'b0;
      last_q   <= '0;
    end
  end

`ifndef SYNTHESIS
  logic checked_q;
  initial checked_q = 1'b0;
  always_ff @(posedge clk_i) if (!rst_ni) checked_q <= 1'b1;
  grant_asks : assert property (@(posedge clk_i) disable iff (!rst_ni || !checked_q)
      valid_o |-> request_i[grant_o]);
`endif

endmodule
