// command_queue with a small host memory, an executor of this file and the checker's C function replaced: order,
// faults, waits, completions and the latencies that its header promises.
#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <vector>

#include "Vcommand_queue.h"
#include "host/device/command.hpp"
#include "svdpi.h"

using namespace sluice::device;

namespace {

constexpr std::uint32_t kBadOperandMark = 0xBAD;  // in word 0 of the operand: the checker refuses, with detail 7

}  // namespace

extern "C" unsigned long long sluice_check_command(const svBitVecVal* command, unsigned int, unsigned long long) {
  const bool bad = command[16] == kBadOperandMark;
  return bad ? static_cast<unsigned long long>(Fault::kBadOperand) << 32 | 7 : 0;
}

namespace {

constexpr std::uint64_t kRing = 0x1'0000'4000;
constexpr std::uint64_t kCompletions = 0x2'0000'0040;
constexpr unsigned kRingLog2 = 3;
constexpr unsigned kCompletionLog2 = 2;
constexpr unsigned kLinkLatency = 30;

struct Started {
  std::uint64_t cycle = 0;
  std::uint32_t context = 0;
};

class Bench {
 public:
  Bench() {
    model_.rst_ni = 0;
    model_.ring_base_i = kRing;
    model_.ring_size_log2_i = kRingLog2;
    model_.completion_base_i = kCompletions;
    model_.completion_size_log2_i = kCompletionLog2;
    clock();
    clock();
    model_.rst_ni = 1;
    model_.enable_i = 1;
    model_.wait_passed_i = 1;
    model_.progress_i = 0;
  }

  void submit(const Command& command) {
    ring_[model_.ring_tail_i % ring_.size()] = command;
    model_.ring_tail_i += 1;
  }

  void clock() {
    drive();
    model_.eval();
    sample();
    model_.clk_i = 1;
    model_.eval();
    model_.clk_i = 0;
    model_.eval();
    model_.cycle_i = ++cycle;
  }
  void run(unsigned cycles) {
    for (unsigned i = 0; i < cycles; ++i) {
      clock();
    }
  }

  // Set by the tests: when a started command ends, with which fault; progress while it runs.
  unsigned run_cycles = 5;
  Fault run_fault = Fault::kNone;
  bool never_ends = false;
  unsigned fail_from_beat = 8;  // of every slot, the link answers this beat and those after it with an error

  std::uint64_t cycle = 0;
  std::vector<Started> started;
  std::vector<std::uint64_t> done_cycles, write_cycles;
  std::vector<Completion> completions;
  std::vector<std::uint64_t> addresses;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> signals;
  unsigned interrupts = 0;

  Vcommand_queue& model() { return model_; }

 private:
  struct Beat {
    std::uint64_t due = 0;
    std::uint32_t slot = 0;
    std::array<std::uint32_t, 16> words{};
  };

  void drive() {
    model_.read_ready_i = 1;
    model_.read_data_valid_i = !beats_.empty() && beats_.front().due <= cycle;
    if (model_.read_data_valid_i != 0) {
      const Beat& beat = beats_.front();
      model_.read_data_slot_i = static_cast<SData>(beat.slot);
      std::memcpy(model_.read_data_i.m_storage, beat.words.data(), 64);
      model_.read_error_i = beat.slot % 8 >= fail_from_beat;
      beats_.pop_front();
    }
    model_.write_ready_i = granted_;
    model_.write_answer_i = !answers_.empty() && answers_.front() <= cycle;
    if (model_.write_answer_i != 0) {
      answers_.pop_front();
    }
    model_.done_i = running_ && cycle >= end_ && !never_ends;
    model_.fault_i = static_cast<CData>(run_fault);
    model_.detail_i = 0x1234;
  }

  void sample() {
    if (model_.read_valid_o != 0) {
      const auto& words = ring_[(model_.read_address_o - kRing) / kSlotBytes];
      for (unsigned b = 0; b < 8; ++b) {
        Beat beat = {cycle + kLinkLatency, model_.read_slot_o + b, {}};
        std::memcpy(beat.words.data(), reinterpret_cast<const char*>(&words) + 64 * b, 64);
        beats_.push_back(beat);
      }
    }
    // The link takes the data in the cycle after the request.
    if (model_.write_ready_i != 0) {
      Completion completion;
      std::memcpy(&completion, model_.write_data_o.m_storage, 64);
      completions.push_back(completion);
      answers_.push_back(cycle + kLinkLatency);
      granted_ = false;
    } else if (model_.write_valid_o != 0) {
      addresses.push_back(model_.write_address_o);
      write_cycles.push_back(cycle);
      granted_ = true;
    }
    if (model_.done_i != 0) {
      running_ = false;
      done_cycles.push_back(cycle);
    }
    if (model_.start_o != 0) {
      running_ = true;
      end_ = cycle + run_cycles;
      started.push_back({cycle, model_.command_o[1]});
    }
    if (model_.signal_o != 0) {
      signals.push_back({model_.signal_index_o, model_.signal_value_o});
    }
    interrupts += model_.interrupt_o;
  }

