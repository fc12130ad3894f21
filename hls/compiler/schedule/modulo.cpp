// Pipelined blocks: the earliest cycles that meet all edges at an II, then conflicts on ports resolved by moving one of
// the operations later, and again. Cycles only grow, so that all edges hold at each step; a value that grows around a
// circle of edges is a recurrence that the II is too small for. (Iterative modulo scheduling after Rau, MICRO-27, 1994,
// with lower bounds in the place of his ejections.)
#include <algorithm>
#include <numeric>
#include <optional>

#include "hls/compiler/ir/properties.hpp"
#include "hls/compiler/schedule/obstacle.hpp"
#include "hls/compiler/schedule/placement.hpp"
#include "hls/compiler/schedule/reservation.hpp"

namespace sluice::hlsc {
namespace {

std::size_t at(int node) { return static_cast<std::size_t>(node); }

// Which of two operations keeps its cycle when both want one port.
enum class Policy : std::uint8_t { kCritical, kLastFirst, kFirstFirst };

class ModuloScheduler {
 public:
  ModuloScheduler(const Problem& problem, Exclusive& exclusive, int ii)
      : problem_(problem), exclusive_(exclusive), ii_(ii), size_(static_cast<int>(problem.nodes.size())) {
    connect();
    measure_heights();
    for (int node = 0; node < size_; ++node) {
      if (needs_port(*problem_.process, problem_.op(node))) {
        accesses_.push_back(node);
      }
    }
  }

  std::variant<Placement, Obstacle> solve() {
    Obstacle obstacle;
    for (const Policy policy : {Policy::kCritical, Policy::kLastFirst, Policy::kFirstFirst}) {
      start_again();
      const std::vector<int> order = access_order(policy);
      const int most_rounds = 64 + 4 * static_cast<int>(accesses_.size());
      for (int round = 0; round < most_rounds; ++round) {
        if (std::optional<std::vector<Step>> circle = relax()) {
          return Obstacle{describe_recurrence(problem_, *circle)};
        }
        if (is_exit_late()) {
          obstacle = {describe_exit(problem_, chain_to(problem_.condition), exit_cycle())};
          if (round == 0) {
            return obstacle;  // not for a port's sake
          }
          break;
        }
        Placement placement{.starts = starts_, .ports = std::vector<int>(at(size_), -1)};
        const std::optional<int> stuck = reserve_ports(order, placement);
        if (!stuck) {
          return placement;
        }
        obstacle = {describe_ports(problem_, problem_.op(*stuck).memory)};
        if (is_hopeless_) {
          return obstacle;
        }
      }
    }
    return obstacle;
  }

 private:
  void connect() {
    users_.resize(at(size_));
    for (int node = 0; node < size_; ++node) {
      for (const int from : problem_.nodes[at(node)].data) {
        users_[at(from)].push_back(node);
      }
      for (const Edge& edge : problem_.nodes[at(node)].order) {
        users_[at(edge.from)].push_back(node);
      }
    }
  }

  // How much must still come after an operation, in nanoseconds.
  void measure_heights() {
    heights_.assign(at(size_), 0);
    for (int node = size_; node-- > 0;) {
      const OpCost& cost = problem_.nodes[at(node)].cost;
      double below = 0;
      for (const int user : users_[at(node)]) {
        below = user > node ? std::max(below, heights_[at(user)]) : below;
      }
      heights_[at(node)] = below + cost.delay_ns + cost.latency * problem_.budget_ns;
    }
  }

  // Members of circles of edges come first: they have the least freedom.
  std::vector<int> access_order(Policy policy) {
    std::vector<int> order = accesses_;
    if (policy == Policy::kLastFirst) {
      std::ranges::reverse(order);
    } else if (policy == Policy::kCritical) {
      const std::vector<bool> in_circle = members_of_circles(users_);
      std::ranges::sort(order, [&](int a, int b) {
        if (in_circle[at(a)] != in_circle[at(b)]) {
          return static_cast<bool>(in_circle[at(a)]);
        }
        return heights_[at(a)] != heights_[at(b)] ? heights_[at(a)] > heights_[at(b)] : a < b;
      });
    }
    return order;
  }

