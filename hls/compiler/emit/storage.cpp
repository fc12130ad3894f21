// Memories: register files as one vector, the others as arrays with a registered read, so that synthesis infers them.
#include <fmt/format.h>

#include <algorithm>

#include "hls/compiler/base/check.hpp"
#include "hls/compiler/emit/process.hpp"
#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

std::string address(ProcessText& text, const Access& access, std::uint64_t depth) {
  const OpId operand = text.op(access.op).operands[0];
  const unsigned have = text.op(operand).width;
  const unsigned want = bits_for(depth);
  if (depth == 1) {
    return "1'd0";
  }
  if (have >= want) {
    return text.bits(operand, access.when, 0, want);
  }
  return fmt::format("{{{}'d0, {}}}", want - have, text.value(operand, access.when));
}

// "vector[low +: width]" of a register file at an address of the run time.
std::string element(ProcessText& text, const Memory& memory, const std::string& vector, const std::string& index) {
  const unsigned bits = bits_for(memory.depth * memory.width);
  const unsigned have = bits_for(memory.depth);
  text.signals.read(vector);
  if (memory.width == 1) {
    return fmt::format("{}[{}]", vector, index);
  }
  return fmt::format("{}[{{{}'d0, {}}} * {}'d{} +: {}]", vector, bits - have, index, bits, memory.width, memory.width);
}

std::string_view ram_style(MemoryKind kind) {
  switch (kind) {
    case MemoryKind::kLutRam:
      return "(* ram_style = \"distributed\" *)";
    case MemoryKind::kBlockRam:
      return "(* ram_style = \"block\" *)";
    case MemoryKind::kUltraRam:
      return "(* ram_style = \"ultra\" *)";
    case MemoryKind::kRom:
      return "(* rom_style = \"auto\" *)";
    case MemoryKind::kRegisters:
      break;
  }
  fail("registers have no style");
}

llvm::APInt flat(const Memory& memory) {
  llvm::APInt all(static_cast<unsigned>(memory.depth) * memory.width, 0);
  for (std::size_t i = 0; i < memory.depth; ++i) {
    all.insertBits((*memory.initial)[i], static_cast<unsigned>(i) * memory.width);
  }
  return all;
}

// Elements of a register file that no store can reach.
std::vector<std::uint64_t> never_stored(const ProcessText& text, const Memory& memory, const MemoryBinding& bound) {
  std::vector<bool> stored(memory.depth);
  for (const Access& access : bound.direct) {
    if (text.op(access.op).kind == OpKind::kStore) {
      const Op& where = text.op(text.op(access.op).operands[0]);
      if (where.kind != OpKind::kConstant || memory.depth == 1) {
        return {};
      }
      const std::uint64_t element = where.constant.getLimitedValue();
      if (element < memory.depth) {
        stored[element] = true;
      }
    }
  }
  std::vector<std::uint64_t> result;
  for (std::uint64_t i = 0; i < memory.depth; ++i) {
    if (!stored[i]) {
      result.push_back(i);
    }
  }
  return result;
}

std::string element_bits(const Memory& memory, std::uint64_t element) {
  const std::uint64_t low = element * memory.width;
  return memory.depth * memory.width == 1 ? "" : fmt::format("[{}:{}]", low + memory.width - 1, low);
}

// A constant where nothing is stored; else registers, of a static with a reset to what it holds at first.
void declare_registers(ProcessText& text, const Memory& memory, const MemoryBinding& bound, MemoryNames& names) {
  const auto width = static_cast<unsigned>(memory.depth) * memory.width;
  const std::string wanted = identifier(memory.name) + "_q";
  const std::vector<std::uint64_t> constant = never_stored(text, memory, bound);
  const llvm::APInt value = memory.initial ? flat(memory) : llvm::APInt(width, 0);
  if (constant.size() == memory.depth) {
    names.storage = text.signals.declare(wanted, width);
    text.declarations += fmt::format("  wire {}{} = {};\n", range(width), names.storage, literal(value));
    return;
  }
  names.storage = text.declare_register(wanted, width);
  if (memory.initial && memory.is_static) {
    text.reset += fmt::format("      {} <= {};\n", names.storage, literal(value));
  } else if (memory.initial) {
    text.declarations += fmt::format("  initial {} = {};\n", names.storage, literal(value));
  } else {
    for (const std::uint64_t element : constant) {  // anything, but driven
      text.declarations += fmt::format("  initial {}{} = '0;\n", names.storage, element_bits(memory, element));
    }
  }
}

