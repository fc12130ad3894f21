// What the simulated card refuses, how it says so, and that a reset makes it usable again.
#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "testbench/host/device/simulation/bench.hpp"

namespace sluice::device {
namespace {

// The message of the fault of `command`, which must be the same on the software device unless it is about time.
std::string fault_of(Bench& bench, Queue queue, const Command& command) {
  const Status status = bench.try_run(queue, command);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code() == ErrorCode::kDevice);
  return status.error().message();
}

struct Refused {
  std::string expected;
  Queue queue;
  Command command;
};

std::vector<Refused> refused_commands(const Bench& bench) {
  const Command import = bench.move(Opcode::kImport, 0, 0, 1);
  const auto altered = [](Command command, auto alter) {
    alter(command);
    return command;
  };
  const auto host_hi = static_cast<std::uint32_t>(bench.buffer().address >> 32);
  return {
      {"opcode 99: unknown, or not a command of this queue (bad opcode)", Queue::kCompute,
       altered(nop(), [](Command& c) { c.header.opcode = 99; })},
      {"import: unknown, or not a command of this queue (bad opcode)", Queue::kLoad, import},
      {"nop: the card does not take this version of the command (bad version)", Queue::kCompute,
       altered(nop(), [](Command& c) { c.header.version = 7; })},
      {"nop: header word 2 (wait_semaphore) is out of range (bad header)", Queue::kLoad,
       altered(nop(), [](Command& c) { c.header.wait_semaphore = kSemaphores; })},
      {"export: operand word 4 (lines) is out of range (bad operand)", Queue::kCompute,
       bench.move(Opcode::kExport, 0, kVectorLines - 1, 2)},
      {"quantise: operand word 2 (offset) is out of range (bad operand)", Queue::kCompute,
       command_of(Opcode::kQuantise, QuantiseOperand{.num_tokens = 1, .offset = 5, .elements = 32, .out = {}})},
      {"load: operand word 2 (card_address) is out of range (bad operand)", Queue::kLoad,
       command_of(Opcode::kLoad, CopyOperand{.host_address_hi = host_hi, .card_address_hi = 1u << 20, .bytes = 64})},
      {"load: card or host memory answered with an error (bus error)", Queue::kLoad,
       command_of(Opcode::kLoad, CopyOperand{.host_address_hi = 0x7F00, .bytes = 256})},
      {"store: card or host memory answered with an error (bus error)", Queue::kLoad,
       command_of(Opcode::kStore, CopyOperand{.host_address_hi = 0x7F00, .bytes = 256})},
      {"export: card or host memory answered with an error (bus error)", Queue::kCompute,
       command_of(Opcode::kExport, MoveOperand{.host_address_hi = 0x7F00, .line = 0, .lines = 3})},
  };
}

Command experts_of(std::uint32_t layer) {
  return command_of(Opcode::kExperts, ExpertsOperand{.num_tokens = 1,
                                                     .layer = layer,
                                                     .top_k = 1,
                                                     .route_line = 0,
                                                     .input_line = 1,
                                                     .hidden = 32,
                                                     .intermediate = 32,
                                                     .format = static_cast<std::uint32_t>(Format::kMxInt8),
                                                     .gate_up_line = 10,
                                                     .activated_line = 20,
                                                     .output_line = 30});
}

}  // namespace

TEST_CASE("a command that is refused names its fault, and the reset card goes on", "[card]") {
  Bench simulation = simulation_bench(0.2, 4);
  Bench software = software_bench();
  const std::vector<Line> kept(3, Line{std::byte{42}});
  simulation.import_lines(1, 5, kept);
  for (const Refused& refused : refused_commands(simulation)) {
    CAPTURE(refused.expected);
    CHECK(fault_of(simulation, refused.queue, refused.command) == refused.expected);
    CHECK(fault_of(software, refused.queue, refused.command) == refused.expected);
    CHECK_FALSE(simulation.try_run(refused.queue, nop()).ok());
    REQUIRE(simulation.device().reset().ok());
    REQUIRE(software.device().reset().ok());
    REQUIRE(simulation.try_run(refused.queue, nop()).ok());
    REQUIRE(simulation.export_lines(1, 5, 3) == kept);
  }
}

