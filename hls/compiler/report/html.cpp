// The schedule as a page: a table a block, a row an operation, a column a cycle. No scripts; the browser shows an
// operation's source line where the pointer rests.
#include <fmt/format.h>

#include <algorithm>

#include "hls/compiler/ir/properties.hpp"
#include "hls/compiler/report/report.hpp"

namespace sluice::hlsc {
namespace {

constexpr std::string_view kStyle = R"(
body{font:14px system-ui,sans-serif;margin:2em;color:#222}
h2{margin:1.6em 0 .3em}h3{margin:1.2em 0 .3em}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font:12px ui-monospace,monospace}
th,td{border:1px solid #ddd;padding:1px 6px;white-space:nowrap}
th{background:#f5f5f5;font-weight:600;text-align:center}
td.op{text-align:left;background:#fff;position:sticky;left:0}
td.on{background:#7aa7d9}td.in{background:#c9dcf0}
td.mem{background:#e2b568}td.stream{background:#8cc08c}td.slow{outline:2px solid #c33}
p.note{color:#555;margin:.2em 0}
)";

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string_view color(const Op& op) {
  return is_memory_access(op.kind) ? "mem" : is_stream_access(op.kind) ? "stream" : "on";
}

std::string row(const Kernel& kernel, const Process& process, const ProcessSchedule& schedule, OpId id, int cycles,
                bool slow) {
  const Op& op = process.ops[index(id)];
  const OpTime& time = schedule.ops[index(id)];
  const bool known = op.location.line > 0 && static_cast<std::size_t>(op.location.file) < kernel.files.size();
  const std::string where =
      known ? fmt::format("{}:{}", kernel.files[static_cast<std::size_t>(op.location.file)], op.location.line) : "";
  const std::string what = fmt::format("{} {}{}", kind_name(op.kind), op.width > 0 ? std::to_string(op.width) : "",
                                       op.name.empty() ? "" : " " + op.name);
  const std::string title =
      escaped(fmt::format("{}\n{}\ncycle {}, {:.2f} to {:.2f} ns{}", what, where, time.cycle, time.start_ns,
                          time.ready_ns, time.latency > 0 ? fmt::format(" {} cycles later", time.latency) : ""));
  std::string text = fmt::format("<tr title=\"{}\"><td class=\"op\">{}</td><td>{}</td>", title, escaped(what),
                                 known ? std::to_string(op.location.line) : "");
  for (int cycle = 0; cycle < cycles; ++cycle) {
    const bool starts = cycle == time.cycle;
    const bool inside = cycle > time.cycle && cycle <= time.cycle + time.latency;
    if (starts || inside) {
      text += fmt::format("<td class=\"{}{}\"></td>", starts ? color(op) : "in", slow ? " slow" : "");
    } else {
      text += "<td></td>";
    }
  }
  return text + "</tr>\n";
}

std::string block_table(const Kernel& kernel, const Process& process, const ProcessSchedule& schedule, std::size_t b) {
  const Block& block = process.blocks[b];
  const BlockSchedule& times = schedule.blocks[b];
  std::string text = fmt::format("<h3>{}</h3>\n<p class=\"note\">", escaped(block.name));
  text += block.pipeline ? fmt::format("a new iteration every {} cycle(s), {} deep", times.ii, times.cycles)
                         : fmt::format("{} cycle(s)", times.cycles);
  text += fmt::format("; longest path {:.2f} ns{}</p>\n", times.critical_ns,
                      times.ii_limit.empty() ? "" : "; " + escaped(times.ii_limit));
  if (block.ops.empty()) {
    return text;
  }
  text += "<div class=\"scroll\"><table><tr><th>operation</th><th>line</th>";
  for (int cycle = 0; cycle < times.cycles; ++cycle) {
    text += fmt::format("<th>{}</th>", cycle);
  }
  text += "</tr>\n";
  for (const OpId id : block.ops) {
    if (!is_blockless(process.ops[index(id)].kind)) {
      const bool slow = std::ranges::find(times.critical_chain, id) != times.critical_chain.end();
      text += row(kernel, process, schedule, id, times.cycles, slow);
    }
  }
  return text + "</table></div>\n";
}

}  // namespace

std::string schedule_html(const Kernel& kernel, const Schedule& schedule) {
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}: "
      "schedule</title>\n<style>{1}</style>"
      "</head><body>\n<h1>{0}</h1>\n<p>Clock {2} ns on '{3}', delays modelled. A row is an operation, a column a cycle "
      "of the block; blue computes, orange is a memory, green a stream, pale are the stages inside an operation; red "
      "frames mark the longest path. Rest the pointer on a row for its source line and times.</p>\n",
      escaped(kernel.name), kStyle, schedule.clock_ns, escaped(schedule.target));
  for (std::size_t p = 0; p < kernel.processes.size(); ++p) {
    text += fmt::format("<h2>Process {}</h2>\n", escaped(kernel.processes[p].name));
    for (std::size_t b = 0; b < kernel.processes[p].blocks.size(); ++b) {
      text += block_table(kernel, kernel.processes[p], schedule.processes[p], b);
    }
  }
  return text + "</body></html>\n";
}

}  // namespace sluice::hlsc
