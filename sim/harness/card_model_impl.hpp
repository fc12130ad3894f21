// CardModel over a class that Verilator generated. Internal: included once for each generated class.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "sim/harness/card_model.hpp"
#include "verilated.h"

namespace sluice::sim {

// Ports up to 64 bits are integers; wider ones are arrays of 32-bit words. Fields of a port that packs all channels are
// read and written by bit position, so that the number of channels is the model's affair.
template <std::unsigned_integral Port>
std::uint64_t field(const Port& port, std::uint32_t lsb, std::uint32_t width) {
  const std::uint64_t bits = static_cast<std::uint64_t>(port) >> lsb;
  return width == 64 ? bits : bits & ((std::uint64_t{1} << width) - 1);
}

template <std::size_t Words>
std::uint64_t field(const VlWide<Words>& port, std::uint32_t lsb, std::uint32_t width) {
  std::uint64_t bits = 0;
  for (std::uint32_t taken = 0; taken < width;) {
    const std::uint32_t offset = (lsb + taken) % 32;
    bits |= (static_cast<std::uint64_t>(port[(lsb + taken) / 32]) >> offset) << taken;
    taken += 32 - offset;
  }
  return bits & ((std::uint64_t{1} << width) - 1);
}

template <std::unsigned_integral Port>
void set_field(Port& port, std::uint32_t lsb, std::uint32_t width, std::uint64_t value) {
  const std::uint64_t mask = ((std::uint64_t{1} << width) - 1) << lsb;
  port = static_cast<Port>((static_cast<std::uint64_t>(port) & ~mask) | (value << lsb & mask));
}

// The bytes of a wide port; Verilator's word order is little-endian.
template <std::size_t Words>
const std::byte* bytes_of(const VlWide<Words>& port) {
  return reinterpret_cast<const std::byte*>(port.m_storage);
}
template <std::size_t Words>
std::byte* bytes_of(VlWide<Words>& port) {
  return reinterpret_cast<std::byte*>(port.m_storage);
}

inline constexpr std::uint32_t kMemoryBeatBytes = 32;
inline constexpr std::uint32_t kHostBeatBytes = 64;

template <typename Model, typename WaveFile>
class VerilatedModel final : public CardModel {
 public:
  // A random start needs a model that was Verilated for it.
  VerilatedModel(bool random_start, std::uint64_t seed) {
    constexpr int kZeros = 0;
    constexpr int kRandomBits = 2;
    context_.randReset(random_start ? kRandomBits : kZeros);
    context_.randSeed(static_cast<int>(seed & 0x7FFFFFFF));
    context_.fatalOnError(false);  // a failed assertion ends the simulation, not the process
    context_.assertOn(false);
    context_.traceEverOn(WaveFile::kExists);
    model_ = std::make_unique<Model>(&context_);
  }
  ~VerilatedModel() override { model_->final(); }
  VerilatedModel(const VerilatedModel&) = delete;
  VerilatedModel& operator=(const VerilatedModel&) = delete;

  void set_clock(bool level) override { model_->clk_i = level; }
  // What holds after the reset need not hold before and during it.
  void set_reset(bool active) override {
    model_->rst_ni = !active;
    context_.assertOn(!active);
  }
  void eval() override { model_->eval(); }
  [[nodiscard]] bool stopped() const override { return context_.gotFinish(); }
  [[nodiscard]] bool interrupt() const override { return model_->irq_o != 0; }

  void drive_registers(const RegisterInputs& inputs) override {
    model_->axil_awvalid_i = inputs.aw_valid;
    model_->axil_awaddr_i = inputs.address;
    model_->axil_wvalid_i = inputs.w_valid;
    model_->axil_wdata_i = inputs.data;
    model_->axil_wstrb_i = 0xF;
    model_->axil_bready_i = inputs.b_ready;
    model_->axil_arvalid_i = inputs.ar_valid;
    model_->axil_araddr_i = inputs.address;
    model_->axil_rready_i = inputs.r_ready;
  }

  [[nodiscard]] RegisterOutputs registers() const override {
    const bool write = model_->axil_bvalid_o != 0;
    return {.aw_ready = model_->axil_awready_o != 0,
            .w_ready = model_->axil_wready_o != 0,
            .b_valid = write,
            .ar_ready = model_->axil_arready_o != 0,
            .r_valid = model_->axil_rvalid_o != 0,
            .data = model_->axil_rdata_o,
            .response = write ? model_->axil_bresp_o : model_->axil_rresp_o};
  }

  [[nodiscard]] std::uint32_t channels() const override { return sizeof(model_->mem_wdata_o) / kMemoryBeatBytes; }

