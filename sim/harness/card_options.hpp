// How a simulated card is set up. Plain data, apart from card.hpp so that it can be named where no card is built.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::sim {

// A window of the simulation to be written as an FST waveform.
struct Waves {
  std::string file;  // empty: none
  std::uint64_t from_cycle = 0;
  std::uint64_t cycles = 10000;
};

struct CardOptions {
  std::uint32_t memory_latency_cycles = 63;  // read and write, 250 ns at 250 MHz
  std::uint32_t host_latency_cycles = 225;   // 900 ns
  // Of every ready and every new valid of the memories, each cycle. Above 0, host reads are also answered out of order.
  double stall_probability = 0;
  std::uint64_t seed = 1;
  // Runs the RTL's assertions, which costs a third of the speed. On by itself with random stalls, a random start and
  // waveforms. Bus protocols are checked always.
  bool assertions = false;
  // Starts what no reset touches, vector memory included, with random bits and not with zeros.
  bool random_start = false;
  Waves waves = {};
};

}  // namespace sluice::sim
