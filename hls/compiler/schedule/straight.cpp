// Blocks that are not pipelined: each operation as early as its operands, its order and its memory's ports allow, in
// program order.
#include <algorithm>
#include <map>

#include "hls/compiler/ir/properties.hpp"
#include "hls/compiler/schedule/placement.hpp"
#include "hls/compiler/schedule/reservation.hpp"

namespace sluice::hlsc {
namespace {

// The order of accesses of one memory: that of the list, but different constant addresses do not meet. Keeps the latest
// cycles only, so that long blocks stay cheap.
class AccessOrder {
 public:
  explicit AccessOrder(const Memory& memory) : memory_(memory) {}

  // `address` is null where it is not constant.
  [[nodiscard]] int earliest(bool is_load, const llvm::APInt* address) const {
    const int after_store = stores_.latest(address);
    if (is_load) {
      return after_store < 0 ? 0 : after_store + memory_delta(memory_, DependenceKind::kReadAfterWrite, true);
    }
    const int after_load = loads_.latest(address);
    return std::max({0,
                     after_store < 0 ? 0 : after_store + memory_delta(memory_, DependenceKind::kWriteAfterWrite, true),
                     after_load < 0 ? 0 : after_load + memory_delta(memory_, DependenceKind::kWriteAfterRead, true)});
  }

  void add(bool is_load, const llvm::APInt* address, int cycle) { (is_load ? loads_ : stores_).add(address, cycle); }

 private:
  struct Latest {
    int of_all = -1;
    int of_unknown = -1;
    std::map<std::uint64_t, int> of_address;

    [[nodiscard]] int latest(const llvm::APInt* address) const {
      if (address == nullptr) {
        return of_all;
      }
      const auto found = of_address.find(address->getLimitedValue());
      return std::max(of_unknown, found == of_address.end() ? -1 : found->second);
    }
    void add(const llvm::APInt* address, int cycle) {
      of_all = std::max(of_all, cycle);
      if (address == nullptr) {
        of_unknown = std::max(of_unknown, cycle);
      } else {
        const auto [entry, is_new] = of_address.emplace(address->getLimitedValue(), cycle);
        entry->second = std::max(entry->second, cycle);
      }
    }
  };

  const Memory& memory_;
  Latest stores_;
  Latest loads_;
};

}  // namespace

Placement place_straight(const Problem& problem, Exclusive& exclusive) {
  Placement placement;
  std::vector<Time> done;
  Reservation reservation(problem, exclusive, 0);
  std::vector<AccessOrder> orders(problem.process->memories.begin(), problem.process->memories.end());
  for (std::size_t node = 0; node < problem.nodes.size(); ++node) {
    const Node& it = problem.nodes[node];
    const Op& op = problem.op(static_cast<int>(node));
    Time start;
    for (const int from : it.data) {
      start = std::max(start, done[static_cast<std::size_t>(from)]);
    }
    for (const Edge& edge : it.order) {
      start = std::max(start, Time{placement.starts[static_cast<std::size_t>(edge.from)].cycle + edge.delta, 0});
    }
    int port = -1;
    if (is_memory_access(op.kind)) {
      const Op& address_op = problem.process->ops[index(op.operands[0])];
      const llvm::APInt* address = address_op.kind == OpKind::kConstant ? &address_op.constant : nullptr;
      AccessOrder& order = orders[index(op.memory)];
      const bool is_load = op.kind == OpKind::kLoad;
      start = fit(it.cost, std::max(start, Time{order.earliest(is_load, address), 0}), problem.budget_ns);
      if (needs_port(*problem.process, op)) {
        for (port = reservation.reserve(static_cast<int>(node), start.cycle); port < 0;
             port = reservation.reserve(static_cast<int>(node), start.cycle)) {
          start = {start.cycle + 1, 0};
        }
      }
      order.add(is_load, address, start.cycle);
    } else {
      start = fit(it.cost, start, problem.budget_ns);
    }
    placement.starts.push_back(start);
    placement.ports.push_back(port);
    done.push_back(ready(it.cost, start));
  }
  return placement;
}

}  // namespace sluice::hlsc