  void sample_channel(std::uint32_t channel, AxiManagerSignals& manager) const override {
    const Model& m = *model_;
    const auto address = [channel](AxiAddress& to, const auto& valid, const auto& id, const auto& addr,
                                   const auto& length, const auto& size, const auto& burst) {
      to.valid = field(valid, channel, 1) != 0;
      if (to.valid) {
        to.id = static_cast<std::uint32_t>(field(id, channel * 4, 4));
        to.address = field(addr, channel * 40, 40);
        to.length = static_cast<std::uint32_t>(field(length, channel * 8, 8));
        to.size = static_cast<std::uint32_t>(field(size, channel * 3, 3));
        to.burst = static_cast<std::uint32_t>(field(burst, channel * 2, 2));
      }
    };
    address(manager.ar, m.mem_arvalid_o, m.mem_arid_o, m.mem_araddr_o, m.mem_arlen_o, m.mem_arsize_o, m.mem_arburst_o);
    address(manager.aw, m.mem_awvalid_o, m.mem_awid_o, m.mem_awaddr_o, m.mem_awlen_o, m.mem_awsize_o, m.mem_awburst_o);
    manager.r_ready = field(m.mem_rready_o, channel, 1) != 0;
    manager.b_ready = field(m.mem_bready_o, channel, 1) != 0;
    manager.w_valid = field(m.mem_wvalid_o, channel, 1) != 0;
    if (manager.w_valid) {
      manager.w_last = field(m.mem_wlast_o, channel, 1) != 0;
      manager.w_strobe = field(m.mem_wstrb_o, channel * kMemoryBeatBytes, kMemoryBeatBytes);
      std::memcpy(manager.w_data.data(), bytes_of(m.mem_wdata_o) + channel * kMemoryBeatBytes, kMemoryBeatBytes);
    }
  }

  void drive_channel(std::uint32_t channel, const AxiMemorySignals& memory) override {
    Model& m = *model_;
    set_field(m.mem_arready_i, channel, 1, memory.ar_ready);
    set_field(m.mem_awready_i, channel, 1, memory.aw_ready);
    set_field(m.mem_wready_i, channel, 1, memory.w_ready);
    set_field(m.mem_bvalid_i, channel, 1, memory.b_valid);
    set_field(m.mem_bid_i, channel * 4, 4, memory.b_id);
    set_field(m.mem_bresp_i, channel * 2, 2, memory.b_response);
    set_field(m.mem_rvalid_i, channel, 1, memory.r_valid);
    if (memory.r_valid) {
      set_field(m.mem_rid_i, channel * 4, 4, memory.r_id);
      set_field(m.mem_rresp_i, channel * 2, 2, memory.r_response);
      set_field(m.mem_rlast_i, channel, 1, memory.r_last);
      std::memcpy(bytes_of(m.mem_rdata_i) + channel * kMemoryBeatBytes, memory.r_data.data(), kMemoryBeatBytes);
    }
  }

  void sample_host(AxiManagerSignals& manager) const override {
    const Model& m = *model_;
    manager.ar = {m.host_arvalid_o != 0, m.host_arid_o,   m.host_araddr_o,
                  m.host_arlen_o,        m.host_arsize_o, m.host_arburst_o};
    manager.aw = {m.host_awvalid_o != 0, m.host_awid_o,   m.host_awaddr_o,
                  m.host_awlen_o,        m.host_awsize_o, m.host_awburst_o};
    manager.r_ready = m.host_rready_o != 0;
    manager.b_ready = m.host_bready_o != 0;
    manager.w_valid = m.host_wvalid_o != 0;
    if (manager.w_valid) {
      manager.w_last = m.host_wlast_o != 0;
      manager.w_strobe = m.host_wstrb_o;
      std::memcpy(manager.w_data.data(), bytes_of(m.host_wdata_o), kHostBeatBytes);
    }
  }

  void drive_host(const AxiMemorySignals& memory) override {
    Model& m = *model_;
    m.host_arready_i = memory.ar_ready;
    m.host_awready_i = memory.aw_ready;
    m.host_wready_i = memory.w_ready;
    m.host_bvalid_i = memory.b_valid;
    m.host_bid_i = static_cast<std::uint8_t>(memory.b_id);
    m.host_bresp_i = memory.b_response;
    m.host_rvalid_i = memory.r_valid;
    if (memory.r_valid) {
      m.host_rid_i = static_cast<std::uint8_t>(memory.r_id);
      m.host_rresp_i = memory.r_response;
      m.host_rlast_i = memory.r_last;
      std::memcpy(bytes_of(m.host_rdata_i), memory.r_data.data(), kHostBeatBytes);
    }
  }

  [[nodiscard]] bool open_waves(const std::string& file) override { return waves_.open(*model_, file); }
  void dump_waves(std::uint64_t time) override { waves_.dump(time); }
  void close_waves() override { waves_.close(); }

 private:
  VerilatedContext context_;
  std::unique_ptr<Model> model_;
  WaveFile waves_;
};

}  // namespace sluice::sim
