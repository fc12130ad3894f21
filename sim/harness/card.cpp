#include "sim/harness/card.hpp"

#include <utility>

#include "host/device/command.hpp"
#include "sim/harness/card_model.hpp"

namespace sluice::sim {
namespace {

constexpr std::uint32_t kResetCycles = 4;
constexpr std::uint32_t kMaxHostReads = 32;           // PCIM of AWS F2, the strictest of the shells
constexpr std::uint64_t kPicosecondsPerCycle = 4000;  // 250 MHz
constexpr std::uint64_t kMib = std::uint64_t{1} << 20;

bool wants_checks(const CardOptions& options) {
  return options.assertions || options.random_start || options.stall_probability > 0 || !options.waves.file.empty();
}

}  // namespace

VerilatedCard::VerilatedCard(const CardOptions& options)
    : options_(options),
      model_(wants_checks(options) ? make_checked_card_model(options.random_start, options.seed)
                                   : make_fast_card_model()) {}

VerilatedCard::~VerilatedCard() {
  if (!options_.waves.file.empty()) {
    model_->close_waves();
  }
}

VerilatedCard::Opened VerilatedCard::open(const CardOptions& options) {
  std::unique_ptr<VerilatedCard> card(new VerilatedCard(options));
  if (!options.waves.file.empty() && !card->model_->open_waves(options.waves.file)) {
    return {nullptr, "cannot write waveforms to " + options.waves.file};
  }
  CardModel& model = *card->model_;
  model.set_clock(false);
  model.set_reset(true);
  model.drive_registers({});
  model.drive_host({});
  for (std::uint32_t channel = 0; channel < model.channels(); ++channel) {
    model.drive_channel(channel, {});
  }
  card->step(kResetCycles);
  model.set_reset(false);
  card->step(1);
  if (!card->set_up_memories(options)) {
    return {nullptr, card->failure_};
  }
  return {std::move(card), {}};
}

// The size of the memory is the card's: RTL checks commands against it.
bool VerilatedCard::set_up_memories(const CardOptions& options) {
  const auto mib = read_register(static_cast<std::uint32_t>(device::Register::kMemoryMib));
  if (!mib) {
    failure_ = failure_.empty() ? "the card does not answer register accesses" : failure_;
    return false;
  }
  storage_ = CardStorage::create(*mib * kMib, model_->channels());
  if (storage_ == nullptr) {
    failure_ = "cannot map " + std::to_string(*mib) + " MiB of card memory";
    return false;
  }
  for (std::uint32_t channel = 0; channel < model_->channels(); ++channel) {
    channels_.emplace_back(AxiOptions{.name = "memory channel " + std::to_string(channel),
                                      .beat_bytes = 32,
                                      .read_latency_cycles = options.memory_latency_cycles,
                                      .write_latency_cycles = options.memory_latency_cycles,
                                      .stall_probability = options.stall_probability,
                                      .seed = options.seed * 64 + 1 + channel},
                           storage_->channel(channel));
  }
  host_port_ = std::make_unique<AxiMemory>(AxiOptions{.name = "host port",
                                                      .beat_bytes = 64,
                                                      .read_latency_cycles = options.host_latency_cycles,
                                                      .write_latency_cycles = options.host_latency_cycles,
                                                      .reads_allowed = kMaxHostReads,
                                                      .unique_read_ids = true,
                                                      .reorder_reads = options.stall_probability > 0,
                                                      .stall_probability = options.stall_probability,
                                                      .seed = options.seed * 64},
                                           host_storage_);
  return true;
}

std::uint64_t VerilatedCard::add_host_segment(std::span<std::byte> bytes) { return host_storage_.add_segment(bytes); }

bool VerilatedCard::step(std::uint64_t cycles) {
  for (std::uint64_t i = 0; i < cycles && failure_.empty(); ++i) {
    edge();
  }
  return failure_.empty();
}

// One rising edge. The memories see what the card drove before it, and the card what they drove before it; what they
// answer is driven afterwards and carried through combinational paths by the evaluation of the falling edge.
void VerilatedCard::edge() {
  for (std::uint32_t channel = 0; channel < channels_.size(); ++channel) {
    model_->sample_channel(channel, manager_);
    channels_[channel].clock(manager_);
  }
  if (host_port_ != nullptr) {
    model_->sample_host(manager_);
    host_port_->clock(manager_);
  }

  model_->set_clock(true);
  model_->eval();
  trace(0);
  for (std::uint32_t channel = 0; channel < channels_.size(); ++channel) {
    model_->drive_channel(channel, channels_[channel].outputs());
  }
  if (host_port_ != nullptr) {
    model_->drive_host(host_port_->outputs());
  }
  model_->set_clock(false);
  model_->eval();
  trace(kPicosecondsPerCycle / 2);

  interrupts_ += model_->interrupt() ? 1 : 0;
  ++cycles_;
  look_for_failure();
}

void VerilatedCard::trace(std::uint64_t picoseconds_after_edge) {
  const Waves& waves = options_.waves;
  if (!waves.file.empty() && cycles_ >= waves.from_cycle && cycles_ - waves.from_cycle < waves.cycles) {
    model_->dump_waves(cycles_ * kPicosecondsPerCycle + picoseconds_after_edge);
  }
}

void VerilatedCard::look_for_failure() {
  for (const AxiMemory& channel : channels_) {
    if (!channel.violation().empty()) {
      failure_ = channel.violation();
    }
  }
  if (host_port_ != nullptr && !host_port_->violation().empty()) {
    failure_ = host_port_->violation();
  }
  if (model_->stopped()) {
    failure_ = "an assertion of the RTL failed at cycle " + std::to_string(cycles_) + "; it is printed above";
  }
}

std::optional<std::uint32_t> VerilatedCard::read_register(std::uint32_t offset, std::uint64_t deadline_cycles) {
  RegisterInputs inputs = {.ar_valid = true, .r_ready = true, .address = static_cast<std::uint16_t>(offset)};
  std::optional<std::uint32_t> value;
  bool answered = false;
  for (std::uint64_t i = 0; i < deadline_cycles && !answered; ++i) {
    model_->drive_registers(inputs);
    model_->eval();
    const RegisterOutputs outputs = model_->registers();
    if (!step(1)) {
      return std::nullopt;
    }
    inputs.ar_valid = inputs.ar_valid && !outputs.ar_ready;
    if (outputs.r_valid) {
      answered = true;
      if (outputs.response == kResponseOkay) {
        value = outputs.data;
      }
    }
  }
  model_->drive_registers({});
  return value;
}

bool VerilatedCard::write_register(std::uint32_t offset, std::uint32_t value, std::uint64_t deadline_cycles) {
  RegisterInputs inputs = {
      .aw_valid = true, .w_valid = true, .b_ready = true, .address = static_cast<std::uint16_t>(offset), .data = value};
  bool answered = false;
  bool good = false;
  for (std::uint64_t i = 0; i < deadline_cycles && !answered; ++i) {
    model_->drive_registers(inputs);
    model_->eval();
    const RegisterOutputs outputs = model_->registers();
    if (!step(1)) {
      return false;
    }
    inputs.aw_valid = inputs.aw_valid && !outputs.aw_ready;
    inputs.w_valid = inputs.w_valid && !outputs.w_ready;
    answered = outputs.b_valid;
    good = outputs.response == kResponseOkay;
  }
  model_->drive_registers({});
  return answered && good;
}

}  // namespace sluice::sim
