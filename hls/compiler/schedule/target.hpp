// What operations cost on a device: delays, latencies and areas by kind and width. Modelled, not measured.
//
// Purpose: the only knowledge of a device in the compiler. A table is data (target.cpp), chosen by name.
// Ownership: targets() are static. Threading: none. Errors: find_target() gives nullptr for an unknown name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

struct OpCost {
  double delay_ns = 0;  // combinational, or from the last register on where latency > 0
  double setup_ns = 0;  // where latency > 0: from the operands to the first register
  int latency = 0;      // register stages inside the operation (multipliers, memories)
  double luts = 0;
  double dsps = 0;
};

class Target {
 public:
  virtual ~Target() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  // What every path between registers costs beside its operations: clock to output, setup, the multiplexer in front of
  // a phi's register.
  [[nodiscard]] virtual double register_ns() const = 0;
  // The operation's cost at a clock period; `budget_ns` is what a cycle leaves after uncertainty and register_ns(). An
  // operation slower than a whole cycle gets more latency where it can be pipelined, and is an error of the scheduler
  // where it can't.
  [[nodiscard]] virtual OpCost cost(const Process& process, const Op& op, double budget_ns) const = 0;
};

[[nodiscard]] const Target* find_target(std::string_view name);
[[nodiscard]] std::vector<const Target*> targets();

}  // namespace sluice::hlsc
