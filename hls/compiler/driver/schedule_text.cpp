#include "hls/compiler/driver/schedule_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

std::string line_of(const Process& process, const ProcessSchedule& times, OpId id) {
  const Op& op = process.ops[index(id)];
  const OpTime& time = times.ops[index(id)];
  std::string text = fmt::format("    cycle {:>3}  {:>5.2f} ns  %{:<5} {:<12} i{:<4}", time.cycle, time.start_ns,
                                 index(id), kind_name(op.kind), op.width);
  for (OpId operand : op.operands) {
    text += fmt::format(" %{}", index(operand));
  }
  if (op.predicate != OpId::kNone) {
    text += fmt::format(" if %{}", index(op.predicate));
  }
  text += time.latency > 0 ? fmt::format("  ready in cycle {}", time.cycle + time.latency)
                           : fmt::format("  ready at {:.2f} ns", time.ready_ns);
  if (op.location.line > 0) {
    text += fmt::format("  line {}", op.location.line);
  }
  return text + (op.name.empty() ? "\n" : "  '" + op.name + "'\n");
}

}  // namespace

std::string schedule_text(const Kernel& kernel, const Schedule& schedule) {
  std::string text;
  for (std::size_t p = 0; p < kernel.processes.size(); ++p) {
    const Process& process = kernel.processes[p];
    const ProcessSchedule& times = schedule.processes[p];
    text += fmt::format("process {}\n", process.name);
    for (std::size_t b = 0; b < process.blocks.size(); ++b) {
      const BlockSchedule& block = times.blocks[b];
      text += fmt::format("  block {}: {} cycles{}, longest path {:.2f} ns\n", process.blocks[b].name, block.cycles,
                          block.ii > 0 ? fmt::format(", II {}", block.ii) : "", block.critical_ns);
      if (!block.ii_limit.empty()) {
        text += fmt::format("    II: {}\n", block.ii_limit);
      }
      std::vector<OpId> ops = process.blocks[b].ops;
      std::ranges::sort(
          ops, {}, [&](OpId id) { return std::tuple(times.ops[index(id)].cycle, times.ops[index(id)].start_ns, id); });
      for (OpId id : ops) {
        text += line_of(process, times, id);
      }
    }
  }
  return text;
}

}  // namespace sluice::hlsc
