// Pipelined loops for tests, and what the scheduler says of them.
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "hls/compiler/schedule/schedule.hpp"
#include "testbench/hls/compiler/support/kernel_text.hpp"
#include "testbench/hls/compiler/support/plain_target.hpp"

namespace sluice::hlsc {

struct LoopText {
  std::string memories{};
  std::string phis{};  // beside the counter %i
  std::string body{};
  std::string dependences{};
  int ii = 1;
};

// A loop that runs 100 times, with streams in, other and out of 32 bits; its block has index 1 and line 9.
inline Kernel loop_kernel(const LoopText& text) {
  return kernel_of(
      "kernel k\nfile \"k.cpp\"\nstream in input 32\nstream other input 32\nstream out output 32\n"
      "output total 32 signed\nprocess p\n" +
      text.memories + "block entry\n  jump loop\nblock loop pipeline " + std::to_string(text.ii) +
      " @0:9:1\n  %i = phi 32 entry:32:0 loop:%i1\n" + text.phis + text.body +
      "  %i1 = add 32 %i 32:1\n  %more = ult 1 %i1 32:100\n  branch %more loop exit\n" + text.dependences +
      "block exit\n  return");
}

struct Outcome {
  std::optional<Schedule> schedule;
  std::string error;

  [[nodiscard]] const OpTime& time(OpId op) const { return schedule->processes.at(0).ops.at(index(op)); }
  [[nodiscard]] const BlockSchedule& block(std::size_t block) const {
    return schedule->processes.at(0).blocks.at(block);
  }
};

// Without a fault, what it finds must pass check_schedule().
inline Outcome schedule_plain(const Kernel& kernel, PlantedFault fault = PlantedFault::kNone) {
  Diagnostics diagnostics;
  Outcome outcome;
  outcome.schedule = schedule(kernel, plain_options(fault), diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    outcome.error += diagnostic.file + ":" + std::to_string(diagnostic.line) + ": " + diagnostic.message + "\n";
  }
  REQUIRE(outcome.schedule.has_value() == outcome.error.empty());
  if (outcome.schedule && fault == PlantedFault::kNone) {
    REQUIRE(check_schedule(kernel, *outcome.schedule, plain_options()).value_or("") == "");
  }
  return outcome;
}

}  // namespace sluice::hlsc
