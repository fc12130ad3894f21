// Which port of which memory is taken in which cycle (modulo the II in a pipelined block).
//
// Purpose: reserve() finds a port for an access, sharing one with accesses of the same iteration and the same cycle
// whose
//   predicates exclude it.
// Ownership: refers to the problem. Threading: none. Errors: none; -1 is no port.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "hls/compiler/schedule/constraints.hpp"
#include "hls/compiler/schedule/exclusive.hpp"

namespace sluice::hlsc {

// Ports of a memory that may serve a load, or a store: first to last - 1, then the read-write ports.
struct PortRange {
  int first = 0;
  int last = 0;
  int first_shared = 0;
  int last_shared = 0;
};
[[nodiscard]] PortRange port_range(const Ports& ports, bool is_load);

// Whether an operation is one that needs a port.
[[nodiscard]] bool needs_port(const Process& process, const Op& op);

class Reservation {
 public:
  // ii 0: not pipelined.
  Reservation(const Problem& problem, Exclusive& exclusive, int ii)
      : problem_(problem), exclusive_(exclusive), ii_(ii) {}

  // A port for the access in that cycle; -1 if none is free.
  int reserve(int node, int cycle);
  // As reserve(), but takes nothing.
  [[nodiscard]] int find(int node, int cycle) const;
  // All that hold ports which `node` could use, with their cycles.
  [[nodiscard]] std::vector<std::pair<int, int>> holders(int node) const;

 private:
  struct Taken {
    int node;
    int cycle;
    int port;
  };
  [[nodiscard]] std::pair<MemoryId, int> slot(int node, int cycle) const;
  bool is_free(const std::vector<Taken>& taken, int node, int cycle, int port) const;

  const Problem& problem_;
  Exclusive& exclusive_;
  int ii_;
  std::map<std::pair<MemoryId, int>, std::vector<Taken>> taken_;
};

}  // namespace sluice::hlsc
