// The order of the passes; README.md says why it is this one.
#include "hls/compiler/lower/lower.hpp"

#include "hls/compiler/base/check.hpp"
#include "hls/compiler/ir/verify.hpp"
#include "hls/compiler/lower/narrow.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

void declare_ports(Lowering& lowering) {
  int number = -1;
  for (const Parameter& parameter : lowering.compiled.parameters) {
    ++number;
    if (parameter.kind == Parameter::Kind::kScalar) {
      lowering.kernel.scalars.push_back(
          {.name = parameter.name, .width = parameter.width, .is_signed = parameter.is_signed, .parameter = number});
    } else if (parameter.kind == Parameter::Kind::kScalarPointer) {
      lowering.kernel.outputs.push_back(
          {.name = parameter.name, .width = parameter.width, .is_signed = parameter.is_signed, .parameter = number});
    }
  }
  if (lowering.compiled.result) {
    const Parameter& result = *lowering.compiled.result;
    lowering.kernel.outputs.push_back(
        {.name = "return", .width = result.width, .is_signed = result.is_signed, .parameter = -1});
  }
}

void lower_process(Lowering& lowering, const ProcessPlan& plan) {
  Process process;
  process.name = plan.name;
  using Step = void (*)(Lowering&, const ProcessPlan&, Process&);
  static constexpr Step kSteps[] = {
      [](Lowering& l, const ProcessPlan& p, Process&) { note_stream_directions(l, p); },
      [](Lowering& l, const ProcessPlan& p, Process&) { rewrite_arguments(l, p); },
      [](Lowering& l, const ProcessPlan& p, Process&) { attach_objects(l, *p.function); },
      [](Lowering& l, const ProcessPlan& p, Process&) { expand_copies(l, *p.function); },
      [](Lowering&, const ProcessPlan& p, Process&) { optimise_early(*p.function); },
      [](Lowering& l, const ProcessPlan& p, Process&) { unroll_loops(l, *p.function); },
      [](Lowering& l, const ProcessPlan& p, Process&) { flatten_loops(l, *p.function); },
      [](Lowering& l, const ProcessPlan& p, Process&) { localise_statics(l, *p.function); },
      [](Lowering&, const ProcessPlan& p, Process&) { optimise_late(*p.function); },
      [](Lowering&, const ProcessPlan& p, Process&) { lower_switches(*p.function); },
      [](Lowering& l, const ProcessPlan& p, Process& process) { lower_memories(l, p, process); },
      [](Lowering& l, const ProcessPlan& p, Process&) { if_convert(l, *p.function); },
      [](Lowering&, const ProcessPlan& p, Process&) { optimise_values(*p.function); },
      [](Lowering&, const ProcessPlan& p, Process&) { merge_loads(*p.function); },
      [](Lowering&, const ProcessPlan& p, Process& process) { linearise_recurrences(*p.function, process); },
      [](Lowering&, const ProcessPlan& p, Process&) { balance_chains(*p.function); },
      [](Lowering& l, const ProcessPlan& p, Process&) { expand_divisions(l, *p.function); },
      [](Lowering& l, const ProcessPlan& p, Process&) { expand_intrinsics(l, *p.function); },
      [](Lowering&, const ProcessPlan& p, Process&) { merge_blocks(*p.function); },
      [](Lowering& l, const ProcessPlan& p, Process& process) { build_process(l, p, process); },
      [](Lowering&, const ProcessPlan&, Process& process) { narrow_operations(process); },
      [](Lowering&, const ProcessPlan&, Process& process) { drop_unused_memories(process); },
  };
  for (Step step : kSteps) {
    step(lowering, plan, process);
    if (lowering.diagnostics.failed()) {
      return;
    }
  }
  process.location = lowering.location(plan.location);
  lowering.kernel.processes.push_back(std::move(process));
}

}  // namespace

std::optional<Kernel> lower(Compiled compiled, Diagnostics& diagnostics) {
  Lowering lowering{.compiled = compiled,
                    .diagnostics = diagnostics,
                    .kernel = {},
                    .loops = {},
                    .object_markers = {},
                    .objects = {},
                    .static_owners = {},
                    .memory_directives = {}};
  lowering.kernel.name = function_name(*compiled.module->getFunction(compiled.top_symbol));
  check_subset(lowering);
  if (diagnostics.failed()) {
    return std::nullopt;
  }
  normalise(lowering);
  read_markers(lowering);
  expand_streams(lowering);
  declare_ports(lowering);
  mark_processes(lowering);
  inline_calls(lowering);
  const std::vector<ProcessPlan> plans = plan_processes(lowering);
  if (diagnostics.failed()) {
    return std::nullopt;
  }
  for (const ProcessPlan& plan : plans) {
    lower_process(lowering, plan);
    if (diagnostics.failed()) {
      return std::nullopt;
    }
  }
  connect_streams(lowering);
  if (diagnostics.failed()) {
    return std::nullopt;
  }
  if (std::optional<std::string> broken = verify(lowering.kernel)) {
    fail("lowering made a kernel that breaks the rules: " + *broken);
  }
  return std::move(lowering.kernel);
}

}  // namespace sluice::hlsc
