// The Verilated card with its memories around it: one clock, registers, waveforms.
//
// Purpose: what host/device/simulation drives as a card, and what tests of the whole card start from.
// Timing: one clock at a nominal 250 MHz; a step is one rising edge. Default latencies stand for 250 ns of card memory
//   and 900 ns of host link.
// Ownership: owns the model, the card memory and the ports' state; host segments belong to the caller and must outlive
//   the card. Threading: one thread at a time; several cards may live side by side.
// Errors: the card fails when a memory port breaks its protocol, when an assertion in the RTL fires or when waveforms
//   cannot be written; failure() then says what happened and step() does nothing any more.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/harness/axi_memory.hpp"
#include "sim/harness/card_options.hpp"
#include "sim/harness/storage.hpp"

namespace sluice::sim {

class CardModel;

class VerilatedCard {
 public:
  struct Opened;

  // A card after reset, with as much memory as its registers say. `Opened::error` says why there is none.
  [[nodiscard]] static Opened open(const CardOptions& options);
  ~VerilatedCard();
  VerilatedCard(const VerilatedCard&) = delete;
  VerilatedCard& operator=(const VerilatedCard&) = delete;

  // Runs `cycles` rising edges, fewer when the card fails. False: it has failed.
  bool step(std::uint64_t cycles);

  // AXI4-Lite accesses; nothing and false when there is no good answer within `deadline_cycles`, or the card fails.
  [[nodiscard]] std::optional<std::uint32_t> read_register(std::uint32_t offset,
                                                           std::uint64_t deadline_cycles = kRegisterDeadlineCycles);
  [[nodiscard]] bool write_register(std::uint32_t offset, std::uint32_t value,
                                    std::uint64_t deadline_cycles = kRegisterDeadlineCycles);

  // Host memory that the card can reach from now on; returns its address.
  [[nodiscard]] std::uint64_t add_host_segment(std::span<std::byte> bytes);

  // Card memory by the back door.
  [[nodiscard]] std::span<std::byte> memory() { return storage_->bytes(); }

  [[nodiscard]] std::uint64_t cycles() const { return cycles_; }
  [[nodiscard]] std::uint64_t interrupts() const { return interrupts_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] const AxiTraffic& memory_traffic(std::uint32_t channel) const { return channels_[channel].traffic(); }
  [[nodiscard]] const AxiTraffic& host_traffic() const { return host_port_->traffic(); }

  static constexpr std::uint64_t kRegisterDeadlineCycles = 10000;

 private:
  explicit VerilatedCard(const CardOptions& options);

  [[nodiscard]] bool set_up_memories(const CardOptions& options);
  void edge();
  void trace(std::uint64_t picoseconds_after_edge);
  void look_for_failure();

  CardOptions options_;
  std::unique_ptr<CardModel> model_;
  std::unique_ptr<CardStorage> storage_;
  HostStorage host_storage_;
  std::vector<AxiMemory> channels_;
  std::unique_ptr<AxiMemory> host_port_;
  AxiManagerSignals manager_;  // of the port being evaluated
  std::uint64_t cycles_ = 0;
  std::uint64_t interrupts_ = 0;
  std::string failure_;
};

struct VerilatedCard::Opened {
  std::unique_ptr<VerilatedCard> card;
  std::string error;
};

}  // namespace sluice::sim
