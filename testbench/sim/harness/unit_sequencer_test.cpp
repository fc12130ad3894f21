// The unit sequencer on fake ports that keep the contract of rtl/card/README.md and are as slow as they may be, against
// the same command executed straight on the memories.
#include "sim/harness/unit_sequencer.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <random>
#include <vector>

namespace sluice::sim {
namespace {

using hls::Line;

constexpr std::uint32_t kVectorLines = 256;
constexpr std::uint32_t kCardLines = 256;

struct Memories {
  std::array<std::vector<Line>, device::kMaxTokens> vector;
  std::vector<Line> card = std::vector<Line>(kCardLines);

  Memories() {
    for (std::vector<Line>& bank : vector) {
      bank.resize(kVectorLines);
    }
  }
  Line& at(hls::Space space, std::uint32_t bank, std::uint32_t line) {
    return space == hls::Space::kCard ? card.at(line) : vector.at(bank).at(line);
  }
  bool operator==(const Memories&) const = default;
};

void execute_straight(const device::Command& command, Memories& memories) {
  const auto execution = hls::start_unit(command);
  for (auto ranges = execution->reads(); !ranges.empty(); ranges = execution->reads()) {
    std::vector<Line> lines;
    for (const hls::LineRange& range : ranges) {
      for (std::uint32_t i = 0; i < range.count; ++i) {
        lines.push_back(memories.at(range.space, range.bank, range.line + i));
      }
    }
    execution->supply(lines);
  }
  for (const hls::LineWrite& write : execution->finish()) {
    memories.at(write.space, write.bank, write.line) = write.data;
  }
}

// The ports around the unit, and a record of what the contract is about.
class Ports {
 public:
  Ports(Memories& memories, std::uint32_t seed) : memories_(memories), random_(seed) {}

  std::uint64_t quiet_calls = 0;  // that asked for nothing

  // Runs `unit` to its end.
  void run(UnitSequencer& unit) {
    for (int call = 0; call < 100000; ++call) {
      const UnitInputs inputs = next_inputs();
      const UnitOutputs outputs = unit.step(inputs);
      check(outputs, inputs);
      quiet_calls += outputs.step == 0 ? 1 : 0;
      if ((outputs.step & kStepDone) != 0) {
        return;
      }
      take(outputs);
    }
    FAIL("the unit does not end");
  }

 private:
  [[nodiscard]] bool coin() { return random_() % 2 == 0; }

  UnitInputs next_inputs() {
    UnitInputs inputs;
    // What was asked for two calls ago.
    inputs.vector_valid = vector_asked_[1].has_value();
    if (inputs.vector_valid) {
      for (std::uint32_t bank = 0; bank < device::kMaxTokens; ++bank) {
        std::memcpy(vector_lines_.data() + bank * kLineWords, memories_.vector[bank].at(*vector_asked_[1]).data(),
                    device::kLineBytes);
      }
    }
    inputs.vector_lines = vector_lines_.data();
    vector_asked_[1] = vector_asked_[0];
    vector_asked_[0].reset();

    if ((last_.step & kStepCardRead) != 0 && coin()) {
      inputs.card_read_taken = true;
      for (std::uint32_t i = 0; i < last_.card_read_count; ++i) {
        card_lines_due_.push_back(last_.card_read_line + i);
      }
    } else if (!card_lines_due_.empty() && coin()) {
      inputs.card_valid = true;
      std::memcpy(card_line_.data(), memories_.card.at(card_lines_due_.front()).data(), device::kLineBytes);
      card_lines_due_.pop_front();
    }
    inputs.card_line = card_line_.data();

    inputs.card_writes_done = card_writes_in_flight_ == 0 && (last_.step & kStepCardWrite) == 0;
    if ((last_.step & kStepCardWrite) != 0 && coin()) {
      inputs.card_write_taken = true;
      memories_.card.at(last_.card_write_line) = write_data_;
      ++card_writes_in_flight_;
    } else if (card_writes_in_flight_ > 0 && coin()) {
      --card_writes_in_flight_;
    }
    return inputs;
  }

  void check(const UnitOutputs& outputs, const UnitInputs& inputs) {
    if ((last_.step & kStepCardRead) != 0 && !inputs.card_read_taken) {
      REQUIRE((outputs.step & kStepCardRead) != 0);
      REQUIRE(outputs.card_read_line == last_.card_read_line);
      REQUIRE(outputs.card_read_count == last_.card_read_count);
    }
    if ((last_.step & kStepCardWrite) != 0 && !inputs.card_write_taken) {
      REQUIRE((outputs.step & kStepCardWrite) != 0);
      REQUIRE(outputs.card_write_line == last_.card_write_line);
      REQUIRE(*outputs.write_data == write_data_);
    }
    const std::uint32_t both = kStepCardWrite | kStepVectorWrite;
    REQUIRE((outputs.step & both) != both);
    if ((outputs.step & kStepDone) != 0) {
      REQUIRE(outputs.step == kStepDone);
      REQUIRE(inputs.card_writes_done);
      REQUIRE((last_.step & kStepVectorWrite) == 0);
    }
  }

