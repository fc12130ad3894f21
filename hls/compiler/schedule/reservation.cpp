#include "hls/compiler/schedule/reservation.hpp"

#include <algorithm>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {

PortRange port_range(const Ports& ports, bool is_load) {
  const int shared = ports.read + ports.write;
  return {.first = is_load ? 0 : ports.read,
          .last = is_load ? ports.read : shared,
          .first_shared = shared,
          .last_shared = shared + ports.read_write};
}

bool needs_port(const Process& process, const Op& op) {
  return is_memory_access(op.kind) && process.memories[index(op.memory)].kind != MemoryKind::kRegisters;
}

std::pair<MemoryId, int> Reservation::slot(int node, int cycle) const {
  return {problem_.op(node).memory, ii_ > 0 ? cycle % ii_ : cycle};
}

bool Reservation::is_free(const std::vector<Taken>& taken, int node, int cycle, int port) const {
  if (problem_.fault == PlantedFault::kPortOverUse) {
    return true;
  }
  return std::ranges::all_of(taken, [&](const Taken& other) {
    return other.port != port ||
           (other.cycle == cycle && exclusive_(problem_.op(node).predicate, problem_.op(other.node).predicate));
  });
}

int Reservation::find(int node, int cycle) const {
  const Op& op = problem_.op(node);
  const PortRange range = port_range(problem_.process->memories[index(op.memory)].ports, op.kind == OpKind::kLoad);
  const auto found = taken_.find(slot(node, cycle));
  static const std::vector<Taken> kNothing;
  const std::vector<Taken>& taken = found == taken_.end() ? kNothing : found->second;
  for (const auto& [first, last] :
       {std::pair(range.first, range.last), std::pair(range.first_shared, range.last_shared)}) {
    for (int port = first; port < last; ++port) {
      if (is_free(taken, node, cycle, port)) {
        return port;
      }
    }
  }
  return -1;
}

int Reservation::reserve(int node, int cycle) {
  const int port = find(node, cycle);
  if (port >= 0) {
    taken_[slot(node, cycle)].push_back({node, cycle, port});
  }
  return port;
}

std::vector<std::pair<int, int>> Reservation::holders(int node) const {
  const Op& op = problem_.op(node);
  const PortRange range = port_range(problem_.process->memories[index(op.memory)].ports, op.kind == OpKind::kLoad);
  std::vector<std::pair<int, int>> result;
  for (auto slot = taken_.lower_bound({op.memory, 0}); slot != taken_.end() && slot->first.first == op.memory; ++slot) {
    for (const Taken& it : slot->second) {
      if ((it.port >= range.first && it.port < range.last) ||
          (it.port >= range.first_shared && it.port < range.last_shared)) {
        result.emplace_back(it.node, it.cycle);
      }
    }
  }
  return result;
}

}  // namespace sluice::hlsc
