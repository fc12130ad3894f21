// Fuzzes the execution of commands on the software device: whatever the checker accepts must run, whatever lies in
// memory. The input is up to four ring slots of 512 bytes, then bytes that fill card and vector memory, over and over.
// Memories and slot table start afresh with each input.
#include <memory>
#include <vector>

#include "host/device/software/executor.hpp"
#include "host/device/software/memories.hpp"
#include "testbench/fuzz/extents.hpp"
#include "testbench/fuzz/target.hpp"

namespace sluice::fuzz {
namespace {

using namespace device;
using hls::CommandError;
using hls::Space;

constexpr std::size_t kMaxCommands = 4;
constexpr std::uint64_t kCardLines = 2048;
constexpr std::uint64_t kHostBytes = 65'536;
constexpr std::uint64_t kMaxCost = 1'000'000;

Memories& memories() {
  static const std::unique_ptr<Memories> kept = [] {
    auto made = std::make_unique<Memories>(ReservedBytes::reserve(kCardLines * kLineBytes).value());
    SLUICE_CHECK(made->add_host(kHostBytes).ok());
    return made;
  }();
  return *kept;
}

void fill(std::span<std::byte> memory, std::string_view pattern) {
  if (pattern.empty()) {
    std::memset(memory.data(), 0, memory.size());
    return;
  }
  std::size_t done = std::min(memory.size(), pattern.size());
  std::memcpy(memory.data(), pattern.data(), done);
  while (done < memory.size()) {
    const std::size_t part = std::min(done, memory.size() - done);
    std::memcpy(memory.data() + done, memory.data(), part);
    done += part;
  }
}

void fill_memories(std::string_view pattern) {
  Memories& m = memories();
  fill({m.lines(Space::kCard, 0, 0, kCardLines)->data(), kCardLines * kLineBytes}, pattern);
  for (std::uint32_t bank = 0; bank < kMaxTokens; ++bank) {
    fill({m.lines(Space::kVector, bank, 0, kVectorLines)->data(), kVectorLines * kLineBytes}, pattern);
  }
  fill({m.host(std::uint64_t{1} << 40, kHostBytes), kHostBytes}, pattern);
}

// A command that the checker takes may only fail over what it cannot see: other memory, slots and pages.
void check_outcome(CommandError error) {
  SLUICE_CHECK(error.fault == Fault::kNone || error.fault == Fault::kBusError || error.fault == Fault::kNotResident);
}

bool taken_by_a_queue(const Command& command) {
  return hls::check_command(command, Queue::kLoad, kCardLines).fault == Fault::kNone ||
         hls::check_command(command, Queue::kCompute, kCardLines).fault == Fault::kNone;
}

// The input's commands that a queue takes and that do not take too long.
std::vector<Command> commands_of(std::string_view& input) {
  std::vector<Command> commands;
  for (std::size_t i = 0; i < kMaxCommands && input.size() >= sizeof(Command); ++i) {
    Command command;
    std::memcpy(static_cast<void*>(&command), input.data(), sizeof(Command));
    input.remove_prefix(sizeof(Command));
    if (taken_by_a_queue(command) && cost_of(command) <= kMaxCost) {
      commands.push_back(command);
    }
  }
  return commands;
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::fuzz;
  std::string_view input = as_text(data, size);
  const std::vector<Command> commands = commands_of(input);
  if (commands.empty()) {
    return 0;
  }
  fill_memories(input);
  Counters counters;
  Executor executor(memories(), counters);
  for (const Command& command : commands) {
    check_outcome(executor.execute(command));
  }
  return 0;
}
