// Runs unit kernels (hls/unit/ports.hpp) and the reference (hls/unit/unit.hpp) on the same memories.
//
// Purpose: the card around a kernel: a reader that executes ranges, and the writes collected. Sequential, or with a
//   thread a process and a writer that stores each line the moment it is written, so that a line read too late shows.
// Ownership: memories are the test's. Threading: one test at a time. Errors: in KernelRun::error.
#pragma once

#include <hls_stream.h>

#include <array>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "hls/unit/ports.hpp"
#include "hls/unit/unit.hpp"

namespace sluice::test {

struct UnitMemory {
  std::vector<hls::Line> card;
  std::array<std::vector<hls::Line>, device::kMaxTokens> bank;

  explicit UnitMemory(std::size_t card_lines);
  [[nodiscard]] const hls::Line& at(const hls::LineRange& range, std::uint32_t offset) const;
  void store(const hls::LineWrite& write);
};

using UnitKernel = void (*)(::hls::stream<kernel::CommandWord>&, ::hls::stream<kernel::ReadRange>&,
                            ::hls::stream<kernel::LineWord>&, ::hls::stream<kernel::LineWrite>&,
                            ::hls::stream<kernel::Done>&);

struct KernelRun {
  std::vector<hls::LineRange> ranges;
  std::vector<hls::LineWrite> writes;
  std::string error;  // of the ports' contract or of the run; empty when all went well
};

[[nodiscard]] std::vector<hls::LineWrite> run_reference(const UnitMemory& memory, const device::Command& command);

// Reads see `memory` as it is.
[[nodiscard]] KernelRun run_kernel(UnitKernel top, const UnitMemory& memory, const device::Command& command);

// Reads see what has been written before them. `ranges`: how many ranges the kernel asks for.
[[nodiscard]] KernelRun run_kernel_threads(UnitKernel top, UnitMemory& memory, const device::Command& command,
                                           std::size_t ranges);

// Where two lists of writes differ, in words; empty where they store the same.
[[nodiscard]] std::string difference(const std::vector<hls::LineWrite>& expected,
                                     const std::vector<hls::LineWrite>& got);

// Words for the ports.
[[nodiscard]] kernel::CommandWord command_word(const device::Command& command);
[[nodiscard]] kernel::LineWord line_word(const hls::Line& line);
[[nodiscard]] hls::LineRange line_range(const kernel::ReadRange& range);

// Vectors as operations make them and as none does: mantissas of a random width, zeros, ones, limits, beyond the
// limits; exponents near 0, far from it, that of zero, beyond the limits.
class RandomVectors {
 public:
  explicit RandomVectors(std::mt19937& random) : random_(random) {}
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  std::uint32_t between(std::uint32_t low, std::uint32_t high) { return low + below(high - low + 1); }
  std::uint32_t word() { return static_cast<std::uint32_t>(random_()); }
  [[nodiscard]] std::uint32_t mantissa(std::uint32_t kind);
  [[nodiscard]] std::uint32_t exponent();
  // Fills header and `elements` mantissas, and rubbish behind them.
  void fill(std::vector<hls::Line>& lines, std::size_t line, std::size_t elements);
  void fill_words(std::vector<hls::Line>& lines, std::size_t line, std::size_t count);

 private:
  std::mt19937& random_;
};

}  // namespace sluice::test