  Vcommand_queue model_;
  std::array<Command, 1u << kRingLog2> ring_;
  std::deque<Beat> beats_;
  std::deque<std::uint64_t> answers_;
  bool running_ = false;
  bool granted_ = false;
  std::uint64_t end_ = 0;
};

Command command(Opcode opcode, std::uint32_t context, std::uint8_t flags = 0) {
  Command result;
  result.header.opcode = static_cast<std::uint16_t>(opcode);
  result.header.context = context;
  result.header.flags = flags;
  result.header.tag_lo = 100 + context;
  result.header.timeout_cycles = 200;
  return result;
}

}  // namespace

TEST_CASE("a queue runs its ring's commands in order, more often than the ring has slots", "[rtl][command]") {
  Bench queue;
  for (std::uint32_t i = 0; i < 50; ++i) {
    queue.submit(command(Opcode::kLinear, i, i % 3 == 0 ? kFlagComplete : 0));
    for (int wait = 0; wait < 1000 && i + 1 >= queue.done_cycles.size() + (1u << kRingLog2); ++wait) {
      queue.clock();
    }
  }
  queue.run(500);
  REQUIRE(queue.started.size() == 50);
  for (std::uint32_t i = 0; i < 50; ++i) {
    CHECK(queue.started[i].context == i);
  }
  CHECK(queue.model().head_o == 50);
  REQUIRE(queue.completions.size() == 17);
  for (std::uint32_t i = 0; i < 17; ++i) {
    CHECK(queue.completions[i].sequence == i + 1);
    CHECK(queue.completions[i].tag_lo == 100 + 3 * i);
    CHECK(queue.completions[i].fault == 0);
    CHECK(queue.completions[i].queue == 1);
    CHECK(queue.addresses[i] == kCompletions + i % (1u << kCompletionLog2) * kCompletionBytes);
  }
}

TEST_CASE("the link's latency is hidden and the card's own is what the queue promises", "[rtl][command]") {
  Bench queue;
  queue.run_cycles = 20;
  for (std::uint32_t i = 0; i < 8; ++i) {
    queue.submit(command(Opcode::kLinear, i, kFlagComplete));
  }
  queue.run(400);
  REQUIRE(queue.started.size() == 8);
  for (std::size_t i = 1; i < 8; ++i) {
    CHECK(queue.started[i].cycle - queue.done_cycles[i - 1] == 2);
  }
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(queue.write_cycles[i] == queue.done_cycles[i]);
  }
}

TEST_CASE("a command starts three cycles after the last beat that it uses", "[rtl][command]") {
  const auto [opcode, last_beat] = GENERATE(table<Opcode, unsigned>({{Opcode::kLinear, 2},
                                                                     {Opcode::kExperts, 2},
                                                                     {Opcode::kImport, 2},
                                                                     {Opcode::kQuantise, 7},
                                                                     {Opcode::kAttend, 7}}));
  CAPTURE(static_cast<std::uint32_t>(opcode));
  Bench queue;
  queue.fail_from_beat = last_beat + 1;
  for (std::uint32_t i = 0; i < 3; ++i) {
    queue.submit(command(opcode, i, kFlagComplete));
  }
  const std::uint64_t doorbell = queue.cycle;
  queue.run(200);
  REQUIRE(queue.started.size() == 3);
  CHECK(queue.started[0].cycle - doorbell == kLinkLatency + last_beat + 3);
  CHECK(queue.started[2].context == 2);

  Bench broken;
  broken.fail_from_beat = last_beat;
  broken.submit(command(opcode, 1));
  broken.run(200);
  CHECK(broken.started.empty());
  REQUIRE(broken.completions.size() == 1);
  CHECK(broken.completions[0].fault == static_cast<std::uint32_t>(Fault::kBusError));
}

TEST_CASE("a command that is refused is not started, stops the queue and tells why", "[rtl][command]") {
  struct Case {
    std::function<void(Command&)> spoil;
    Fault fault;
    std::uint32_t detail;
  };
  const std::vector<Case> cases = {
      {[](Command& c) { c.header.version = 9; }, Fault::kBadVersion, 9},
      {[](Command& c) { c.header.opcode = 1; }, Fault::kBadOpcode, 1},
      {[](Command& c) { c.header.opcode = 20; }, Fault::kBadOpcode, 20},
      {[](Command& c) { c.header.opcode = 40; }, Fault::kBadOpcode, 40},
      {[](Command& c) { c.header.wait_semaphore = 32; }, Fault::kBadHeader, 2},
      {[](Command& c) { c.header.signal_semaphore = 1u << 31; }, Fault::kBadHeader, 4},
      {[](Command& c) { c.header.operand_hi = 1; }, Fault::kBadHeader, 6},
      {[](Command& c) { std::memcpy(c.operand, &kBadOperandMark, 4); }, Fault::kBadOperand, 7},
  };
  for (const Case& each : cases) {
    Bench queue;
    Command bad = command(Opcode::kLinear, 2);
    bad.header.signal_semaphore = 3;
    each.spoil(bad);
    queue.submit(command(Opcode::kLinear, 1));
    queue.submit(bad);
    queue.submit(command(Opcode::kLinear, 3));
    queue.run(300);
    CAPTURE(static_cast<std::uint32_t>(each.fault), each.detail);
    CHECK(queue.started.size() == 1);
    CHECK(queue.model().stopped_o == 1);
    REQUIRE(queue.completions.size() == 1);
    CHECK(queue.completions[0].fault == static_cast<std::uint32_t>(each.fault));
    CHECK(queue.completions[0].detail == each.detail);
    CHECK(queue.completions[0].tag_lo == 102);
    CHECK(queue.signals.size() == 1);  // the first command's, to semaphore 0
  }
}

