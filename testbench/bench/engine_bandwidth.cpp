// How well the card's memory channels and multipliers are used by one linear command, from its fetch to its completion.
//
// Purpose: drives the Verilated card by its registers alone (a command ring and a completion ring in a host segment)
// and
//   counts the clock edges from the first one after the doorbell's write was accepted, at which the card begins to
//   fetch the command, to the one at which the completion's beat is in host memory. `--help` lists the options.
// Measures: unpadded weight bytes (elements and scales) a cycle, beside the 128 bytes that the channels give together;
//   the share of the cycles in which all multipliers of the lanes in use took weights; simulated cycles a processor
//   second. Limits: what no card with these channels can exceed, if a weight line is used in the cycle in which it is
//   taken: a cycle a line (MXINT16: two), and none for anything else.
// Errors: a result that differs in a bit from the software device's, a fault, a hang or a share below `--minimum` ends
//   the program with status 1; a wrong option with status 2.
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/harness/card.hpp"
#include "testbench/host/device/simulation/bench.hpp"

namespace sluice::device {
namespace {

constexpr const char* kHelp =
    "engine_bandwidth: channels and multipliers in use during one linear command, from fetch to completion\n"
    "  --format NAME         int4, mxint8, mxfp4 or mxint16; default: int4 and mxint8\n"
    "  --tokens N            tokens that share the weights, 1 to 4; default: 1 and 4\n"
    "  --rows N              default 1024\n"
    "  --columns N           a multiple of 32; default 1024\n"
    "  --memory-latency N    of card memory, in cycles of 4 ns; default 63 (250 ns)\n"
    "  --host-latency N      of host memory; default 63\n"
    "  --repetitions N       of the command, for a steadier simulation speed; the last one is printed; default 1\n"
    "  --minimum PERCENT     fail below this share of the channels, and of the multipliers with more than one token\n"
    "  --waves FILE          FST of the whole run (slower: the checked model)\n"
    "  --json                an array of objects instead of the table\n";

constexpr std::uint32_t kLine = 0;  // of the input in vector memory
constexpr std::uint32_t kOutputLine = 2000;
constexpr std::uint32_t kScaleMax = 130;

struct Options {
  std::vector<Format> formats = {Format::kInt4, Format::kMxInt8};
  std::vector<std::uint32_t> tokens = {1, 4};
  std::uint32_t rows = 1024;
  std::uint32_t columns = 1024;
  std::uint32_t repetitions = 1;
  double minimum_percent = 0;
  bool json = false;
  sim::CardOptions card = {.host_latency_cycles = 63};
};

struct Measurement {
  Format format = Format::kInt4;
  std::uint32_t tokens = 0;
  std::uint64_t cycles = 0;
  std::uint64_t limit_cycles = 0;       // weight lines, and a second cycle for those that take two
  std::uint64_t multiplier_cycles = 0;  // of `cycles`
  double weight_bytes = 0;
  double simulated_cycles_per_second = 0;

