#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ranges>

#include "hls/compiler/base/check.hpp"
#include "hls/compiler/emit/process.hpp"
#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

// So many choices are a chain of conditional operators; more are masked and joined.
constexpr std::size_t kMostInChain = 3;

// The operation that a planted fault hits: the first that can show it.
OpId first_op(const Process& process, auto matches) {
  for (const Block& block : process.blocks) {
    for (const OpId id : block.ops) {
      if (matches(block, id)) {
        return id;
      }
    }
  }
  return OpId::kNone;
}

bool is_write(const Op& op) { return op.kind == OpKind::kStore || op.kind == OpKind::kStreamWrite; }

}  // namespace

ProcessText::ProcessText(const Kernel& the_kernel, std::size_t process_number, const Schedule& the_schedule,
                         const EmitOptions& the_options, const PortNames& the_ports)
    : kernel(the_kernel),
      process(the_kernel.processes[process_number]),
      schedule(the_schedule.processes[process_number]),
      options(the_options),
      ports(the_ports),
      number(process_number),
      binding(bind(the_kernel, process, schedule, options.fault != PlantedFault::kNone)) {
  if (options.fault == PlantedFault::kWrongWriteStage) {
    wrong_stage_ = first_op(process, [&](const Block& block, OpId id) {
      const BlockSchedule& times = schedule.blocks[static_cast<std::size_t>(&block - process.blocks.data())];
      return is_write(op(id)) && block.pipeline && schedule.ops[index(id)].cycle + 1 < times.cycles;
    });
  }
  if (options.fault == PlantedFault::kDroppedPredicate) {
    no_predicate_ =
        first_op(process, [&](const Block&, OpId id) { return is_write(op(id)) && op(id).predicate != OpId::kNone; });
  }
}

Moment ProcessText::moment(OpId id) const {
  return {binding.values[index(id)].block, schedule.ops[index(id)].cycle, false};
}

std::string ProcessText::declare_wire(std::string_view wanted, unsigned width, std::string_view text) {
  std::string name = signals.declare(wanted, width);
  logic += fmt::format("  wire {}{} = {};\n", range(width), name, text);
  return name;
}

std::string ProcessText::declare_register(std::string_view wanted, unsigned width) {
  std::string name = signals.declare(wanted, width);
  declarations += fmt::format("  logic {}{};\n", range(width), name);
  return name;
}

std::string ProcessText::place_comment(const Location& location) const {
  if (location.line <= 0 || static_cast<std::size_t>(location.file) >= kernel.files.size()) {
    return "";
  }
  const auto file = static_cast<std::size_t>(location.file);
  const auto line_number = static_cast<std::size_t>(location.line);
  std::string code;
  if (file < options.sources.size() && line_number <= options.sources[file].size()) {
    code = options.sources[file][line_number - 1];
    const std::size_t first = code.find_first_not_of(" \t");
    code = first == std::string::npos ? "" : code.substr(first);
    while (!code.empty() && (code.back() == '\\' || code.back() == '\r' || code.back() == ' ')) {
      code.pop_back();  // a backslash would continue the comment
    }
  }
  const std::string& path = kernel.files[file];
  return fmt::format("// {}:{}{}{}", path.substr(path.rfind('/') + 1), line_number, code.empty() ? "" : ": ", code);
}

std::string ProcessText::at(const Moment& when) {
  const BlockNames& names = blocks[index(when.block)];
  const auto cycle = static_cast<unsigned>(when.cycle);
  return binding.blocks[index(when.block)].pipelined ? signals.read(names.active, cycle, 1)
                                                     : fmt::format("(state_q == {})", names.states.at(cycle));
}

std::string ProcessText::happens(const Access& access) {
  Moment when = access.when;
  when.cycle += access.op == wrong_stage_ ? 1 : 0;
  std::vector<std::string> terms{at(when)};
  if (const std::string decides = access.op == no_predicate_ ? "" : predicate(access.op, access.when);
      !decides.empty()) {
    terms.push_back(decides);
  }
  return all_of(terms);
}

std::string ProcessText::choose(const std::vector<std::pair<std::string, std::string>>& choices, unsigned width) {
  if (choices.empty()) {
    return fmt::format("{}'d0", width);
  }
  if (choices.size() == 1) {
    return choices[0].second;
  }
  std::string text;
  if (choices.size() <= kMostInChain) {
    for (const auto& [condition, chosen] : choices | std::views::take(choices.size() - 1)) {
      text += fmt::format("{} ? {} : ", condition, chosen);
    }
    return text + choices.back().second;
  }
  for (const auto& [condition, chosen] : choices) {
    text += fmt::format("{}({{{}{{{}}}}} & {})", text.empty() ? "" : "\n      | ", width, condition, chosen);
  }
  return text;
}

std::string ProcessText::widen(OpId id, const Moment& when, bool is_signed) {
  const Op& it = op(id);
  if (it.kind == OpKind::kConcat) {
    std::vector<std::string> parts;
    for (const OpId operand : it.operands) {
      parts.push_back(value(operand, when));
    }
    return fmt::format("{{{}}}", fmt::join(parts, ", "));
  }
  const unsigned from = op(it.operands[0]).width;
  const unsigned more = it.width - from;
  const std::string narrow = value(it.operands[0], when);
  if (!is_signed || options.fault == PlantedFault::kSignExtension) {
    return fmt::format("{{{}'d0, {}}}", more, narrow);
  }
  return fmt::format("{{{{{}{{{}}}}}, {}}}", more, bits(it.operands[0], when, from - 1, 1), narrow);
}

