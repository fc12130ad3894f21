// Runs linears on a Verilated engine_with_reader.
//
// Purpose: the vector memory, the card memory and the command handshake around the engine, for its test and its
//   benchmark. Ownership: owns model and memories. Threading: none. Errors: a command that does not end within
//   `kLimitCycles` returns false.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "Vengine_with_reader.h"
#include "testbench/rtl/engine/linear_model.hpp"
#include "testbench/rtl/memory/axi_memory.hpp"

namespace sluice::test {

struct EngineCommand {
  unsigned mask = 1;
  unsigned input_line = 0;
  std::array<unsigned, 4> output_line{};  // a lane
  unsigned weight_line = 0;
};

struct EngineCounts {
  std::uint64_t cycles = 0;  // from the cycle in which the command is taken to the one with done_o
  std::uint64_t busy = 0;
  std::uint64_t mac = 0;
  std::uint64_t mac_lanes = 0;
  std::uint64_t lines = 0;
  std::uint64_t stall = 0;
};

class EngineDriver {
 public:
  static constexpr unsigned kBanks = 4;
  static constexpr std::size_t kVectorLines = 4096;
  static constexpr std::uint64_t kLimitCycles = 2'000'000;

  EngineDriver(std::size_t memory_lines, const AxiTiming& timing) : memory(memory_lines, timing) {
    for (auto& bank : banks) {
      bank.resize(kVectorLines);
    }
    model_->rst_ni = 0;
    cycle();
    cycle();
    model_->rst_ni = 1;
  }

  AxiMemory<4> memory;
  std::array<std::vector<Line>, kBanks> banks;
  EngineCounts counts;  // of the last command

  // Runs one command to its end. `followed`: the next one follows at once, while the last lines are being written.
  bool run(const Matrix& matrix, const EngineCommand& command, bool followed = false) {
    drive(matrix, command);
    cycle();  // groups and row tiles stand a cycle before the command
    counts = {};
    model_->cmd_valid_i = 1;
    bool taken = false;
    for (std::uint64_t i = 0; i < kLimitCycles; ++i) {
      settle();
      const bool takes = model_->cmd_valid_i != 0 && model_->cmd_ready_o != 0;
      taken = taken || takes;
      const bool done = model_->done_o != 0;
      counts.cycles += taken ? 1 : 0;
      count();
      edge();
      if (takes) {
        model_->cmd_valid_i = 0;
      }
      if (done) {
        for (int line = 0; line < 2 && !followed; ++line) {
          cycle();  // the last two lines of the result are still being written
        }
        return true;
      }
    }
    return false;
  }

  void cycle() {
    settle();
    edge();
  }
  bool error() const { return model_->error_o != 0; }

 private:
  void drive(const Matrix& matrix, const EngineCommand& command) {
    const Shape& shape = matrix.shape;
    model_->cmd_mask_i = static_cast<CData>(command.mask);
    model_->cmd_format_i = static_cast<CData>(shape.format);
    model_->cmd_row_tiles_i = static_cast<SData>(shape.row_tiles());
    model_->cmd_groups_i = static_cast<SData>(shape.groups);
    model_->cmd_blocks_i = static_cast<SData>(shape.blocks);
    model_->cmd_block_offset_i = static_cast<SData>(shape.block_offset);
    model_->cmd_block_stride_i = static_cast<SData>(shape.block_stride);
    model_->cmd_input_line_i = static_cast<SData>(command.input_line);
    model_->cmd_input_elements_i = shape.input_elements;
    model_->cmd_output_line_i = 0;
    for (unsigned l = 0; l < kBanks; ++l) {
      model_->cmd_output_line_i |= QData{command.output_line[l]} << (16 * l);
    }
    model_->cmd_output_elements_i = static_cast<SData>(shape.groups * shape.rows);
    model_->cmd_weight_line_i = command.weight_line;
    model_->cmd_scale_max_i = static_cast<CData>(matrix.scale_max);
    model_->cmd_scale_bias_i = static_cast<SData>(matrix.scale_bias);
  }

  // Inputs of the cycle, and everything combinational.
  void settle() {
    model_->ar_ready_i = static_cast<CData>(memory.ar_ready());
    model_->r_valid_i = static_cast<CData>(memory.r_valid());
    model_->r_last_i = static_cast<CData>(memory.r_last());
    model_->r_resp_i = static_cast<CData>(memory.r_resp());
    memory.drive_r_data(model_->r_data_i);
    model_->clk_i = 0;
    model_->eval();
  }

  // The memories take the outputs; then the clock edge.
  void edge() {
    memory.read(model_->ar_valid_o, model_->ar_addr_o, model_->ar_len_o, model_->r_ready_o);
    const bool reads = model_->vm_re_o != 0;
    const std::size_t address = model_->vm_raddr_o % kVectorLines;
    for (unsigned l = 0; l < kBanks; ++l) {
      if ((model_->vm_we_o >> l & 1) != 0) {
        Line& line = banks[l][(model_->vm_waddr_o >> (16 * l) & 0xFFFF) % kVectorLines];
        for (unsigned w = 0; w < 32; ++w) {
          line[w] = model_->vm_wdata_o[l * 32 + w];
        }
      }
    }
    model_->clk_i = 1;
    model_->eval();
    if (reads) {
      for (unsigned l = 0; l < kBanks; ++l) {
        for (unsigned w = 0; w < 32; ++w) {
          model_->vm_rdata_i[l * 32 + w] = banks[l][address][w];
        }
      }
    }
  }

  void count() {
    counts.busy += model_->busy_o;
    counts.mac += model_->mac_o;
    counts.mac_lanes += model_->mac_lanes_o;
    counts.lines += model_->line_o;
    counts.stall += model_->stall_memory_o;
  }

  std::unique_ptr<Vengine_with_reader> model_ = std::make_unique<Vengine_with_reader>();
};

}  // namespace sluice::test