  void start_again() {
    bounds_.assign(at(size_), 0);
    starts_.assign(at(size_), {});
    parents_.assign(at(size_), Step{});
    pushers_.assign(at(size_), Step{});
    dirty_.assign(at(size_), true);
    is_hopeless_ = false;
  }

  // Moves operations to the earliest times that meet all edges. A circle of operations that push each other is
  // returned.
  std::optional<std::vector<Step>> relax() {
    for (bool changed = true; changed;) {
      changed = false;
      for (int node = 0; node < size_; ++node) {
        if (dirty_[at(node)]) {
          dirty_[at(node)] = false;
          changed |= update(node);
        }
      }
      if (changed) {
        if (std::optional<std::vector<Step>> circle = circle_of_pushers()) {
          return circle;
        }
      }
    }
    return std::nullopt;
  }

  bool update(int node) {
    const Node& it = problem_.nodes[at(node)];
    Time earliest{bounds_[at(node)], 0};
    Step parent{.node = node};
    const auto after = [&](const Time& time, const Step& step) {
      if (earliest < time) {
        earliest = time;
        parent = step;
      }
    };
    for (const int from : it.data) {
      after(ready(problem_.nodes[at(from)].cost, starts_[at(from)]), {.node = node, .from = from});
    }
    for (const Edge& edge : it.order) {
      after({starts_[at(edge.from)].cycle + edge.delta - edge.distance * ii_, 0},
            {.node = node, .from = edge.from, .edge = &edge});
    }
    const Time start = fit(it.cost, earliest, problem_.budget_ns);
    if (!(starts_[at(node)] < start)) {
      return false;
    }
    parents_[at(node)] = parent;
    if (starts_[at(node)].cycle < start.cycle) {
      pushers_[at(node)] = parent;
    }
    starts_[at(node)] = start;
    for (const int user : users_[at(node)]) {
      dirty_[at(user)] = true;
    }
    return true;
  }

