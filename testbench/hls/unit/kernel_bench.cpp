#include "testbench/hls/unit/kernel_bench.hpp"

#include <sluice_dataflow.h>

#include <cstring>
#include <map>
#include <mutex>
#include <optional>

#include "hls/unit/lines.hpp"

namespace sluice::test {

using namespace device;
using sluice::hls::Line;
using sluice::hls::LineRange;
using sluice::hls::Space;

namespace {

hls::LineWrite write_of(const kernel::LineWrite& write) {
  hls::LineWrite out = {Space::kVector, write.bank.to_uint(), write.line.to_uint(), {}};
  for (std::size_t i = 0; i < 32; ++i) {
    const int at = static_cast<int>(32 * i);
    hls::set_word(out.data, i, ap_uint<32>(write.data.range(at + 31, at)).to_uint());
  }
  return out;
}

struct Ports {
  ::hls::stream<kernel::CommandWord> command{"command"};
  ::hls::stream<kernel::ReadRange> ranges{"ranges"};
  ::hls::stream<kernel::LineWord> lines{"lines"};
  ::hls::stream<kernel::LineWrite> writes{"writes"};
  ::hls::stream<kernel::Done> done{"done"};
};

// Judges `last` and `done`; drains the streams.
void judge(Ports& ports, const std::vector<kernel::LineWrite>& writes, KernelRun& run) {
  for (std::size_t i = 0; i < writes.size(); ++i) {
    run.writes.push_back(write_of(writes[i]));
    if ((writes[i].last == 1) != (i + 1 == writes.size())) {
      run.error += "write " + std::to_string(i) + " of " + std::to_string(writes.size()) + " has the wrong 'last'; ";
    }
  }
  const std::vector<kernel::Done> done = ports.done.drain();
  if (done.size() != 1 || done[0].writes != writes.size()) {
    run.error += "'done' is not one word with the number of writes; ";
  }
  if (!ports.lines.words().empty() || !ports.ranges.words().empty()) {
    run.error += "lines were asked for and not read; ";
    ports.lines.clear();
    ports.ranges.clear();
  }
}

}  // namespace

UnitMemory::UnitMemory(std::size_t card_lines) : card(card_lines, Line{}) {
  bank.fill(std::vector<Line>(kVectorLines, Line{}));
}

const Line& UnitMemory::at(const LineRange& range, std::uint32_t offset) const {
  return range.space == Space::kCard ? card.at(range.line + offset) : bank.at(range.bank).at(range.line + offset);
}

void UnitMemory::store(const hls::LineWrite& write) { bank.at(write.bank).at(write.line) = write.data; }

hls::LineRange line_range(const kernel::ReadRange& range) {
  return {range.card == 1 ? Space::kCard : Space::kVector, range.bank.to_uint(), range.line.to_uint(),
          range.count.to_uint()};
}

kernel::CommandWord command_word(const Command& command) {
  std::uint32_t words[kSlotBytes / 4];
  std::memcpy(words, &command, sizeof(command));
  kernel::CommandWord out = 0;
  for (int i = static_cast<int>(kSlotBytes / 4) - 1; i >= 0; --i) {
    out <<= 32;
    out.range(31, 0) = words[i];
  }
  return out;
}

kernel::LineWord line_word(const Line& line) {
  kernel::LineWord out = 0;
  for (int i = 0; i < 32; ++i) {
    out.range(32 * i + 31, 32 * i) = hls::word_of(line, static_cast<std::size_t>(i));
  }
  return out;
}

std::vector<hls::LineWrite> run_reference(const UnitMemory& memory, const Command& command) {
  const std::unique_ptr<hls::UnitExecution> unit = hls::start_unit(command);
  for (std::vector<LineRange> ranges = unit->reads(); !ranges.empty(); ranges = unit->reads()) {
    std::vector<Line> lines;
    for (const LineRange& range : ranges) {
      for (std::uint32_t i = 0; i < range.count; ++i) {
        lines.push_back(memory.at(range, i));
      }
    }
    unit->supply(lines);
  }
  return unit->finish();
}

KernelRun run_kernel(UnitKernel top, const UnitMemory& memory, const Command& command) {
  KernelRun run;
  Ports ports;
  std::uint32_t given = 0;  // lines of the last range
  ports.lines.set_source([&]() -> std::optional<kernel::LineWord> {
    while (run.ranges.empty() || given == run.ranges.back().count) {
      kernel::ReadRange range;
      if (!ports.ranges.read_nb(range)) {
        return std::nullopt;
      }
      run.ranges.push_back(line_range(range));
      given = 0;
    }
    return line_word(memory.at(run.ranges.back(), given++));
  });
  const sluice_hls::Outcome outcome = sluice_hls::simulate(sluice_hls::Mode::kSequential, [&] {
    ports.command.write(command_word(command));
    top(ports.command, ports.ranges, ports.lines, ports.writes, ports.done);
  });
  run.error = outcome.message;
  judge(ports, ports.writes.drain(), run);
  if (!run.ranges.empty() && given != run.ranges.back().count) {
    run.error += "the last range was not read to its end; ";
  }
  return run;
}

namespace {

void read_lines(::hls::stream<kernel::ReadRange>& ranges, ::hls::stream<kernel::LineWord>& lines,
                const UnitMemory& memory, std::mutex& mutex, std::size_t count) {
  for (std::size_t r = 0; r < count; ++r) {
    const LineRange range = line_range(ranges.read());
    for (std::uint32_t i = 0; i < range.count; ++i) {
      kernel::LineWord word;
      {
        const std::lock_guard lock(mutex);
        word = line_word(memory.at(range, i));
      }
      lines.write(word);
    }
  }
}

void write_lines(::hls::stream<kernel::LineWrite>& writes, UnitMemory& memory, std::mutex& mutex,
                 std::vector<kernel::LineWrite>& stored, ::hls::stream<kernel::Done>& done,
                 ::hls::stream<kernel::Done>& ended) {
  bool last = false;
  while (!last) {
    const kernel::LineWrite write = writes.read();
    const std::lock_guard lock(mutex);
    memory.store(write_of(write));
    stored.push_back(write);
    last = write.last == 1;
  }
  ended.write(done.read());
}

}  // namespace

KernelRun run_kernel_threads(UnitKernel top, UnitMemory& memory, const Command& command, std::size_t ranges) {
  KernelRun run;
  Ports outside;
  std::vector<kernel::LineWrite> stored;
  const sluice_hls::Outcome outcome = sluice_hls::simulate(sluice_hls::Mode::kThreads, [&] {
    std::mutex mutex;
    Ports ports;  // bounded: two words each
    ports.command.write(command_word(command));
    SLUICE_DATAFLOW_BEGIN
    SLUICE_PROCESS(top, ports.command, ports.ranges, ports.lines, ports.writes, ports.done);
    SLUICE_PROCESS(read_lines, ports.ranges, ports.lines, memory, mutex, ranges);
    SLUICE_PROCESS(write_lines, ports.writes, memory, mutex, stored, ports.done, outside.done);
    SLUICE_DATAFLOW_END
  });
  run.error = outcome.message;
  judge(outside, stored, run);
  return run;
}

std::string difference(const std::vector<hls::LineWrite>& expected, const std::vector<hls::LineWrite>& got) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, Line> want;
  for (const hls::LineWrite& write : expected) {
    want[{write.bank, write.line}] = write.data;
  }
  std::map<std::pair<std::uint32_t, std::uint32_t>, Line> have;
  for (const hls::LineWrite& write : got) {
    if (!have.emplace(std::pair(write.bank, write.line), write.data).second) {
      return "bank " + std::to_string(write.bank) + " line " + std::to_string(write.line) + " is written twice";
    }
  }
  for (const auto& [place, data] : want) {
    const auto found = have.find(place);
    const std::string where = "bank " + std::to_string(place.first) + " line " + std::to_string(place.second);
    if (found == have.end()) {
      return where + " is not written";
    }
    for (std::size_t i = 0; i < 32; ++i) {
      if (hls::word_of(data, i) != hls::word_of(found->second, i)) {
        return where + " word " + std::to_string(i) + " is " + std::to_string(hls::word_of(found->second, i)) +
               " and not " + std::to_string(hls::word_of(data, i));
      }
    }
  }
  return have.size() == want.size() ? "" : "lines are written that should not be";
}

