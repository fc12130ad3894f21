// Malformed commands: every word of every command at its limits and beyond, and garbage. Software and simulation refuse
// the same commands with the same words, which name the field; and after a reset they compute as before.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <optional>

#include "host/engine/commands.hpp"
#include "testbench/conformance/malformed_cases.hpp"
#include "testbench/fuzz/extents.hpp"
#include "testbench/host/device/simulation/bench.hpp"

using namespace sluice::device;
using sluice::engine::make_command;
using sluice::hls::check_command;
using sluice::test::CommandLimits;
using sluice::test::kCardBytes;
using sluice::test::kCardLines;
using sluice::test::kData;
using sluice::test::kExpertLayer;
using sluice::test::kPageLine;
using sluice::test::kPageTable;
using sluice::test::Limits;
using sluice::test::Values;

namespace {

constexpr char kBusError[] = ": card or host memory answered with an error (bus error)";
constexpr std::uint64_t kMostCost = 100'000'000;  // bytes and products of a command that is run (fuzz/extents.hpp)

std::uint32_t* operand_words(Command& command) { return reinterpret_cast<std::uint32_t*>(command.operand); }
std::uint32_t* header_words(Command& command) { return reinterpret_cast<std::uint32_t*>(&command.header); }
std::uint32_t* token_words(Command& command, std::uint32_t token) {
  return reinterpret_cast<std::uint32_t*>(&command.tokens[token]);
}

// Both devices, with the same bytes in memory; their host buffers have other addresses.
class Pair {
 public:
  Pair() : benches_{software(), simulation()} {
    for (Bench& bench : benches_) {
      REQUIRE(bench.device().info().memory_bytes == kCardBytes);
      limits_.push_back(sluice::test::command_limits(host_high(limits_.size())));
      REQUIRE(static_cast<std::uint32_t>(bench.buffer().address) == 0);
      std::vector<std::byte> table(kLineBytes);
      const std::uint32_t page_line = kPageLine;
      std::memcpy(table.data(), &page_line, sizeof(page_line));
      must(bench.device().write(kPageTable, table));
    }
    publish();
    computes();
  }

  [[nodiscard]] std::array<Bench, 2>& benches() { return benches_; }
  // The same commands for each device.
  [[nodiscard]] const std::vector<CommandLimits>& limits(std::size_t device) const { return limits_[device]; }

  [[nodiscard]] std::uint32_t host_high(std::size_t device) const {
    return static_cast<std::uint32_t>(benches_[device].buffer().address >> 32);
  }

  // The words of both devices for these commands (empty: all is well), which must be the same. Resets both behind a
  // fault.
  std::string run(Queue queue, const Command& on_software, const Command& on_simulation) {
    const std::string software = outcome(benches_[0], queue, on_software);
    const std::string simulation = outcome(benches_[1], queue, on_simulation);
    CHECK(software == simulation);
    if (!software.empty() || !simulation.empty()) {
      for (Bench& bench : benches_) {
        REQUIRE(bench.device().reset().ok());
      }
      publish();
    }
    return software;
  }

  void clear_vectors() {
    const std::vector<Line> zeros(kVectorLines);
    for (Bench& bench : benches_) {
      for (std::uint32_t bank = 0; bank < kMaxTokens; ++bank) {
        bench.import_lines(bank, 0, zeros);
      }
    }
  }

  // Two commands whose result is known: x + x = 2 x by hand, and a linear as on a device that has seen no fault.
  void computes() {
    std::vector<std::vector<Line>> products;
    for (Bench& bench : benches_) {
      std::mt19937 random(5);
      const auto x = sluice::hls::lines_of_vector(random_vector(64, random));
      bench.import_lines(0, 3000, x);
      const CombineOperand sum{.num_tokens = 1,
                               .elements = 64,
                               .plain = 2,
                               .plain_line = {3000, 3000},
                               .out = {.vector_line = 3010, .q8_line = 3020}};
      bench.run(Queue::kCompute, make_command(Opcode::kCombine, sum));
      const std::vector<Line> twice = bench.export_lines(0, 3010, 3);
      const auto exponent = [](const std::vector<Line>& v) {
        return static_cast<std::int32_t>(sluice::hls::word_of(v[0], 0));
      };
      for (std::size_t i = 0; i < 64; ++i) {
        const auto mantissa = [&](const std::vector<Line>& v) {
          return std::ldexp(static_cast<std::int32_t>(sluice::hls::word_of(v[1 + i / 32], i % 32)), exponent(v));
        };
        CHECK(mantissa(twice) == 2 * mantissa(x));
      }
      constexpr std::uint32_t kWeights = 3u << 20;
      must(bench.device().write(kWeights, random_weights(Format::kMxInt8, 32, 64, 1, 130, random)));
      const LinearOperand linear{.num_tokens = 1,
                                 .input_line = 3020,
                                 .input_elements = 64,
                                 .columns = 64,
                                 .rows = 32,
                                 .output_line = 3030,
                                 .scale_max = 130,
                                 .scale_bias = -133,
                                 .weight_address_lo = kWeights,
                                 .rows_stored = 32,
                                 .columns_stored = 64};
      bench.run(Queue::kCompute, make_command(Opcode::kLinear, linear));
      products.push_back(bench.export_lines(0, 3030, 2));
    }
    product_ = product_.value_or(products[0]);
    CHECK(products[0] == *product_);
    CHECK(products[1] == *product_);
  }

