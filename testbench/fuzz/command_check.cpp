// Fuzzes check_command. The input is a 512-byte ring slot (a shorter one is filled up with zeros); it is checked for
// both queues and several sizes of card memory. What is accepted is compared with extents.hpp, a second opinion on what
// the command touches, and with what the unit asks for first.
#include <array>

#include "hls/unit/unit.hpp"
#include "testbench/fuzz/extents.hpp"
#include "testbench/fuzz/target.hpp"

namespace sluice::fuzz {
namespace {

using namespace device;
using hls::CommandError;

// Lines: none at all, small, a card's 16 GiB, and the most that a 32-bit line number reaches.
constexpr std::array<std::uint64_t, 4> kMemoryLines{0, 64, std::uint64_t{16} << 23, std::uint64_t{1} << 32};

void check_fault(const Command& command, CommandError error) {
  switch (error.fault) {
    case Fault::kBadOpcode:
      SLUICE_CHECK(error.detail == command.header.opcode);
      return;
    case Fault::kBadVersion:
      SLUICE_CHECK(error.detail == command.header.version && error.detail != kCommandVersion);
      return;
    case Fault::kBadHeader:
      SLUICE_CHECK(error.detail < sizeof(CommandHeader) / 4);
      return;
    case Fault::kBadOperand:
      SLUICE_CHECK(error.detail < operand_words(command));
      return;
    case Fault::kBadToken:
      SLUICE_CHECK(error.detail < sizeof(command.tokens) / 4);
      return;
    default:
      SLUICE_CHECK(false && "a fault that a checker does not find");
  }
}

void check_accepted(const Command& command, std::uint64_t memory_lines) {
  for (const Extent& extent : extents_of(command)) {
    SLUICE_CHECK(lies_in_memory(extent, memory_lines));
  }
  if (!hls::is_unit_opcode(command.header.opcode)) {
    return;
  }
  const auto unit = hls::start_unit(command);
  SLUICE_CHECK(unit != nullptr);
  for (const hls::LineRange& range : unit->reads()) {
    SLUICE_CHECK(range.bank < kMaxTokens && (range.space == hls::Space::kVector || range.bank == 0));
    SLUICE_CHECK(lies_in_memory({range.space, range.line, range.count}, memory_lines));
  }
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::fuzz;
  Command command;
  std::array<std::uint8_t, sizeof(Command)> slot{};
  std::copy_n(data, std::min(size, slot.size()), slot.begin());
  std::memcpy(static_cast<void*>(&command), slot.data(), slot.size());
  int queues = 0;
  for (const Queue queue : {Queue::kLoad, Queue::kCompute}) {
    bool accepted = false;
    for (const std::uint64_t memory_lines : kMemoryLines) {
      const CommandError error = sluice::hls::check_command(command, queue, memory_lines);
      if (error.fault == Fault::kNone) {
        accepted = true;
        check_accepted(command, memory_lines);
      } else {
        SLUICE_CHECK(!accepted);  // what fits a memory fits a larger one
        check_fault(command, error);
      }
    }
    queues += accepted ? 1 : 0;
  }
  SLUICE_CHECK(queues < 2 || command.header.opcode == 0);  // only nop belongs to both
  return 0;
}
