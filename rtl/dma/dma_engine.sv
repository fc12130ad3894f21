// Copies between host memory and card memory: the commands load and store.
//
// Purpose: load: host_reader -> pairs of beats -> stripe_writer; store: stripe_reader -> halves -> host_writer. Reading
//   runs ahead of writing as far as the queues hold, so both sides work at once.
// An odd number of beats ends in the first half of a line: a load then first reads that line, to keep its second half.
// Handshake: start_i (a pulse while idle) with the operands; done_o (a pulse) when everything has been answered, with
//   bus_error_o. progress_o: a beat or an answer came or went.
// Throughput: one 64-byte beat a cycle, the host link's rate. Reset: control only.

module dma_engine #(
  parameter int unsigned Channels = 4,
  localparam int unsigned BeatBits = 1024 / Channels
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,
  input  logic                         start_i,
  input  logic                         store_i,           // else load
  input  logic [63:0]                  host_address_i,    // a multiple of 64
  input  logic [31:0]                  card_line_i,
  input  logic [24:0]                  beats_i,           // of 64 bytes
  output logic                         done_o,
  output logic                         bus_error_o,
  output logic                         progress_o,

  // Host link.
  output logic                         read_request_o,
  input  logic                         read_ready_i,
  output logic [63:0]                  read_address_o,
  output logic [7:0]                   read_length_o,
  output logic [8:0]                   read_slot_o,
  input  logic                         read_valid_i,
  input  logic [8:0]                   read_slot_i,
  input  logic [511:0]                 read_data_i,
  input  logic                         read_error_i,
  output logic                         write_request_o,
  output logic [63:0]                  write_address_o,
  output logic [7:0]                   write_length_o,
  output logic [511:0]                 write_data_o,
  input  logic                         write_take_i,
  input  logic                         write_answer_i,
  input  logic                         write_error_i,

  // Card memory: one AXI4 read and write client a channel.
  output logic [Channels-1:0]          ar_valid_o,
  input  logic [Channels-1:0]          ar_ready_i,
  output logic [Channels*40-1:0]       ar_addr_o,
  output logic [Channels*8-1:0]        ar_len_o,
  input  logic [Channels-1:0]          r_valid_i,
  output logic [Channels-1:0]          r_ready_o,
  input  logic [Channels*BeatBits-1:0] r_data_i,
  input  logic [Channels*2-1:0]        r_resp_i,
  input  logic [Channels-1:0]          r_last_i,
  output logic [Channels-1:0]          aw_valid_o,
  input  logic [Channels-1:0]          aw_ready_i,
  output logic [Channels*40-1:0]       aw_addr_o,
  output logic [Channels*8-1:0]        aw_len_o,
  output logic [Channels-1:0]          w_valid_o,
  input  logic [Channels-1:0]          w_ready_i,
  output logic [Channels*BeatBits-1:0] w_data_o,
  output logic [Channels-1:0]          w_last_o,
  input  logic [Channels-1:0]          b_valid_i,
  output logic [Channels-1:0]          b_ready_o,
  input  logic [Channels*2-1:0]        b_resp_i
);

  // Keep: reading the line whose second half must survive. Begin: requests to the four sides.
  typedef enum logic [2:0] {StateIdle, StateKeep, StateBegin, StateLoad, StateStore} state_e;

  state_e state_q;
  logic store_q, odd_q, kept_asked_q, kept_error_q;
  logic [63:0] host_address_q;
  logic [31:0] card_line_q, lines;
  logic [24:0] beats_q, left_q;          // left_q: beats not yet through the half/line exchange
  logic [511:0] kept_q;

  assign lines = {8'b0, beats_q[24:1]} + {31'b0, odd_q};

  logic line_request, line_request_ready, line_valid, line_ready, line_error;
  logic [31:0] line_first, line_count;
  logic [1023:0] line;
  logic fill_request, fill_ready, fill_valid, fill_line_ready, fill_done, fill_error;
  logic [1023:0] fill_line;
  logic host_valid, host_ready, host_error;
  logic [511:0] host_data;
  logic drain_done, drain_valid, drain_ready, drain_error;
  logic begin_load, begin_store;

  assign begin_load = state_q == StateBegin && !store_q && fill_ready;
  assign begin_store = state_q == StateBegin && store_q && line_request_ready;
  assign line_request = (state_q == StateBegin && store_q) || (state_q == StateKeep && !kept_asked_q);
  assign line_first = state_q == StateKeep ? card_line_q + lines - 32'd1 : card_line_q;
  assign line_count = state_q == StateKeep ? 32'd1 : lines;
  assign fill_request = state_q == StateBegin && !store_q;

  // Load: two beats make a line; the last beat of an odd run is completed by what was kept.
  logic half_q, last;
  logic [511:0] low_q;

  assign last = left_q == 25'd1;
  assign host_ready = state_q == StateLoad && (half_q || last ? fill_line_ready : 1'b1);
  assign fill_valid = state_q == StateLoad && host_valid && (half_q || last);
  assign fill_line = half_q ? {host_data, low_q} : {kept_q, host_data};

  // Store: a line makes two beats, or one at the end of an odd run.
  assign drain_valid = state_q == StateStore && line_valid;
  assign line_ready = (state_q == StateStore && drain_ready && (half_q || last)) || state_q == StateKeep;

  logic moved;
  assign moved = (host_valid && host_ready) || (drain_valid && drain_ready);

  always_ff @(posedge clk_i) begin
    done_o <= 1'b0;
    if (!rst_ni) begin
      state_q <= StateIdle;
    end else begin
      unique case (state_q)
        StateIdle: if (start_i) state_q <= beats_i[0] && !store_i ? StateKeep : StateBegin;
        StateKeep: if (line_valid) state_q <= StateBegin;
        StateBegin: begin
          if (begin_load) state_q <= StateLoad;
          if (begin_store) state_q <= StateStore;
        end
        StateLoad: begin
          if (fill_done) begin
            state_q <= StateIdle;
            done_o <= 1'b1;
          end
        end
        StateStore: begin
          if (left_q == '0 && drain_done) begin
            state_q <= StateIdle;
            done_o <= 1'b1;
          end
        end
        default: state_q <= StateIdle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      store_q <= store_i;
      odd_q <= beats_i[0];
      host_address_q <= host_address_i;
      card_line_q <= card_line_i;
      beats_q <= beats_i;
      left_q <= beats_i;
      half_q <= 1'b0;
      kept_asked_q <= 1'b0;
      kept_error_q <= 1'b0;
    end else if (moved) begin
      left_q <= left_q - 25'd1;
      half_q <= !half_q;
    end
    if (state_q == StateKeep) begin
      if (line_request_ready) kept_asked_q <= 1'b1;
      if (line_valid) begin
        kept_q <= line[1023:512];
        kept_error_q <= line_error;
      end
    end
    if (state_q == StateLoad && host_valid && !half_q) low_q <= host_data;
  end

  assign bus_error_o = store_q ? line_error || drain_error : host_error || fill_error || kept_error_q;
  assign progress_o = read_valid_i || moved || write_take_i || write_answer_i || r_valid_i != '0 || b_valid_i != '0;

  host_reader #(.Depth(512)) u_host_reader (
    .clk_i, .rst_ni,
    .start_i(begin_load), .address_i(host_address_q), .beats_i(beats_q),
    .valid_o(host_valid), .ready_i(host_ready), .data_o(host_data), .error_o(host_error),
    .request_o(read_request_o), .request_ready_i(read_ready_i), .request_address_o(read_address_o),
    .request_length_o(read_length_o), .request_slot_o(read_slot_o),
    .data_valid_i(read_valid_i), .data_slot_i(read_slot_i), .data_i(read_data_i), .data_error_i(read_error_i)
  );

  host_writer u_host_writer (
    .clk_i, .rst_ni,
    .start_i(begin_store), .address_i(host_address_q), .beats_i(beats_q), .done_o(drain_done),
    .valid_i(drain_valid), .ready_o(drain_ready), .data_i(half_q ? line[1023:512] : line[511:0]),
    .error_o(drain_error),
    .request_o(write_request_o), .request_address_o(write_address_o), .request_length_o(write_length_o),
    .request_data_o(write_data_o), .take_i(write_take_i), .answer_i(write_answer_i), .answer_error_i(write_error_i)
  );

  stripe_reader #(.Channels(Channels)) u_card_reader (
    .clk_i, .rst_ni,
    .req_valid_i(line_request), .req_ready_o(line_request_ready), .req_line_i(line_first), .req_lines_i(line_count),
    .line_valid_o(line_valid), .line_ready_i(line_ready), .line_data_o(line), .error_o(line_error),
    .ar_valid_o, .ar_ready_i, .ar_addr_o, .ar_len_o, .r_valid_i, .r_ready_o, .r_data_i, .r_resp_i, .r_last_i
  );

  stripe_writer #(.Channels(Channels)) u_card_writer (
    .clk_i, .rst_ni,
    .req_valid_i(fill_request), .req_ready_o(fill_ready), .req_line_i(card_line_q), .req_lines_i(lines),
    .line_valid_i(fill_valid), .line_ready_o(fill_line_ready), .line_data_i(fill_line),
    .done_o(fill_done), .error_o(fill_error),
    .aw_valid_o, .aw_ready_i, .aw_addr_o, .aw_len_o, .w_valid_o, .w_ready_i, .w_data_o, .w_last_o,
    .b_valid_i, .b_ready_o, .b_resp_i
  );

endmodule
