#include "hls/compiler/schedule/sink.hpp"

#include <algorithm>
#include <limits>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

constexpr int kNever = std::numeric_limits<int>::max();

// [node] the first cycle in which another node of the block uses its value; kNever for none.
class FirstUses {
 public:
  FirstUses(const Problem& problem, const Placement& placement)
      : problem_(problem), placement_(placement), first_(problem.nodes.size(), kNever) {
    for (std::size_t node = 0; node < problem.nodes.size(); ++node) {
      add(node);
    }
  }
  [[nodiscard]] int of(std::size_t node) const { return first_[node]; }

  // After `moved` went later.
  void update_operands(std::size_t moved, const std::vector<std::vector<int>>& users) {
    for (const int operand : problem_.nodes[moved].data) {
      int& first = first_[static_cast<std::size_t>(operand)];
      first = kNever;
      for (const int user : users[static_cast<std::size_t>(operand)]) {
        first = std::min(first, placement_.starts[static_cast<std::size_t>(user)].cycle);
      }
    }
  }

 private:
  void add(std::size_t node) {
    for (const int operand : problem_.nodes[node].data) {
      int& first = first_[static_cast<std::size_t>(operand)];
      first = std::min(first, placement_.starts[node].cycle);
    }
  }

  const Problem& problem_;
  const Placement& placement_;
  std::vector<int> first_;
};

}  // namespace

Placement sink(const Problem& problem, Placement placement) {
  const std::size_t size = problem.nodes.size();
  std::vector<std::vector<int>> users(size);
  for (std::size_t node = 0; node < size; ++node) {
    for (const int operand : problem.nodes[node].data) {
      users[static_cast<std::size_t>(operand)].push_back(static_cast<int>(node));
    }
  }
  FirstUses uses(problem, placement);
  const auto may_move = [&](std::size_t node) {
    return uses.of(node) != kNever && uses.of(node) > placement.starts[node].cycle &&
           static_cast<int>(node) != problem.condition && (problem.feeds_phi.empty() || !problem.feeds_phi[node]);
  };
  for (std::size_t node = size; node-- > 0;) {
    if (is_extension(problem.op(static_cast<int>(node)).kind) && may_move(node)) {
      placement.starts[node] = {uses.of(node), 0};
      uses.update_operands(node, users);
    }
  }
  for (std::size_t phi = 0; phi < problem.back_of_phi.size(); ++phi) {
    const int back = problem.back_of_phi[phi];
    if (back < 0 || !may_move(phi)) {
      continue;
    }
    const auto value = static_cast<std::size_t>(back);
    const int replaced = ready(problem.nodes[value].cost, placement.starts[value]).cycle;
    const int last = problem.fault == PlantedFault::kPhiWindow ? kNever : replaced;
    placement.starts[phi].cycle = std::max(placement.starts[phi].cycle, std::min(uses.of(phi), last));
  }
  return placement;
}

}  // namespace sluice::hlsc
