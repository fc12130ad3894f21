// A target with round numbers: expected cycles can be counted by hand. 4 ns a cycle leave 4 ns.
#pragma once

#include <string>

#include "hls/compiler/ir/properties.hpp"
#include "hls/compiler/schedule/schedule.hpp"
#include "hls/compiler/schedule/target.hpp"

namespace sluice::hlsc {

// Additions, subtractions, comparisons, selections and accesses at addresses that are not constant take 1 ns,
// multiplications 2 cycles, loads of RAMs 1 cycle; the rest is free.
class PlainTarget final : public Target {
 public:
  [[nodiscard]] std::string_view name() const override { return "plain"; }
  [[nodiscard]] double register_ns() const override { return 0; }
  [[nodiscard]] OpCost cost(const Process& process, const Op& op, double /*budget_ns*/) const override {
    switch (op.kind) {
      case OpKind::kMul:
        return {.delay_ns = 1, .setup_ns = 1, .latency = 2};
      case OpKind::kLoad:
        if (process.memories[index(op.memory)].kind != MemoryKind::kRegisters) {
          return {.delay_ns = 1, .setup_ns = 1, .latency = 1};
        }
        [[fallthrough]];
      case OpKind::kStore:
        return {.delay_ns = process.ops[index(op.operands[0])].kind == OpKind::kConstant ? 0.0 : 1.0};
      case OpKind::kAdd:
      case OpKind::kSub:
      case OpKind::kSelect:
        return {.delay_ns = 1};
      default:
        return {.delay_ns = is_comparison(op.kind) ? 1.0 : 0.0};
    }
  }
};

inline ScheduleOptions plain_options(PlantedFault fault = PlantedFault::kNone) {
  static const PlainTarget kTarget;
  return {.target = &kTarget, .clock_ns = 4.0, .uncertainty_ns = 0.0, .fault = fault};
}

}  // namespace sluice::hlsc
