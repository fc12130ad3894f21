// What a block's operations must keep between each other, as edges.
//
// Purpose: where data, streams, scalar outputs, back edges and the dependences of pipelined blocks become constraints
// on
//   cycles; both schedulers look for cycles that meet them. Not edges: ports (reservation.hpp), and the order of a
//   memory's accesses in blocks that are not pipelined (straight.cpp).
// Ownership: values; the process is referred to. Threading: none. Errors: an operation that fits no cycle.
#pragma once

#include <cstdint>
#include <vector>

#include "hls/compiler/ir/ir.hpp"
#include "hls/compiler/schedule/exclusive.hpp"
#include "hls/compiler/schedule/schedule.hpp"
#include "hls/compiler/schedule/target.hpp"

namespace sluice::hlsc {

// A point in a block's (or iteration's) time.
struct Time {
  int cycle = 0;
  double ns = 0;
  friend bool operator<(const Time& a, const Time& b) { return a.cycle != b.cycle ? a.cycle < b.cycle : a.ns < b.ns; }
};

enum class Reason : std::uint8_t { kPhi, kMemory, kStream, kStreamOrder, kScalar };

// cycle(to) >= cycle(from) + delta - distance * ii, `to` being the node that has the edge.
struct Edge {
  int from = 0;
  int delta = 0;
  int distance = 0;
  Reason reason = Reason::kMemory;
};

struct Node {
  OpId op = OpId::kNone;
  OpCost cost;
  std::vector<int> data;  // operands and predicate that are nodes of this block
  std::vector<Edge> order;
};

struct Problem {
  const Kernel* kernel = nullptr;
  const Process* process = nullptr;
  const Block* block = nullptr;
  double budget_ns = 0;
  PlantedFault fault = PlantedFault::kNone;
  std::vector<Node> nodes;       // parallel to Block::ops
  int condition = -1;            // the node of the terminator's condition
  std::vector<int> back_of_phi;  // pipelined: the node that comes over the back edge, or -1; parallel to the phis
  std::vector<bool> feeds_phi;   // pipelined: parallel to the nodes
  [[nodiscard]] const Op& op(int node) const { return process->ops[index(nodes[static_cast<std::size_t>(node)].op)]; }
};

// Ids of operations to nodes of their block; of all blocks of a process.
[[nodiscard]] std::vector<int> nodes_of_ops(const Process& process);

[[nodiscard]] Problem build_problem(const Kernel& kernel, const Process& process, std::size_t block,
                                    const std::vector<int>& node_of, const std::vector<BlockId>& block_of,
                                    const ScheduleOptions& options, double budget_ns, Exclusive& exclusive);

// When an operation that starts at `start` has its result.
[[nodiscard]] Time ready(const OpCost& cost, const Time& start);

// The first time from `earliest` on at which the operation's part of the cycle fits the budget.
[[nodiscard]] Time fit(const OpCost& cost, Time earliest, double budget_ns);

// What the operation needs of the cycle it starts in.
[[nodiscard]] double needs_ns(const OpCost& cost);

// Sums of the same delays in another order differ by this much at most.
constexpr double kEpsilonNs = 1e-6;

// Cycles that `to` must stay behind `from` at least, of the same iteration or a later one, for their memory's sake.
[[nodiscard]] int memory_delta(const Memory& memory, DependenceKind kind, bool is_from_earlier_in_list);

}  // namespace sluice::hlsc
