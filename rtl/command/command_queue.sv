// One command queue: takes commands from its ring in order, runs each and reports its end.
//
// Purpose: fetch (command_fetch), header and operand check (command_checker), semaphore wait, start of the executor,
//   completion write-back, signal. Used twice, for the load and the compute queue.
// Executor: start_o is a pulse while command_o holds the command (kNop is executed here); done_i a pulse when it has
//   ended, with fault_i (0: none) and detail_i; progress_i whenever it does not merely wait for memory or link. One
//   command is in execution at a time, and command_o holds until the next one is loaded.
// Latency: from a fetched command to start_o two cycles; from done_i to the next command's start_o two cycles; the
//   completion is requested in the cycle of done_i, its data follow in the next.
// Combinational paths: done_i to write_valid_o, write_address_o and signal_o.
// Time-outs: of the command's timeout_cycles, in the semaphore wait and between two signs of progress; of
//   kDefaultTimeoutCycles for a command's fetch. An executor that timed out cannot be stopped: its late end is awaited
//   before a soft reset is through.
// Faults: the completion tells the fault, stopped_o stays until a soft reset; a failed command does not signal.
// Soft reset: while hold_i, nothing new begins and a semaphore wait is given up; quiet_o tells that nothing is under way
//   in executor and link; clear_i then forgets every command. Reset: control only.

