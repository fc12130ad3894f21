#include "sim/harness/axi_memory.hpp"

#include <bit>
#include <cstring>
#include <utility>

namespace sluice::sim {
namespace {

constexpr std::uint64_t kPageBytes = 4096;  // no AXI burst crosses a multiple of it

bool same(const AxiAddress& a, const AxiAddress& b) {
  return a.id == b.id && a.address == b.address && a.length == b.length && a.size == b.size && a.burst == b.burst;
}

}  // namespace

AxiMemory::AxiMemory(AxiOptions options, Storage& storage)
    : options_(std::move(options)),
      storage_(&storage),
      size_log2_(static_cast<std::uint32_t>(std::countr_zero(options_.beat_bytes))),
      stall_threshold_(static_cast<std::uint32_t>(options_.stall_probability * 4294967295.0)),
      random_state_(options_.seed * 0x9E3779B97F4A7C15u + 1),
      reads_(options_.queue_depth),
      writes_(options_.queue_depth),
      write_responses_(options_.queue_depth) {}

void AxiMemory::reset() {
  reads_.clear();
  writes_.clear();
  write_responses_.clear();
  ar_held_ = aw_held_ = w_held_ = false;
  outputs_ = AxiMemorySignals{};
}

// xorshift64*, its upper half.
std::uint32_t AxiMemory::random() {
  random_state_ ^= random_state_ >> 12;
  random_state_ ^= random_state_ << 25;
  random_state_ ^= random_state_ >> 27;
  return static_cast<std::uint32_t>((random_state_ * 0x2545F4914F6CDD1Du) >> 32);
}

bool AxiMemory::stall() { return stall_threshold_ != 0 && random() < stall_threshold_; }

void AxiMemory::fail(std::string_view what) {
  if (violation_.empty()) {
    violation_ = options_.name + ", cycle " + std::to_string(cycle_) + ": " + std::string(what);
  }
}

void AxiMemory::clock(const AxiManagerSignals& manager) {
  ++cycle_;
  check_held(manager);
  remember_held(manager);

  if (outputs_.r_valid && manager.r_ready) {
    outputs_.r_valid = false;
    if (outputs_.r_last) {
      reads_.pop();
    }
  }
  if (manager.ar.valid && outputs_.ar_ready) {
    accept_read(manager.ar);
  }
  accept_write(manager);
  if (outputs_.b_valid && manager.b_ready) {
    outputs_.b_valid = false;
  }
  drive_read_data();
  drive_write_response();
  outputs_.ar_ready = !reads_.full() && !stall();
  outputs_.aw_ready = !writes_.full() && !stall();
  outputs_.w_ready = writes_.size() > 0 && !write_responses_.full() && !stall();
}

void AxiMemory::check_held(const AxiManagerSignals& manager) {
  const auto check = [this](const char* channel, bool held, bool valid, bool unchanged) {
    if (held && !valid) {
      fail(std::string(channel) + " dropped valid before ready");
    } else if (held && !unchanged) {
      fail(std::string(channel) + " changed while it waited for ready");
    }
  };
  check("ar", ar_held_, manager.ar.valid, !ar_held_ || same(manager.ar, held_.ar));
  check("aw", aw_held_, manager.aw.valid, !aw_held_ || same(manager.aw, held_.aw));
  check("w", w_held_, manager.w_valid,
        !w_held_ || (manager.w_last == held_.w_last && manager.w_strobe == held_.w_strobe &&
                     std::memcmp(manager.w_data.data(), held_.w_data.data(), options_.beat_bytes) == 0));
}

void AxiMemory::remember_held(const AxiManagerSignals& manager) {
  ar_held_ = manager.ar.valid && !outputs_.ar_ready;
  aw_held_ = manager.aw.valid && !outputs_.aw_ready;
  w_held_ = manager.w_valid && !outputs_.w_ready;
  if (ar_held_ || aw_held_ || w_held_) {
    held_ = manager;
  }
}

void AxiMemory::check_address(std::string_view channel, const AxiAddress& address) {
  const std::uint64_t burst_bytes = (std::uint64_t{address.length} + 1) * options_.beat_bytes;
  const std::string name(channel);
  if (address.size != size_log2_) {
    fail(name + " size " + std::to_string(address.size) + " is not the width of the port");
  }
  if (address.burst != 1) {
    fail(name + " burst type " + std::to_string(address.burst) + " is not INCR");
  }
  if (address.length > 255) {
    fail(name + " burst has more than 256 beats");
  }
  if (address.address % options_.beat_bytes != 0) {
    fail(name + " address is not a multiple of the port's width");
  }
  if (address.address / kPageBytes != (address.address + burst_bytes - 1) / kPageBytes) {
    fail(name + " burst crosses a 4 KiB boundary");
  }
}

void AxiMemory::accept_read(const AxiAddress& address) {
  check_address("ar", address);
  if (options_.reads_allowed != 0 && reads_.size() >= options_.reads_allowed) {
    fail("more than " + std::to_string(options_.reads_allowed) + " reads in flight");
  }
  if (options_.unique_read_ids) {
    for (std::uint32_t i = 0; i < reads_.size(); ++i) {
      if (reads_.at(i).id == address.id) {
        fail("read id " + std::to_string(address.id) + " is already in flight");
      }
    }
  }
  reads_.push({address.id, address.address, address.length + 1, cycle_ + options_.read_latency_cycles, kResponseOkay});
  ++traffic_.read_bursts;
}

void AxiMemory::accept_write(const AxiManagerSignals& manager) {
  // The beat first: it belongs to a burst whose address came at an earlier edge.
  if (manager.w_valid && outputs_.w_ready) {
    Burst& burst = writes_.front();
    std::byte* const target = storage_->translate(burst.address, options_.beat_bytes);
    if (target == nullptr) {
      burst.response = kResponseDecodeError;
    } else {
      for (std::uint32_t byte = 0; byte < options_.beat_bytes; ++byte) {
        if ((manager.w_strobe >> byte & 1) != 0) {
          target[byte] = manager.w_data[byte];
        }
      }
      traffic_.write_bytes += static_cast<std::uint64_t>(std::popcount(manager.w_strobe));
    }
    burst.address += options_.beat_bytes;
    --burst.beats_left;
    if (manager.w_last != (burst.beats_left == 0)) {
      fail(manager.w_last ? "w last comes before the burst's end" : "w last is missing at the burst's end");
    }
    if (burst.beats_left == 0) {
      burst.due_cycle = cycle_ + options_.write_latency_cycles;
      write_responses_.push(burst);
      writes_.pop();
    }
  }
  if (manager.aw.valid && outputs_.aw_ready) {
    check_address("aw", manager.aw);
    writes_.push({manager.aw.id, manager.aw.address, manager.aw.length + 1, 0, kResponseOkay});
    ++traffic_.write_bursts;
  }
}

// Before a burst's first beat, lets another that is due as well go first.
void AxiMemory::choose_burst() {
  if (options_.reorder_reads && !reads_.front().begun) {
    const std::uint32_t index = random() % reads_.size();
    if (reads_.at(index).due_cycle <= cycle_) {
      reads_.swap_front(index);
    }
  }
}

void AxiMemory::drive_read_data() {
  if (outputs_.r_valid || reads_.size() == 0 || reads_.front().due_cycle > cycle_ || stall()) {
    return;
  }
  choose_burst();
  Burst& burst = reads_.front();
  const std::byte* const source = storage_->translate(burst.address, options_.beat_bytes);
  if (source == nullptr) {
    std::memset(outputs_.r_data.data(), 0, options_.beat_bytes);
  } else {
    std::memcpy(outputs_.r_data.data(), source, options_.beat_bytes);
    traffic_.read_bytes += options_.beat_bytes;
  }
  outputs_.r_valid = true;
  outputs_.r_id = burst.id;
  outputs_.r_response = source == nullptr ? kResponseDecodeError : kResponseOkay;
  burst.begun = true;
  burst.address += options_.beat_bytes;
  --burst.beats_left;
  outputs_.r_last = burst.beats_left == 0;
}

void AxiMemory::drive_write_response() {
  if (outputs_.b_valid || write_responses_.size() == 0 || write_responses_.front().due_cycle > cycle_ || stall()) {
    return;
  }
  outputs_.b_valid = true;
  outputs_.b_id = write_responses_.front().id;
  outputs_.b_response = write_responses_.front().response;
  write_responses_.pop();
}

}  // namespace sluice::sim
