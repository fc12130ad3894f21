// Operations: one wire each, in the order of the source, with the registers behind it.
#include <fmt/format.h>

#include "hls/compiler/emit/process.hpp"
#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

std::string right_side(ProcessText& text, OpId id) {
  const Op& it = text.op(id);
  const Moment when = text.moment(id);
  if (it.kind == OpKind::kLoad) {
    return loaded(text, id);
  }
  return widened_operand(text.process, it) >= 0
             ? text.widened(id, when)
             : text.mutated_value(id, when, expression(text, {it, when, text.wire(id)}));
}

// The wire of a value, or the stages of an operation that takes cycles: the last stage bears the name.
void write_value(ProcessText& text, OpId id) {
  const Op& it = text.op(id);
  const int stages = text.num_stages(id);
  const std::string right = right_side(text, id);
  if (stages == 0) {
    text.logic += fmt::format("  wire {}{} = {};\n", range(it.width), text.wire(id), right);
    return;
  }
  std::string from = right;
  for (int stage = 1; stage <= stages; ++stage) {
    const bool last = stage == stages;
    const std::string name =
        last ? text.wire(id) : text.declare_register(fmt::format("{}_s{}", text.wire(id), stage), it.width);
    text.data += fmt::format("      {} <= {};\n", name, from);
    from = last ? name : text.signals.read(name);
  }
}

std::string cycles_of(const BlockBinding& block) {
  return block.pipelined ? fmt::format("a new iteration every {} cycle{}, {} deep", block.ii, block.ii == 1 ? "" : "s",
                                       block.cycles)
                         : fmt::format("{} cycle{}", block.cycles, block.cycles == 1 ? "" : "s");
}

}  // namespace

void write_loops(ProcessText& text) {
  for (std::size_t b = 0; b < text.blocks.size(); ++b) {
    const BlockBinding& bound = text.binding.blocks[b];
    if (!bound.pipelined) {
      continue;
    }
    BlockNames& names = text.blocks[b];
    const std::string base = identifier(text.process.blocks[b].name);
    const auto cycles = static_cast<unsigned>(bound.cycles);
    names.run = text.declare_register(base + "_run_q", 1);
    if (bound.ii > 1) {
      names.slot = text.declare_register(base + "_slot_q", bits_for(static_cast<std::uint64_t>(bound.ii)));
    }
    names.issue = text.declare_register(base + "_issue", 1);
    std::string active = text.signals.read(names.issue);
    if (cycles > 1) {
      names.valid = text.declare_register(base + "_valid_q", cycles - 1);
      active = fmt::format("{{{}, {}}}", text.signals.read(names.valid), active);
    }
    names.active = text.declare_wire(base + "_active", cycles, active);
  }
}

void write_data_path(ProcessText& text) {
  for (std::size_t b = 0; b < text.blocks.size(); ++b) {
    const Block& block = text.process.blocks[b];
    const BlockBinding& bound = text.binding.blocks[b];
    if (bound.skipped) {
      continue;
    }
    text.logic += fmt::format("\n  // {}: {}\n", block.name, cycles_of(bound));
    std::string place;
    for (const OpId id : block.ops) {
      const Op& it = text.op(id);
      if (!text.binding.values[index(id)].used || is_blockless(it.kind)) {
        continue;
      }
      const std::string comment = text.place_comment(it.location);
      if (!comment.empty() && comment != place) {
        text.logic += "  " + comment + "\n";
        place = comment;
      }
      if (it.kind != OpKind::kPhi) {
        write_value(text, id);
      }
      text.write_follow_up(id);
    }
  }
}

}  // namespace sluice::hlsc
