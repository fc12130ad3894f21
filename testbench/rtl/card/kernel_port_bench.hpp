// A kernel, a vector memory and a card reader around kernel_port, all as slow as a test wants them.
//
// Purpose: runs one command after the other. The kernel asks for the ranges of a Job without waiting for lines, takes
//   lines, writes, and says how much it wrote, each at random times; the reader keeps stripe_reader's contract. Every
//   line is compared when the kernel takes it.
// Ownership: owns the model. Threading: none. Errors: a broken promise fails the test; a command that does not end
//   within kLimitCycles is one.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "Vkernel_port.h"

namespace sluice::test {

inline constexpr std::uint32_t kLineWords = 32;
using Line = std::array<std::uint32_t, kLineWords>;

struct Range {
  bool card = false;
  std::uint32_t bank = 0;
  std::uint32_t line = 0;
  std::uint32_t count = 1;
};

struct Write {
  std::uint32_t bank = 0;
  std::uint32_t line = 0;
  Line data = {};
};

struct Job {
  std::vector<Range> ranges;
  std::vector<Write> writes;
};

struct Stalls {                      // percent of the cycles
  int kernel = 0;                    // each stream of the kernel waits
  int card = 0;                      // requests and lines of card memory wait
  std::uint32_t latency_cycles = 5;  // from an accepted request to its first line
};

class KernelPortBench {
 public:
  static constexpr std::uint32_t kLines = 4096;
  static constexpr std::uint64_t kLimitCycles = 100'000;

  KernelPortBench(const Stalls& stalls, std::uint32_t seed);

  struct Outcome {
    bool bus_error = false;
    std::uint64_t cycles = 0;   // from the start to done
    std::uint64_t waiting = 0;  // of them without progress
  };
  Outcome run(const Job& job);

  // Starts a command and cuts it off by a reset after so many cycles.
  void cut_off(const Job& job, std::uint64_t cycles);

  std::array<std::vector<Line>, 4> vector_memory;
  std::vector<Line> card_memory;
  std::uint32_t error_line = kLines;  // of card memory; answered with an error
  Stalls stalls;

 private:
  void start(const Job& job);
  void reset();
  void drive();
  void settle_and_clock();
  void take_streams();
  void step_memories();
  void check_vector_memory(const Job& job) const;
  [[nodiscard]] bool stalled(int percent) { return static_cast<int>(random_() % 100) < percent; }

  // What the kernel does in the command at hand.
  struct Kernel {
    bool has_command = false;
    std::deque<Range> ranges;
    std::deque<Line> expected;
    std::deque<Write> writes;
    std::uint32_t count = 0;
    bool counted = false;
    bool ranges_valid = false, lines_ready = false, writes_valid = false, done_valid = false, command_ready = false;
  };
  struct Due {
    std::uint32_t line;
    std::uint64_t cycle;
  };

  std::unique_ptr<Vkernel_port> model_;
  std::mt19937 random_;
  Kernel kernel_;
  std::array<std::uint32_t, 128> command_ = {};
  std::deque<Due> due_;    // lines of accepted requests that have not come
  std::deque<Line> come_;  // lines that wait to be taken
  bool card_shown_ = false;
  bool error_ = false;
  std::uint64_t cycle_ = 0;
};

}  // namespace sluice::test
