// Watches the memory accesses of pipelined blocks for conflicts that no MemoryDependence lists. Part of interpret().
//
// Purpose: two accesses of one address conflict if one of them is a store; a listed dependence of their kind covers the
//   conflict if its distance is not above that of their iterations.
// Ownership: a reference to the process. Threading: none. Errors: none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

class DependenceWatch {
 public:
  explicit DependenceWatch(const Process& process);

  // `from` is the block left, kNone at the start.
  void enter(BlockId block, BlockId from);
  void access(BlockId block, OpId op, std::uint64_t address);
  [[nodiscard]] const std::optional<std::string>& uncovered() const { return uncovered_; }

 private:
  bool is_covered(OpId from, OpId to, std::int64_t distance) const;

  const Process& process_;
  std::map<std::tuple<DependenceKind, OpId, OpId>, int> shortest_;  // distance listed
  std::int64_t iteration_ = 0;
  // [memory][address]: the last iteration in which each operation was there, in this run of the loop.
  std::vector<std::unordered_map<std::uint64_t, std::vector<std::pair<OpId, std::int64_t>>>> last_;
  std::optional<std::string> uncovered_;
};

}  // namespace sluice::hlsc
