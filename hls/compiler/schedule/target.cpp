// The delay tables. Sources: the data sheets' switching characteristics of the speed grades (UltraScale+: DS923; LUT,
// carry, DSP48E2 and RAM timing) and typical net delays of placed designs, both from memory and rounded; nothing here
// was measured on a placed design of this project. A table is for ranking operations and choosing cycles, never a claim
// of timing closure.
#include "hls/compiler/schedule/target.hpp"

#include <llvm/ADT/APInt.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

// All times include the net to the next cell.
struct Table {
  std::string_view name;
  double register_ns;       // clock to output and setup
  double lut_ns;            // a LUT level that stands for itself: the root of a wide function
  double gate_ns;           // a two-input operation or multiplexer; several fit one LUT
  double carry_ns;          // into and out of a carry chain
  double carry_bit_ns;      // along it
  double dsp_setup_ns;      // to a DSP's input registers
  double dsp_out_ns;        // from its output register
  double dsp_fast_ns;       // a budget below needs the DSP's third register
  double ram_setup_ns;      // to a RAM's address registers, with the port's multiplexer
  double lut_ram_out_ns;    // from its output register
  double block_ram_out_ns;  // from the array, without the optional output register
  double ultra_ram_out_ns;
  double stream_ns;  // a queue's head or flag, and the process's clock enable
  unsigned dsp_a;    // signed operands of a DSP
  unsigned dsp_b;
};

constexpr std::array kTables = {
    Table{.name = "vup",  // UltraScale+, speed grade -2
          .register_ns = 0.15,
          .lut_ns = 0.50,
          .gate_ns = 0.30,
          .carry_ns = 0.60,
          .carry_bit_ns = 0.015,
          .dsp_setup_ns = 0.40,
          .dsp_out_ns = 0.50,
          .dsp_fast_ns = 2.4,
          .ram_setup_ns = 0.70,
          .lut_ram_out_ns = 0.30,
          .block_ram_out_ns = 1.20,
          .ultra_ram_out_ns = 1.50,
          .stream_ns = 0.60,
          .dsp_a = 27,
          .dsp_b = 18},
    Table{.name = "vup-slow",  // UltraScale+, speed grade -1 or a crowded device
          .register_ns = 0.20,
          .lut_ns = 0.65,
          .gate_ns = 0.40,
          .carry_ns = 0.75,
          .carry_bit_ns = 0.020,
          .dsp_setup_ns = 0.50,
          .dsp_out_ns = 0.65,
          .dsp_fast_ns = 3.0,
          .ram_setup_ns = 0.90,
          .lut_ram_out_ns = 0.40,
          .block_ram_out_ns = 1.60,
          .ultra_ram_out_ns = 2.00,
          .stream_ns = 0.80,
          .dsp_a = 27,
          .dsp_b = 18},
    Table{.name = "generic",  // a small FPGA of an older generation
          .register_ns = 0.30,
          .lut_ns = 0.95,
          .gate_ns = 0.60,
          .carry_ns = 1.10,
          .carry_bit_ns = 0.030,
          .dsp_setup_ns = 0.80,
          .dsp_out_ns = 1.00,
          .dsp_fast_ns = 4.0,
          .ram_setup_ns = 1.20,
          .lut_ram_out_ns = 0.60,
          .block_ram_out_ns = 2.20,
          .ultra_ram_out_ns = 2.20,
          .stream_ns = 1.00,
          .dsp_a = 25,
          .dsp_b = 18},
};

unsigned log2_up(std::uint64_t value) {
  unsigned bits = 0;
  while ((std::uint64_t{1} << bits) < value) {
    ++bits;
  }
  return bits;
}

unsigned divide_up(unsigned value, unsigned by) { return (value + by - 1) / by; }

// Levels of a tree of `inputs` leaves, `fan_in` to a node.
unsigned tree_levels(std::uint64_t inputs, std::uint64_t fan_in) {
  unsigned levels = 0;
  for (std::uint64_t reach = 1; reach < inputs; reach *= fan_in) {
    ++levels;
  }
  return levels;
}

const llvm::APInt* constant(const Process& process, OpId op) {
  const Op& it = process.ops.at(index(op));
  return it.kind == OpKind::kConstant ? &it.constant : nullptr;
}

