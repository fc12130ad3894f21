#include "hls/compiler/schedule/schedule.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "hls/compiler/base/check.hpp"
#include "hls/compiler/ir/properties.hpp"
#include "hls/compiler/schedule/constraints.hpp"
#include "hls/compiler/schedule/exclusive.hpp"
#include "hls/compiler/schedule/placement.hpp"
#include "hls/compiler/schedule/sink.hpp"

namespace sluice::hlsc {
namespace {

class ProcessScheduler {
 public:
  ProcessScheduler(const Kernel& kernel, const Process& process, const ScheduleOptions& options,
                   Diagnostics& diagnostics)
      : kernel_(kernel),
        process_(process),
        options_(options),
        diagnostics_(diagnostics),
        exclusive_(process),
        node_of_(nodes_of_ops(process)),
        block_of_(blocks_of_ops(process)),
        budget_ns_(options.clock_ns - options.uncertainty_ns - options.target->register_ns()) {
    result_.ops.resize(process.ops.size());
    result_.blocks.resize(process.blocks.size());
  }

  ProcessSchedule schedule() {
    for (std::size_t block = 0; block < process_.blocks.size(); ++block) {
      schedule_block(block);
    }
    return std::move(result_);
  }

 private:
  void error(const Location& location, std::string message) {
    Diagnostic diagnostic;
    if (location.line > 0 && static_cast<std::size_t>(location.file) < kernel_.files.size()) {
      diagnostic.file = kernel_.files[static_cast<std::size_t>(location.file)];
      diagnostic.line = location.line;
      diagnostic.column = location.column;
    }
    diagnostic.message = std::move(message);
    diagnostics_.add(std::move(diagnostic));
  }

  void schedule_block(std::size_t block) {
    const Problem problem =
        build_problem(kernel_, process_, block, node_of_, block_of_, options_, budget_ns_, exclusive_);
    if (!fits_cycle(problem)) {
      return;
    }
    BlockSchedule& result = result_.blocks[block];
    if (!problem.block->pipeline) {
      take(problem, sink(problem, place_straight(problem, exclusive_)), result);
    } else if (std::optional<Placement> placement = pipeline(problem, result)) {
      take(problem, sink(problem, *std::move(placement)), result);
    }
    find_critical_chain(problem, result);
  }

  bool fits_cycle(const Problem& problem) {
    bool fits = true;
    for (const Node& node : problem.nodes) {
      const Op& op = process_.ops[index(node.op)];
      if (op.kind == OpKind::kUDiv || op.kind == OpKind::kURem) {
        fail("a division reached the scheduler");
      }
      if (needs_ns(node.cost) > budget_ns_ || node.cost.delay_ns > budget_ns_) {
        error(op.location, describe(process_, node.op) + " takes " +
                               std::to_string(std::max(node.cost.delay_ns, node.cost.setup_ns)) +
                               " ns and can't be pipelined; a cycle has " + std::to_string(budget_ns_) +
                               " ns at this clock; use a slower clock" +
                               (is_memory_access(op.kind) ? " or another kind of memory" : ""));
        fits = false;
      }
    }
    return fits;
  }

  // The placement at the smallest II that is not below the one asked for; an error if that is larger than allowed.
  std::optional<Placement> pipeline(const Problem& problem, BlockSchedule& result) {
    const int target = problem.block->pipeline->target_ii;
    constexpr int kMostTried = 1 << 16;
    std::string reason;
    for (int ii = target; ii <= kMostTried; ii += ii < target + 32 ? 1 : ii / 2) {
      std::variant<Placement, Obstacle> attempt = place_modulo(problem, exclusive_, ii);
      if (auto* placement = std::get_if<Placement>(&attempt)) {
        result.ii = ii;
        if (ii > target && !problem.block->pipeline->may_be_larger) {
          break;
        }
        result.ii_limit = limit_below(problem, ii);
        return std::move(*placement);
      }
      reason = std::get<Obstacle>(attempt).reason;
    }
    const std::string found = result.ii > 0 ? "; II=" + std::to_string(result.ii) + " would be possible" : "";
    error(problem.block->location, "loop '" + loop_name(*problem.block) + "' can't have II=" + std::to_string(target) +
                                       found + ". What forces it is " + reason);
    return std::nullopt;
  }

