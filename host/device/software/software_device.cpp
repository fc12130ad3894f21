#include "host/device/software/software_device.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "host/device/card_allocator.hpp"
#include "host/device/software/executor.hpp"
#include "host/device/software/memories.hpp"

namespace sluice::device {
namespace {

class SoftwareDevice final : public Device {
 public:
  explicit SoftwareDevice(ReservedBytes card)
      : memories_(std::make_unique<Memories>(std::move(card))),
        executor_(*memories_, counters_),
        allocator_(memories_->card_lines() * kLineBytes) {
    info_.name = "software";
    info_.description = "the command set executed on this processor";
    info_.command_set_hash = command_set_hash();
    info_.memory_bytes = memories_->card_lines() * kLineBytes;
  }

  [[nodiscard]] const DeviceInfo& info() const override { return info_; }

  Result<std::uint64_t> allocate(std::uint64_t bytes) override { return allocator_.allocate(bytes); }

  Result<HostBuffer> allocate_host(std::uint64_t bytes) override {
    SLUICE_ASSIGN_OR_RETURN(const std::uint64_t address, memories_->add_host(std::max<std::uint64_t>(bytes, 1)));
    return HostBuffer{address, {memories_->host(address, bytes), static_cast<std::size_t>(bytes)}};
  }

  Result<Fence> submit(Queue queue, std::span<const Command> commands, std::chrono::milliseconds deadline) override {
    QueueState& state = queues_[static_cast<std::size_t>(queue)];
    if (!state.error.message().empty()) {
      return state.error;
    }
    state.pending.insert(state.pending.end(), commands.begin(), commands.end());
    state.submitted += commands.size();
    counters_.value[static_cast<std::size_t>(Counter::kHostReadBytes)] += commands.size() * kSlotBytes;
    run(Clock::now() + deadline);
    return Fence{queue, state.submitted};
  }

  Status wait(Fence fence, std::chrono::milliseconds deadline) override {
    const QueueState& state = queues_[static_cast<std::size_t>(fence.queue)];
    const Clock::time_point end = Clock::now() + deadline;
    if (state.ended < fence.number) {
      run(end);
    }
    if (state.ended >= fence.number) {
      return {};
    }
    if (!state.error.message().empty()) {
      return state.error;
    }
    return Clock::now() >= end ? past_deadline(fence.queue, state)
                               : Error(ErrorCode::kTimeout, "a command waits for a semaphore that nothing signals");
  }

  Status write(std::uint64_t card_address, std::span<const std::byte> bytes) override {
    std::byte* at = card_bytes(card_address, bytes.size());
    if (at == nullptr) {
      return outside();
    }
    std::memcpy(at, bytes.data(), bytes.size());
    counters_.value[static_cast<std::size_t>(Counter::kHostReadBytes)] += bytes.size();
    return {};
  }

  Status read(std::uint64_t card_address, std::span<std::byte> bytes) override {
    const std::byte* at = card_bytes(card_address, bytes.size());
    if (at == nullptr) {
      return outside();
    }
    std::memcpy(bytes.data(), at, bytes.size());
    counters_.value[static_cast<std::size_t>(Counter::kHostWriteBytes)] += bytes.size();
    return {};
  }

  Counters counters() override { return counters_; }

  Status reset() override {
    for (QueueState& state : queues_) {
      state = QueueState{};
    }
    semaphores_ = {};
    executor_.clear_slots();
    return {};
  }

 private:
  using Clock = std::chrono::steady_clock;

  struct QueueState {
    std::deque<Command> pending;
    std::uint64_t submitted = 0;
    std::uint64_t ended = 0;
    Error error = Error(ErrorCode::kDevice, "");
  };

  static Error outside() { return {ErrorCode::kInvalidInput, "address range is outside of card memory"}; }

  std::byte* card_bytes(std::uint64_t address, std::uint64_t bytes) {
    if (address > info_.memory_bytes || bytes > info_.memory_bytes - address) {
      return nullptr;
    }
    return reinterpret_cast<std::byte*>(memories_->lines(hls::Space::kCard, 0, 0, 0)) + address;
  }

  static Error past_deadline(Queue queue, const QueueState& state) {
    return {ErrorCode::kTimeout, std::string(queue == Queue::kLoad ? "load" : "compute") + " queue: command " +
                                     std::to_string(state.ended + 1) +
                                     " has not ended by the deadline; reset the device to go on"};
  }

  // Runs both queues until neither can go on, or the deadline has passed.
  void run(Clock::time_point deadline) {
    bool moved = true;
    while (moved) {
      moved = run_queue(Queue::kLoad, deadline);
      moved = run_queue(Queue::kCompute, deadline) || moved;
    }
  }

  bool run_queue(Queue queue, Clock::time_point deadline) {
    QueueState& state = queues_[static_cast<std::size_t>(queue)];
    bool moved = false;
    while (!state.pending.empty() && state.error.message().empty() && Clock::now() < deadline) {
      const Command& command = state.pending.front();
      const CommandHeader& header = command.header;
      hls::CommandError error = hls::check_command(command, queue, memories_->card_lines());
      if (error.fault == Fault::kNone) {
        if (header.wait_semaphore != 0 && semaphores_[header.wait_semaphore] < header.wait_value) {
          break;
        }
        error = executor_.execute(command, deadline);
      }
      if (error.fault != Fault::kNone) {
        state.error = error.fault == Fault::kTimeout
                          ? past_deadline(queue, state)
                          : Error(ErrorCode::kDevice,
                                  describe_fault(header.opcode, static_cast<std::uint32_t>(error.fault), error.detail));
        break;
      }
      if (header.signal_semaphore != 0) {
        semaphores_[header.signal_semaphore] = header.signal_value;
      }
      ++state.ended;
      state.pending.pop_front();
      moved = true;
    }
    return moved;
  }

  DeviceInfo info_;
  Counters counters_;
  std::unique_ptr<Memories> memories_;
  Executor executor_;
  std::array<QueueState, kQueues> queues_;
  std::array<std::uint32_t, kSemaphores> semaphores_ = {};
  CardAllocator allocator_;
};

}  // namespace

Result<std::unique_ptr<Device>> open_software(std::uint64_t memory_bytes) {
  SLUICE_ASSIGN_OR_RETURN(ReservedBytes card,
                          ReservedBytes::reserve(memory_bytes / CardAllocator::kAlignment * CardAllocator::kAlignment));
  return std::unique_ptr<Device>(std::make_unique<SoftwareDevice>(std::move(card)));
}

}  // namespace sluice::device