 private:
  static Bench software() { return Bench(open_software(kCardBytes)); }
  static Bench simulation() { return Bench(open_simulation({})); }

  static std::string outcome(Bench& bench, Queue queue, const Command& command) {
    const sluice::Status status = bench.try_run(queue, command);
    return status.ok() ? "" : status.error().message();
  }

  // Experts in slots, whose matrices are the zeros at kData.
  void publish() {
    for (Bench& bench : benches_) {
      std::vector<Command> commands;
      for (const std::uint32_t layer : {0u, kExpertLayer, 255u}) {
        commands.push_back(make_command(
            Opcode::kPublish, SlotOperand{.layer = layer, .gate_up_address_lo = kData, .down_address_lo = kData}));
      }
      const Fence fence = must(bench.device().submit(Queue::kLoad, commands, kTestDeadline));
      must(bench.device().wait(fence, kTestDeadline));
    }
  }

  std::array<Bench, 2> benches_;
  std::vector<std::vector<CommandLimits>> limits_;
  std::optional<std::vector<Line>> product_;
};

enum class Part { kHeader, kOperand, kTokens };

// A command's words one after the other, altered and run on both devices.
class WordByWord {
 public:
  WordByWord(Pair& pair, std::size_t index) : pair_(pair), index_(index) { pair.clear_vectors(); }

  void run(Part part, const Limits& limits, std::uint32_t token = 0) {
    for (const std::uint32_t value : limits.taken) {
      expect(part, limits, token, value, "");
    }
    for (const std::uint32_t value : limits.bus_error) {
      expect(part, limits, token, value, std::string(pair_.limits(0)[index_].name) + kBusError);
    }
    for (const std::uint32_t value : limits.refused) {
      expect(part, limits, token, value, refusal(part, limits, token));
    }
  }

 private:
  [[nodiscard]] std::string refusal(Part part, const Limits& limits, std::uint32_t token) const {
    const std::string name(pair_.limits(0)[index_].name);
    const std::string word =
        "word " + std::to_string(limits.named) + " (" + std::string(limits.field) + ") is out of range";
    switch (part) {
      case Part::kHeader:
        return name + ": header " + word + " (bad header)";
      case Part::kOperand:
        return name + ": operand " + word + " (bad operand)";
      case Part::kTokens:
        break;
    }
    return name + ": token " + std::to_string(token) + ", entry " + word + " (bad token)";
  }

  [[nodiscard]] Command altered(std::size_t device, Part part, const Limits& limits, std::uint32_t token,
                                std::uint32_t value) const {
    Command command = pair_.limits(device)[index_].good;
    for (const sluice::test::Change& change : limits.beside) {
      operand_words(command)[change.word] = change.value;
    }
    std::uint32_t* const words = part == Part::kHeader    ? header_words(command)
                                 : part == Part::kOperand ? operand_words(command)
                                                          : token_words(command, token);
    words[limits.word] = value;
    return command;
  }

  void expect(Part part, const Limits& limits, std::uint32_t token, std::uint32_t value, const std::string& expected) {
    CAPTURE(pair_.limits(0)[index_].name, limits.field, limits.word, value, token);
    const Command command = altered(0, part, limits, token, value);
    const Queue queue = pair_.limits(0)[index_].queue;
    const auto [fault, detail] = check_command(command, queue, kCardLines);
    if (fault == Fault::kNone && sluice::fuzz::cost_of(command) > kMostCost) {
      CHECK(expected.empty());  // too long to run: the check alone
      return;
    }
    CHECK(pair_.run(queue, command, altered(1, part, limits, token, value)) == expected);
  }