  // Following who pushed whom into a later cycle; a circle there grows for ever. A move within a cycle says nothing:
  // what comes from another iteration counts in cycles.
  std::optional<std::vector<Step>> circle_of_pushers() const {
    const int latest = latest_cycle();      // circles that push each other in turn need not grow alone
    std::vector<int> visit(at(size_), -1);  // number of the walk that came by
    for (int first = 0; first < size_; ++first) {
      int node = first;
      while (node >= 0 && visit[at(node)] < 0) {
        visit[at(node)] = first;
        node = pushers_[at(node)].from;
      }
      if (node >= 0 && visit[at(node)] == first) {
        std::vector<Step> circle;
        int member = node;
        do {
          circle.push_back(pushers_[at(member)]);
          member = pushers_[at(member)].from;
        } while (member != node);
        std::ranges::reverse(circle);
        if (grows(circle) || starts_[at(node)].cycle > latest) {
          return circle;
        }
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] bool grows(const std::vector<Step>& circle) const {
    const Time once = round_of(circle, starts_[at(circle.front().from)]);
    return once < round_of(circle, once);
  }

  // When the first operation of a circle must start for its own sake, if it started at `time`.
  [[nodiscard]] Time round_of(const std::vector<Step>& circle, Time time) const {
    for (const Step& step : circle) {
      const Time earliest = step.edge != nullptr ? Time{time.cycle + step.edge->delta - step.edge->distance * ii_, 0}
                                                 : ready(problem_.nodes[at(step.from)].cost, time);
      time = fit(problem_.nodes[at(step.node)].cost, earliest, problem_.budget_ns);
    }
    return time;
  }

  // Beyond it nothing is without a circle that grows: all operations after one another.
  [[nodiscard]] int latest_cycle() const {
    int cycles = *std::ranges::max_element(bounds_);
    for (const Node& node : problem_.nodes) {
      cycles += node.cost.latency + 2;
    }
    return cycles;
  }

  [[nodiscard]] std::vector<int> chain_to(int node) const {
    std::vector<int> chain;
    for (; node >= 0 && std::ranges::find(chain, node) == chain.end(); node = parents_[at(node)].from) {
      chain.push_back(node);
    }
    std::ranges::reverse(chain);
    return chain;
  }

  [[nodiscard]] int exit_cycle() const {
    return ready(problem_.nodes[at(problem_.condition)].cost, starts_[at(problem_.condition)]).cycle;
  }
  [[nodiscard]] bool is_exit_late() const { return problem_.condition >= 0 && exit_cycle() > ii_ - 1; }

  // Gives accesses their ports in that order; those that find none are moved. One that was moved, if any.
  std::optional<int> reserve_ports(const std::vector<int>& order, Placement& placement) {
    Reservation reservation(problem_, exclusive_, ii_);
    std::optional<int> moved;
    for (const int node : order) {
      const int cycle = find_cycle(reservation, node);
      if (cycle < 0) {
        is_hopeless_ = !align(reservation, node);
        return node;
      }
      placement.ports[at(node)] = reservation.reserve(node, cycle);
      if (cycle != starts_[at(node)].cycle) {
        move(node, cycle);
        moved = node;
      }
    }
    return moved;
  }

  // From its start on, the first cycle with a port for the access; -1 if there is none.
  int find_cycle(const Reservation& reservation, int node) const {
    const int first = starts_[at(node)].cycle;
    for (int cycle = first; cycle < first + ii_; ++cycle) {
      if (reservation.find(node, cycle) >= 0) {
        return cycle;
      }
    }
    for (const auto& [holder, cycle] : reservation.holders(node)) {  // to share with
      if (cycle > first && reservation.find(node, cycle) >= 0) {
        return cycle;
      }
    }
    return -1;
  }

  // Brings two accesses into one cycle that can share a port, so that `node` finds one later; false if no two can.
  bool align(const Reservation& reservation, int node) {
    std::vector<std::pair<int, int>> accesses = reservation.holders(node);
    accesses.emplace_back(node, starts_[at(node)].cycle);
    for (std::size_t second = accesses.size(); second-- > 0;) {
      for (std::size_t first = 0; first < second; ++first) {
        const auto& [a, a_cycle] = accesses[first];
        const auto& [b, b_cycle] = accesses[second];
        if (a_cycle != b_cycle && exclusive_(problem_.op(a).predicate, problem_.op(b).predicate)) {
          move(a_cycle < b_cycle ? a : b, std::max(a_cycle, b_cycle));
          return true;
        }
      }
    }
    return false;
  }

  void move(int node, int cycle) {
    bounds_[at(node)] = cycle;
    dirty_[at(node)] = true;
  }

  const Problem& problem_;
  Exclusive& exclusive_;
  int ii_;
  int size_;
  std::vector<std::vector<int>> users_;  // [node] nodes with an edge or an operand from it
  std::vector<double> heights_;
  std::vector<int> accesses_;  // nodes that need a port
  std::vector<int> bounds_;    // earliest cycles, for ports' sake
  std::vector<Time> starts_;
  std::vector<Step> parents_;  // what a node waits for
  std::vector<Step> pushers_;  // what moved it into its cycle
  std::vector<bool> dirty_;
  bool is_hopeless_ = false;  // more accesses than ports in ii cycles
};

}  // namespace

std::variant<Placement, Obstacle> place_modulo(const Problem& problem, Exclusive& exclusive, int ii) {
  return ModuloScheduler(problem, exclusive, ii).solve();
}

}  // namespace sluice::hlsc