TEST_CASE("commands behind a failed one are not run, and the other queue goes on", "[card]") {
  Bench bench = simulation_bench();
  Command bad = nop();
  bad.header.opcode = 99;
  Command signal = nop();
  signal.header.signal_semaphore = 1;
  signal.header.signal_value = 1;
  const std::vector<Command> commands = {bad, signal};
  const auto fence = bench.device().submit(Queue::kCompute, commands, kTestDeadline);
  REQUIRE(fence.ok());
  CHECK_FALSE(bench.device().wait(fence.value(), kTestDeadline).ok());

  Command waiting = nop();
  waiting.header.wait_semaphore = 1;
  waiting.header.wait_value = 1;
  waiting.header.timeout_cycles = 2000;
  bench.run(Queue::kLoad, nop());
  CHECK(fault_of(bench, Queue::kLoad, waiting) ==
        "nop: a semaphore, memory or the host link did not answer in time (timeout)");
}

TEST_CASE("a wait for a semaphore that nothing signals ends after its time-out", "[card]") {
  Bench bench = simulation_bench();
  const std::uint64_t before = bench.device().counters()[Counter::kCycles];
  Command waiting = nop();
  waiting.header.wait_semaphore = 31;
  waiting.header.wait_value = 1;
  waiting.header.timeout_cycles = 5000;
  CHECK(fault_of(bench, Queue::kCompute, waiting).find("(timeout)") != std::string::npos);
  const std::uint64_t cycles = bench.device().counters()[Counter::kCycles] - before;
  CHECK(cycles >= 5000);
  CHECK(cycles < 8000);
}

TEST_CASE("an expert that is in no slot is a fault that names it, and a retired one is in none", "[card]") {
  Bench bench = simulation_bench();
  std::vector<Line> route(1);
  hls::set_word(route[0], 0, 300);
  hls::set_word(route[0], 16, 1u << 24);
  bench.import_lines(0, 0, route);
  const std::string expected = "experts: expert 300 of layer 2 is in no slot (not resident)";
  CHECK(fault_of(bench, Queue::kCompute, experts_of(2)) == expected);
  REQUIRE(bench.device().reset().ok());

  const SlotOperand slot = {.layer = 2, .expert = 300};
  bench.run(Queue::kLoad, command_of(Opcode::kPublish, slot));
  bench.run(Queue::kCompute, experts_of(2));
  bench.run(Queue::kLoad, command_of(Opcode::kRetire, slot));
  CHECK(fault_of(bench, Queue::kCompute, experts_of(2)) == expected);
}

TEST_CASE("a full slot table refuses a new expert and takes another place for one it has, on both devices", "[card]") {
  const auto slot_of = [](std::uint32_t i) {
    return command_of(Opcode::kPublish, SlotOperand{.layer = i / kMaxExperts, .expert = i % kMaxExperts});
  };
  std::vector<Command> all;
  for (std::uint32_t i = 0; i < kMaxSlots; ++i) {
    all.push_back(slot_of(i));
  }
  Bench benches[] = {simulation_bench(), software_bench()};
  for (Bench& bench : benches) {
    const Fence fence = must(bench.device().submit(Queue::kLoad, all, kTestDeadline));
    REQUIRE(bench.device().wait(fence, kTestDeadline).ok());
    bench.run(Queue::kLoad, slot_of(5));
    CHECK(fault_of(bench, Queue::kLoad, slot_of(kMaxSlots)) ==
          "publish: operand word 0 (layer) is out of range (bad operand)");
  }
}

TEST_CASE("a reset clears slots and semaphores", "[card]") {
  Bench bench = simulation_bench();
  std::vector<Line> route(1);
  bench.import_lines(0, 0, route);
  bench.run(Queue::kLoad, command_of(Opcode::kPublish, SlotOperand{.layer = 2, .expert = 0}));
  Command signal = nop();
  signal.header.signal_semaphore = 9;
  signal.header.signal_value = 9;
  bench.run(Queue::kLoad, signal);
  REQUIRE(bench.device().reset().ok());
  CHECK(fault_of(bench, Queue::kCompute, experts_of(2)).find("not resident") != std::string::npos);
  REQUIRE(bench.device().reset().ok());
  Command waiting = nop();
  waiting.header.wait_semaphore = 9;
  waiting.header.wait_value = 1;
  waiting.header.timeout_cycles = 1000;
  CHECK(fault_of(bench, Queue::kCompute, waiting).find("(timeout)") != std::string::npos);
}

}  // namespace sluice::device
