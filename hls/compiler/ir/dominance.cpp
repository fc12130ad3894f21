#include "hls/compiler/ir/dominance.hpp"

#include <algorithm>
#include <utility>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

std::vector<std::size_t> reverse_postorder(const Process& process) {
  std::vector<std::size_t> order;
  std::vector<bool> seen(process.blocks.size(), false);
  std::vector<std::pair<std::size_t, std::size_t>> stack = {{0, 0}};  // block, next successor
  seen[0] = true;
  while (!stack.empty()) {
    auto& [block, next] = stack.back();
    const std::vector<BlockId> targets = successors(process.blocks[block]);
    if (next == targets.size()) {
      order.push_back(block);
      stack.pop_back();
      continue;
    }
    const std::size_t target = index(targets[next++]);
    if (!seen[target]) {
      seen[target] = true;
      stack.emplace_back(target, 0);
    }
  }
  std::ranges::reverse(order);
  return order;
}

}  // namespace

Dominance::Dominance(const Process& process) : order_(reverse_postorder(process)), rank_(process.blocks.size(), 0) {
  if (!reaches_all()) {
    return;
  }
  for (std::size_t rank = 0; rank < order_.size(); ++rank) {
    rank_[order_[rank]] = rank;
  }
  constexpr auto kUnknown = static_cast<std::size_t>(-1);
  dominator_.assign(order_.size(), kUnknown);
  dominator_[0] = 0;
  const std::vector<std::vector<BlockId>> from = predecessors(process);
  for (bool changed = true; changed;) {
    changed = false;
    for (const std::size_t block : order_) {
      std::size_t common = block == 0 ? 0 : kUnknown;
      for (const BlockId before : from[block]) {
        if (dominator_[index(before)] != kUnknown) {
          common = common == kUnknown ? index(before) : nearest_common(common, index(before));
        }
      }
      changed |= dominator_[block] != common;
      dominator_[block] = common;
    }
  }
}

std::size_t Dominance::nearest_common(std::size_t a, std::size_t b) const {
  while (a != b) {
    std::size_t& deeper = rank_[a] > rank_[b] ? a : b;
    deeper = dominator_[deeper];
  }
  return a;
}

bool Dominance::dominates(std::size_t dominator, std::size_t block) const {
  while (rank_[block] > rank_[dominator]) {
    block = dominator_[block];
  }
  return block == dominator;
}

}  // namespace sluice::hlsc
