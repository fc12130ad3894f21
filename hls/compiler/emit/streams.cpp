// Stream ports of a process, and its clock enable: everything stands still while a read that is due finds no word or a
// write that is due finds no room. A pipelined block whose iterations start with reads does not stand still for these:
// it starts no iteration, and those under way go on.
#include <fmt/format.h>

#include <algorithm>

#include "hls/compiler/emit/process.hpp"
#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

bool is_gate(const ProcessText& text, const Access& access) {
  const std::vector<Access>& gates = text.binding.blocks[index(access.when.block)].gates;
  return std::ranges::find(gates, access.op, &Access::op) != gates.end();
}

struct StreamUse {
  std::vector<std::string> waiting;  // conditions of accesses that stop the process
  std::vector<std::string> moving;   // of all that move a word
  std::vector<std::pair<std::string, std::string>> words;
};

StreamUse uses_of(ProcessText& text, const StreamBinding& stream, const std::string& blocked) {
  StreamUse result;
  const std::string base = text.ports.streams[index(stream.stream)];
  std::string place;
  for (const Access& access : stream.accesses) {
    const Op& it = text.op(access.op);
    const std::string comment = text.place_comment(it.location);
    if (!comment.empty() && comment != place) {
      text.logic += "  " + comment + "\n";
      place = comment;
    }
    const std::string happens =
        text.signals.read(text.declare_wire(base + (stream.input ? "_take" : "_put"), 1, text.happens(access)));
    const bool waits = may_wait(it.kind);
    if (waits && !is_gate(text, access)) {
      result.waiting.push_back(happens);
    }
    result.moving.push_back(waits ? happens : fmt::format("({} && !{})", happens, text.signals.read(blocked)));
    if (!stream.input) {
      result.words.emplace_back(happens, text.patched_operand(access.op, 0, access.when));
    }
  }
  return result;
}

// When iterations of pipelined blocks start.
void write_issues(ProcessText& text) {
  for (std::size_t b = 0; b < text.blocks.size(); ++b) {
    const BlockBinding& bound = text.binding.blocks[b];
    const BlockNames& names = text.blocks[b];
    if (!bound.pipelined) {
      continue;
    }
    std::vector<std::string> terms{fmt::format("state_q == {}", names.states[0]), text.signals.read(names.run)};
    if (!names.slot.empty()) {
      terms.push_back(fmt::format("{} == {}", text.signals.read(names.slot),
                                  literal(bits_for(static_cast<std::uint64_t>(bound.ii)), 0)));
    }
    for (const Access& gate : bound.gates) {
      const Op& it = text.op(gate.op);
      const std::string empty = text.signals.read(text.ports.streams[index(it.stream)] + "_empty_i");
      const std::string predicate = text.predicate(gate.op, gate.when);
      terms.push_back(predicate.empty() ? "!" + empty : fmt::format("!({} && {})", predicate, empty));
    }
    text.logic += fmt::format("  assign {} = {};\n", names.issue, all_of(terms));
  }
}

}  // namespace

void write_streams(ProcessText& text) {
  std::vector<std::string> stalls;
  std::string ports;
  for (const StreamBinding& stream : text.binding.streams) {
    const std::string& base = text.ports.streams[index(stream.stream)];
    const unsigned width = text.kernel.streams[index(stream.stream)].width;
    const std::string blocked = base + (stream.input ? "_empty_i" : "_full_i");
    text.logic += fmt::format("\n  // stream {}\n", text.kernel.streams[index(stream.stream)].name);
    const StreamUse use = uses_of(text, stream, blocked);
    if (!use.waiting.empty()) {
      const std::string stall = text.declare_wire(
          base + "_stall", 1, fmt::format("{} && {}", any_of(use.waiting), text.signals.read(blocked)));
      stalls.push_back(text.signals.read(stall));
    }
    ports += fmt::format("  assign {}{} = {} && {};\n", base, stream.input ? "_read_o" : "_write_o",
                         ProcessText::kEnable, any_of(use.moving));
    if (!stream.input) {
      ports += fmt::format("  assign {}_din_o = {};\n", base, ProcessText::choose(use.words, width));
    }
  }
  if (text.options.fault == PlantedFault::kMissingStall && !stalls.empty()) {
    stalls.pop_back();
  }
  text.logic += "\n";
  write_issues(text);
  // Nothing moves in reset: before the first one the state is random, and memories with contents must keep them.
  const std::string runs = stalls.empty() ? "rst_ni" : fmt::format("rst_ni && !{}", any_of(stalls));
  text.logic += fmt::format("  assign {} = {};\n{}", ProcessText::kEnable, runs, ports);
}

}  // namespace sluice::hlsc
