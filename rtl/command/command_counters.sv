// The card's performance counters (Counter of docs/device.md), 64 bits each.
//
// Purpose: one adder a counter; an increment in one cycle is visible in the next. Reset: all 0 (rst_ni only: a soft
//   reset keeps them, so that a fault can be examined).
// Units: memory beats are counted in 32-byte beats and shown in lines of 4 beats, whatever the number of channels.

module command_counters (
  input  logic           clk_i,
  input  logic           rst_ni,
  input  logic [1:0]     ended_i,              // a command of queue q ended
  input  logic           engine_busy_i,
  input  logic           engine_mac_i,
  input  logic [2:0]     engine_lanes_i,       // lanes in use, with engine_mac_i
  input  logic           engine_line_i,
  input  logic           engine_stall_i,
  input  logic           unit_busy_i,
  input  logic [2:0]     memory_read_beats_i,
  input  logic [2:0]     memory_write_beats_i,
  input  logic           host_read_beat_i,
  input  logic           host_write_beat_i,
  output logic [64*12-1:0] counters_o
);

  logic [63:0] cycles_q, commands_q, busy_q, mac_q, lines_q, stall_q, unit_q, read_q, write_q;
  logic [63:0] host_read_q, host_write_q, lanes_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      cycles_q <= '0;
      commands_q <= '0;
      busy_q <= '0;
      mac_q <= '0;
      lines_q <= '0;
      stall_q <= '0;
      unit_q <= '0;
      read_q <= '0;
      write_q <= '0;
      host_read_q <= '0;
      host_write_q <= '0;
      lanes_q <= '0;
    end else begin
      cycles_q <= cycles_q + 64'd1;
      commands_q <= commands_q + {63'b0, ended_i[0]} + {63'b0, ended_i[1]};
      busy_q <= busy_q + {63'b0, engine_busy_i};
      mac_q <= mac_q + {63'b0, engine_mac_i};
      lines_q <= lines_q + {63'b0, engine_line_i};
      stall_q <= stall_q + {63'b0, engine_stall_i};
      unit_q <= unit_q + {63'b0, unit_busy_i};
      read_q <= read_q + {61'b0, memory_read_beats_i};
      write_q <= write_q + {61'b0, memory_write_beats_i};
      host_read_q <= host_read_q + {57'b0, host_read_beat_i, 6'b0};
      host_write_q <= host_write_q + {57'b0, host_write_beat_i, 6'b0};
      if (engine_mac_i) lanes_q <= lanes_q + {61'b0, engine_lanes_i};
    end
  end

  assign counters_o[64*sluice_pkg::CounterCycles +: 64] = cycles_q;
  assign counters_o[64*sluice_pkg::CounterCommands +: 64] = commands_q;
  assign counters_o[64*sluice_pkg::CounterEngineBusy +: 64] = busy_q;
  assign counters_o[64*sluice_pkg::CounterEngineMac +: 64] = mac_q;
  assign counters_o[64*sluice_pkg::CounterEngineWeightLines +: 64] = lines_q;
  assign counters_o[64*sluice_pkg::CounterEngineStallMemory +: 64] = stall_q;
  assign counters_o[64*sluice_pkg::CounterUnitBusy +: 64] = unit_q;
  assign counters_o[64*sluice_pkg::CounterMemoryReadLines +: 64] = {2'b0, read_q[63:2]};
  assign counters_o[64*sluice_pkg::CounterMemoryWriteLines +: 64] = {2'b0, write_q[63:2]};
  assign counters_o[64*sluice_pkg::CounterHostReadBytes +: 64] = host_read_q;
  assign counters_o[64*sluice_pkg::CounterHostWriteBytes +: 64] = host_write_q;
  assign counters_o[64*sluice_pkg::CounterMacLanes +: 64] = lanes_q;

endmodule
