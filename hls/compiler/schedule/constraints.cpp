#include "hls/compiler/schedule/constraints.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

// Above this many operations on one stream or output, exclusive predicates are not looked at: pairs would be too many.
constexpr std::size_t kMostPairs = 200;

class Builder {
 public:
  Builder(Problem& problem, Exclusive& exclusive) : problem_(problem), exclusive_(exclusive) {}

  void memories_by_dependences(const std::vector<int>& node_of);
  void streams();
  void outputs();
  void phis(const std::vector<int>& node_of, const std::vector<BlockId>& block_of, BlockId self);

 private:
  [[nodiscard]] int size() const { return static_cast<int>(problem_.nodes.size()); }
  void edge(int from, int to, int delta, int distance, Reason reason) {
    problem_.nodes[static_cast<std::size_t>(to)].order.push_back({from, delta, distance, reason});
  }
  bool is_exclusive(int a, int b) { return exclusive_(problem_.op(a).predicate, problem_.op(b).predicate); }
  [[nodiscard]] bool is_pipelined() const { return problem_.block->pipeline.has_value(); }
  void one_end(const std::vector<int>& list);
  void across_streams(const std::vector<int>& list);

  Problem& problem_;
  Exclusive& exclusive_;
};

void Builder::memories_by_dependences(const std::vector<int>& node_of) {
  for (const MemoryDependence& it : problem_.block->pipeline->dependences) {
    const int from = node_of[index(it.from)];
    const int to = node_of[index(it.to)];
    if (it.distance == 0 && is_exclusive(from, to)) {
      continue;
    }
    int delta = memory_delta(problem_.process->memories[index(problem_.op(from).memory)], it.kind, from < to);
    if (problem_.fault == PlantedFault::kMemoryReadAfterWrite && it.kind == DependenceKind::kReadAfterWrite) {
      delta = 0;
    }
    edge(from, to, delta, it.distance, Reason::kMemory);
  }
}

// One end of one stream: program order, one word a cycle, also across iterations.
void Builder::one_end(const std::vector<int>& list) {
  const auto delta = [&](int from) { return moves_word(problem_.op(from).kind) ? 1 : 0; };
  if (list.size() > kMostPairs) {
    for (std::size_t later = 1; later < list.size(); ++later) {
      edge(list[later - 1], list[later], delta(list[later - 1]), 0, Reason::kStream);
    }
    if (is_pipelined()) {
      edge(list.back(), list.front(), 1, 1, Reason::kStream);
    }
    return;
  }
  for (std::size_t later = 1; later < list.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      if (!is_exclusive(list[earlier], list[later])) {
        edge(list[earlier], list[later], delta(list[earlier]), 0, Reason::kStream);
      } else if (is_pipelined()) {
        edge(list[earlier], list[later], delta(list[earlier]), 1, Reason::kStream);
      }
      if (is_pipelined()) {
        edge(list[later], list[earlier], delta(list[later]), 1, Reason::kStream);
      }
    }
  }
}

// Different streams: no operation before one that the program has earlier; the same cycle is fine.
void Builder::across_streams(const std::vector<int>& list) {
  const bool is_chain = list.size() > kMostPairs;
  for (std::size_t later = 1; later < list.size(); ++later) {
    for (std::size_t earlier = later; earlier-- > 0;) {
      if (is_chain || !is_exclusive(list[earlier], list[later])) {
        edge(list[earlier], list[later], 0, 0, Reason::kStreamOrder);
      }
      if (is_chain || problem_.op(list[earlier]).predicate == OpId::kNone) {
        break;  // the ones before it are behind this one already
      }
    }
  }
}

void Builder::streams() {
  std::map<std::pair<StreamId, bool>, std::vector<int>> ends;
  std::vector<int> all;
  for (int node = 0; node < size(); ++node) {
    const Op& op = problem_.op(node);
    if (is_stream_access(op.kind)) {
      ends[{op.stream, is_stream_reading(op.kind)}].push_back(node);
      all.push_back(node);
    }
  }
  for (const auto& [end, list] : ends) {
    one_end(list);
  }
  across_streams(all);
}

void Builder::outputs() {
  std::map<int, std::vector<int>> writes;
  for (int node = 0; node < size(); ++node) {
    if (problem_.op(node).kind == OpKind::kScalarWrite) {
      writes[problem_.op(node).scalar].push_back(node);
    }
  }
  for (const auto& [output, list] : writes) {
    for (std::size_t later = 1; later < list.size(); ++later) {
      edge(list[later - 1], list[later], 0, 0, Reason::kScalar);
    }
    if (is_pipelined() && list.size() > 1) {
      edge(list.back(), list.front(), 1, 1, Reason::kScalar);
    }
  }
}