bool has_constant_operand(const Process& process, const Op& op) {
  return std::ranges::any_of(op.operands, [&](OpId it) { return constant(process, it) != nullptr; });
}

// Bits of a signed multiplier's operand: extensions do not count.
unsigned signed_bits(const Process& process, OpId op) {
  const Op& it = process.ops.at(index(op));
  switch (it.kind) {
    case OpKind::kConstant:
      return it.constant.getSignificantBits();
    case OpKind::kSExt:
      return signed_bits(process, it.operands[0]);
    case OpKind::kZExt:
      return std::min(it.width, process.ops.at(index(it.operands[0])).width + 1);
    default:
      return it.width;
  }
}

// Digits other than 0 of the canonical signed form: the terms of a multiplication by a constant.
unsigned signed_digits(llvm::APInt value) {
  value = value.sext(value.getBitWidth() + 2);
  const llvm::APInt triple = value + value.shl(1);
  return (triple ^ value).popcount();
}

class TableTarget final : public Target {
 public:
  explicit TableTarget(const Table& table) : table_(table) {}

  [[nodiscard]] std::string_view name() const override { return table_.name; }
  [[nodiscard]] double register_ns() const override { return table_.register_ns; }

  [[nodiscard]] OpCost cost(const Process& process, const Op& op, double budget_ns) const override {
    if (op.kind == OpKind::kLoad || op.kind == OpKind::kStore) {
      return memory_cost(process, op);
    }
    if (op.kind == OpKind::kMul) {
      return multiplier_cost(process, op, budget_ns);
    }
    if (is_stream_access(op.kind)) {
      return {.delay_ns = table_.stream_ns};
    }
    return pipelined(logic_cost(process, op), budget_ns);
  }

 private:
  // Cut into equal parts where it is slower than a cycle; synthesis moves the registers into it.
  static OpCost pipelined(OpCost cost, double budget_ns) {
    if (cost.delay_ns <= budget_ns || budget_ns <= 0) {
      return cost;
    }
    cost.latency = static_cast<int>(std::ceil(cost.delay_ns / budget_ns)) - 1;
    cost.delay_ns /= cost.latency + 1;
    cost.setup_ns = cost.delay_ns;
    return cost;
  }

  [[nodiscard]] double carry(unsigned bits) const { return table_.carry_ns + table_.carry_bit_ns * bits; }

  [[nodiscard]] OpCost logic_cost(const Process& process, const Op& op) const {
    const unsigned width = op.operands.empty() ? op.width : process.ops.at(index(op.operands[0])).width;
    const bool with_constant = has_constant_operand(process, op);
    switch (op.kind) {
      case OpKind::kAdd:
      case OpKind::kSub:
        return {.delay_ns = width == 1 ? table_.gate_ns : carry(width), .luts = double(width)};
      case OpKind::kAnd:
      case OpKind::kOr:
      case OpKind::kXor:  // with a constant: wires, or an inverter that the next LUT takes in
        return with_constant ? OpCost{} : OpCost{.delay_ns = table_.gate_ns, .luts = width / 2.0};
      case OpKind::kShl:
      case OpKind::kLShr:
      case OpKind::kAShr:
        return shift_cost(process, op);
      case OpKind::kEq:
      case OpKind::kNe: {
        const unsigned inputs = with_constant ? width : 2 * width;
        return {.delay_ns = std::max(table_.gate_ns, table_.lut_ns * tree_levels(inputs, 6)), .luts = inputs / 5.0};
      }
      case OpKind::kUlt:
      case OpKind::kUle:
      case OpKind::kSlt:
      case OpKind::kSle:  // two bits a carry position
        return {.delay_ns = width <= 2 ? table_.gate_ns : carry(divide_up(width, 2)), .luts = width / 2.0};
      case OpKind::kSelect:
        return {.delay_ns = table_.gate_ns, .luts = op.width / 2.0};
      case OpKind::kCtlz:
      case OpKind::kCttz:
        return {.delay_ns = table_.lut_ns * log2_up(width), .luts = 2.0 * width};
      case OpKind::kCtpop:  // a LUT counts six bits, then adders
        return {.delay_ns = table_.lut_ns + carry(log2_up(width)) * log2_up(divide_up(width, 6)), .luts = 1.5 * width};
      default:
        return {};  // wires
    }
  }

