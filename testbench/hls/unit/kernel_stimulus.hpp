// A command as words for the input ports of a unit kernel in co-simulation.
#pragma once

#include "testbench/hls/unit/kernel_bench.hpp"
#include "testbench/support/hls_bench/bench.hpp"

namespace sluice::test {

// Pushes the command and the lines that it asks for. plan(command, ranges) is the kernel's process that asks.
template <typename Plan>
void push_command(hls_bench::Stimulus& stimulus, const UnitMemory& memory, const device::Command& command,
                  const Plan& plan) {
  ::hls::stream<kernel::CommandWord> words("command");
  ::hls::stream<kernel::ReadRange> ranges("ranges");
  words.write(command_word(command));
  stimulus.push("command", command_word(command));
  plan(words, ranges);
  for (const kernel::ReadRange& range : ranges.drain()) {
    const hls::LineRange lines = line_range(range);
    for (std::uint32_t i = 0; i < lines.count; ++i) {
      stimulus.push("lines", line_word(memory.at(lines, i)));
    }
  }
}

}  // namespace sluice::test
