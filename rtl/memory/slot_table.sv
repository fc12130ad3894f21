// The slot table: which experts are in card memory, where, and how their scales are to be read.
//
// Purpose: publish adds or replaces the entry of (layer, expert), retire removes it, lookup finds it.
// Structure: a sparse set. `index` has one word a possible key and is never initialised; `entries` are dense: the
//   first count_q are in use. A key is present when its index lies below count_q and the entry there bears the key. So
//   clearing is count_q = 0, a lookup is two reads whatever the number of entries, and nothing degrades with use;
//   retire moves the last entry into the gap.
// Handshake: update_i and lookup_i are requests, held until the pulse on update_done_o or lookup_done_o; a lookup goes
//   first. Latency: lookup 3 cycles, publish 3, retire 4, plus at most one such operation in front.
// Errors: update_full_o with update_done_o: a publish found no free entry and changed nothing.
// Reset, clear_i (between operations): all entries empty.

module slot_table #(
  parameter int unsigned Slots = 4096,       // entries; a power of two
  parameter int unsigned PayloadWidth = 112
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    clear_i,

  input  logic                    update_i,
  input  logic                    update_publish_i,     // else retire
  input  logic [7:0]              update_layer_i,
  input  logic [8:0]              update_expert_i,
  input  logic [PayloadWidth-1:0] update_payload_i,
  output logic                    update_done_o,
  output logic                    update_full_o,

  input  logic                    lookup_i,
  input  logic [7:0]              lookup_layer_i,
  input  logic [8:0]              lookup_expert_i,
  output logic                    lookup_done_o,
  output logic                    lookup_found_o,
  output logic [PayloadWidth-1:0] lookup_payload_o
);

  localparam int unsigned IndexWidth = $clog2(Slots);
  localparam int unsigned KeyWidth = 17;
  localparam int unsigned EntryWidth = KeyWidth + PayloadWidth;

  if (Slots < 2 || (Slots & (Slots - 1)) != 0) begin : gen_slots_illegal
    $fatal(1, "slot_table: Slots must be a power of two");
  end
  if (sluice_pkg::MaxLayers != 256 || sluice_pkg::MaxExperts != 512) begin : gen_key_illegal
    $fatal(1, "slot_table: the key's width differs from the package");
  end

  typedef enum logic [2:0] {StateIdle, StateIndex, StateEntry, StateCompare, StateMove} state_e;

  logic [IndexWidth-1:0] index [2**KeyWidth];
  logic [EntryWidth-1:0] entries [Slots];

  state_e state_q;
  logic lookup_q, publish_q;
  logic [KeyWidth-1:0] key_q;
  logic [IndexWidth:0] count_q;
  logic [IndexWidth-1:0] last, index_q, found_at_q;
  logic [EntryWidth-1:0] entry_q;
  logic hit, full;

  assign last = count_q[IndexWidth-1:0] - IndexWidth'(1);
  assign hit = {1'b0, found_at_q} < count_q && entry_q[PayloadWidth +: KeyWidth] == key_q;
  assign full = count_q[IndexWidth];

  assign lookup_done_o = state_q == StateCompare && lookup_q;
  assign lookup_found_o = hit;
  assign lookup_payload_o = entry_q[PayloadWidth-1:0];
  assign update_done_o = (state_q == StateCompare && !lookup_q && (publish_q || !hit)) || state_q == StateMove;
  assign update_full_o = publish_q && !hit && full;

  // Memories: one write port and one registered read each.
  logic write_index, write_entry;
  logic [KeyWidth-1:0] write_index_at;
  logic [IndexWidth-1:0] write_entry_at, read_entry_at;
  logic [EntryWidth-1:0] write_entry_data;

  always_comb begin
    write_index = 1'b0;
    write_entry = 1'b0;
    write_index_at = key_q;
    write_entry_at = hit ? found_at_q : count_q[IndexWidth-1:0];
    write_entry_data = {key_q, update_payload_i};
    read_entry_at = index_q;
    if (state_q == StateCompare) begin
      // In case of a retire: the last entry is read, to be moved in the next cycle.
      read_entry_at = last;
      if (!lookup_q && publish_q && (hit || !full)) begin
        write_index = 1'b1;
        write_entry = 1'b1;
      end
    end
    if (state_q == StateMove) begin
      write_index = 1'b1;
      write_entry = 1'b1;
      write_index_at = entry_q[PayloadWidth +: KeyWidth];
      write_entry_at = found_at_q;
      write_entry_data = entry_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (write_index) index[write_index_at] <= write_entry_at;
    if (state_q == StateIndex) index_q <= index[key_q];
  end

  always_ff @(posedge clk_i) begin
    if (write_entry) entries[write_entry_at] <= write_entry_data;
    if (state_q == StateEntry || state_q == StateCompare) entry_q <= entries[read_entry_at];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      state_q <= StateIdle;
      count_q <= '0;
    end else begin
      unique case (state_q)
        StateIdle: if (lookup_i || update_i) state_q <= StateIndex;
        StateIndex: state_q <= StateEntry;
        StateEntry: state_q <= StateCompare;
        StateCompare: begin
          state_q <= !lookup_q && !publish_q && hit ? StateMove : StateIdle;
          if (!lookup_q && publish_q && !hit && !full) count_q <= count_q + 1'b1;
        end
        StateMove: begin
          state_q <= StateIdle;
          count_q <= count_q - 1'b1;
        end
        default: state_q <= StateIdle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == StateIdle) begin
      lookup_q <= lookup_i;
      publish_q <= !lookup_i && update_publish_i;
      key_q <= lookup_i ? {lookup_layer_i, lookup_expert_i} : {update_layer_i, update_expert_i};
    end
    if (state_q == StateEntry) found_at_q <= index_q;
  end

`ifndef SYNTHESIS
  count_in_range : assert property (@(posedge clk_i) disable iff (!rst_ni) count_q <= (IndexWidth + 1)'(Slots));
`endif

endmodule
