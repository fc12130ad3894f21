// Runs a Verilated kernel cycle by cycle between streams with random gaps and back-pressure, and memories.
//
// Purpose: everything at the kernel's ports; what the words mean is the caller's. Input words come from a source when
//   they are wanted, output words go to a sink.
// Ownership: owns the kernel and the contents of array arguments. Threading: one thread.
// Errors: a sink or a protocol that is violated gives a message in `failure()`; the caller stops then.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "testbench/support/hls_bench/rtl_kernel.hpp"

namespace sluice::hls_bench {

class Simulation {
 public:
  // The word at a position of an input stream; null: there is none (yet).
  using Source = std::function<const Words*(std::size_t stream, std::uint64_t position)>;
  // Takes the word at a position of an output stream; what is wrong with it, if anything.
  using Sink = std::function<std::optional<std::string>(std::size_t stream, std::uint64_t position, const Words& word)>;

  Simulation(RtlKernel kernel, std::uint64_t seed, Source source, Sink sink);

  [[nodiscard]] const RtlKernel& kernel() const { return kernel_; }

  // Holds the reset for a few cycles, then goes on at these positions of the streams.
  void reset(const std::vector<std::uint64_t>& positions);
  void set_scalars(const std::vector<Words>& scalars);
  void set_start(bool start) { kernel_.set_start(start); }
  // In how many of a hundred cycles each stream pauses, chosen anew for each stream; `busy`: none does.
  void choose_traffic(bool busy);
  void step();  // one cycle

  [[nodiscard]] bool done() const { return done_; }  // ap_done in the last cycle
  [[nodiscard]] std::uint64_t cycles() const { return cycles_; }
  [[nodiscard]] std::uint64_t idle_cycles() const { return idle_cycles_; }  // since anything moved at a port
  [[nodiscard]] std::uint64_t position(std::size_t stream) const { return streams_[stream].position; }
  [[nodiscard]] std::uint64_t words_moved() const { return words_moved_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  // Who waits for whom at the ports, a line a stream.
  [[nodiscard]] std::string describe() const;

  std::vector<std::vector<Words>> arrays;  // contents, parallel to RtlKernel::arrays

 private:
  struct StreamState {
    std::uint64_t position = 0;
    int pause_percent = 0;
    bool offers = false;   // tvalid of an input, tready of an output, in the last cycle
    bool answers = false;  // the other side, likewise
    bool held = false;     // an output that was valid and not taken
    Words held_word;
  };

  bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  void fail(const std::string& message);
  void offer(std::size_t stream);
  void settle(std::size_t stream);
  void access_arrays();

  RtlKernel kernel_;
  std::mt19937_64 random_;
  Source source_;
  Sink sink_;
  std::vector<StreamState> streams_;
  std::vector<std::function<void()>> after_edge_;  // what array ports show after the clock edge
  std::uint64_t cycles_ = 0, idle_cycles_ = 0, words_moved_ = 0;
  bool done_ = false;
  std::string failure_;
};

[[nodiscard]] std::string to_hex(const Words& words);

}  // namespace sluice::hls_bench