std::uint32_t RandomVectors::mantissa(std::uint32_t kind) {
  switch (kind) {
    case 0:
      return 0;
    case 1:
      return below(2) == 0 ? 0 : 0xFFFFFFFF;  // 0 and -1: no bits beside the sign
    case 2:
      return below(2) == 0 ? 8388607u : static_cast<std::uint32_t>(-8388607);
    case 3:
      return word();  // beyond the limits
    case 4:
      return (below(2) == 0 ? 1u : 0xFFFFFFFFu) << below(24);
    default:
      return static_cast<std::uint32_t>(static_cast<std::int32_t>(word()) >> between(8, 31));
  }
}

std::uint32_t RandomVectors::exponent() {
  switch (below(10)) {
    case 0:
      return static_cast<std::uint32_t>(hls::kZeroExponent);
    case 1:
      return word();  // beyond the limits
    case 2:
      return static_cast<std::uint32_t>(static_cast<std::int32_t>(below(32769)) - 16384);
    case 3:
      return below(2) == 0 ? 16384u : static_cast<std::uint32_t>(-16383);
    default:
      return static_cast<std::uint32_t>(static_cast<std::int32_t>(below(64)) - 44);
  }
}

void RandomVectors::fill(std::vector<Line>& lines, std::size_t line, std::size_t elements) {
  fill_words(lines, line, 1);
  hls::set_word(lines[line], 0, exponent());
  const std::uint32_t kind = between(0, 11);
  const int shift = static_cast<int>(between(8, 31));
  for (std::size_t i = 0; i < hls::vector_data_lines(elements) * 32; ++i) {
    std::uint32_t value = word();  // behind the end
    if (i < elements) {
      // One kind for all, or a mixture, or all of one width.
      value = kind < 5   ? mantissa(kind)
              : kind < 8 ? mantissa(below(6))
                         : static_cast<std::uint32_t>(static_cast<std::int32_t>(word()) >> shift);
    }
    hls::set_word(lines[line + 1 + i / 32], i % 32, value);
  }
}

void RandomVectors::fill_words(std::vector<Line>& lines, std::size_t line, std::size_t count) {
  for (std::size_t i = 0; i < 32 * count; ++i) {
    hls::set_word(lines[line + i / 32], i % 32, word());
  }
}

}  // namespace sluice::test