// The window of schedule.hpp: the value that comes over the back edge is in the phi's register when iteration k + 1
// takes it, and not yet when iteration k does.
void Builder::phis(const std::vector<int>& node_of, const std::vector<BlockId>& block_of, BlockId self) {
  problem_.feeds_phi.assign(problem_.nodes.size(), false);
  for (int node = 0; node < size() && problem_.op(node).kind == OpKind::kPhi; ++node) {
    const Op& op = problem_.op(node);
    const auto position = std::ranges::find(op.incoming, self) - op.incoming.begin();
    const OpId value = op.operands[static_cast<std::size_t>(position)];
    problem_.back_of_phi.push_back(-1);
    if (block_of[index(value)] != self) {
      continue;
    }
    const int back = node_of[index(value)];
    const int latency = problem_.nodes[static_cast<std::size_t>(back)].cost.latency;
    problem_.back_of_phi.back() = back;
    problem_.feeds_phi[static_cast<std::size_t>(back)] = true;
    if (back != node) {
      const int distance = problem_.fault == PlantedFault::kBackEdgeDistance ? 2 : 1;
      edge(back, node, latency + 1, distance, Reason::kPhi);
      edge(node, back, -latency, 0, Reason::kPhi);
    }
  }
}

}  // namespace

int memory_delta(const Memory& memory, DependenceKind kind, bool is_from_earlier_in_list) {
  switch (kind) {
    case DependenceKind::kReadAfterWrite:
      return 1;
    case DependenceKind::kWriteAfterRead:
      return 0;  // read-first
    case DependenceKind::kWriteAfterWrite:
      return memory.kind == MemoryKind::kRegisters && is_from_earlier_in_list ? 0 : 1;
  }
  return 1;
}

double needs_ns(const OpCost& cost) { return cost.latency > 0 ? cost.setup_ns : cost.delay_ns; }

Time ready(const OpCost& cost, const Time& start) {
  if (cost.latency > 0) {
    return {start.cycle + cost.latency, cost.delay_ns};
  }
  return {start.cycle, start.ns + cost.delay_ns};
}

Time fit(const OpCost& cost, Time earliest, double budget_ns) {
  if (earliest.ns > 0 && earliest.ns + needs_ns(cost) > budget_ns) {
    return {earliest.cycle + 1, 0};
  }
  return earliest;
}

std::vector<int> nodes_of_ops(const Process& process) {
  std::vector<int> result(process.ops.size(), -1);
  for (const Block& block : process.blocks) {
    for (std::size_t node = 0; node < block.ops.size(); ++node) {
      result[index(block.ops[node])] = static_cast<int>(node);
    }
  }
  return result;
}

Problem build_problem(const Kernel& kernel, const Process& process, std::size_t block, const std::vector<int>& node_of,
                      const std::vector<BlockId>& block_of, const ScheduleOptions& options, double budget_ns,
                      Exclusive& exclusive) {
  const BlockId self{static_cast<int>(block)};
  Problem problem;
  problem.kernel = &kernel;
  problem.process = &process;
  problem.block = &process.blocks[block];
  problem.budget_ns = budget_ns;
  problem.fault = options.fault;
  const auto use = [&](Node& node, OpId value) {
    if (value != OpId::kNone && block_of[index(value)] == self) {
      node.data.push_back(node_of[index(value)]);
    }
  };
  for (const OpId id : problem.block->ops) {
    const Op& op = process.ops[index(id)];
    Node& node = problem.nodes.emplace_back();
    node.op = id;
    if (op.kind == OpKind::kPhi) {
      continue;  // its operands are other blocks' or come over the back edge
    }
    node.cost = options.target->cost(process, op, budget_ns);
    for (const OpId operand : op.operands) {
      use(node, operand);
    }
    use(node, op.predicate);
  }
  const Terminator& end = problem.block->terminator;
  if (end.kind == TerminatorKind::kBranch && block_of[index(end.condition)] == self) {
    problem.condition = node_of[index(end.condition)];
  }
  Builder builder(problem, exclusive);
  builder.streams();
  builder.outputs();
  if (problem.block->pipeline) {
    builder.phis(node_of, block_of, self);
    builder.memories_by_dependences(node_of);
  }
  return problem;
}

}  // namespace sluice::hlsc
