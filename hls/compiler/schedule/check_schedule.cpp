// The rules of schedule.hpp, looked up one by one. Shares with the scheduler the target's table and the question which
// predicates exclude each other, nothing else.
#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "hls/compiler/base/check.hpp"
#include "hls/compiler/ir/properties.hpp"
#include "hls/compiler/schedule/exclusive.hpp"
#include "hls/compiler/schedule/schedule.hpp"

namespace sluice::hlsc {
namespace {

using Fault = std::optional<std::string>;

constexpr double kTolerance = 1e-6;  // ns: sums of the same delays in another order

class BlockChecker {
 public:
  BlockChecker(const Process& process, const ProcessSchedule& schedule, std::size_t block,
               const std::vector<BlockId>& block_of, const ScheduleOptions& options, Exclusive& exclusive)
      : process_(process),
        schedule_(schedule),
        self_{static_cast<int>(block)},
        block_(process.blocks[block]),
        times_(schedule.blocks[block]),
        block_of_(block_of),
        options_(options),
        exclusive_(exclusive),
        budget_ns_(options.clock_ns - options.uncertainty_ns - options.target->register_ns()) {}

  Fault check() {
    for (const auto rule : {&BlockChecker::extent, &BlockChecker::costs, &BlockChecker::values,
                            &BlockChecker::back_edges, &BlockChecker::exit, &BlockChecker::memory_order,
                            &BlockChecker::ports, &BlockChecker::streams, &BlockChecker::outputs}) {
      if (Fault fault = (this->*rule)()) {
        return fault;
      }
    }
    return std::nullopt;
  }

 private:
  const Op& op(OpId id) const { return process_.ops[index(id)]; }
  const OpTime& time(OpId id) const { return schedule_.ops[index(id)]; }
  int ready_cycle(OpId id) const { return time(id).cycle + time(id).latency; }
  bool is_here(OpId id) const { return block_of_[index(id)] == self_; }
  bool is_pipelined() const { return block_.pipeline.has_value(); }
  std::string name(OpId id) const { return "%" + std::to_string(static_cast<int>(id)) + " " + describe(process_, id); }
  bool never_both(OpId a, OpId b) { return exclusive_(op(a).predicate, op(b).predicate); }

  Fault extent() {
    const int wanted = is_pipelined() ? block_.pipeline->target_ii : 0;
    const bool is_larger = is_pipelined() && block_.pipeline->may_be_larger && times_.ii > wanted;
    if (times_.ii != wanted && !is_larger) {
      return "its II is " + std::to_string(times_.ii);
    }
    for (const OpId id : block_.ops) {
      if (time(id).cycle < 0 || ready_cycle(id) > times_.cycles - 1) {
        return name(id) + " is outside of the block's " + std::to_string(times_.cycles) + " cycles";
      }
    }
    return std::nullopt;
  }

  // Each operation's own delay, in the cycles it claims.
  Fault costs() {
    for (const OpId id : block_.ops) {
      const OpTime& it = time(id);
      if (op(id).kind == OpKind::kPhi) {
        if (it.latency != 0 || it.start_ns != 0 || it.ready_ns != 0 || (!is_pipelined() && it.cycle != 0)) {
          return name(id) + " is a register";
        }
        continue;
      }
      const OpCost cost = options_.target->cost(process_, op(id), budget_ns_);
      const double into = it.start_ns + (cost.latency > 0 ? cost.setup_ns : cost.delay_ns);
      const double settled = cost.latency > 0 ? cost.delay_ns : into;
      if (it.latency != cost.latency || it.start_ns < 0 || std::abs(it.ready_ns - settled) > kTolerance) {
        return name(id) + " does not take what the target's table says";
      }
      if (std::max(into, it.ready_ns) > budget_ns_ + kTolerance) {
        return name(id) + " ends after the end of its cycle";
      }
    }
    return std::nullopt;
  }

