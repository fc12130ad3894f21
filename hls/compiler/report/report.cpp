#include "hls/compiler/report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "hls/compiler/ir/properties.hpp"
#include "hls/compiler/report/latency.hpp"
#include "hls/compiler/schedule/target.hpp"

namespace sluice::hlsc {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<std::uint64_t>& value) { return value ? Json(*value) : Json(); }

std::string_view direction_name(StreamDirection direction) {
  return direction == StreamDirection::kInput ? "input" : direction == StreamDirection::kOutput ? "output" : "internal";
}

Json place(const Kernel& kernel, const Location& location) {
  const bool known = location.line > 0 && static_cast<std::size_t>(location.file) < kernel.files.size();
  return {{"file", known ? Json(kernel.files[static_cast<std::size_t>(location.file)]) : Json()},
          {"line", known ? Json(location.line) : Json()}};
}

// Loops that became pipelined blocks, and the blocks between them.
Json blocks_of(const Kernel& kernel, const Process& process, const ProcessSchedule& schedule) {
  Json blocks = Json::array();
  for (std::size_t b = 0; b < process.blocks.size(); ++b) {
    const Block& block = process.blocks[b];
    const BlockSchedule& times = schedule.blocks[b];
    Json chain = Json::array();
    for (const OpId id : times.critical_chain) {
      const Op& op = process.ops[index(id)];
      chain.push_back({{"operation", kind_name(op.kind)}, {"name", op.name}, {"line", op.location.line}});
    }
    Json entry = place(kernel, block.location);
    entry.update(
        {{"name", block.name},
         {"loop", block.loop_name},
         {"pipelined", block.pipeline.has_value()},
         {"ii", block.pipeline ? Json(times.ii) : Json()},
         {"target_ii", block.pipeline && !block.pipeline->may_be_larger ? Json(block.pipeline->target_ii) : Json()},
         {"ii_limit", times.ii_limit},
         {"cycles", times.cycles},
         {"trips", {{"min", or_null(block.min_trips)}, {"max", or_null(block.max_trips)}}},
         {"critical_ns", times.critical_ns},
         {"critical_chain", std::move(chain)}});
    blocks.push_back(std::move(entry));
  }
  return blocks;
}

Json memories_of(const Kernel& kernel, const Process& process) {
  Json memories = Json::array();
  for (const Memory& memory : process.memories) {
    Json entry = place(kernel, memory.location);
    entry.update(
        {{"name", memory.name},
         {"kind", kind_name(memory.kind)},
         {"width", memory.width},
         {"depth", memory.depth},
         {"bits", memory.width * memory.depth},
         {"external", memory.external >= 0},
         {"ports",
          {{"read", memory.ports.read}, {"write", memory.ports.write}, {"read_write", memory.ports.read_write}}}});
    memories.push_back(std::move(entry));
  }
  return memories;
}

// Operations by kind and width, with their area by the target's table; wires (extract, concat, ...) cost nothing.
Json operators_of(const Process& process, const Schedule& schedule, double& luts, double& dsps) {
  struct Count {
    int number = 0;
    double luts = 0;
    double dsps = 0;
  };
  std::map<std::pair<std::string, unsigned>, Count> counts;
  const Target* target = find_target(schedule.target);
  for (const Block& block : process.blocks) {
    for (const OpId id : block.ops) {
      const Op& op = process.ops[index(id)];
      const unsigned width = op.width > 0 ? op.width : process.ops[index(op.operands.back())].width;
      Count& count = counts[{std::string(kind_name(op.kind)), width}];
      ++count.number;
      if (target != nullptr) {
        const OpCost cost = target->cost(process, op, schedule.clock_ns);
        count.luts += cost.luts;
        count.dsps += cost.dsps;
      }
    }
  }
  Json operators = Json::array();
  for (const auto& [key, count] : counts) {
    operators.push_back({{"operation", key.first},
                         {"width", key.second},
                         {"number", count.number},
                         {"luts", count.luts},
                         {"dsps", count.dsps}});
    luts += count.luts;
    dsps += count.dsps;
  }
  return operators;
}

Json process_of(const Kernel& kernel, const Schedule& schedule, std::size_t p) {
  const Process& process = kernel.processes[p];
  const Latency latency = latency_of(process, schedule.processes[p]);
  double luts = 0;
  double dsps = 0;
  Json operators = operators_of(process, schedule, luts, dsps);
  Json entry = place(kernel, process.location);
  entry.update({{"name", process.name},
                {"latency_cycles", {{"min", or_null(latency.min)}, {"max", or_null(latency.max)}}},
                {"area_modelled", {{"luts", luts}, {"dsps", dsps}}},
                {"blocks", blocks_of(kernel, process, schedule.processes[p])},
                {"memories", memories_of(kernel, process)},
                {"operators", std::move(operators)}});
  return entry;
}

