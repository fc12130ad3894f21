// States, the progress of pipelined blocks, phis, scalars in and out.
#include <fmt/format.h>

#include "hls/compiler/bind/blocks.hpp"
#include "hls/compiler/emit/process.hpp"
#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

std::string indent(int depth) { return std::string(static_cast<std::size_t>(depth) * 2, ' '); }

// Enters a block: its phis take the values that belong to the way it is entered by.
void go(ProcessText& text, const Exit& exit, const Moment& when, int depth) {
  const BlockNames& names = text.blocks[index(exit.to)];
  for (const OpId id : text.process.blocks[index(exit.to)].ops) {
    if (text.op(id).kind == OpKind::kPhi && text.binding.values[index(id)].used) {
      text.control += fmt::format("{}{} <= {};\n", indent(depth), text.wire(id),
                                  text.patched_operand(id, incoming_number(text.op(id), exit.from), when));
    }
  }
  if (text.binding.blocks[index(exit.to)].pipelined) {
    text.control += fmt::format("{}{} <= 1'b1;\n", indent(depth), names.run);
    if (!names.slot.empty()) {
      text.control += fmt::format("{}{} <= '0;\n", indent(depth), names.slot);
    }
  }
  text.control += fmt::format("{}state_q <= {};\n", indent(depth), names.states[0]);
}

void leave(ProcessText& text, const Exit& exit, const Moment& when, int depth) {
  switch (exit.kind) {
    case Exit::Kind::kReturn:
      text.control += fmt::format("{0}state_q <= {1};\n{0}done_q <= 1'b1;\n", indent(depth), text.idle_state);
      break;
    case Exit::Kind::kGo:
      go(text, exit, when, depth);
      break;
    case Exit::Kind::kBranch:
      text.control += fmt::format("{}if ({}) begin\n", indent(depth), text.condition(exit.condition, when));
      leave(text, exit.branches[0], when, depth + 1);
      text.control += fmt::format("{}end else begin\n", indent(depth));
      leave(text, exit.branches[1], when, depth + 1);
      text.control += fmt::format("{}end\n", indent(depth));
      break;
  }
}

// A pipelined block's iterations move on by a cycle; its phis take the next iteration's values.
void write_pipeline(ProcessText& text, std::size_t b) {
  const Block& block = text.process.blocks[b];
  const BlockBinding& bound = text.binding.blocks[b];
  BlockNames& names = text.blocks[b];
  const auto id = BlockId(static_cast<int>(b));
  const std::string base = identifier(block.name);
  const auto cycles = static_cast<unsigned>(bound.cycles);

  const std::string condition = text.condition(block.terminator.condition, {id, bound.exit_cycle, false});
  std::string last =
      fmt::format("{} && {}{}", text.at({id, bound.exit_cycle, false}), bound.exit_if_true ? "" : "!", condition);
  if (text.options.fault == PlantedFault::kWrongTripCount) {
    const std::string late = text.declare_register(base + "_late_q", 1);
    text.control += fmt::format("      if (state_q != {0}) {1} <= 1'b0;\n      else if ({2}) {1} <= 1'b1;\n",
                                names.states[0], late, last);
    last = fmt::format("{} && {}", last, text.signals.read(late));
  }
  names.exit = text.declare_wire(base + "_exit", 1, last);
  std::string leave_text = fmt::format("!({} && !{})", text.signals.read(names.run), text.signals.read(names.exit));
  if (cycles > 1) {
    leave_text += fmt::format(" && !(|{})", text.signals.read(names.active, 0, cycles - 1));
    text.control += fmt::format("      {} <= {};\n", names.valid, text.signals.read(names.active, 0, cycles - 1));
    text.reset += fmt::format("      {} <= '0;\n", names.valid);
  }
  names.leave = text.declare_wire(base + "_leave", 1, leave_text);
  if (!names.slot.empty()) {
    const unsigned width = bits_for(static_cast<std::uint64_t>(bound.ii));
    text.control += fmt::format("      {0} <= {0} == {1} ? '0 : {0} + {2};\n", names.slot,
                                literal(width, static_cast<std::uint64_t>(bound.ii) - 1), literal(width, 1));
  }
  text.control += fmt::format("      if ({}) {} <= 1'b0;\n", text.signals.read(names.exit), names.run);
  text.reset += fmt::format("      {} <= 1'b0;\n", names.run);
  for (const OpId op : block.ops) {
    const ValueBinding& value = text.binding.values[index(op)];
    if (text.op(op).kind == OpKind::kPhi && value.used && carried_value(text.op(op), id) != op) {
      const Moment when{id, value.update, false};
      text.control += fmt::format("      if ({}) {} <= {};\n", text.at(when), text.wire(op),
                                  text.patched_operand(op, incoming_number(text.op(op), id), when));
    }
  }
}

void write_outputs(ProcessText& text) {
  for (std::size_t b = 0; b < text.blocks.size(); ++b) {
    for (const OpId id : text.process.blocks[b].ops) {
      const Op& it = text.op(id);
      if (it.kind != OpKind::kScalarWrite) {
        continue;
      }
      const std::string& name = text.ports.outputs[static_cast<std::size_t>(it.scalar)];
      const std::string comment = text.place_comment(it.location);
      text.control += comment.empty() ? "" : "      " + comment + "\n";
      text.control +=
          fmt::format("      if ({}) begin\n        {}_q <= {};\n        {}_valid_q <= 1'b1;\n      end\n",
                      text.happens({id, text.moment(id)}), name, text.patched_operand(id, 0, text.moment(id)), name);
    }
  }
}

void write_states(ProcessText& text) {
  text.control += "      case (state_q)\n";
  text.control += fmt::format("        {}: if (start_i && !done_q) begin\n", text.idle_state);
  for (const auto& [latch, port] : text.latches) {
    text.control += fmt::format("          {} <= {};\n", latch, port);
  }
  text.control += text.start;
  go(text, Exit{Exit::Kind::kGo, BlockId::kNone, BlockId(0), OpId::kNone, {}}, {}, 5);
  text.control += "        end\n";
  for (std::size_t b = 0; b < text.blocks.size(); ++b) {
    const BlockBinding& bound = text.binding.blocks[b];
    const BlockNames& names = text.blocks[b];
    if (bound.skipped) {
      continue;
    }
    const Moment end{BlockId(static_cast<int>(b)), bound.cycles - 1, true};
    for (std::size_t s = 0; s + 1 < names.states.size(); ++s) {
      text.control += fmt::format("        {}: state_q <= {};\n", names.states[s], names.states[s + 1]);
    }
    text.control += bound.pipelined ? fmt::format("        {}: if ({}) begin\n", names.states.back(),
                                                  text.signals.read(names.leave))
                                    : fmt::format("        {}: begin\n", names.states.back());
    leave(text, bound.exit, end, 5);
    text.control += "        end\n";
  }
  text.control += "        default: ;\n      endcase\n";
}

}  // namespace

void write_control(ProcessText& text) {
  for (std::size_t b = 0; b < text.blocks.size(); ++b) {
    if (text.binding.blocks[b].pipelined) {
      write_pipeline(text, b);
    }
  }
  write_outputs(text);
  write_states(text);
}

}  // namespace sluice::hlsc
