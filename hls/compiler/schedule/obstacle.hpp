// In words, what keeps a pipelined block from an II.
//
// Ownership: returns text. Threading: none. Errors: none.
#pragma once

#include <string>
#include <vector>

#include "hls/compiler/schedule/constraints.hpp"

namespace sluice::hlsc {

// That `node` is where it is because of `from`: by data, or by an edge. from -1: by itself.
struct Step {
  int node = -1;
  int from = -1;
  const Edge* edge = nullptr;  // null: it uses the value
};

// A circle of steps, each from the node of the one before it.
[[nodiscard]] std::string describe_recurrence(const Problem& problem, const std::vector<Step>& circle);

// The chain to the loop's condition, which is ready in `cycle`.
[[nodiscard]] std::string describe_exit(const Problem& problem, const std::vector<int>& chain, int cycle);

[[nodiscard]] std::string describe_ports(const Problem& problem, MemoryId memory);

// Which nodes are on a circle of that graph.
[[nodiscard]] std::vector<bool> members_of_circles(const std::vector<std::vector<int>>& users);

}  // namespace sluice::hlsc