Json report(const Kernel& kernel, const Schedule& schedule) {
  Json streams = Json::array();
  for (const Stream& stream : kernel.streams) {
    Json fields = Json::array();
    for (const PayloadField& field : stream.payload) {
      fields.push_back({{"name", field.name}, {"low", field.low}, {"width", field.width}, {"signed", field.is_signed}});
    }
    const bool internal = stream.direction == StreamDirection::kInternal;
    streams.push_back({{"name", stream.name},
                       {"direction", direction_name(stream.direction)},
                       {"width", stream.width},
                       {"depth", internal ? Json(stream.depth) : Json()},
                       {"payload", std::move(fields)}});
  }
  const auto scalars = [](const std::vector<ScalarArgument>& list) {
    Json result = Json::array();
    for (const ScalarArgument& scalar : list) {
      result.push_back({{"name", scalar.name}, {"width", scalar.width}, {"signed", scalar.is_signed}});
    }
    return result;
  };
  Json arrays = Json::array();
  for (const ArrayArgument& array : kernel.array_arguments) {
    arrays.push_back({{"name", array.name}, {"width", array.width}, {"depth", array.depth}});
  }
  Json processes = Json::array();
  for (std::size_t p = 0; p < kernel.processes.size(); ++p) {
    processes.push_back(process_of(kernel, schedule, p));
  }
  return {{"kernel", kernel.name},
          {"target", schedule.target},
          {"clock_ns", schedule.clock_ns},
          {"delays", "modelled"},
          {"control", kernel.control == Control::kHandshake ? "ap_ctrl_hs" : "ap_ctrl_none"},
          {"streams", std::move(streams)},
          {"scalars", scalars(kernel.scalars)},
          {"outputs", scalars(kernel.outputs)},
          {"arrays", std::move(arrays)},
          {"processes", std::move(processes)}};
}

std::string between(const Json& bounds) {
  const auto one = [](const Json& value) { return value.is_null() ? std::string("?") : value.dump(); };
  return bounds["min"] == bounds["max"] ? one(bounds["min"])
                                        : fmt::format("{} to {}", one(bounds["min"]), one(bounds["max"]));
}

std::string text_of(const Json& value) { return value.get<std::string>(); }

std::string process_text(const Json& process) {
  std::string text =
      fmt::format("\nProcess {}: {} cycles while no stream stops it; {:.0f} LUTs, {:.0f} DSPs (modelled)\n",
                  text_of(process["name"]), between(process["latency_cycles"]),
                  process["area_modelled"]["luts"].get<double>(), process["area_modelled"]["dsps"].get<double>());
  text += fmt::format("  {:<24} {:>6} {:>4} {:>7} {:>14} {:>8}\n", "block", "line", "II", "cycles", "trips", "path ns");
  for (const Json& block : process["blocks"]) {
    text +=
        fmt::format("  {:<24} {:>6} {:>4} {:>7} {:>14} {:>8.2f}\n", text_of(block["name"]),
                    block["line"].is_null() ? "" : block["line"].dump(),
                    block["ii"].is_null() ? "" : block["ii"].dump(), block["cycles"].dump(),
                    block["trips"]["max"].is_null() && !block["pipelined"].get<bool>() ? "" : between(block["trips"]),
                    block["critical_ns"].get<double>());
    if (!text_of(block["ii_limit"]).empty()) {
      text += fmt::format("    II is {}: {}\n", block["ii"].dump(), text_of(block["ii_limit"]));
    }
  }
  for (const Json& memory : process["memories"]) {
    text +=
        fmt::format("  memory {}: {} x {} bits, {}{}\n", text_of(memory["name"]), memory["depth"].dump(),
                    memory["width"].dump(), text_of(memory["kind"]), memory["external"].get<bool>() ? ", outside" : "");
  }
  const auto slowest = std::ranges::max_element(process["blocks"], {},
                                                [](const Json& block) { return block["critical_ns"].get<double>(); });
  if (slowest != process["blocks"].end() && !(*slowest)["critical_chain"].empty()) {
    text += fmt::format("  longest path, {:.2f} ns in {}:", (*slowest)["critical_ns"].get<double>(),
                        text_of((*slowest)["name"]));
    for (const Json& op : (*slowest)["critical_chain"]) {
      text += fmt::format(" {}{}", text_of(op["operation"]),
                          op["line"].get<int>() > 0 ? fmt::format("(line {})", op["line"].get<int>()) : "");
    }
    text += "\n";
  }
  return text;
}

}  // namespace

std::string report_json(const Kernel& kernel, const Schedule& schedule) {
  return report(kernel, schedule).dump(2) + "\n";
}

std::string report_text(const Kernel& kernel, const Schedule& schedule) {
  const Json all = report(kernel, schedule);
  std::string text = fmt::format("Kernel {} for a clock of {} ns on '{}' (delays and areas modelled, not measured)\n",
                                 kernel.name, schedule.clock_ns, schedule.target);
  for (const Json& stream : all["streams"]) {
    text += fmt::format("  stream {}: {}, {} bits{}\n", text_of(stream["name"]), text_of(stream["direction"]),
                        stream["width"].dump(),
                        stream["depth"].is_null() ? "" : fmt::format(", depth {}", stream["depth"].dump()));
  }
  for (const char* kind : {"scalars", "outputs", "arrays"}) {
    for (const Json& item : all[kind]) {
      text += fmt::format("  {} {}: {} bits\n", std::string(kind).substr(0, std::string(kind).size() - 1),
                          text_of(item["name"]), item["width"].dump());
    }
  }
  for (const Json& process : all["processes"]) {
    text += process_text(process);
  }
  return text;
}

}  // namespace sluice::hlsc
