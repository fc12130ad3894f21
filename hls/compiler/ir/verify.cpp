#include "hls/compiler/ir/verify.hpp"

#include <algorithm>
#include <set>

#include "hls/compiler/ir/dominance.hpp"
#include "hls/compiler/ir/properties.hpp"
#include "hls/compiler/ir/verify_ops.hpp"

namespace sluice::hlsc {
namespace {

using Fault = std::optional<std::string>;

template <typename Item>
bool is_inside(int position, const std::vector<Item>& items) {
  return position >= 0 && static_cast<std::size_t>(position) < items.size();
}

template <typename Item>
Fault verify_names(const std::vector<Item>& items, const std::string& what) {
  std::set<std::string> names;
  for (const Item& item : items) {
    if (item.name.empty() || !names.insert(item.name).second) {
      return what + " '" + item.name + "': the name is empty or used twice";
    }
  }
  return std::nullopt;
}

class ProcessVerifier {
 public:
  ProcessVerifier(const Kernel& kernel, const Process& process) : kernel_(kernel), process_(process) {}

  Fault verify() {
    for (const auto step :
         {&ProcessVerifier::memories, &ProcessVerifier::blocks, &ProcessVerifier::ops, &ProcessVerifier::lists,
          &ProcessVerifier::graph, &ProcessVerifier::uses, &ProcessVerifier::pipelines}) {
      if (Fault fault = (this->*step)()) {
        return fault;
      }
    }
    return std::nullopt;
  }

 private:
  std::string op_name(OpId op) const {
    return "%" + std::to_string(static_cast<int>(op)) + " " + describe(process_, op);
  }

  Fault memories() {
    if (Fault fault = verify_names(process_.memories, "memory")) {
      return fault;
    }
    for (const Memory& memory : process_.memories) {
      const std::string name = "memory '" + memory.name + "': ";
      if (memory.width == 0 || memory.depth == 0) {
        return name + "it is empty";
      }
      if (memory.kind == MemoryKind::kRom && !memory.initial) {
        return name + "a ROM without contents";
      }
      if (memory.initial && (memory.initial->size() != memory.depth ||
                             !std::ranges::all_of(*memory.initial, [&](const llvm::APInt& word) {
                               return word.getBitWidth() == memory.width;
                             }))) {
        return name + "its contents have another size";
      }
      if (memory.ports.read < 0 || memory.ports.write < 0 || memory.ports.read_write < 0) {
        return name + "a negative number of ports";
      }
      if (memory.external >= 0) {
        if (!is_inside(memory.external, kernel_.array_arguments)) {
          return name + "its array argument is none of the kernel";
        }
        const ArrayArgument& array = kernel_.array_arguments[static_cast<std::size_t>(memory.external)];
        if (array.width != memory.width || array.depth != memory.depth || memory.initial || memory.is_static ||
            memory.kind == MemoryKind::kRegisters) {
          return name + "it does not fit its array argument";
        }
      }
    }
    return std::nullopt;
  }

  Fault blocks() {
    if (process_.blocks.empty()) {
      return "it has no block";
    }
    if (Fault fault = verify_names(process_.blocks, "block")) {
      return fault;
    }
    for (const Block& block : process_.blocks) {
      const Terminator& end = block.terminator;
      const bool is_branch = end.kind == TerminatorKind::kBranch;
      if ((end.kind != TerminatorKind::kReturn && !is_inside(static_cast<int>(end.if_true), process_.blocks)) ||
          (is_branch && (!is_inside(static_cast<int>(end.if_false), process_.blocks) || end.if_true == end.if_false))) {
        return "block '" + block.name + "': its targets are not blocks, or are the same";
      }
      if (is_branch && (!is_inside(static_cast<int>(end.condition), process_.ops) ||
                        process_.ops[index(end.condition)].width != 1)) {
        return "block '" + block.name + "': its condition is not 1 bit";
      }
      if (block.min_trips && block.max_trips && *block.min_trips > *block.max_trips) {
        return "block '" + block.name + "': min_trips > max_trips";
      }
      for (const OpId op : block.ops) {
        if (!is_inside(static_cast<int>(op), process_.ops)) {
          return "block '" + block.name + "': it lists what is no operation";
        }
      }
    }
    return std::nullopt;
  }

  // Operations that are in a list or hold everywhere; others are dead.
  bool is_alive(std::size_t op) const {
    const Op& it = process_.ops[op];
    return is_blockless(it.kind) ? it.width > 0 : block_of_[op] != BlockId::kNone;
  }

