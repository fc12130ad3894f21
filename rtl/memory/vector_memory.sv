// Vector memory: four banks of lines, one for each token of a command.
//
// Purpose: holds vectors between commands and joins the clients that use them: matrix engine, compute units, vector
//   mover and experts sequencer. One compute command runs at a time and its clients take turns, so there is no
//   arbitration: at most one client reads and at most one writes in a cycle (asserted).
// Read: one line address for all four banks; read_data_o holds bank b's line at 1024 * b from the next cycle on, until
//   the next read. Write: the engine writes any set of banks, each at its own line; the others one bank.
//   A read and a write of one line in one cycle: the read gives the old or the new line; no client does it.
// Reset: none.

module vector_memory #(
  parameter int unsigned Lines = 4096    // a bank; a power of two, at most 65536
) (
  input  logic          clk_i,

  input  logic          engine_read_i,
  input  logic [15:0]   engine_read_line_i,
  input  logic [3:0]    engine_write_i,
  input  logic [63:0]   engine_write_line_i,   // bank b at 16 * b
  input  logic [4095:0] engine_write_data_i,   // bank b at 1024 * b

  input  logic          unit_read_i,
  input  logic [15:0]   unit_read_line_i,
  input  logic          unit_write_i,
  input  logic [1:0]    unit_write_bank_i,
  input  logic [15:0]   unit_write_line_i,
  input  logic [1023:0] unit_write_data_i,

  input  logic          mover_read_i,
  input  logic [15:0]   mover_read_line_i,
  input  logic          mover_write_i,
  input  logic [1:0]    mover_write_bank_i,
  input  logic [15:0]   mover_write_line_i,
  input  logic [1023:0] mover_write_data_i,

  input  logic          route_read_i,
  input  logic [15:0]   route_read_line_i,

  output logic [4095:0] read_data_o
);

  localparam int unsigned AddressWidth = $clog2(Lines);

  if (Lines < 2 || Lines > 65536 || (Lines & (Lines - 1)) != 0) begin : gen_lines_illegal
    $fatal(1, "vector_memory: Lines must be a power of two up to 65536");
  end

  // Lines beyond the bank do not exist: commands are checked, so the upper address bits are 0.
  logic unused;
  assign unused = &{1'b0, read_line};

  logic read;
  logic [15:0] read_line;

  assign read = engine_read_i || unit_read_i || mover_read_i || route_read_i;
  always_comb begin
    read_line = engine_read_line_i;
    if (unit_read_i) read_line = unit_read_line_i;
    if (mover_read_i) read_line = mover_read_line_i;
    if (route_read_i) read_line = route_read_line_i;
  end

  for (genvar b = 0; b < 4; b++) begin : gen_bank
    logic [1023:0] memory [Lines];
    logic [1023:0] data_q;
    logic unit_write, mover_write;
    logic [15:0] write_line;
    logic unused_bank;
    assign unused_bank = &{1'b0, write_line};

    assign unit_write = unit_write_i && unit_write_bank_i == 2'(b);
    assign mover_write = mover_write_i && mover_write_bank_i == 2'(b);
    always_comb begin
      write_line = engine_write_line_i[16*b +: 16];
      if (unit_write) write_line = unit_write_line_i;
      if (mover_write) write_line = mover_write_line_i;
    end

    // The choice of data stands inside the write: a simulator then moves lines only when one is written.
    always_ff @(posedge clk_i) begin
      if (engine_write_i[b] || unit_write || mover_write) begin
        memory[write_line[AddressWidth-1:0]] <= unit_write  ? unit_write_data_i :
                                                mover_write ? mover_write_data_i :
                                                              engine_write_data_i[1024*b +: 1024];
      end
      if (read) data_q <= memory[read_line[AddressWidth-1:0]];
    end

    assign read_data_o[1024*b +: 1024] = data_q;
  end

`ifndef SYNTHESIS
  one_reads : assert property (@(posedge clk_i) $onehot0({engine_read_i, unit_read_i, mover_read_i, route_read_i}));
  one_writes : assert property (@(posedge clk_i) $onehot0({engine_write_i != '0, unit_write_i, mover_write_i}));
`endif

endmodule
