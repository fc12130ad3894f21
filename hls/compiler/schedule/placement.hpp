// The two schedulers of a block.
//
// Purpose: place_straight() for blocks that run once, place_modulo() for pipelined loops at a given II.
// Ownership: values. Threading: none. Errors: place_straight() has none; place_modulo() says in words what keeps it
// from
//   that II.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "hls/compiler/schedule/constraints.hpp"
#include "hls/compiler/schedule/exclusive.hpp"

namespace sluice::hlsc {

// Parallel to Problem::nodes.
struct Placement {
  std::vector<Time> starts;
  std::vector<int> ports;  // -1: none
};

[[nodiscard]] Placement place_straight(const Problem& problem, Exclusive& exclusive);

struct Obstacle {
  std::string reason;
};
[[nodiscard]] std::variant<Placement, Obstacle> place_modulo(const Problem& problem, Exclusive& exclusive, int ii);

}  // namespace sluice::hlsc