  Fault lists() {
    std::vector<bool> seen(process_.ops.size(), false);
    for (const Block& block : process_.blocks) {
      bool after_phis = false;
      for (const OpId op : block.ops) {
        const OpKind kind = process_.ops[index(op)].kind;
        if (seen[index(op)] || is_blockless(kind)) {
          return op_name(op) + ": it is listed twice, or is a constant or a scalar";
        }
        seen[index(op)] = true;
        if (kind == OpKind::kPhi && after_phis) {
          return op_name(op) + ": a phi after other operations";
        }
        after_phis |= kind != OpKind::kPhi;
      }
    }
    return std::nullopt;
  }

  Fault ops() {
    block_of_ = blocks_of_ops(process_);
    for (std::size_t op = 0; op < process_.ops.size(); ++op) {
      if (is_alive(op)) {
        if (Fault fault = verify_op(kernel_, process_, process_.ops[op])) {
          return op_name(OpId(static_cast<int>(op))) + ": " + *fault;
        }
      }
    }
    return std::nullopt;
  }

  Fault graph() {
    predecessors_ = predecessors(process_);
    if (!predecessors_[0].empty()) {
      return "the entry has a predecessor";
    }
    dominance_.emplace(process_);
    return dominance_->reaches_all() ? std::nullopt : Fault("a block cannot be reached");
  }

  // Whether `value` is there when a user at `position` in `block` runs.
  bool reaches(OpId value, std::size_t block, std::size_t position) const {
    if (is_blockless(process_.ops[index(value)].kind)) {
      return true;
    }
    if (block_of_[index(value)] == BlockId::kNone) {
      return false;
    }
    const std::size_t home = index(block_of_[index(value)]);
    if (home == block) {
      return position_[index(value)] < position;
    }
    return dominance_->dominates(home, block);
  }

  Fault uses() {
    position_.assign(process_.ops.size(), 0);
    for (const Block& block : process_.blocks) {
      for (std::size_t position = 0; position < block.ops.size(); ++position) {
        position_[index(block.ops[position])] = position;
      }
    }
    for (std::size_t block = 0; block < process_.blocks.size(); ++block) {
      const std::vector<OpId>& list = process_.blocks[block].ops;
      for (std::size_t position = 0; position < list.size(); ++position) {
        if (Fault fault = uses_of(list[position], block, position)) {
          return op_name(list[position]) + ": " + *fault;
        }
      }
      const Terminator& end = process_.blocks[block].terminator;
      if (end.kind == TerminatorKind::kBranch && !reaches(end.condition, block, list.size())) {
        return "block '" + process_.blocks[block].name + "': its condition is not defined there";
      }
    }
    return std::nullopt;
  }

  Fault uses_of(OpId id, std::size_t block, std::size_t position) const {
    const Op& op = process_.ops[index(id)];
    if (op.kind == OpKind::kPhi) {
      return uses_of_phi(op, block);
    }
    for (const OpId operand : op.operands) {
      if (!reaches(operand, block, position)) {
        return "operand " + op_name(operand) + " is not defined there";
      }
    }
    if (op.predicate != OpId::kNone && !reaches(op.predicate, block, position)) {
      return "its predicate is not defined there";
    }
    return std::nullopt;
  }

  Fault uses_of_phi(const Op& op, std::size_t block) const {
    const std::set<BlockId> incoming(op.incoming.begin(), op.incoming.end());
    if (op.incoming.size() != op.operands.size() || incoming.size() != op.incoming.size() ||
        incoming != std::set<BlockId>(predecessors_[block].begin(), predecessors_[block].end())) {
      return "its incoming blocks are not the block's predecessors";
    }
    for (std::size_t operand = 0; operand < op.operands.size(); ++operand) {
      const std::size_t from = index(op.incoming[operand]);
      if (!reaches(op.operands[operand], from, process_.blocks[from].ops.size())) {
        return "operand " + op_name(op.operands[operand]) + " is not defined at the end of its block";
      }
    }
    return std::nullopt;
  }

  Fault pipelines() {
    for (std::size_t block = 0; block < process_.blocks.size(); ++block) {
      const Block& it = process_.blocks[block];
      if (!it.pipeline) {
        continue;
      }
      const BlockId self{static_cast<int>(block)};
      const std::string name = "block '" + it.name + "': ";
      if (it.pipeline->target_ii < 1 || it.terminator.kind != TerminatorKind::kBranch ||
          (it.terminator.if_true != self && it.terminator.if_false != self)) {
        return name + "a pipelined block branches to itself, at an II of 1 or more";
      }
      for (const MemoryDependence& dependence : it.pipeline->dependences) {
        if (Fault fault = dependence_fault(self, dependence)) {
          return name + "a dependence: " + *fault;
        }
      }
    }
    return std::nullopt;
  }