void declare_array(ProcessText& text, const Memory& memory, MemoryNames& names) {
  const std::string base = identifier(memory.name);
  names.storage = text.signals.declare(base, memory.width);
  text.declarations += fmt::format("  {}\n  logic {}{} [0:{}];\n", ram_style(memory.kind), range(memory.width),
                                   names.storage, memory.depth - 1);
  if (memory.initial &&
      std::ranges::all_of(*memory.initial, [&](const auto& it) { return it == memory.initial->front(); })) {
    text.declarations += fmt::format("  initial for (int i = 0; i < {}; i = i + 1) {}[i] = {};\n", memory.depth,
                                     names.storage, literal(memory.initial->front()));
  } else if (memory.initial) {
    text.declarations += "  initial begin\n";
    for (std::size_t i = 0; i < memory.depth; ++i) {
      text.declarations += fmt::format("    {}[{}] = {};\n", names.storage, i, literal((*memory.initial)[i]));
    }
    text.declarations += "  end\n";
  }
}

bool is_used_to(const ProcessText& text, const MemoryPortBinding& port, OpKind kind) {
  return std::ranges::any_of(port.accesses, [&](const Access& access) { return text.op(access.op).kind == kind; });
}

// What one port does: enable, address, write enable and data; each a wire, empty where nobody asks.
struct PortWires {
  std::string enable, address, write, data;
};

PortWires write_port(ProcessText& text, const Memory& memory, const MemoryPortBinding& port, const std::string& base) {
  std::vector<std::string> all, writes;
  std::vector<std::pair<std::string, std::string>> addresses, data;
  for (const Access& access : port.accesses) {
    std::string happens = text.happens(access);
    if (port.accesses.size() > 1) {
      happens = text.signals.read(text.declare_wire(fmt::format("{}_at", base), 1, happens));
    }
    all.push_back(happens);
    addresses.emplace_back(happens, address(text, access, memory.depth));
    if (text.op(access.op).kind == OpKind::kStore) {
      writes.push_back(happens);
      data.emplace_back(happens, text.value(text.op(access.op).operands[1], access.when));
    }
  }
  PortWires wires;
  const auto enabled = [&](const std::vector<std::string>& terms) {
    return fmt::format("{} && {}", ProcessText::kEnable, any_of(terms));
  };
  if (memory.external >= 0 || is_used_to(text, port, OpKind::kLoad)) {
    wires.enable = text.declare_wire(base + "_en", 1, enabled(all));
  }
  wires.address = text.declare_wire(base + "_address", bits_for(memory.depth),
                                    ProcessText::choose(addresses, bits_for(memory.depth)));
  if (memory.external >= 0 ? port.writes : !writes.empty()) {
    wires.write = text.declare_wire(base + "_we", 1, enabled(writes));
    wires.data = text.declare_wire(base + "_d", memory.width, ProcessText::choose(data, memory.width));
  }
  return wires;
}

void write_internal(ProcessText& text, MemoryNames& names, const PortWires& wires, std::size_t number) {
  std::string body;
  if (!wires.enable.empty()) {
    body += fmt::format("    if ({}) {} <= {}[{}];\n", text.signals.read(wires.enable), names.q[number],
                        text.signals.read(names.storage), text.signals.read(wires.address));
  }
  if (!wires.write.empty()) {
    body += fmt::format("    if ({}) {}[{}] <= {};\n", text.signals.read(wires.write), names.storage,
                        text.signals.read(wires.address), text.signals.read(wires.data));
  }
  text.memories += fmt::format("  always_ff @(posedge clk_i) begin\n{}  end\n", body);
}

void write_external(ProcessText& text, const Memory& memory, const MemoryPortBinding& port, const PortWires& wires,
                    std::size_t number) {
  const std::string& array = text.ports.arrays[static_cast<std::size_t>(memory.external)];
  const auto drive = [&](std::string_view pin, const std::string& wire) {
    text.memories += fmt::format("  assign {}_{}{}_o = {};\n", array, pin, number, text.signals.read(wire));
  };
  drive("address", wires.address);
  drive("ce", wires.enable);
  if (port.writes) {
    drive("we", wires.write);
    drive("d", wires.data);
  }
}

