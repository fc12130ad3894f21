#include "hls/compiler/ir/print.hpp"

#include <llvm/ADT/SmallString.h>

#include <string_view>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string hex(const llvm::APInt& value) {
  llvm::SmallString<64> digits;
  value.toString(digits, 16, /*Signed=*/false, /*formatAsCLiteral=*/true);
  return std::string(digits);
}

std::string place(const Location& at) {
  if (at.line == 0) {
    return "";
  }
  return " @" + std::to_string(at.file) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

std::string label(OpId op) { return "%" + std::to_string(static_cast<int>(op)); }

std::string sign(bool is_signed) { return is_signed ? " signed" : " unsigned"; }

// Which of the parameters an array argument is, and which part of it.
std::string part(const ArrayArgument& array) {
  if (array.parameter < 0) {
    return "";
  }
  std::string words = " of " + std::to_string(array.parameter) + " low " + std::to_string(array.low);
  for (const ArrayDimension& dimension : array.dimensions) {
    words += " dimension";
    for (std::uint64_t number : {dimension.count, dimension.banks, dimension.per_bank, dimension.bank}) {
      words += " " + std::to_string(number);
    }
    words += dimension.is_cyclic ? " cyclic" : " block";
  }
  return words;
}

class Printer {
 public:
  explicit Printer(const Kernel& kernel) : kernel_(kernel) {}

  std::string text() {
    line("kernel " + kernel_.name + (kernel_.control == Control::kNone ? " none" : " handshake"));
    for (const std::string& file : kernel_.files) {
      line("file " + quoted(file));
    }
    for (const Stream& stream : kernel_.streams) {
      print_stream(stream);
    }
    for (const ScalarArgument& scalar : kernel_.scalars) {
      line("scalar " + scalar.name + " " + std::to_string(scalar.width) + sign(scalar.is_signed));
    }
    for (const ScalarArgument& output : kernel_.outputs) {
      line("output " + output.name + " " + std::to_string(output.width) + sign(output.is_signed) +
           (output.parameter < 0 ? "" : " of " + std::to_string(output.parameter)));
    }
    for (const ArrayArgument& array : kernel_.array_arguments) {
      line("array " + array.name + " " + std::to_string(array.width) + " " + std::to_string(array.depth) + part(array));
    }
    for (const Process& process : kernel_.processes) {
      print_process(process);
    }
    return std::move(text_);
  }

 private:
  void line(const std::string& words) { text_ += words + "\n"; }

  void print_stream(const Stream& stream) {
    std::string words = "stream " + stream.name;
    switch (stream.direction) {
      case StreamDirection::kInput:
        words += " input " + std::to_string(stream.width);
        break;
      case StreamDirection::kOutput:
        words += " output " + std::to_string(stream.width);
        break;
      case StreamDirection::kInternal:
        words += " internal " + std::to_string(stream.width) + " depth " + std::to_string(stream.depth);
        break;
    }
    for (const PayloadField& field : stream.payload) {
      words += " field " + quoted(field.name) + " " + std::to_string(field.low) + " " + std::to_string(field.width) +
               sign(field.is_signed);
    }
    line(words + place(stream.location));
  }

  void print_memory(const Memory& memory) {
    std::string words = "memory " + memory.name + " " + std::to_string(memory.width) + " " +
                        std::to_string(memory.depth) + " " + std::string(kind_name(memory.kind)) + " ports " +
                        std::to_string(memory.ports.read) + " " + std::to_string(memory.ports.write) + " " +
                        std::to_string(memory.ports.read_write);
    if (memory.is_static) {
      words += " static";
    }
    if (memory.external >= 0) {
      words += " external " + kernel_.array_arguments.at(static_cast<std::size_t>(memory.external)).name;
    }
    if (memory.initial) {
      words += " initial";
      for (const llvm::APInt& word : *memory.initial) {
        words += " " + hex(word);
      }
    }
    line(words + place(memory.location));
  }

  void print_process(const Process& process) {
    process_ = &process;
    line("");
    line("process " + process.name + place(process.location));
    if (!process.scalar_arguments.empty()) {
      std::string words = "uses";
      for (const int scalar : process.scalar_arguments) {
        words += " " + kernel_.scalars.at(static_cast<std::size_t>(scalar)).name;
      }
      line(words);
    }
    for (const Memory& memory : process.memories) {
      print_memory(memory);
    }
    for (std::size_t op = 0; op < process.ops.size(); ++op) {
      if (is_blockless(process.ops[op].kind) && process.ops[op].width > 0) {
        print_op(OpId(static_cast<int>(op)));
      }
    }
    for (const Block& block : process.blocks) {
      print_block(block);
    }
  }

  void print_block(const Block& block) {
    std::string words = "block " + block.name;
    if (block.pipeline) {
      words += " pipeline " + std::to_string(block.pipeline->target_ii);
      words += block.pipeline->may_be_larger ? " or_more" : "";
    }
    if (block.loop_depth > 0) {
      words += " loop " + quoted(block.loop_name) + " " + std::to_string(block.loop_depth);
    }
    if (block.min_trips) {
      words += " min_trips " + std::to_string(*block.min_trips);
    }
    if (block.max_trips) {
      words += " max_trips " + std::to_string(*block.max_trips);
    }
    line(words + place(block.location));
    for (const OpId op : block.ops) {
      print_op(op);
    }
    print_terminator(block.terminator);
    if (block.pipeline) {
      for (const MemoryDependence& dependence : block.pipeline->dependences) {
        print_dependence(dependence);
      }
    }
  }

  void print_op(OpId id) {
    const Op& op = process_->ops.at(index(id));
    std::string words = "  " + label(id);
    if (!op.name.empty()) {
      words += " " + quoted(op.name);
    }
    words += " = " + std::string(kind_name(op.kind));
    if (op.width > 0) {
      words += " " + std::to_string(op.width);
    }
    words += attribute(op);
    for (std::size_t operand = 0; operand < op.operands.size(); ++operand) {
      words += " ";
      if (op.kind == OpKind::kPhi) {
        words += block_name(op.incoming.at(operand)) + ":";
      }
      words += label(op.operands[operand]);
    }
    if (op.predicate != OpId::kNone) {
      words += " if " + label(op.predicate);
    }
    line(words + place(op.location));
  }

  // The non-operand of an operation: a value, a memory, a stream, a scalar, a bit.
  std::string attribute(const Op& op) const {
    switch (op.kind) {
      case OpKind::kConstant:
        return " " + hex(op.constant);
      case OpKind::kScalar: {
        const int argument = process_->scalar_arguments.at(static_cast<std::size_t>(op.scalar));
        return " " + kernel_.scalars.at(static_cast<std::size_t>(argument)).name;
      }
      case OpKind::kScalarWrite:
        return " " + kernel_.outputs.at(static_cast<std::size_t>(op.scalar)).name;
      case OpKind::kExtract:
        return " " + std::to_string(op.low);
      default:
        break;
    }
    if (is_memory_access(op.kind)) {
      return " " + process_->memories.at(index(op.memory)).name;
    }
    if (is_stream_access(op.kind)) {
      return " " + kernel_.streams.at(index(op.stream)).name;
    }
    return "";
  }

  void print_terminator(const Terminator& end) {
    std::string words = "  return";
    if (end.kind == TerminatorKind::kJump) {
      words = "  jump " + block_name(end.if_true);
    } else if (end.kind == TerminatorKind::kBranch) {
      words = "  branch " + label(end.condition) + " " + block_name(end.if_true) + " " + block_name(end.if_false);
    }
    line(words + place(end.location));
  }

  void print_dependence(const MemoryDependence& dependence) {
    std::string words = "  depend raw ";
    if (dependence.kind == DependenceKind::kWriteAfterRead) {
      words = "  depend war ";
    } else if (dependence.kind == DependenceKind::kWriteAfterWrite) {
      words = "  depend waw ";
    }
    line(words + label(dependence.from) + " " + label(dependence.to) + " " + std::to_string(dependence.distance));
  }

  const std::string& block_name(BlockId block) const { return process_->blocks.at(index(block)).name; }

  const Kernel& kernel_;
  const Process* process_ = nullptr;
  std::string text_;
};

}  // namespace

std::string print(const Kernel& kernel) { return Printer(kernel).text(); }

}  // namespace sluice::hlsc
