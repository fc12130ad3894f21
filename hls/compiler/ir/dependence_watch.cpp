#include "hls/compiler/ir/dependence_watch.hpp"

#include <algorithm>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {

DependenceWatch::DependenceWatch(const Process& process) : process_(process), last_(process.memories.size()) {
  for (const Block& block : process.blocks) {
    if (block.pipeline) {
      for (const MemoryDependence& it : block.pipeline->dependences) {
        const auto [entry, is_new] = shortest_.emplace(std::tuple(it.kind, it.from, it.to), it.distance);
        entry->second = std::min(entry->second, it.distance);
      }
    }
  }
}

void DependenceWatch::enter(BlockId block, BlockId from) {
  if (!process_.blocks[index(block)].pipeline) {
    return;
  }
  if (block == from) {
    ++iteration_;
    return;
  }
  iteration_ = 0;
  for (auto& addresses : last_) {
    addresses.clear();
  }
}

bool DependenceWatch::is_covered(OpId from, OpId to, std::int64_t distance) const {
  const bool from_writes = process_.ops[index(from)].kind == OpKind::kStore;
  const bool to_writes = process_.ops[index(to)].kind == OpKind::kStore;
  if (!from_writes && !to_writes) {
    return true;
  }
  DependenceKind kind = DependenceKind::kWriteAfterWrite;
  if (!to_writes) {
    kind = DependenceKind::kReadAfterWrite;
  } else if (!from_writes) {
    kind = DependenceKind::kWriteAfterRead;
  }
  const auto listed = shortest_.find(std::tuple(kind, from, to));
  return listed != shortest_.end() && listed->second <= distance;
}

void DependenceWatch::access(BlockId block, OpId op, std::uint64_t address) {
  if (uncovered_ || !process_.blocks[index(block)].pipeline) {
    return;
  }
  auto& here = last_[index(process_.ops[index(op)].memory)][address];
  bool is_new = true;
  for (auto& [other, iteration] : here) {
    const std::int64_t distance = iteration_ - iteration;
    // The same operation one iteration later can't be overtaken: operations keep their order at any II.
    if (other != op && !is_covered(other, op, distance)) {
      uncovered_ = describe(process_, op) + " meets " + describe(process_, other) + " at address " +
                   std::to_string(address) + " of '" + process_.memories[index(process_.ops[index(op)].memory)].name +
                   "', " + std::to_string(distance) + " iterations later, without a dependence";
      return;
    }
    if (other == op) {
      iteration = iteration_;
      is_new = false;
    }
  }
  if (is_new) {
    here.emplace_back(op, iteration_);
  }
}

}  // namespace sluice::hlsc
