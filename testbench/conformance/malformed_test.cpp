// Malformed commands: every word of every command at its limits and beyond. Software and simulation refuse the same
// commands in the same words, which name the field; and after a reset they compute as before.
#include <algorithm>
#include <catch2/catch.hpp>

#include "hls/unit/unit.hpp"
#include "testbench/conformance/malformed_cases.hpp"
#include "testbench/conformance/malformed_pair.hpp"
#include "testbench/fuzz/extents.hpp"

using namespace sluice::device;
using namespace sluice::test;
using sluice::hls::check_command;

namespace {

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
    for (const Change& change : limits.beside) {
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
  const std::vector<Limits> header = header_limits();
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