TEST_CASE("an executor's fault and an error of the command's fetch reach the completion", "[rtl][command]") {
  Bench queue;
  queue.run_fault = Fault::kNotResident;
  queue.submit(command(Opcode::kExperts, 1));
  queue.run(200);
  REQUIRE(queue.completions.size() == 1);
  CHECK(queue.completions[0].fault == static_cast<std::uint32_t>(Fault::kNotResident));
  CHECK(queue.completions[0].detail == 0x1234);

  Bench broken;
  broken.fail_from_beat = 0;
  broken.submit(command(Opcode::kLinear, 1));
  broken.run(200);
  CHECK(broken.started.empty());
  REQUIRE(broken.completions.size() == 1);
  CHECK(broken.completions[0].fault == static_cast<std::uint32_t>(Fault::kBusError));
}

TEST_CASE("a command waits for its semaphore, at most its time-out", "[rtl][command]") {
  Bench queue;
  Command waiting = command(Opcode::kNop, 1, kFlagComplete);
  waiting.header.wait_semaphore = 5;
  waiting.header.wait_value = 77;
  waiting.header.signal_semaphore = 6;
  waiting.header.signal_value = 78;
  queue.model().wait_passed_i = 0;
  queue.submit(waiting);
  queue.run(150);
  CHECK(queue.model().wait_index_o == 5);
  CHECK(queue.model().wait_value_o == 77);
  CHECK(queue.completions.empty());
  queue.model().wait_passed_i = 1;
  queue.run(10);
  REQUIRE(queue.signals.size() == 1);
  CHECK(queue.signals[0] == std::pair<std::uint32_t, std::uint32_t>(6, 78));
  REQUIRE(queue.completions.size() == 1);
  CHECK(queue.completions[0].fault == 0);

  queue.model().wait_passed_i = 0;
  queue.submit(waiting);
  queue.run(300);
  CHECK(queue.signals.size() == 1);
  REQUIRE(queue.completions.size() == 2);
  CHECK(queue.completions[1].fault == static_cast<std::uint32_t>(Fault::kTimeout));
}

TEST_CASE("an executor without progress times out, one with progress does not", "[rtl][command]") {
  Bench queue;
  queue.never_ends = true;
  queue.model().progress_i = 1;
  queue.submit(command(Opcode::kLinear, 1));
  queue.run(1000);
  CHECK(queue.completions.empty());
  queue.model().progress_i = 0;
  queue.run(250);
  REQUIRE(queue.completions.size() == 1);
  CHECK(queue.completions[0].fault == static_cast<std::uint32_t>(Fault::kTimeout));

  // The soft reset is not through before the late executor has ended; then the queue runs again.
  queue.model().hold_i = 1;
  queue.run(100);
  CHECK(queue.model().quiet_o == 0);
  queue.never_ends = false;
  queue.run(2);
  CHECK(queue.model().quiet_o == 1);
  queue.model().clear_i = 1;
  queue.model().ring_tail_i = 0;
  queue.clock();
  queue.model().clear_i = 0;
  queue.model().hold_i = 0;
  CHECK(queue.model().stopped_o == 0);
  queue.submit(command(Opcode::kLinear, 9, kFlagComplete));
  queue.run(200);
  REQUIRE(queue.completions.size() == 2);
  CHECK(queue.completions[1].fault == 0);
  CHECK(queue.completions[1].sequence == 1);
}

TEST_CASE("an interrupt comes when the completion that asks for it has been written", "[rtl][command]") {
  Bench queue;
  queue.submit(command(Opcode::kNop, 1, kFlagComplete));
  queue.submit(command(Opcode::kNop, 2, kFlagComplete | kFlagInterrupt));
  queue.submit(command(Opcode::kNop, 3, kFlagComplete));
  while (queue.completions.size() < 2 && queue.cycle < 300) {
    queue.clock();
  }
  REQUIRE(queue.completions.size() == 2);
  const std::uint64_t written = queue.cycle;
  while (queue.interrupts == 0 && queue.cycle < 400) {
    queue.clock();
  }
  CHECK(queue.cycle - written >= kLinkLatency);
  queue.run(200);
  CHECK(queue.interrupts == 1);
}