  static std::string loop_name(const Block& block) { return block.loop_name.empty() ? block.name : block.loop_name; }

  std::string limit_below(const Problem& problem, int ii) {
    if (ii == 1) {
      return "";
    }
    const std::variant<Placement, Obstacle> attempt = place_modulo(problem, exclusive_, ii - 1);
    const auto* obstacle = std::get_if<Obstacle>(&attempt);
    return obstacle != nullptr ? obstacle->reason : "the directive asks for it";
  }

  void take(const Problem& problem, const Placement& placement, BlockSchedule& result) {
    for (std::size_t node = 0; node < problem.nodes.size(); ++node) {
      const OpCost& cost = problem.nodes[node].cost;
      const Time done = ready(cost, placement.starts[node]);
      result_.ops[index(problem.nodes[node].op)] = {.cycle = placement.starts[node].cycle,
                                                    .latency = cost.latency,
                                                    .start_ns = placement.starts[node].ns,
                                                    .ready_ns = done.ns,
                                                    .port = placement.ports[node]};
      result.cycles = std::max(result.cycles, done.cycle + 1);
    }
  }

  // The end of an operation's part of a combinational path, in the cycle it starts in or the one its result is there.
  void find_critical_chain(const Problem& problem, BlockSchedule& result) const {
    std::size_t last = problem.nodes.size();
    bool ends_at_register = false;
    for (std::size_t node = 0; node < problem.nodes.size(); ++node) {
      const OpCost& cost = problem.nodes[node].cost;
      const OpTime& time = result_.ops[index(problem.nodes[node].op)];
      const double into = time.start_ns + needs_ns(cost);
      const double longest = std::max(into, time.ready_ns);
      if (longest > result.critical_ns) {
        result.critical_ns = longest;
        last = node;
        ends_at_register = cost.latency > 0 && into >= time.ready_ns;
      }
    }
    if (last == problem.nodes.size()) {
      return;
    }
    std::vector<OpId> chain = {problem.nodes[last].op};
    bool is_at_start = problem.nodes[last].cost.latency == 0 || ends_at_register;
    while (is_at_start) {
      const int before = what_it_waits_for(problem, last);
      if (before < 0) {
        break;
      }
      last = static_cast<std::size_t>(before);
      chain.push_back(problem.nodes[last].op);
      is_at_start = problem.nodes[last].cost.latency == 0;
    }
    std::ranges::reverse(chain);
    result.critical_chain = std::move(chain);
  }

  // The operand that settles when the operation starts; -1 if that is the start of the cycle.
  int what_it_waits_for(const Problem& problem, std::size_t node) const {
    const OpTime& time = result_.ops[index(problem.nodes[node].op)];
    if (time.start_ns <= 0) {
      return -1;
    }
    for (const int from : problem.nodes[node].data) {
      const OpTime& operand = result_.ops[index(problem.nodes[static_cast<std::size_t>(from)].op)];
      if (operand.cycle + operand.latency == time.cycle && operand.ready_ns >= time.start_ns - kEpsilonNs) {
        return from;
      }
    }
    return -1;
  }

  const Kernel& kernel_;
  const Process& process_;
  const ScheduleOptions& options_;
  Diagnostics& diagnostics_;
  Exclusive exclusive_;
  std::vector<int> node_of_;
  std::vector<BlockId> block_of_;
  double budget_ns_;
  ProcessSchedule result_;
};

}  // namespace

std::optional<Schedule> schedule(const Kernel& kernel, const ScheduleOptions& options, Diagnostics& diagnostics) {
  check(options.target != nullptr, "a target is chosen");
  Schedule result;
  result.clock_ns = options.clock_ns;
  result.target = options.target->name();
  const std::size_t before = diagnostics.all().size();
  for (const Process& process : kernel.processes) {
    result.processes.push_back(ProcessScheduler(kernel, process, options, diagnostics).schedule());
  }
  for (std::size_t next = before; next < diagnostics.all().size(); ++next) {
    if (diagnostics.all()[next].severity == Severity::kError) {
      return std::nullopt;
    }
  }
  return result;
}

}  // namespace sluice::hlsc