void write_register_stores(ProcessText& text, const Memory& memory, const MemoryBinding& bound,
                           const std::string& vector) {
  const unsigned want = bits_for(memory.depth);
  for (const Access& access : bound.direct) {
    const Op& it = text.op(access.op);
    if (it.kind != OpKind::kStore) {
      continue;
    }
    const std::string comment = text.place_comment(it.location);
    const std::string happens = text.happens(access);
    const std::string data = text.value(it.operands[1], access.when);
    text.control += comment.empty() ? "" : "      " + comment + "\n";
    const Op& where = text.op(it.operands[0]);
    if (where.kind == OpKind::kConstant || memory.depth == 1) {
      const std::uint64_t element = memory.depth == 1 ? 0 : where.constant.getLimitedValue();
      if (element < memory.depth) {
        text.control +=
            fmt::format("      if ({}) {}{} <= {};\n", happens, vector, element_bits(memory, element), data);
      }
      continue;
    }
    text.control +=
        fmt::format("      for (int i = 0; i < {}; i++) if ({} && {} == i[{}:0]) {}[i*{} +: {}] <= {};\n", memory.depth,
                    happens, address(text, access, memory.depth), want - 1, vector, memory.width, memory.width, data);
  }
}

}  // namespace

void declare_storage(ProcessText& text) {
  for (std::size_t m = 0; m < text.process.memories.size(); ++m) {
    const Memory& memory = text.process.memories[m];
    const MemoryBinding& bound = text.binding.memories[m];
    MemoryNames& names = text.memory_names.emplace_back();
    const std::string comment = text.place_comment(memory.location);
    text.declarations +=
        fmt::format("  // {}: {} words of {} bits in {}{}{}\n", memory.name, memory.depth, memory.width,
                    kind_name(memory.kind), comment.empty() ? "" : "; ", comment.empty() ? "" : comment.substr(3));
    if (memory.external < 0) {
      memory.kind == MemoryKind::kRegisters ? declare_registers(text, memory, bound, names)
                                            : declare_array(text, memory, names);
    }
    for (std::size_t p = 0; p < bound.ports.size(); ++p) {
      names.q.emplace_back();
      if (memory.external >= 0 ? bound.ports[p].reads : is_used_to(text, bound.ports[p], OpKind::kLoad)) {
        names.q.back() = memory.external >= 0
                             ? fmt::format("{}_q{}_i", text.ports.arrays[static_cast<std::size_t>(memory.external)], p)
                             : text.declare_register(fmt::format("{}_q{}", identifier(memory.name), p), memory.width);
      }
    }
  }
}

std::string loaded(ProcessText& text, OpId id) {
  const Op& it = text.op(id);
  const Memory& memory = text.process.memories[index(it.memory)];
  const MemoryNames& names = text.memory_names[index(it.memory)];
  const OpTime& time = text.schedule.ops[index(id)];
  if (memory.kind != MemoryKind::kRegisters && time.latency > 0) {
    return text.signals.read(names.q.at(static_cast<std::size_t>(time.port)));
  }
  const Access access{id, text.moment(id)};
  if (memory.kind != MemoryKind::kRegisters) {
    text.signals.read(names.storage);
    return fmt::format("{}[{}]", names.storage, address(text, access, memory.depth));
  }
  const Op& where = text.op(it.operands[0]);
  if (where.kind == OpKind::kConstant || memory.depth == 1) {
    const std::uint64_t element = memory.depth == 1 ? 0 : where.constant.getLimitedValue();
    return element < memory.depth
               ? text.signals.read(names.storage, static_cast<unsigned>(element) * memory.width, memory.width)
               : literal(memory.width, 0);
  }
  return element(text, memory, names.storage, address(text, access, memory.depth));
}

void write_storage(ProcessText& text) {
  for (std::size_t m = 0; m < text.process.memories.size(); ++m) {
    const Memory& memory = text.process.memories[m];
    const MemoryBinding& bound = text.binding.memories[m];
    MemoryNames& names = text.memory_names[m];
    if (memory.kind == MemoryKind::kRegisters) {
      write_register_stores(text, memory, bound, names.storage);
      continue;
    }
    text.logic += fmt::format("\n  // memory {}\n", memory.name);
    for (std::size_t p = 0; p < bound.ports.size(); ++p) {
      const MemoryPortBinding& port = bound.ports[p];
      if (port.accesses.empty() && memory.external < 0) {
        continue;
      }
      const PortWires wires = write_port(text, memory, port, fmt::format("{}_{}", identifier(memory.name), p));
      if (memory.external < 0) {
        write_internal(text, names, wires, p);
      } else {
        write_external(text, memory, port, wires, p);
      }
    }
  }
}

}  // namespace sluice::hlsc
