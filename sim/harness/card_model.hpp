// The Verilated top behind one interface, so that the checked model and the fast one are the same to card.cpp. Internal
// to sim/harness.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/harness/axi_memory.hpp"

namespace sluice::sim {

// The card's AXI4-Lite inputs and outputs.
struct RegisterInputs {
  bool aw_valid = false;
  bool w_valid = false;
  bool b_ready = false;
  bool ar_valid = false;
  bool r_ready = false;
  std::uint16_t address = 0;
  std::uint32_t data = 0;
};
struct RegisterOutputs {
  bool aw_ready = false;
  bool w_ready = false;
  bool b_valid = false;
  bool ar_ready = false;
  bool r_valid = false;
  std::uint32_t data = 0;
  std::uint32_t response = 0;  // of whichever of b and r is valid
};

class CardModel {
 public:
  virtual ~CardModel() = default;

  virtual void set_clock(bool level) = 0;
  virtual void set_reset(bool active) = 0;
  virtual void eval() = 0;
  [[nodiscard]] virtual bool stopped() const = 0;  // by $stop, $fatal or a failed assertion
  [[nodiscard]] virtual bool interrupt() const = 0;

  virtual void drive_registers(const RegisterInputs& inputs) = 0;
  [[nodiscard]] virtual RegisterOutputs registers() const = 0;

  [[nodiscard]] virtual std::uint32_t channels() const = 0;
  virtual void sample_channel(std::uint32_t channel, AxiManagerSignals& manager) const = 0;
  virtual void drive_channel(std::uint32_t channel, const AxiMemorySignals& memory) = 0;
  virtual void sample_host(AxiManagerSignals& manager) const = 0;
  virtual void drive_host(const AxiMemorySignals& memory) = 0;

  // False: the file cannot be written, or the model has no waveforms.
  [[nodiscard]] virtual bool open_waves(const std::string& file) = 0;
  virtual void dump_waves(std::uint64_t time) = 0;
  virtual void close_waves() = 0;
};

[[nodiscard]] std::unique_ptr<CardModel> make_fast_card_model();
// `random_start`: what no reset touches starts with random bits, from `seed`, and not with zeros.
[[nodiscard]] std::unique_ptr<CardModel> make_checked_card_model(bool random_start, std::uint64_t seed);

}  // namespace sluice::sim