  Pair& pair_;
  std::size_t index_;
};

// Fails unless each of `words` words has a value that is refused, or takes both 0 and the largest.
void require_coverage(const std::vector<Limits>& all, std::uint32_t words, std::uint32_t first = 0) {
  for (std::uint32_t word = first; word < words; ++word) {
    CAPTURE(word);
    bool refused = false;
    bool least = false;
    bool most = false;
    for (const Limits& limits : all) {
      if (limits.word == word) {
        refused = refused || !limits.refused.empty() || (!limits.bus_error.empty() && limits.named != word);
        least = least || std::count(limits.taken.begin(), limits.taken.end(), 0) > 0;
        most = most || std::count(limits.taken.begin(), limits.taken.end(), 0xFFFFFFFF) > 0;
      }
    }
    CHECK((refused || (least && most)));
  }
  for (const Limits& limits : all) {
    CHECK(limits.word < words);
  }
}

bool known(std::uint32_t opcode, Queue queue) {
  const auto of = [opcode](Opcode first, Opcode last) {
    return opcode >= static_cast<std::uint32_t>(first) && opcode <= static_cast<std::uint32_t>(last);
  };
  return opcode == 0 ||
         (queue == Queue::kLoad ? of(Opcode::kLoad, Opcode::kRetire)
                                : of(Opcode::kImport, Opcode::kExperts) || of(Opcode::kQuantise, Opcode::kCombine));
}

}  // namespace

TEST_CASE("every word of every operand is taken at its limits and refused by its name beyond", "[malformed]") {
  Pair pair;
  for (std::size_t i = 0; i < pair.limits(0).size(); ++i) {
    const CommandLimits& command = pair.limits(0)[i];
    CAPTURE(command.name);
    require_coverage(command.operand, command.words);
    WordByWord words(pair, i);
    for (const Limits& limits : command.operand) {
      words.run(Part::kOperand, limits);
    }
    pair.computes();
  }
}

TEST_CASE("every word of the token table is taken at its limits and refused by its name beyond", "[malformed]") {
  Pair pair;
  for (std::size_t i = 0; i < pair.limits(0).size(); ++i) {
    const CommandLimits& command = pair.limits(0)[i];
    CAPTURE(command.name);
    if (command.name == "kv append" || command.name == "attend") {
      require_coverage(command.tokens, sizeof(TokenEntry) / 4);
    }
    WordByWord words(pair, i);
    for (const Limits& limits : command.tokens) {
      for (std::uint32_t token = 0; token < kMaxTokens; ++token) {
        words.run(Part::kTokens, limits, token);
      }
    }
  }
  pair.computes();
}

TEST_CASE("every word of the header is taken at its limits and refused by its name beyond", "[malformed]") {
  Pair pair;
  const std::vector<Limits> header = sluice::test::header_limits();
  require_coverage(header, sizeof(CommandHeader) / 4, 1);
  for (std::size_t i = 0; i < pair.limits(0).size(); ++i) {
    if (pair.limits(0)[i].name == "nop") {
      WordByWord words(pair, i);
      for (const Limits& limits : header) {
        words.run(Part::kHeader, limits);
      }
    }
  }
  const auto altered = [](auto alter) {
    Command command = nop();
    alter(command.header);
    return command;
  };
  for (const std::uint32_t version : {0u, 1u, 3u, 255u}) {
    const Command command = altered([&](CommandHeader& h) { h.version = static_cast<std::uint8_t>(version); });
    CHECK(pair.run(Queue::kLoad, command, command) ==
          "nop: the card does not take this version of the command (bad version)");
  }
  for (std::uint32_t bit = 0; bit < 8; ++bit) {
    const Command command = altered([&](CommandHeader& h) { h.flags = static_cast<std::uint8_t>(1u << bit); });
    CHECK(pair.run(Queue::kCompute, command, command) ==
          (bit < 2 ? "" : "nop: header word 0 (flags) is out of range (bad header)"));
  }
  pair.computes();
}