  [[nodiscard]] double bytes_per_cycle() const { return weight_bytes / static_cast<double>(cycles); }
  [[nodiscard]] double channels(std::uint64_t of_cycles) const {
    return weight_bytes / kLineBytes / static_cast<double>(of_cycles);
  }
  [[nodiscard]] double multipliers(std::uint64_t of_cycles) const {
    return static_cast<double>(multiplier_cycles) / static_cast<double>(of_cycles);
  }
};

[[noreturn]] void give_up(int status, const std::string& what) {
  std::fprintf(stderr, "engine_bandwidth: %s\n", what.c_str());
  std::exit(status);
}

const std::map<std::string_view, Format>& format_names() {
  static const std::map<std::string_view, Format> names = {
      {"int4", Format::kInt4}, {"mxfp4", Format::kMxFp4}, {"mxint8", Format::kMxInt8}, {"mxint16", Format::kMxInt16}};
  return names;
}

std::string_view name_of(Format format) {
  return std::find_if(format_names().begin(), format_names().end(),
                      [&](const auto& entry) { return entry.second == format; })
      ->first;
}

std::uint32_t number_of(std::string_view option, const std::string& text, std::uint32_t least, std::uint32_t most) {
  char* end = nullptr;
  const unsigned long value = std::strtoul(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || value < least || value > most) {
    give_up(2, std::string(option) + " takes a number of " + std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<std::uint32_t>(value);
}

void apply(Options& options, std::string_view option, const std::string& value) {
  if (option == "--format") {
    const auto found = format_names().find(value);
    if (found == format_names().end()) {
      give_up(2, "there is no format " + value);
    }
    options.formats = {found->second};
  } else if (option == "--tokens") {
    options.tokens = {number_of(option, value, 1, kMaxTokens)};
  } else if (option == "--rows") {
    options.rows = number_of(option, value, 1, kMaxRows);
  } else if (option == "--columns") {
    options.columns = number_of(option, value, kBlock, 32768) / kBlock * kBlock;
  } else if (option == "--memory-latency") {
    options.card.memory_latency_cycles = number_of(option, value, 1, 10000);
  } else if (option == "--host-latency") {
    options.card.host_latency_cycles = number_of(option, value, 1, 10000);
  } else if (option == "--repetitions") {
    options.repetitions = number_of(option, value, 1, 1000000);
  } else if (option == "--minimum") {
    options.minimum_percent = number_of(option, value, 0, 100);
  } else if (option == "--waves") {
    options.card.waves = {.file = value, .cycles = ~std::uint64_t{0}};
  } else {
    give_up(2, "there is no option " + std::string(option) + "; --help lists them");
  }
}

Options options_of(std::span<char*> arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view option = arguments[i];
    if (option == "--help") {
      std::fputs(kHelp, stdout);
      std::exit(0);
    }
    if (option == "--json") {
      options.json = true;
    } else if (i + 1 == arguments.size()) {
      give_up(2, std::string(option) + " is unknown or lacks its value; --help lists the options");
    } else {
      apply(options, option, arguments[++i]);
    }
  }
  return options;
}

// The card with one command queue, driven by its registers.
class Card {
 public:
  explicit Card(const sim::CardOptions& options) : opened_(sim::VerilatedCard::open(options)), host_(kHostBytes) {
    if (opened_.card == nullptr) {
      give_up(1, opened_.error);
    }
    address_ = card().add_host_segment(host_);
    write_ring(RingRegister::kBaseLo, static_cast<std::uint32_t>(address_));
    write_ring(RingRegister::kBaseHi, static_cast<std::uint32_t>(address_ >> 32));
    write_ring(RingRegister::kSizeLog2, kRingLog2);
    write_ring(RingRegister::kCompletionLo, static_cast<std::uint32_t>(address_ + kCompletionOffset));
    write_ring(RingRegister::kCompletionHi, static_cast<std::uint32_t>((address_ + kCompletionOffset) >> 32));
    write_ring(RingRegister::kCompletionSizeLog2, kRingLog2);
    write(static_cast<std::uint32_t>(Register::kControl), 1);
  }

  // Runs one command. Cycles from the edge after the doorbell's write was accepted to the completion's arrival.
  std::uint64_t run(Command command) {
    command.header.flags = kFlagComplete;
    std::memcpy(host_.data() + submitted_ % (1u << kRingLog2) * kSlotBytes, &command, kSlotBytes);
    const std::byte* const slot = host_.data() + kCompletionOffset + submitted_ % (1u << kRingLog2) * kCompletionBytes;
    ++submitted_;
    const std::uint64_t accepted = card().cycles() + 1;  // the register slave is idle: it accepts at the next edge
    write_ring(RingRegister::kTail, submitted_);
    Completion completion;
    for (std::memcpy(&completion, slot, sizeof(completion)); completion.sequence != submitted_;
         std::memcpy(&completion, slot, sizeof(completion))) {
      if (!card().step(1) || card().cycles() > accepted + kDefaultTimeoutCycles) {
        give_up(1, card().failure().empty() ? "the card hangs" : card().failure());
      }
    }
    if (completion.fault != 0) {
      give_up(1, "fault " + std::to_string(completion.fault) + ", detail " + std::to_string(completion.detail));
    }
    return card().cycles() - (accepted + 1);
  }

  std::uint64_t counter(Counter counter) {
    const std::uint32_t offset =
        static_cast<std::uint32_t>(Register::kCounters) + 8 * static_cast<std::uint32_t>(counter);
    const std::optional<std::uint32_t> low = card().read_register(offset);
    const std::optional<std::uint32_t> high = card().read_register(offset + 4);
    if (!low || !high) {
      give_up(1, "a counter cannot be read");
    }
    return std::uint64_t{*high} << 32 | *low;
  }

  sim::VerilatedCard& card() { return *opened_.card; }

  // Lines for import and export.
  [[nodiscard]] std::byte* buffer() { return host_.data() + kBufferOffset; }
  [[nodiscard]] Command move(Opcode opcode, std::uint32_t bank, std::uint32_t line, std::size_t lines) const {
    const std::uint64_t at = address_ + kBufferOffset;
    return command_of(opcode, MoveOperand{.host_address_lo = static_cast<std::uint32_t>(at),
                                          .host_address_hi = static_cast<std::uint32_t>(at >> 32),
                                          .bank = bank,
                                          .line = line,
                                          .lines = static_cast<std::uint32_t>(lines)});
  }

 private:
  static constexpr std::uint32_t kRingLog2 = 4;
  static constexpr std::size_t kCompletionOffset = std::size_t{kSlotBytes} << kRingLog2;
  static constexpr std::size_t kBufferOffset = std::size_t{1} << 16;
  static constexpr std::size_t kHostBytes = kBufferOffset + std::size_t{kVectorLines} * kLineBytes;

  void write(std::uint32_t offset, std::uint32_t value) {
    if (!card().write_register(offset, value)) {
      give_up(1, "a register cannot be written");
    }
  }
  void write_ring(RingRegister ring_register, std::uint32_t value) {
    write(static_cast<std::uint32_t>(Register::kRing) + kRingStride * static_cast<std::uint32_t>(Queue::kCompute) +
              static_cast<std::uint32_t>(ring_register),
          value);
  }

  sim::VerilatedCard::Opened opened_;
  std::vector<std::byte> host_;
  std::uint64_t address_ = 0;
  std::uint32_t submitted_ = 0;
};

// One product with random weights and activations.
struct Product {
  std::vector<std::byte> weights;
  std::vector<std::vector<Line>> inputs;  // one a token
  Command command;                        // with the weights at address 0
};

Product product_of(const Options& options, Format format, std::uint32_t tokens) {
  std::mt19937 random(1);
  Product product;
  const bool wide = format == Format::kMxInt16;
  for (std::uint32_t token = 0; token < tokens; ++token) {
    product.inputs.push_back(hls::lines_of_quantised(hls::quantise(random_vector(options.columns, random), wide)));
  }
  product.weights = random_weights(format, options.rows, options.columns, 1, kScaleMax, random);
  product.command = command_of(Opcode::kLinear, LinearOperand{.num_tokens = tokens,
                                                              .input_line = kLine,
                                                              .input_elements = options.columns,
                                                              .columns = options.columns,
                                                              .rows = options.rows,
                                                              .output_line = kOutputLine,
                                                              .format = static_cast<std::uint32_t>(format),
                                                              .scale_max = kScaleMax,
                                                              .scale_bias = -133,
                                                              .rows_stored = (options.rows + 31) / 32 * 32,
                                                              .columns_stored = options.columns});
  return product;
}

// What the software device computes: the lines of every token's result.
std::vector<std::vector<Line>> expected_of(const Product& product, std::uint32_t rows) {
  Bench bench = software_bench();
  Command command = product.command;
  const std::uint64_t address = bench.place(product.weights);
  auto operand = std::bit_cast<std::array<std::uint32_t, kOperandBytes / 4>>(command.operand);
  operand[offsetof(LinearOperand, weight_address_lo) / 4] = static_cast<std::uint32_t>(address);
  std::memcpy(command.operand, operand.data(), kOperandBytes);
  std::vector<std::vector<Line>> results;
  for (std::uint32_t token = 0; token < product.inputs.size(); ++token) {
    bench.import_lines(token, kLine, product.inputs[token]);
  }
  bench.run(Queue::kCompute, command);
  for (std::uint32_t token = 0; token < product.inputs.size(); ++token) {
    results.push_back(bench.export_lines(token, kOutputLine, 1 + (rows + 31) / 32));
  }
  return results;
}

void check_result(Card& card, const std::vector<std::vector<Line>>& expected) {
  for (std::uint32_t token = 0; token < expected.size(); ++token) {
    const std::span<const Line> lines = expected[token];
    card.run(card.move(Opcode::kExport, token, kOutputLine, lines.size()));
    if (std::memcmp(card.buffer(), lines.data(), lines.size_bytes()) != 0) {
      give_up(1, "the card's result differs from the software's");
    }
  }
}

Measurement measure(const Options& options, Format format, std::uint32_t tokens) {
  const Product product = product_of(options, format, tokens);
  Card card(options.card);
  if (product.weights.size() > card.card().memory().size()) {
    give_up(2, "the matrix does not fit card memory");
  }
  std::copy(product.weights.begin(), product.weights.end(), card.card().memory().begin());
  for (std::uint32_t token = 0; token < tokens; ++token) {
    const std::span<const Line> lines = product.inputs[token];
    std::memcpy(card.buffer(), lines.data(), lines.size_bytes());
    card.run(card.move(Opcode::kImport, token, kLine, lines.size()));
  }

  const bool wide = format == Format::kMxInt16;
  const std::uint64_t blocks = options.columns / kBlock;
  const std::uint64_t scale_lines = std::uint64_t{(options.rows + 31) / 32} * ((blocks + 3) / 4);
  const std::uint64_t lines = product.weights.size() / kLineBytes;
  const double element_bits = wide ? 16 : format == Format::kMxInt8 ? 8 : 4;
  Measurement result = {.format = format,
                        .tokens = tokens,
                        .limit_cycles = wide ? 2 * lines - scale_lines : lines,
                        .weight_bytes = options.rows * double(options.columns) * (element_bits + 8.0 / kBlock) / 8};
  const std::uint64_t first_cycle = card.card().cycles();
  const std::clock_t start = std::clock();
  for (std::uint32_t i = 0; i < options.repetitions; ++i) {
    const std::uint64_t before = card.counter(Counter::kEngineMac);
    result.cycles = card.run(product.command);
    result.multiplier_cycles = card.counter(Counter::kEngineMac) - before;
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  result.simulated_cycles_per_second = static_cast<double>(card.card().cycles() - first_cycle) / seconds;
  check_result(card, expected_of(product, options.rows));
  return result;
}

void print_table(const Options& options, std::span<const Measurement> results) {
  std::printf("%u x %u, latency %u cycles (card memory), %u (host); shares in percent, the limit in brackets\n",
              options.rows, options.columns, options.card.memory_latency_cycles, options.card.host_latency_cycles);
  std::printf("%-8s %5s %7s %8s %12s %15s %15s %10s\n", "format", "batch", "cycles", "lines", "bytes/cycle", "channels",
              "multipliers", "kcycles/s");
  for (const Measurement& m : results) {
    std::printf("%-8s %5u %7llu %8llu %12.2f %7.2f (%5.1f) %7.2f (%5.1f) %10.0f\n", name_of(m.format).data(), m.tokens,
                static_cast<unsigned long long>(m.cycles), static_cast<unsigned long long>(m.limit_cycles),
                m.bytes_per_cycle(), 100 * m.channels(m.cycles), 100 * m.channels(m.limit_cycles),
                100 * m.multipliers(m.cycles), 100 * m.multipliers(m.limit_cycles),
                m.simulated_cycles_per_second / 1000);
  }
}

void print_json(const Options& options, std::span<const Measurement> results) {
  std::printf("[");
  for (const Measurement& m : results) {
    std::printf(
        "%s\n  {\"format\": \"%s\", \"tokens\": %u, \"rows\": %u, \"columns\": %u, \"memory_latency_cycles\": %u, "
        "\"host_latency_cycles\": %u, \"cycles\": %llu, \"limit_cycles\": %llu, \"multiplier_cycles\": %llu, "
        "\"weight_bytes\": %.0f, \"bytes_per_cycle\": %.3f, \"channel_share\": %.5f, \"channel_share_limit\": %.5f, "
        "\"multiplier_share\": %.5f, \"multiplier_share_limit\": %.5f, \"simulated_cycles_per_second\": %.0f}",
        &m == results.data() ? "" : ",", name_of(m.format).data(), m.tokens, options.rows, options.columns,
        options.card.memory_latency_cycles, options.card.host_latency_cycles, static_cast<unsigned long long>(m.cycles),
        static_cast<unsigned long long>(m.limit_cycles), static_cast<unsigned long long>(m.multiplier_cycles),
        m.weight_bytes, m.bytes_per_cycle(), m.channels(m.cycles), m.channels(m.limit_cycles), m.multipliers(m.cycles),
        m.multipliers(m.limit_cycles), m.simulated_cycles_per_second);
  }
  std::printf("\n]\n");
}

int run(const Options& options) {
  std::vector<Measurement> results;
  bool enough = true;
  for (const Format format : options.formats) {
    for (const std::uint32_t tokens : options.tokens) {
      const Measurement m = measure(options, format, tokens);
      enough = enough && 100 * m.channels(m.cycles) >= options.minimum_percent &&
               (tokens == 1 || 100 * m.multipliers(m.cycles) >= options.minimum_percent);
      results.push_back(m);
    }
  }
  options.json ? print_json(options, results) : print_table(options, results);
  if (!enough) {
    std::fprintf(stderr, "engine_bandwidth: a share lies below %g %%\n", options.minimum_percent);
  }
  return enough ? 0 : 1;
}

}  // namespace
}  // namespace sluice::device

int main(int argc, char** argv) { return sluice::device::run(sluice::device::options_of({argv + 1, argv + argc})); }
