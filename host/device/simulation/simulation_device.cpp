#include "host/device/simulation/simulation_device.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "host/device/ring_device.hpp"
#include "sim/harness/card.hpp"

namespace sluice::device {
namespace {

// Simulated between two looks at the completions: a wait overshoots by half of it, and looking is far cheaper than
// simulating.
constexpr std::uint64_t kCyclesPerLook = 16;

class SimulationPort final : public CardPort {
 public:
  explicit SimulationPort(std::unique_ptr<sim::VerilatedCard> card) : card_(std::move(card)) {}
  ~SimulationPort() override {
    card_.reset();
    for (const std::span<std::byte> segment : segments_) {
      munmap(segment.data(), segment.size());
    }
  }
  SimulationPort(const SimulationPort&) = delete;
  SimulationPort& operator=(const SimulationPort&) = delete;

  Result<std::uint32_t> read_register(std::uint32_t offset) override {
    const auto value = card_->read_register(offset);
    if (!value) {
      return failure("register " + std::to_string(offset) + " cannot be read");
    }
    return *value;
  }

  Status write_register(std::uint32_t offset, std::uint32_t value) override {
    if (!card_->write_register(offset, value)) {
      return failure("register " + std::to_string(offset) + " cannot be written");
    }
    return {};
  }

  Result<HostBuffer> allocate_host(std::uint64_t bytes) override {
    const std::size_t mapped_bytes = std::max<std::uint64_t>(bytes, 1);
    void* const base =
        mmap(nullptr, mapped_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
      return Error(ErrorCode::kIo, "cannot map " + std::to_string(bytes) + " bytes of host memory");
    }
    const std::span<std::byte> segment(static_cast<std::byte*>(base), mapped_bytes);
    segments_.push_back(segment);
    return HostBuffer{card_->add_host_segment(segment), segment.first(bytes)};
  }

  Status advance() override {
    if (!card_->step(kCyclesPerLook)) {
      return failure("the card stopped");
    }
    return {};
  }

 private:
  // `what` where the card itself has nothing to say.
  [[nodiscard]] Error failure(const std::string& what) const {
    return {ErrorCode::kDevice, "simulated card: " + (card_->failure().empty() ? what : card_->failure())};
  }

  std::unique_ptr<sim::VerilatedCard> card_;
  std::vector<std::span<std::byte>> segments_;
};

}  // namespace

bool simulation_is_built() { return true; }

Result<std::unique_ptr<Device>> open_simulation(const SimulationOptions& options) {
  auto opened = sim::VerilatedCard::open(options.card);
  if (opened.card == nullptr) {
    return Error(ErrorCode::kDevice, "simulated card: " + opened.error);
  }
  return RingDevice::open(std::make_unique<SimulationPort>(std::move(opened.card)),
                          {.name = "simulation",
                           .description = "the card's RTL, simulated cycle by cycle (Verilator)",
                           .has_cycles = true,
                           .memory_bytes = options.memory_bytes});
}

}  // namespace sluice::device
