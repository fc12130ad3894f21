// Which blocks of a process every path to a block goes through.
//
// Purpose: immediate dominators by the iteration of Cooper, Harvey and Kennedy ('A simple, fast dominance algorithm').
// Ownership: values; keeps nothing of the process. Threading: none. Errors: targets of terminators must be blocks;
// where a
//   block can't be reached, only reaches_all() may be asked.
#pragma once

#include <cstddef>
#include <vector>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

class Dominance {
 public:
  explicit Dominance(const Process& process);

  // Whether the entry reaches every block.
  [[nodiscard]] bool reaches_all() const { return order_.size() == rank_.size(); }
  // A block dominates itself.
  [[nodiscard]] bool dominates(std::size_t dominator, std::size_t block) const;

 private:
  [[nodiscard]] std::size_t nearest_common(std::size_t a, std::size_t b) const;

  std::vector<std::size_t> order_;      // blocks in reverse postorder
  std::vector<std::size_t> rank_;       // [block] in that order
  std::vector<std::size_t> dominator_;  // [block] immediate; the entry's is the entry
};

}  // namespace sluice::hlsc
