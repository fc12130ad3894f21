// Copies lines between host memory and one bank of vector memory: the commands import and export.
//
// Purpose: a line is two beats. Import: host_reader -> pairs of beats -> write port; export: read port -> halves ->
//   host_writer. Throughput: one beat a cycle either way.
// Handshake: start_i (a pulse while idle) with the operands; done_o (a pulse) when everything has been answered, with
//   bus_error_o. progress_o: a beat or an answer came or went. Vector memory's read data hold until the next read, and
//   nobody else reads while this module works. Reset: control only.

module vector_mover (
  input  logic          clk_i,
  input  logic          rst_ni,
  input  logic          start_i,
  input  logic          export_i,          // else import
  input  logic [63:0]   host_address_i,    // a multiple of 64
  input  logic [1:0]    bank_i,
  input  logic [15:0]   line_i,
  input  logic [15:0]   lines_i,
  output logic          done_o,
  output logic          bus_error_o,
  output logic          progress_o,

  // Host link.
  output logic          read_request_o,
  input  logic          read_ready_i,
  output logic [63:0]   read_address_o,
  output logic [7:0]    read_length_o,
  output logic [8:0]    read_slot_o,
  input  logic          read_valid_i,
  input  logic [8:0]    read_slot_i,
  input  logic [511:0]  read_data_i,
  input  logic          read_error_i,
  output logic          write_request_o,
  output logic [63:0]   write_address_o,
  output logic [7:0]    write_length_o,
  output logic [511:0]  write_data_o,
  input  logic          write_take_i,
  input  logic          write_answer_i,
  input  logic          write_error_i,

  // Vector memory.
  output logic          vector_read_o,
  output logic [15:0]   vector_read_line_o,
  input  logic [4095:0] vector_data_i,
  output logic          vector_write_o,
  output logic [1:0]    vector_write_bank_o,
  output logic [15:0]   vector_write_line_o,
  output logic [1023:0] vector_write_data_o
);

  logic import_q, export_q;              // in progress
  logic [1:0] bank_q;
  logic [15:0] line_q, left_q;           // next line; lines not yet read (export) or written (import)
  logic half_q;
  logic [24:0] beats;

  assign beats = {8'b0, lines_i, 1'b0};

  // Import.
  logic host_valid, host_error;
  logic [511:0] host_data, low_q;

  logic line_there, write_q;
  logic [15:0] write_line_q;
  logic [1023:0] write_data_q;

  assign line_there = import_q && host_valid && half_q;
  assign vector_write_o = write_q;
  assign vector_write_bank_o = bank_q;
  assign vector_write_line_o = write_line_q;
  assign vector_write_data_o = write_data_q;

  always_ff @(posedge clk_i) begin
    write_q <= line_there && rst_ni;
    if (line_there) begin
      write_line_q <= line_q;
      write_data_q <= {host_data, low_q};
    end
  end

  // Export: a line is read while the second half of the one before leaves.
  logic there_q, drain_ready, drain_done, drain_error;
  logic [11:0] drain_select;

  assign vector_read_o = export_q && left_q != '0 && (!there_q || (half_q && drain_ready));
  assign vector_read_line_o = line_q;
  assign drain_select = {bank_q, half_q, 9'b0};

  logic moved, finished;
  assign moved = (import_q && host_valid) || (there_q && drain_ready);
  assign finished = (import_q && left_q == '0 && !write_q) || (export_q && left_q == '0 && !there_q && drain_done);
  assign done_o = finished;
  assign bus_error_o = export_q ? drain_error : host_error;
  assign progress_o = read_valid_i || moved || write_take_i || write_answer_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      import_q <= 1'b0;
      export_q <= 1'b0;
      there_q <= 1'b0;
    end else begin
      if (start_i) begin
        import_q <= !export_i;
        export_q <= export_i;
      end else if (finished) begin
        import_q <= 1'b0;
        export_q <= 1'b0;
      end
      if (vector_read_o) there_q <= 1'b1;
      else if (half_q && drain_ready) there_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      bank_q <= bank_i;
      line_q <= line_i;
      left_q <= lines_i;
      half_q <= 1'b0;
    end else begin
      if (vector_read_o || line_there) begin
        line_q <= line_q + 16'd1;
        left_q <= left_q - 16'd1;
      end
      if (moved) half_q <= !half_q;
    end
    if (import_q && host_valid && !half_q) low_q <= host_data;
  end

  host_reader #(.Depth(256)) u_host_reader (
    .clk_i, .rst_ni,
    .start_i(start_i && !export_i), .address_i(host_address_i), .beats_i(beats),
    .valid_o(host_valid), .ready_i(import_q), .data_o(host_data), .error_o(host_error),
    .request_o(read_request_o), .request_ready_i(read_ready_i), .request_address_o(read_address_o),
    .request_length_o(read_length_o), .request_slot_o(read_slot_o),
    .data_valid_i(read_valid_i), .data_slot_i(read_slot_i), .data_i(read_data_i), .data_error_i(read_error_i)
  );

  host_writer u_host_writer (
    .clk_i, .rst_ni,
    .start_i(start_i && export_i), .address_i(host_address_i), .beats_i(beats), .done_o(drain_done),
    .valid_i(there_q), .ready_o(drain_ready), .data_i(vector_data_i[drain_select +: 512]),
    .error_o(drain_error),
    .request_o(write_request_o), .request_address_o(write_address_o), .request_length_o(write_length_o),
    .request_data_o(write_data_o), .take_i(write_take_i), .answer_i(write_answer_i), .answer_error_i(write_error_i)
  );

endmodule