TEST_CASE("every opcode but a queue's own is refused, the bias of a linear among them", "[malformed]") {
  Pair pair;
  for (const Queue queue : {Queue::kLoad, Queue::kCompute}) {
    for (std::uint32_t opcode = 0; opcode <= 0xFFFF; ++opcode) {
      Command command = nop();
      command.header.opcode = static_cast<std::uint16_t>(opcode);
      if (known(opcode, queue)) {
        continue;
      }
      const auto [fault, detail] = check_command(command, queue, kCardLines);
      REQUIRE(fault == Fault::kBadOpcode);
      REQUIRE(detail == opcode);
      if (opcode < 64 || opcode % 8191 == 0) {
        CAPTURE(opcode);
        const std::string words = pair.run(queue, command, command);
        CHECK(words.substr(words.find(':')) == ": unknown, or not a command of this queue (bad opcode)");
      }
    }
  }
  const BiasOperand bias{.num_tokens = 1, .elements = 32, .bias_address_lo = kData, .token_mask = 1};
  const Command command = make_command(Opcode::kBias, bias);
  CHECK(pair.run(Queue::kCompute, command, command) ==
        "opcode 48: unknown, or not a command of this queue (bad opcode)");
  pair.computes();
}

TEST_CASE("a malformed command is refused before it waits", "[malformed]") {
  Pair pair;
  Command command = make_command(Opcode::kExport, MoveOperand{.line = kVectorLines, .lines = 1});
  command.header.wait_semaphore = 5;
  command.header.wait_value = 1;
  CHECK(pair.run(Queue::kCompute, command, command) == "export: operand word 3 (line) is out of range (bad operand)");
}

TEST_CASE("pages that do not lie in memory are bus errors, and nothing wraps to its start", "[malformed]") {
  Pair pair;
  constexpr std::uint32_t kLayerLine = 5;
  constexpr std::uint32_t kLast = kCardLines - 32 - kLayerLine;  // the last page that is whole
  std::mt19937 random(7);
  std::vector<std::uint32_t> pages = {0, kLast, kLast + 1, kCardLines - 1, kCardLines, 1u << 31};
  for (std::uint32_t below = 1; below <= 40; ++below) {
    pages.push_back(0u - below);
  }
  for (int i = 0; i < 40; ++i) {
    pages.push_back(static_cast<std::uint32_t>(random()));
  }
  for (const CommandLimits& limits : pair.limits(0)) {
    if (limits.name != "kv append" && limits.name != "attend") {
      continue;
    }
    Command command = limits.good;
    operand_words(command)[limits.name == "attend" ? offsetof(AttendOperand, layer_line) / 4
                                                   : offsetof(KvAppendOperand, layer_line) / 4] = kLayerLine;
    for (TokenEntry& token : command.tokens) {
      token.position = 31;
    }
    for (const std::uint32_t page : pages) {
      CAPTURE(limits.name, page);
      std::vector<std::byte> start(std::size_t{64} * kLineBytes);
      for (Bench& bench : pair.benches()) {
        std::vector<std::byte> table(kLineBytes);
        std::memcpy(table.data(), &page, sizeof(page));
        must(bench.device().write(kPageTable, table));
        must(bench.device().read(0, start));
        CHECK((page == 0 || start == std::vector<std::byte>(start.size())));
      }
      CHECK(pair.run(limits.queue, command, command) == (page <= kLast ? "" : std::string(limits.name) + kBusError));
      for (Bench& bench : pair.benches()) {
        must(bench.device().write(0, std::vector<std::byte>(start.size())));
      }
    }
  }
  pair.computes();
}

TEST_CASE("experts whose matrices reach past the end of memory are bus errors", "[malformed]") {
  Pair pair;
  const auto find = [&](std::string_view name) {
    const auto& all = pair.limits(0);
    return std::find_if(all.begin(), all.end(), [&](const CommandLimits& c) { return c.name == name; })->good;
  };
  // Matrices of 64 x 32 and 32 x 32: 18 and 9 lines.
  for (const bool down : {false, true}) {
    const std::uint32_t matrix_bytes = (down ? 9 : 18) * kLineBytes;
    for (const std::uint32_t missing : {0u, 1u, 2u, 8u}) {
      CAPTURE(down, missing);
      SlotOperand slot{.layer = kExpertLayer, .gate_up_address_lo = kData, .down_address_lo = kData};
      (down ? slot.down_address_lo : slot.gate_up_address_lo) =
          static_cast<std::uint32_t>(kCardBytes - matrix_bytes + missing * kLineBytes);
      const Command publish = make_command(Opcode::kPublish, slot);
      CHECK(pair.run(Queue::kLoad, publish, publish).empty());
      CHECK(pair.run(Queue::kCompute, find("experts"), find("experts")) ==
            (missing == 0 ? "" : std::string("experts") + kBusError));
    }
  }
  pair.computes();
}

