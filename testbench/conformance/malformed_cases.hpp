// The limits of every word of every command, by hand from host/device/command.hpp and docs/device.md.
//
// Purpose: a good command of each opcode, and for each of its words values that must be taken and values that must be
//   refused under the name of the field. Written without the checker, whose second opinion it is.
// Ownership: plain values. Threading: none. Errors: none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/device/command.hpp"

namespace sluice::test {

using Values = std::vector<std::uint32_t>;

// Another value of an operand word, where a limit shows only beside it.
struct Change {
  std::uint32_t word = 0;
  std::uint32_t value = 0;
};

// One word of the header, the operand or a token-table entry, in an otherwise good command.
struct Limits {
  std::string_view field;   // as the error names it
  std::uint32_t word = 0;   // that is altered
  std::uint32_t named = 0;  // that the error names: an address is its lower word
  Values taken;             // and carried out
  Values refused;
  Values bus_error;  // taken by the check, which cannot see what lies in memory
  std::vector<Change> beside = {};

  Limits& take(Values values) { return taken = std::move(values), *this; }
  Limits& refuse(Values values) { return refused = std::move(values), *this; }
  Limits& fail(Values values) { return bus_error = std::move(values), *this; }
  Limits& with(std::vector<Change> changes) { return beside = std::move(changes), *this; }
};

struct CommandLimits {
  std::string_view name;  // as errors call the command
  device::Queue queue = device::Queue::kCompute;
  device::Command good;
  std::uint32_t words = 0;  // of its operand
  std::vector<Limits> operand = {};
  std::vector<Limits> tokens = {};  // of each entry of the token table
};

// The commands run on a card of this size, on memory that is zero but for the page table.
inline constexpr std::uint64_t kCardBytes = std::uint64_t{1} << 32;
inline constexpr std::uint32_t kCardLines = kCardBytes / device::kLineBytes;
inline constexpr std::uint32_t kHostBytes = device::kVectorLines * device::kLineBytes;  // of the host buffer
inline constexpr std::uint32_t kData = 1u << 20;       // card address of matrices, tables and copies
inline constexpr std::uint32_t kPageTable = 1u << 21;  // card address of every token's page table
inline constexpr std::uint32_t kPageLine = 1u << 15;   // of the first page
inline constexpr std::uint32_t kExpertLayer =
    2;  // whose expert 0, and that of layers 0 and 255, has its matrices at kData

// `host_high`: the upper word of the address of a host buffer of kHostBytes bytes; its lower word is 0.
[[nodiscard]] std::vector<CommandLimits> command_limits(std::uint32_t host_high);

// Of the words of the header, from the second on; the first holds opcode, version and flags.
[[nodiscard]] std::vector<Limits> header_limits();

}  // namespace sluice::test
