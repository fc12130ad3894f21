// An AXI4 memory: the subordinate at the other end of one of the card's memory or host ports, evaluated once a clock.
//
// Purpose: answers bursts out of a Storage with settable latency and random stalls, and checks the manager against the
//   protocol and the port's rules. A violation is kept (the first one) and ends the run: the harness looks at it after
//   every step.
// Timing: outputs are registered. clock() is called with what the manager drove before the rising edge; the signals of
//   outputs() are those after it. A burst whose address is taken at edge t has its first data beat after edge
//   t + read_latency_cycles, then a beat a cycle; bursts are answered in order, or with
//   reorder_reads in random order. Writes are visible when their beat is
//   taken; the response comes write_latency_cycles after the last beat.
// Ownership: refers to a Storage that must outlive it. Threading: one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/harness/storage.hpp"

namespace sluice::sim {

inline constexpr std::uint32_t kMaxBeatBytes = 64;
inline constexpr std::uint8_t kResponseOkay = 0;
inline constexpr std::uint8_t kResponseDecodeError = 3;

// Of one address channel, AR or AW.
struct AxiAddress {
  bool valid = false;
  std::uint32_t id = 0;
  std::uint64_t address = 0;
  std::uint32_t length = 0;  // beats - 1
  std::uint32_t size = 0;    // log2 of the bytes a beat
  std::uint32_t burst = 1;   // 1: INCR
};

// What the manager drives.
struct AxiManagerSignals {
  AxiAddress ar = {};
  AxiAddress aw = {};
  bool r_ready = false;
  bool b_ready = false;
  bool w_valid = false;
  bool w_last = false;
  std::uint64_t w_strobe = 0;
  std::array<std::byte, kMaxBeatBytes> w_data = {};
};

// What the memory drives.
struct AxiMemorySignals {
  bool ar_ready = false;
  bool aw_ready = false;
  bool w_ready = false;
  bool r_valid = false;
  bool r_last = false;
  std::uint32_t r_id = 0;
  std::uint8_t r_response = kResponseOkay;
  bool b_valid = false;
  std::uint32_t b_id = 0;
  std::uint8_t b_response = kResponseOkay;
  std::array<std::byte, kMaxBeatBytes> r_data = {};
};

struct AxiOptions {
  std::string name;               // in messages
  std::uint32_t beat_bytes = 32;  // width of the port; bursts use it in full
  std::uint32_t read_latency_cycles = 63;
  std::uint32_t write_latency_cycles = 63;
  std::uint32_t queue_depth = 64;   // bursts taken of each kind before ready goes low
  std::uint32_t reads_allowed = 0;  // rule: more in flight is a violation; 0: no such rule
  bool unique_read_ids = false;     // rule: an id in flight must not be used again
  bool reorder_reads = false;       // answer bursts that are due in random order; needs unique_read_ids
  double stall_probability = 0;     // of every ready and of every new valid, each cycle
  std::uint64_t seed = 1;
};

struct AxiTraffic {
  std::uint64_t read_bursts = 0;
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bursts = 0;
  std::uint64_t write_bytes = 0;
};

class AxiMemory {
 public:
  AxiMemory(AxiOptions options, Storage& storage);

  // One rising edge; see Timing above.
  void clock(const AxiManagerSignals& manager);

  // Forgets everything in flight, as the reset wire does. Bytes stay.
  void reset();

  [[nodiscard]] const AxiMemorySignals& outputs() const { return outputs_; }
  [[nodiscard]] const AxiTraffic& traffic() const { return traffic_; }

  // Of the first rule that was broken: "host port, cycle 12: ar dropped valid before ready"; empty: none so far.
  [[nodiscard]] const std::string& violation() const { return violation_; }

 private:
  struct Burst {
    std::uint32_t id = 0;
    std::uint64_t address = 0;
    std::uint32_t beats_left = 0;
    std::uint64_t due_cycle = 0;
    std::uint8_t response = kResponseOkay;
    bool begun = false;  // a beat has been driven
  };

  // A bounded queue without allocation.
  class BurstQueue {
   public:
    explicit BurstQueue(std::uint32_t capacity) : slots_(capacity) {}
    [[nodiscard]] std::uint32_t size() const { return size_; }
    [[nodiscard]] bool full() const { return size_ == slots_.size(); }
    [[nodiscard]] Burst& front() { return slots_[first_]; }
    [[nodiscard]] const Burst& at(std::uint32_t index) const { return slots_[(first_ + index) % slots_.size()]; }
    void swap_front(std::uint32_t index) { std::swap(front(), slots_[(first_ + index) % slots_.size()]); }
    void push(const Burst& burst) { slots_[(first_ + size_++) % slots_.size()] = burst; }
    void pop() {
      first_ = static_cast<std::uint32_t>((first_ + 1) % slots_.size());
      --size_;
    }
    void clear() { size_ = 0; }

   private:
    std::vector<Burst> slots_;
    std::uint32_t first_ = 0;
    std::uint32_t size_ = 0;
  };

  void check_held(const AxiManagerSignals& manager);
  void remember_held(const AxiManagerSignals& manager);
  void check_address(std::string_view channel, const AxiAddress& address);
  void accept_read(const AxiAddress& address);
  void accept_write(const AxiManagerSignals& manager);
  void choose_burst();
  void drive_read_data();
  void drive_write_response();
  void fail(std::string_view what);
  [[nodiscard]] std::uint32_t random();
  [[nodiscard]] bool stall();

  AxiOptions options_;
  Storage* storage_;
  std::uint32_t size_log2_ = 0;
  std::uint32_t stall_threshold_ = 0;
  std::uint64_t random_state_;
  std::uint64_t cycle_ = 0;

  BurstQueue reads_;   // the front one's beats are being sent; it goes when its last beat is taken
  BurstQueue writes_;  // the front one's beats are being taken
  BurstQueue write_responses_;
  AxiMemorySignals outputs_;

  // Channels whose valid was not answered in the last cycle, and what they said.
  bool ar_held_ = false;
  bool aw_held_ = false;
  bool w_held_ = false;
  AxiManagerSignals held_;

  AxiTraffic traffic_;
  std::string violation_;
};

}  // namespace sluice::sim