  [[nodiscard]] OpCost shift_cost(const Process& process, const Op& op) const {
    if (constant(process, op.operands[1]) != nullptr) {
      return {};
    }
    const unsigned amounts = std::min(op.width, 1U << std::min(16U, signed_bits(process, op.operands[1])));
    const unsigned levels = tree_levels(amounts, 4) + 1;  // one more: an amount beyond the width
    return {.delay_ns = table_.lut_ns * levels, .luts = double(op.width) * levels};
  }

  [[nodiscard]] OpCost multiplier_cost(const Process& process, const Op& op, double budget_ns) const {
    for (std::size_t operand = 0; operand < 2; ++operand) {
      if (const llvm::APInt* factor = constant(process, op.operands[operand])) {
        const unsigned digits = signed_digits(*factor);
        if (digits <= 4) {
          return pipelined({.delay_ns = carry(op.width) * log2_up(std::max(1U, digits)),
                            .luts = double(op.width) * (digits > 0 ? digits - 1 : 0)},
                           budget_ns);
        }
      }
    }
    const unsigned a = std::min(op.width, signed_bits(process, op.operands[0]));
    const unsigned b = std::min(op.width, signed_bits(process, op.operands[1]));
    const unsigned narrow = std::min(a, b);
    if (narrow <= 4) {
      return pipelined(
          {.delay_ns = std::max(table_.gate_ns, carry(std::max(a, b)) * log2_up(narrow)), .luts = double(a) * b},
          budget_ns);
    }
    const unsigned tiles = std::min(dsp_tiles(a, b), dsp_tiles(b, a));
    const int stages = (budget_ns < table_.dsp_fast_ns ? 3 : 2) + static_cast<int>(log2_up(tiles));
    return {.delay_ns = table_.dsp_out_ns, .setup_ns = table_.dsp_setup_ns, .latency = stages, .dsps = double(tiles)};
  }

  // Parts of an operand below the highest are unsigned and lose a bit.
  [[nodiscard]] unsigned dsp_tiles(unsigned a, unsigned b) const {
    return (a <= table_.dsp_a ? 1 : divide_up(a - 1, table_.dsp_a - 1)) *
           (b <= table_.dsp_b ? 1 : divide_up(b - 1, table_.dsp_b - 1));
  }

  [[nodiscard]] OpCost memory_cost(const Process& process, const Op& op) const {
    const Memory& memory = process.memories.at(index(op.memory));
    const bool at_constant = constant(process, op.operands[0]) != nullptr;
    if (memory.kind == MemoryKind::kRegisters) {
      if (op.kind == OpKind::kStore) {  // the enable of a word: its address decoded
        return {.delay_ns = at_constant ? 0 : table_.lut_ns, .luts = at_constant ? 0 : double(memory.depth) / 2};
      }
      if (at_constant || memory.depth == 1) {
        return {};
      }
      return {.delay_ns = table_.lut_ns * tree_levels(memory.depth, 4),
              .luts = double(memory.width) * double(memory.depth) / 3};
    }
    if (op.kind == OpKind::kStore) {
      return {.delay_ns = table_.ram_setup_ns};
    }
    double out = table_.block_ram_out_ns;
    if (memory.kind == MemoryKind::kUltraRam) {
      out = table_.ultra_ram_out_ns;
    } else if (memory.kind == MemoryKind::kLutRam || (memory.kind == MemoryKind::kRom && memory.depth <= 64)) {
      out = table_.lut_ram_out_ns;
    }
    return {.delay_ns = out, .setup_ns = table_.ram_setup_ns, .latency = 1};
  }

  const Table& table_;
};

const std::array<TableTarget, kTables.size()>& table_targets() {
  static const std::array<TableTarget, kTables.size()> kTargets = {TableTarget(kTables[0]), TableTarget(kTables[1]),
                                                                   TableTarget(kTables[2])};
  return kTargets;
}

}  // namespace

const Target* find_target(std::string_view name) {
  const auto& all = table_targets();
  const auto found = std::ranges::find(all, name, &Target::name);
  return found == all.end() ? nullptr : &*found;
}

std::vector<const Target*> targets() {
  std::vector<const Target*> result;
  for (const TableTarget& target : table_targets()) {
    result.push_back(&target);
  }
  return result;
}

}  // namespace sluice::hlsc