  Fault dependence_fault(BlockId block, const MemoryDependence& dependence) const {
    for (const OpId end : {dependence.from, dependence.to}) {
      if (!is_inside(static_cast<int>(end), process_.ops) || block_of_[index(end)] != block ||
          !is_memory_access(process_.ops[index(end)].kind)) {
        return "it is between operations of this block on a memory";
      }
    }
    const Op& from = process_.ops[index(dependence.from)];
    const Op& to = process_.ops[index(dependence.to)];
    const bool from_writes = dependence.kind != DependenceKind::kWriteAfterRead;
    const bool to_writes = dependence.kind != DependenceKind::kReadAfterWrite;
    if (from.memory != to.memory || (from.kind == OpKind::kStore) != from_writes ||
        (to.kind == OpKind::kStore) != to_writes) {
      return "its operations are not of its kind, or on two memories";
    }
    if (dependence.distance < 0 ||
        (dependence.distance == 0 && position_[index(dependence.from)] >= position_[index(dependence.to)])) {
      return "it goes backward";
    }
    return std::nullopt;
  }

  const Kernel& kernel_;
  const Process& process_;
  std::vector<BlockId> block_of_;
  std::vector<std::vector<BlockId>> predecessors_;
  std::optional<Dominance> dominance_;
  std::vector<std::size_t> position_;  // [op] in its block
};

// What at most one process may use: the ends of streams, output scalars, array arguments.
Fault verify_sharing(const Kernel& kernel) {
  constexpr int kNobody = -1;
  std::vector<int> readers(kernel.streams.size(), kNobody);
  std::vector<int> writers(kernel.streams.size(), kNobody);
  std::vector<int> outputs(kernel.outputs.size(), kNobody);
  std::vector<bool> arrays(kernel.array_arguments.size(), false);
  for (int process = 0; process < static_cast<int>(kernel.processes.size()); ++process) {
    const auto claim = [&](int& owner) {
      const bool is_free = owner == kNobody || owner == process;
      owner = process;
      return is_free;
    };
    const Process& it = kernel.processes[static_cast<std::size_t>(process)];
    for (const Block& block : it.blocks) {
      for (const OpId id : block.ops) {
        const Op& op = it.ops[index(id)];
        if (is_stream_access(op.kind)) {
          std::vector<int>& ends = is_stream_reading(op.kind) ? readers : writers;
          const bool is_free = claim(ends[index(op.stream)]);
          if (!is_free || readers[index(op.stream)] == writers[index(op.stream)]) {
            return "stream '" + kernel.streams[index(op.stream)].name + "': one process reads it, another writes it";
          }
        } else if (op.kind == OpKind::kScalarWrite && !claim(outputs[static_cast<std::size_t>(op.scalar)])) {
          return "output '" + kernel.outputs[static_cast<std::size_t>(op.scalar)].name + "': two processes write it";
        }
      }
    }
    for (const Memory& memory : it.memories) {
      if (memory.external >= 0) {
        if (arrays[static_cast<std::size_t>(memory.external)]) {
          return "array '" + kernel.array_arguments[static_cast<std::size_t>(memory.external)].name +
                 "': two memories stand for it";
        }
        arrays[static_cast<std::size_t>(memory.external)] = true;
      }
    }
  }
  return std::nullopt;
}

Fault verify_interface(const Kernel& kernel) {
  for (const Fault& fault : {verify_names(kernel.processes, "process"), verify_names(kernel.streams, "stream"),
                             verify_names(kernel.scalars, "scalar"), verify_names(kernel.outputs, "output"),
                             verify_names(kernel.array_arguments, "array")}) {
    if (fault) {
      return fault;
    }
  }
  for (const Stream& stream : kernel.streams) {
    if (stream.width == 0 || (stream.direction == StreamDirection::kInternal && stream.depth < 1)) {
      return "stream '" + stream.name + "': it has no width or no depth";
    }
    for (const PayloadField& field : stream.payload) {
      if (field.width == 0 || field.low >= stream.width || field.width > stream.width - field.low) {
        return "stream '" + stream.name + "': field '" + field.name + "' is outside of it";
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> verify(const Kernel& kernel) {
  if (Fault fault = verify_interface(kernel)) {
    return fault;
  }
  for (const Process& process : kernel.processes) {
    if (Fault fault = ProcessVerifier(kernel, process).verify()) {
      return "process '" + process.name + "': " + *fault;
    }
  }
  return verify_sharing(kernel);
}

}  // namespace sluice::hlsc