  void take(const UnitOutputs& outputs) {
    last_ = outputs;
    if ((outputs.step & kStepVectorRead) != 0) {
      vector_asked_[0] = outputs.vector_read_line;
    }
    if (outputs.write_data != nullptr) {
      write_data_ = *outputs.write_data;
    }
    if ((outputs.step & kStepVectorWrite) != 0) {
      memories_.vector.at(outputs.vector_write_bank).at(outputs.vector_write_line) = write_data_;
    }
  }

  Memories& memories_;
  std::mt19937 random_;
  UnitOutputs last_;
  Line write_data_ = {};
  std::array<std::optional<std::uint32_t>, 2> vector_asked_;
  std::array<std::uint32_t, device::kMaxTokens * kLineWords> vector_lines_ = {};
  std::deque<std::uint32_t> card_lines_due_;
  std::array<std::uint32_t, kLineWords> card_line_ = {};
  int card_writes_in_flight_ = 0;
};

void put_words(Line& line, std::initializer_list<std::uint32_t> words) {
  std::memcpy(line.data(), std::data(words), words.size() * sizeof(std::uint32_t));
}

// A vector of `elements` small mantissas at `line` of every bank (docs/device.md, 'Layouts').
void put_vectors(Memories& memories, std::uint32_t line, std::uint32_t elements, std::mt19937& random) {
  for (std::vector<Line>& bank : memories.vector) {
    put_words(bank.at(line), {static_cast<std::uint32_t>(-20), elements});
    for (std::uint32_t i = 0; i < elements; ++i) {
      const std::int32_t mantissa = static_cast<std::int32_t>(random()) >> 3;
      std::memcpy(bank.at(line + 1 + i / 32).data() + i % 32 * 4, &mantissa, sizeof(mantissa));
    }
  }
}

template <typename Operand>
device::Command command_of(device::Opcode opcode, const Operand& operand) {
  device::Command command;
  command.header.opcode = static_cast<std::uint16_t>(opcode);
  std::memcpy(command.operand, &operand, sizeof(operand));
  return command;
}

device::Command norm_command() {
  return command_of(device::Opcode::kNorm,
                    device::NormOperand{.num_tokens = 4,
                                        .input_line = 0,
                                        .elements = 128,
                                        .out = {.vector_line = 20, .q8_line = 40, .q16_line = 60},
                                        .gamma_address_lo = 10 * device::kLineBytes,
                                        .root_n = 11863283});  // isqrt(128 * 2^40)
}

// Appends at position 33, in the second page.
device::Command kv_append_command(Memories& memories) {
  device::Command command = command_of(device::Opcode::kKvAppend, device::KvAppendOperand{.num_tokens = 2,
                                                                                          .first_line = 0,
                                                                                          .first_elements = 128,
                                                                                          .second_line = 8,
                                                                                          .second_elements = 64,
                                                                                          .layer_line = 3,
                                                                                          .entry_lines = 2});
  put_words(memories.card.at(5), {30, 100});
  for (std::uint32_t token = 0; token < 2; ++token) {
    command.tokens[token].position = 33 + token;
    command.tokens[token].page_table_lo = 5 * device::kLineBytes;
  }
  return command;
}

}  // namespace

TEST_CASE("commands through slow ports change the memories as the same commands straight on them", "[unit]") {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Memories memories;
    put_vectors(memories, 0, 128, random);
    put_vectors(memories, 8, 64, random);
    for (Line& line : memories.card) {
      for (std::byte& byte : line) {
        byte = static_cast<std::byte>(random() % 100);
      }
    }
    const std::array commands = {norm_command(), kv_append_command(memories)};
    Memories expected = memories;
    UnitSequencer unit;
    for (const device::Command& command : commands) {
      const hls::CommandError error = hls::check_command(command, device::Queue::kCompute, kCardLines);
      CAPTURE(command.header.opcode, static_cast<int>(error.fault), error.detail);
      REQUIRE(error.fault == device::Fault::kNone);
      const Memories before = expected;
      execute_straight(command, expected);
      REQUIRE_FALSE(before == expected);
      unit.start(command);
      Ports(memories, seed).run(unit);
      REQUIRE(memories == expected);
    }
  }
}

TEST_CASE("a command rests for its modelled cycles and little else beside its transfers", "[unit]") {
  std::mt19937 random(1);
  Memories memories;
  put_vectors(memories, 0, 128, random);
  put_vectors(memories, 8, 64, random);
  const device::Command command = kv_append_command(memories);
  const std::uint64_t modelled = hls::start_unit(command)->modelled_cycles();
  REQUIRE(modelled > 0);
  UnitSequencer unit;
  unit.start(command);
  Ports ports(memories, 1);
  ports.run(unit);
  CHECK(ports.quiet_calls >= modelled);
  CHECK(ports.quiet_calls <= modelled + 4);
}

TEST_CASE("a command that is cut off leaves nothing behind for the next", "[unit]") {
  std::mt19937 random(3);
  Memories memories;
  put_vectors(memories, 0, 128, random);
  Memories expected = memories;
  execute_straight(norm_command(), expected);
  UnitSequencer unit;
  for (int unanswered_calls = 0; unanswered_calls < 40; ++unanswered_calls) {
    Memories cut_off = memories;
    unit.start(norm_command());
    for (int call = 0; call < unanswered_calls; ++call) {
      static_cast<void>(unit.step({}));
    }
    unit.start(norm_command());
    Ports(cut_off, 3).run(unit);
    REQUIRE(cut_off == expected);
  }
}

}  // namespace sluice::sim
