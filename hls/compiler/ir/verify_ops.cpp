#include "hls/compiler/ir/verify_ops.hpp"

#include <algorithm>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

using Fault = std::optional<std::string>;

template <typename Item>
bool is_inside(int position, const std::vector<Item>& items) {
  return position >= 0 && static_cast<std::size_t>(position) < items.size();
}

unsigned operand_width(const Process& process, const Op& op, std::size_t operand) {
  return process.ops[index(op.operands[operand])].width;
}

bool have_width(const Process& process, const Op& op, std::size_t first, unsigned width) {
  for (std::size_t operand = first; operand < op.operands.size(); ++operand) {
    if (operand_width(process, op, operand) != width) {
      return false;
    }
  }
  return true;
}

Fault verify_references(const Process& process, const Op& op) {
  const int expected = num_operands(op.kind);
  if (expected >= 0 && op.operands.size() != static_cast<std::size_t>(expected)) {
    return "it has " + std::to_string(op.operands.size()) + " operands, not " + std::to_string(expected);
  }
  for (const OpId operand : op.operands) {
    if (!is_inside(static_cast<int>(operand), process.ops)) {
      return "an operand is no operation";
    }
    if (process.ops[index(operand)].width == 0) {
      return "an operand has no value";
    }
  }
  if (op.predicate == OpId::kNone) {
    return std::nullopt;
  }
  if (!may_have_predicate(op.kind)) {
    return "it may not have a predicate";
  }
  if (!is_inside(static_cast<int>(op.predicate), process.ops) || process.ops[index(op.predicate)].width != 1) {
    return "its predicate is not 1 bit";
  }
  return std::nullopt;
}

Fault verify_memory_access(const Process& process, const Op& op) {
  if (!is_inside(static_cast<int>(op.memory), process.memories)) {
    return "its memory is none of the process";
  }
  const Memory& memory = process.memories[index(op.memory)];
  const bool is_load = op.kind == OpKind::kLoad;
  if ((is_load ? op.width : operand_width(process, op, 1)) != memory.width || (!is_load && op.width != 0)) {
    return "its width is not that of memory '" + memory.name + "'";
  }
  if (!is_load && memory.kind == MemoryKind::kRom) {
    return "it writes the ROM '" + memory.name + "'";
  }
  const int ports = (is_load ? memory.ports.read : memory.ports.write) + memory.ports.read_write;
  if (memory.kind != MemoryKind::kRegisters && ports < 1) {
    return "memory '" + memory.name + "' has no port for it";
  }
  return std::nullopt;
}

Fault verify_stream_access(const Kernel& kernel, const Process& process, const Op& op) {
  if (!is_inside(static_cast<int>(op.stream), kernel.streams)) {
    return "its stream is none of the kernel";
  }
  const Stream& stream = kernel.streams[index(op.stream)];
  if (is_stream_reading(op.kind) ? stream.direction == StreamDirection::kOutput
                                 : stream.direction == StreamDirection::kInput) {
    return "it is on the wrong end of stream '" + stream.name + "'";
  }
  unsigned width = 1;
  if (op.kind == OpKind::kStreamRead) {
    width = stream.width;
  } else if (op.kind == OpKind::kTryRead) {
    width = stream.width + 1;
  } else if (op.kind == OpKind::kStreamWrite) {
    width = 0;
  }
  if (op.width != width || !have_width(process, op, 0, stream.width)) {
    return "its width does not fit stream '" + stream.name + "'";
  }
  return std::nullopt;
}

Fault verify_scalar(const Kernel& kernel, const Process& process, const Op& op) {
  if (op.kind == OpKind::kScalarWrite) {
    if (!is_inside(op.scalar, kernel.outputs) || op.width != 0 ||
        !have_width(process, op, 0, kernel.outputs[static_cast<std::size_t>(op.scalar)].width)) {
      return "it does not fit an output of the kernel";
    }
    return std::nullopt;
  }
  if (!is_inside(op.scalar, process.scalar_arguments)) {
    return "it is no scalar argument of the process";
  }
  const int argument = process.scalar_arguments[static_cast<std::size_t>(op.scalar)];
  if (!is_inside(argument, kernel.scalars) || kernel.scalars[static_cast<std::size_t>(argument)].width != op.width) {
    return "its width is not that of the scalar argument";
  }
  return std::nullopt;
}

Fault verify_division(const Process& process, const Op& op) {
  const Op& divisor = process.ops[index(op.operands[1])];
  if (divisor.kind != OpKind::kConstant || divisor.constant.isZero()) {
    return "the divisor is not a constant other than 0";
  }
  return std::nullopt;
}

Fault verify_widths(const Process& process, const Op& op) {
  const auto width_of = [&](std::size_t operand) { return operand_width(process, op, operand); };
  bool fits = true;
  switch (op.kind) {
    case OpKind::kZExt:
    case OpKind::kSExt:
      fits = width_of(0) < op.width;
      break;
    case OpKind::kTrunc:
      fits = width_of(0) > op.width;
      break;
    case OpKind::kExtract:
      fits = op.low < width_of(0) && op.width <= width_of(0) - op.low;
      break;
    case OpKind::kSelect:
      fits = width_of(0) == 1 && have_width(process, op, 1, op.width);
      break;
    case OpKind::kConcat: {
      std::uint64_t sum = 0;
      for (std::size_t operand = 0; operand < op.operands.size(); ++operand) {
        sum += width_of(operand);
      }
      fits = !op.operands.empty() && sum == op.width;
      break;
    }
    default:
      fits =
          is_comparison(op.kind) ? op.width == 1 && width_of(0) == width_of(1) : have_width(process, op, 0, op.width);
      break;
  }
  return fits ? std::nullopt : Fault("its operands' widths do not fit");
}

}  // namespace

std::optional<std::string> verify_op(const Kernel& kernel, const Process& process, const Op& op) {
  if (Fault fault = verify_references(process, op)) {
    return fault;
  }
  if (is_memory_access(op.kind)) {
    return verify_memory_access(process, op);
  }
  if (is_stream_access(op.kind)) {
    return verify_stream_access(kernel, process, op);
  }
  if (op.kind == OpKind::kScalar || op.kind == OpKind::kScalarWrite) {
    return verify_scalar(kernel, process, op);
  }
  if (op.width == 0) {
    return "it has no width";
  }
  if (op.kind == OpKind::kConstant && op.constant.getBitWidth() != op.width) {
    return "its constant has another width";
  }
  if (op.kind == OpKind::kUDiv || op.kind == OpKind::kURem) {
    if (Fault fault = verify_division(process, op)) {
      return fault;
    }
  }
  return verify_widths(process, op);
}

}  // namespace sluice::hlsc