namespace {

// A value that is near some limit, or any.
std::uint32_t odd_value(std::mt19937& random) {
  static constexpr std::uint32_t kNear[] = {0,    1,     2,          4,          16,         31,        32,    33,
                                            64,   96,    127,        128,        255,        512,       1024,  4094,
                                            4095, 4096,  kCardLines, 131'040,    131'072,    1u << 24,  kData, ~31u,
                                            ~63u, ~127u, 1u << 31,   0xFFFFFFFE, 0xFFFFFFFF, kPageTable};
  const std::uint32_t near = kNear[random() % std::size(kNear)];
  switch (random() % 4) {
    case 0:
      return static_cast<std::uint32_t>(random());
    case 1:
      return near - 1 + static_cast<std::uint32_t>(random() % 3);
    default:
      return near;
  }
}

// The same words of both commands altered alike: mostly the operand's, now and then those of header and tokens.
void spoil(std::array<Command, 2>& commands, std::uint32_t operand_words_used, std::mt19937& random) {
  for (std::size_t count = 1 + random() % 4; count > 0; --count) {
    const std::uint32_t place = random() % 12;
    const std::uint32_t value = odd_value(random);
    const std::uint32_t token = random() % kMaxTokens;
    const std::uint32_t word = static_cast<std::uint32_t>(random());
    for (Command& command : commands) {
      if (place == 0) {  // no semaphore is waited for: that takes the time-out
        const std::uint32_t at = word % 16;
        header_words(command)[at] = at == 3 || at == 8 ? header_words(command)[at] : value;
      } else if (place <= 2) {
        token_words(command, token)[word % 8] = value;
      } else if (operand_words_used > 0) {
        operand_words(command)[word % operand_words_used] = value;
      }
    }
  }
}

bool is_host_command(std::uint16_t opcode) {
  const auto of = static_cast<Opcode>(opcode);
  return of == Opcode::kLoad || of == Opcode::kStore || of == Opcode::kImport || of == Opcode::kExport;
}

// Garbage must not name a host buffer that is not its own: a device's rings lie in host memory too.
void keep_off_rings(std::array<Command, 2>& commands, const Pair& pair) {
  std::uint32_t& software = operand_words(commands[0])[1];
  std::uint32_t& simulation = operand_words(commands[1])[1];
  if (is_host_command(commands[0].header.opcode) &&
      (software != pair.host_high(0) || simulation != pair.host_high(1))) {
    software |= 1u << 31;
    simulation |= 1u << 31;
  }
}

struct Seen {
  int taken = 0;
  int refused = 0;
};

Seen run_garbage(Pair& pair, std::uint32_t seed, int commands) {
  std::mt19937 random(seed);
  Seen seen;
  for (int i = 0; i < commands; ++i) {
    const std::size_t kind = random() % pair.limits(0).size();
    std::array<Command, 2> spoiled = {pair.limits(0)[kind].good, pair.limits(1)[kind].good};
    if (random() % 8 == 0) {  // nothing but garbage
      for (std::uint32_t word = 0; word < kOperandBytes / 4; ++word) {
        operand_words(spoiled[0])[word] = operand_words(spoiled[1])[word] = static_cast<std::uint32_t>(random());
      }
    } else {
      spoil(spoiled, pair.limits(0)[kind].words, random);
    }
    keep_off_rings(spoiled, pair);
    const Queue queue = random() % 16 == 0 ? Queue::kLoad : pair.limits(0)[kind].queue;
    const bool taken = check_command(spoiled[0], queue, kCardLines).fault == Fault::kNone;
    if (taken && sluice::fuzz::cost_of(spoiled[0]) > kMostCost / 20) {
      continue;
    }
    CAPTURE(seed, i, pair.limits(0)[kind].name);
    const std::string words = pair.run(queue, spoiled[0], spoiled[1]);
    const bool ran = words.empty() || words.find("(bus error)") != std::string::npos ||
                     words.find("(not resident)") != std::string::npos;
    CHECK(ran == taken);
    if (ran && !words.empty()) {  // what it wrote until it failed is not the same
      pair.clear_vectors();
    }
    ++(taken ? seen.taken : seen.refused);
  }
  pair.computes();
  return seen;
}

}  // namespace

TEST_CASE("garbage is refused by both devices in the same words, and does not hinder what comes after", "[malformed]") {
  Pair pair;
  const Seen seen = run_garbage(pair, 1, 3000);
  CHECK(seen.taken > 300);
  CHECK(seen.refused > 1000);
}

TEST_CASE("a hundred thousand pieces of garbage more", "[malformed][long]") {
  for (std::uint32_t seed = 100; seed < 120; ++seed) {
    Pair pair;
    run_garbage(pair, seed, 5000);
  }
}