  Fault values() {
    for (const OpId id : block_.ops) {
      if (op(id).kind == OpKind::kPhi) {
        continue;
      }
      std::vector<OpId> used = op(id).operands;
      if (op(id).predicate != OpId::kNone) {
        used.push_back(op(id).predicate);
      }
      for (const OpId value : used) {
        if (!is_here(value)) {
          continue;
        }
        const bool is_same_cycle = ready_cycle(value) == time(id).cycle;
        if (ready_cycle(value) > time(id).cycle ||
            (is_same_cycle && time(value).ready_ns > time(id).start_ns + kTolerance)) {
          return name(id) + " uses " + name(value) + " before it is ready";
        }
      }
    }
    return std::nullopt;
  }

  Fault back_edges() {
    if (!is_pipelined()) {
      return std::nullopt;
    }
    for (const OpId id : block_.ops) {
      if (op(id).kind != OpKind::kPhi) {
        continue;
      }
      for (std::size_t operand = 0; operand < op(id).operands.size(); ++operand) {
        const OpId value = op(id).operands[operand];
        if (op(id).incoming[operand] != self_ || !is_here(value)) {
          continue;
        }
        const int ready = ready_cycle(value);
        if (time(id).cycle < ready + 1 - times_.ii) {
          return name(id) + " takes " + name(value) + " of the iteration before it before it is ready";
        }
        if (time(id).cycle > ready) {
          return name(id) + " is taken when its register already has the next iteration's value";
        }
      }
    }
    return std::nullopt;
  }

  Fault exit() {
    const OpId condition = block_.terminator.condition;
    if (is_pipelined() && is_here(condition) && ready_cycle(condition) > times_.ii - 1) {
      return "the condition " + name(condition) + " is ready when the next iteration has started";
    }
    return std::nullopt;
  }

  // `later` being `distance` iterations after `earlier`, or behind it in the list: whether its effect is, too.
  bool keeps_memory_order(OpId earlier, OpId later, int distance, bool is_in_list_order) const {
    const int gap = time(later).cycle + distance * times_.ii - time(earlier).cycle;
    if (op(earlier).kind == OpKind::kLoad) {
      return gap >= 0;  // a store of the same cycle comes after the load
    }
    if (op(later).kind == OpKind::kStore && gap == 0) {
      return is_in_list_order && process_.memories[index(op(later).memory)].kind == MemoryKind::kRegisters;
    }
    return gap >= 1;
  }

  Fault memory_order() {
    if (is_pipelined()) {
      std::map<OpId, std::size_t> position;
      for (std::size_t next = 0; next < block_.ops.size(); ++next) {
        position[block_.ops[next]] = next;
      }
      for (const MemoryDependence& it : block_.pipeline->dependences) {
        if (!keeps_memory_order(it.from, it.to, it.distance, position[it.from] < position[it.to]) &&
            !(it.distance == 0 && never_both(it.from, it.to))) {
          return name(it.to) + " overtakes " + name(it.from) + ", " + std::to_string(it.distance) +
                 " iterations before";
        }
      }
      return std::nullopt;
    }
    std::map<MemoryId, std::vector<OpId>> accesses;
    for (const OpId id : block_.ops) {
      if (is_memory_access(op(id).kind)) {
        accesses[op(id).memory].push_back(id);
      }
    }
    for (const auto& [memory, list] : accesses) {
      for (std::size_t later = 1; later < list.size(); ++later) {
        for (std::size_t earlier = 0; earlier < later; ++earlier) {
          if ((op(list[earlier]).kind == OpKind::kStore || op(list[later]).kind == OpKind::kStore) &&
              time(list[later]).cycle <= time(list[earlier]).cycle &&
              !keeps_memory_order(list[earlier], list[later], 0, true) && may_meet(list[earlier], list[later])) {
            return name(list[later]) + " overtakes " + name(list[earlier]);
          }
        }
      }
    }
    return std::nullopt;
  }

  bool may_meet(OpId a, OpId b) const {
    const Op& x = op(op(a).operands[0]);
    const Op& y = op(op(b).operands[0]);
    return x.kind != OpKind::kConstant || y.kind != OpKind::kConstant ||
           x.constant.getLimitedValue() == y.constant.getLimitedValue();
  }