module command_queue #(
  parameter logic Queue = 1'b0,                 // sluice_pkg::QueueLoad or QueueCompute
  parameter longint unsigned MemoryLines = 1,   // of card memory, for the check
  parameter logic [31:0] FetchTimeout = 32'd1 << 26
) (
  input  logic          clk_i,
  input  logic          rst_ni,
  input  logic          enable_i,
  input  logic          hold_i,
  input  logic          clear_i,
  output logic          quiet_o,
  output logic          stopped_o,
  output logic          ended_o,           // pulse: a command ended
  output logic [31:0]   head_o,

  input  logic [63:0]   ring_base_i,
  input  logic [4:0]    ring_size_log2_i,
  input  logic [31:0]   ring_tail_i,
  input  logic [63:0]   completion_base_i,
  input  logic [4:0]    completion_size_log2_i,
  input  logic [63:0]   cycle_i,           // the cycle counter, for completions

  // Semaphores.
  output logic [4:0]    wait_index_o,
  output logic [31:0]   wait_value_o,
  input  logic          wait_passed_i,     // for the outputs of the cycle before
  output logic          signal_o,
  output logic [4:0]    signal_index_o,
  output logic [31:0]   signal_value_o,

  // Executor.
  output logic          start_o,
  output logic [4095:0] command_o,
  input  logic          done_i,
  input  logic [3:0]    fault_i,
  input  logic [31:0]   detail_i,
  input  logic          progress_i,

  // Host link: command reads of 8 beats, completion writes of one beat.
  output logic          read_valid_o,
  input  logic          read_ready_i,
  output logic [63:0]   read_address_o,
  output logic [8:0]    read_slot_o,
  input  logic          read_data_valid_i,
  input  logic [8:0]    read_data_slot_i,
  input  logic [511:0]  read_data_i,
  input  logic          read_error_i,
  output logic          write_valid_o,     // holds until the beat is taken; the address is valid with it
  input  logic          write_ready_i,
  output logic [63:0]   write_address_o,
  output logic [511:0]  write_data_o,      // from the cycle after the request on
  input  logic          write_answer_i,
  input  logic          write_error_i,
  output logic          interrupt_o
);

  typedef enum logic [2:0] {StateIdle, StateCheck, StateWait, StateRun, StateEnd} state_e;

  state_e state_q, state_d;
  logic stopped_q;
  logic write_valid_q;           // a completion waits for the link
  logic [3:0] completions_q;     // completions whose write has not been answered

  // The command at hand.
  logic [4095:0] command;
  logic [15:0] opcode;
  logic [7:0] version, flags;
  logic [31:0] timeout;
  logic next_valid, load, fetch_error, fetch_idle, fetch_late;

  assign command_o = command;
  assign opcode = command[15:0];
  assign version = command[23:16];
  assign flags = command[31:24];
  assign timeout = command[32*sluice_pkg::HeaderTimeoutCycles +: 32];
  assign wait_index_o = command[32*sluice_pkg::HeaderWaitSemaphore +: 5];
  assign wait_value_o = command[32*sluice_pkg::HeaderWaitValue +: 32];
  assign signal_index_o = command[32*sluice_pkg::HeaderSignalSemaphore +: 5];
  assign signal_value_o = command[32*sluice_pkg::HeaderSignalValue +: 32];

  command_fetch u_fetch (
    .clk_i, .rst_ni, .clear_i,
    .hold_i(hold_i || !enable_i || stopped_q),
    .idle_o(fetch_idle),
    .ring_base_i, .ring_size_log2_i, .ring_tail_i,
    .read_valid_o, .read_ready_i, .read_address_o, .read_slot_o,
    .data_valid_i(read_data_valid_i), .data_slot_i(read_data_slot_i), .data_i(read_data_i), .data_error_i(read_error_i),
    .next_valid_o(next_valid), .load_i(load), .command_o(command), .error_o(fetch_error)
  );

  // The check takes the cycle after the load. The header, which this module uses, is checked here, by the same rule and
  // in the same order as the checker does.
  logic check_valid;
  logic [3:0] check_fault, header_fault_q;
  logic [31:0] check_detail, header_detail_q;

  command_checker #(.Queue(Queue), .MemoryLines(MemoryLines)) u_checker (
    .clk_i, .rst_ni, .check_i(state_q == StateCheck), .command_i(command),
    .valid_o(check_valid), .fault_o(check_fault), .detail_o(check_detail)
  );

  logic own_opcode;
  if (Queue == sluice_pkg::QueueLoad) begin : gen_load
    assign own_opcode = opcode <= sluice_pkg::OpcodeRetire;
  end else begin : gen_compute
    assign own_opcode = opcode == sluice_pkg::OpcodeNop ||
                        (opcode >= sluice_pkg::OpcodeImport && opcode <= sluice_pkg::OpcodeExperts) ||
                        (opcode >= sluice_pkg::OpcodeQuantise && opcode <= sluice_pkg::OpcodeCombine);
  end

  always_ff @(posedge clk_i) begin
    if (state_q == StateCheck) begin
      header_fault_q <= sluice_pkg::FaultNone;
      header_detail_q <= '0;
      if (fetch_error) begin
        header_fault_q <= sluice_pkg::FaultBusError;
      end else if (version != sluice_pkg::CommandVersion[7:0]) begin
        header_fault_q <= sluice_pkg::FaultBadVersion;
        header_detail_q <= {24'b0, version};
      end else if (command[32*sluice_pkg::HeaderWaitSemaphore+5 +: 27] != '0) begin
        header_fault_q <= sluice_pkg::FaultBadHeader;
        header_detail_q <= sluice_pkg::HeaderWaitSemaphore;
      end else if (command[32*sluice_pkg::HeaderSignalSemaphore+5 +: 27] != '0) begin
        header_fault_q <= sluice_pkg::FaultBadHeader;
        header_detail_q <= sluice_pkg::HeaderSignalSemaphore;
      end else if (command[32*sluice_pkg::HeaderOperandLo +: 64] != '0) begin
        header_fault_q <= sluice_pkg::FaultBadHeader;
        header_detail_q <= sluice_pkg::HeaderOperandLo;
      end else if (!own_opcode) begin
        header_fault_q <= sluice_pkg::FaultBadOpcode;
        header_detail_q <= {16'b0, opcode};
      end
    end
  end

  // One timer serves all waits: it restarts where a wait begins and at every sign of progress.
  logic [31:0] timer_q;
  logic timer_restart, timer_over;

  assign fetch_late = timer_q >= FetchTimeout;
  assign timer_over = timer_q >= timeout;

  always_ff @(posedge clk_i) begin
    if (timer_restart) timer_q <= '0;
    else if (timer_q != 32'hFFFFFFFF) timer_q <= timer_q + 32'd1;
  end

  // The command's course. `ending` is its last cycle; the fault, if any, goes into the completion.
  logic ending, ended, failed, late_q, completion_free, may_load;
  logic [3:0] end_fault, held_fault_q;
  logic [31:0] end_detail, held_detail_q;

  assign may_load = !hold_i && enable_i && !stopped_q && !late_q && next_valid;
  assign ended = ending && completion_free;
  assign failed = end_fault != sluice_pkg::FaultNone;

  // A command that ended well makes way for the next one at once.
  assign load = may_load && (ended ? !failed : state_q == StateIdle);

  always_comb begin
    state_d = state_q;
    start_o = 1'b0;
    ending = 1'b0;
    end_fault = sluice_pkg::FaultNone;
    end_detail = '0;
    timer_restart = 1'b0;
    unique case (state_q)
      StateIdle: begin
        timer_restart = fetch_idle || next_valid;
        if (!may_load && !hold_i && !stopped_q && fetch_late) begin
          ending = 1'b1;
          end_fault = sluice_pkg::FaultTimeout;
        end
      end
      StateCheck: begin
        timer_restart = 1'b1;
        state_d = StateWait;
      end
      StateWait: begin
        if (hold_i) begin
          state_d = StateIdle;
        end else if (header_fault_q != sluice_pkg::FaultNone) begin
          ending = 1'b1;
          end_fault = header_fault_q;
          end_detail = header_detail_q;
        end else if (check_valid && check_fault != sluice_pkg::FaultNone) begin
          ending = 1'b1;
          end_fault = check_fault;
          end_detail = check_detail;
        end else if (wait_passed_i) begin
          timer_restart = 1'b1;
          if (opcode == sluice_pkg::OpcodeNop) begin
            ending = 1'b1;
          end else begin
            start_o = 1'b1;
            state_d = StateRun;
          end
        end else if (timer_over) begin
          ending = 1'b1;
          end_fault = sluice_pkg::FaultTimeout;
        end
      end
      StateRun: begin
        timer_restart = progress_i;
        if (done_i) begin
          ending = 1'b1;
          end_fault = fault_i;
          end_detail = detail_i;
        end else if (timer_over && !progress_i) begin
          ending = 1'b1;
          end_fault = sluice_pkg::FaultTimeout;
        end
      end
      StateEnd: begin
        ending = 1'b1;
        end_fault = held_fault_q;
        end_detail = held_detail_q;
      end
      default: state_d = StateIdle;
    endcase
  end

  logic completes;

  assign completes = ended && (failed || (flags & sluice_pkg::FlagComplete) != '0);
  assign signal_o = ended && !failed;
  assign ended_o = ended;
  assign stopped_o = stopped_q;
  assign quiet_o = state_q == StateIdle && !late_q && fetch_idle && completions_q == '0 && !write_valid_q;

  logic [31:0] head_q;
  assign head_o = head_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      state_q <= StateIdle;
      stopped_q <= 1'b0;
      head_q <= '0;
    end else begin
      if (load) state_q <= StateCheck;
      else if (ended) state_q <= StateIdle;
      else if (ending) state_q <= StateEnd;
      else state_q <= state_d;
      if ((ended && failed) || (write_answer_i && write_error_i)) stopped_q <= 1'b1;
      if (ended) head_q <= head_q + 32'd1;
    end
    // An executor that timed out is awaited.
    if (!rst_ni || done_i) late_q <= 1'b0;
    else if (state_q == StateRun && ending) late_q <= 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (ending) begin
      held_fault_q <= end_fault;
      held_detail_q <= end_detail;
    end
  end

  // Completions: one beat each. The request stays until the link takes it; answers are counted.
  logic [3:0] fault_q;
  logic [31:0] sequence_q, detail_q;
  logic [63:0] next_address, address_q, cycle_q, tag_q;
  logic [31:0] completion_slot;
  logic [3:0] interrupt_q;       // answers until the interrupt is raised; 0: none is due

  // With a free link a completion is taken in the cycle after its request, before the next command can end.
  assign completion_free = !write_valid_q && completions_q != 4'd15;
  assign completion_slot = sequence_q & ~(32'hFFFFFFFF << completion_size_log2_i);
  assign write_valid_o = write_valid_q || completes;
  assign write_address_o = write_valid_q ? address_q : next_address;
  assign next_address = completion_base_i + {26'b0, completion_slot, 6'b0};
  // By words, in the order of Completion: an assertion below ties it to the package.
  assign write_data_o = {256'b0, cycle_q, sequence_q, 31'b0, Queue, detail_q, 28'b0, fault_q, tag_q};

  if (sluice_pkg::CompletionTagLo != 0 || sluice_pkg::CompletionFault != 2 || sluice_pkg::CompletionDetail != 3 ||
      sluice_pkg::CompletionQueue != 4 || sluice_pkg::CompletionSequence != 5 ||
      sluice_pkg::CompletionCycleLo != 6) begin : gen_completion_check
    $error("the completion's layout differs from the package");
  end

  // The interrupt is raised when the completion that asks for it, and all before it, have been answered.
  logic interrupts;
  assign interrupts = completes && (flags & sluice_pkg::FlagInterrupt) != '0;
  assign interrupt_o = write_answer_i && interrupt_q == 4'd1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      write_valid_q <= 1'b0;
      sequence_q <= '0;
      completions_q <= '0;
      interrupt_q <= '0;
    end else begin
      if (completes) write_valid_q <= 1'b1;
      else if (write_ready_i) write_valid_q <= 1'b0;
      if (completes) sequence_q <= sequence_q + 32'd1;
      completions_q <= completions_q + {3'b0, completes} - {3'b0, write_answer_i};
      if (interrupts) interrupt_q <= completions_q + 4'd1 - {3'b0, write_answer_i};
      else if (write_answer_i && interrupt_q != '0) interrupt_q <= interrupt_q - 4'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (completes) begin
      address_q <= next_address;
      fault_q <= end_fault;
      detail_q <= end_detail;
      cycle_q <= cycle_i;
      tag_q <= command[32*sluice_pkg::HeaderTagLo +: 64];
    end
  end

endmodule