std::string ProcessText::value(OpId id, const Moment& when) {
  const Op& it = op(id);
  const Found found = binding.find(process, id, when);
  switch (found.place) {
    case Place::kConstant:
      return literal(it.constant);
    case Place::kScalar:
    case Place::kWire:
    case Place::kPhi:
      return signals.read(wires_[index(id)]);
    case Place::kDelay:
      return signals.read(delays_[index(id)].at(static_cast<std::size_t>(found.delay) - 1));
    case Place::kKept:
      return signals.read(kept_[index(id)]);
    case Place::kWidened:
      return widened(id, when);
  }
  fail("no such place");
}

std::string ProcessText::bits(OpId id, const Moment& when, unsigned low, unsigned width) {
  const Op& it = op(id);
  if (low == 0 && width == it.width) {
    return value(id, when);
  }
  const Found found = binding.find(process, id, when);
  switch (found.place) {
    case Place::kConstant:
      return literal(it.constant.extractBits(width, low));
    case Place::kScalar:
    case Place::kWire:
    case Place::kPhi:
      return signals.read(wires_[index(id)], low, width);
    case Place::kDelay:
      return signals.read(delays_[index(id)].at(static_cast<std::size_t>(found.delay) - 1), low, width);
    case Place::kKept:
      return signals.read(kept_[index(id)], low, width);
    case Place::kWidened: {
      const auto operand = static_cast<std::size_t>(widened_operand(process, it));
      unsigned offset = 0;  // of what is widened
      for (std::size_t i = operand + 1; i < it.operands.size(); ++i) {
        offset += op(it.operands[i]).width;
      }
      if (!is_joined_otherwise(id) && low >= offset && low + width <= offset + op(it.operands[operand]).width) {
        return bits(it.operands[operand], when, low - offset, width);
      }
      const std::string whole = declare_wire(wires_[index(id)] + "_wide", it.width, widened(id, when));
      return signals.read(whole, low, width);
    }
  }
  fail("no such place");
}

void ProcessText::declare_values() {
  wires_.resize(process.ops.size());
  kept_.resize(process.ops.size());
  delays_.resize(process.ops.size());
  std::vector<std::string> latched(kernel.scalars.size());
  for (std::size_t i = 0; i < process.ops.size(); ++i) {
    if (process.ops[i].kind == OpKind::kScalar) {
      const auto scalar =
          static_cast<std::size_t>(process.scalar_arguments[static_cast<std::size_t>(process.ops[i].scalar)]);
      if (latched[scalar].empty()) {
        latched[scalar] = declare_register(ports.scalars[scalar] + "_q", kernel.scalars[scalar].width);
        latches.emplace_back(latched[scalar], signals.read(ports.scalars[scalar] + "_i"));
      }
      wires_[i] = latched[scalar];
    }
  }
  for (const Block& block : process.blocks) {
    for (const OpId id : block.ops) {
      if (!is_blockless(op(id).kind) && op(id).width > 0) {
        declare_value(id);
      }
    }
  }
}

// The wire itself is declared where it is driven (write_data_path); here what is loaded by the clock.
void ProcessText::declare_value(OpId id) {
  const Op& it = op(id);
  const ValueBinding& bound = binding.values[index(id)];
  const std::string base = it.name.empty() ? fmt::format("{}_{}", kind_name(it.kind), index(id)) : identifier(it.name);
  if (!bound.used) {
    wires_[index(id)] = base;  // widened values, of which the name may still be wanted
    return;
  }
  std::string& name = wires_[index(id)];
  if (it.kind == OpKind::kPhi) {
    name = declare_register(base + "_q", it.width);
  } else {
    name = num_stages(id) > 0 ? declare_register(base, it.width) : signals.declare(base, it.width);
  }
  for (int k = 1; k <= bound.delays; ++k) {
    delays_[index(id)].push_back(declare_register(fmt::format("{}_d{}", base, k), it.width));
  }
  if (bound.kept) {
    kept_[index(id)] = declare_register(base + (it.kind == OpKind::kPhi ? "_last_q" : "_q"), it.width);
  }
}

int ProcessText::num_stages(OpId id) const {
  const Op& it = op(id);
  const int latency = it.kind == OpKind::kPhi ? 0 : schedule.ops[index(id)].latency;
  const bool from_port = it.kind == OpKind::kLoad && process.memories[index(it.memory)].kind != MemoryKind::kRegisters;
  return from_port && latency > 0 ? latency - 1 : latency;
}

void ProcessText::write_follow_up(OpId id) {
  const ValueBinding& bound = binding.values[index(id)];
  std::string last = wire(id);
  for (const std::string& next : delays_[index(id)]) {
    data += fmt::format("      {} <= {};\n", next, signals.read(last));
    last = next;
  }
  if (bound.kept) {
    data += fmt::format("      if ({}) {} <= {};\n", at({bound.block, bound.ready, false}), kept_[index(id)],
                        signals.read(wire(id)));
  }
}

}  // namespace sluice::hlsc