  Fault ports() {
    std::map<std::tuple<MemoryId, int, int>, std::vector<OpId>> users;  // memory, port, cycle modulo ii
    for (const OpId id : block_.ops) {
      if (!is_memory_access(op(id).kind)) {
        continue;
      }
      const Memory& memory = process_.memories[index(op(id).memory)];
      const int port = time(id).port;
      if (memory.kind == MemoryKind::kRegisters) {
        continue;
      }
      const int writes_from = memory.ports.read;
      const int shared_from = writes_from + memory.ports.write;
      const bool is_own =
          op(id).kind == OpKind::kLoad ? port >= 0 && port < writes_from : port >= writes_from && port < shared_from;
      if (!is_own && (port < shared_from || port >= shared_from + memory.ports.read_write)) {
        return name(id) + " has no port of its kind";
      }
      const int slot = is_pipelined() ? time(id).cycle % times_.ii : time(id).cycle;
      std::vector<OpId>& here = users[{op(id).memory, port, slot}];
      for (const OpId other : here) {
        if (time(other).cycle != time(id).cycle || !never_both(other, id)) {
          return name(id) + " and " + name(other) + " use one port in one cycle";
        }
      }
      here.push_back(id);
    }
    return std::nullopt;
  }

  Fault streams() {
    std::vector<OpId> list;
    std::ranges::copy_if(block_.ops, std::back_inserter(list), [&](OpId id) { return is_stream_access(op(id).kind); });
    for (std::size_t later = 0; later < list.size(); ++later) {
      for (std::size_t earlier = 0; earlier < later; ++earlier) {
        if (Fault fault = stream_pair(list[earlier], list[later])) {
          return fault;
        }
      }
    }
    return std::nullopt;
  }

  Fault stream_pair(OpId earlier, OpId later) {
    const bool is_one_end = op(earlier).stream == op(later).stream &&
                            is_stream_reading(op(earlier).kind) == is_stream_reading(op(later).kind);
    const int behind = time(later).cycle - time(earlier).cycle;
    const int needed = is_one_end && moves_word(op(earlier).kind) ? 1 : 0;
    if (behind < needed && !never_both(earlier, later)) {
      return name(later) + " is not behind " + name(earlier);
    }
    if (is_one_end && is_pipelined()) {  // each in one iteration, the other in the next
      const int needed_back = moves_word(op(later).kind) ? 1 : 0;
      if (times_.ii - behind < needed_back || times_.ii + behind < needed) {
        return name(earlier) + " and " + name(later) + " are out of order from one iteration to the next";
      }
    }
    return std::nullopt;
  }

  Fault outputs() {
    std::map<int, std::vector<OpId>> writes;
    for (const OpId id : block_.ops) {
      if (op(id).kind != OpKind::kScalarWrite) {
        continue;
      }
      for (const OpId earlier : writes[op(id).scalar]) {
        const int behind = time(id).cycle - time(earlier).cycle;
        if (behind < 0 || (is_pipelined() && behind >= times_.ii)) {
          return name(id) + " and " + name(earlier) + " are out of order";
        }
      }
      writes[op(id).scalar].push_back(id);
    }
    return std::nullopt;
  }

  const Process& process_;
  const ProcessSchedule& schedule_;
  BlockId self_;
  const Block& block_;
  const BlockSchedule& times_;
  const std::vector<BlockId>& block_of_;
  const ScheduleOptions& options_;
  Exclusive& exclusive_;
  double budget_ns_;
};

}  // namespace

std::optional<std::string> check_schedule(const Kernel& kernel, const Schedule& schedule,
                                          const ScheduleOptions& options) {
  check(options.target != nullptr, "a target is chosen");
  if (schedule.processes.size() != kernel.processes.size()) {
    return "it is of another kernel";
  }
  for (std::size_t process = 0; process < kernel.processes.size(); ++process) {
    const Process& it = kernel.processes[process];
    const ProcessSchedule& times = schedule.processes[process];
    if (times.ops.size() != it.ops.size() || times.blocks.size() != it.blocks.size()) {
      return "it is of another process than '" + it.name + "'";
    }
    const std::vector<BlockId> block_of = blocks_of_ops(it);
    Exclusive exclusive(it);
    for (std::size_t block = 0; block < it.blocks.size(); ++block) {
      if (Fault fault = BlockChecker(it, times, block, block_of, options, exclusive).check()) {
        return "process '" + it.name + "', block '" + it.blocks[block].name + "': " + *fault;
      }
    }
  }
  return std::nullopt;
}

}  // namespace sluice::hlsc
