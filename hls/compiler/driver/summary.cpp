#include "hls/compiler/driver/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace sluice::hlsc {
namespace {

std::string trips(const Block& block) {
  if (block.min_trips && block.min_trips == block.max_trips) {
    return std::to_string(*block.min_trips);
  }
  const std::string low = block.min_trips ? std::to_string(*block.min_trips) : "";
  const std::string high = block.max_trips ? std::to_string(*block.max_trips) : "";
  return low.empty() && high.empty() ? "" : low + ".." + high;
}

std::string plural(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::ptrdiff_t streams_of(const Kernel& kernel, StreamDirection direction) {
  return std::ranges::count(kernel.streams, direction, &Stream::direction);
}

}  // namespace

std::string summary(const Kernel& kernel, const Schedule& schedule) {
  std::string text =
      fmt::format("{}: {}; streams: {} in, {} out, {} inside; {} ns on {} (modelled)\n", kernel.name,
                  plural(kernel.processes.size(), "process", "processes"), streams_of(kernel, StreamDirection::kInput),
                  streams_of(kernel, StreamDirection::kOutput), streams_of(kernel, StreamDirection::kInternal),
                  schedule.clock_ns, schedule.target);
  std::size_t process_width = 7;
  std::size_t loop_width = 4;
  for (const Process& process : kernel.processes) {
    process_width = std::max(process_width, process.name.size());
    for (const Block& block : process.blocks) {
      loop_width = std::max(loop_width, block.name.size());
    }
  }
  const std::string header = fmt::format("  {:<{}}  {:<{}}  {:>5}  {:>3}  {:>6}  {:>13}  {:>8}\n", "process",
                                         process_width, "loop", loop_width, "line", "II", "cycles", "trips", "path");
  std::string rows;
  for (std::size_t p = 0; p < kernel.processes.size(); ++p) {
    const Process& process = kernel.processes[p];
    for (std::size_t b = 0; b < process.blocks.size(); ++b) {
      const Block& block = process.blocks[b];
      const BlockSchedule& times = schedule.processes[p].blocks[b];
      if (!block.pipeline && block.loop_depth == 0) {
        continue;
      }
      rows += fmt::format("  {:<{}}  {:<{}}  {:>5}  {:>3}  {:>6}  {:>13}  {:>5.2f} ns\n", process.name, process_width,
                          block.name, loop_width, block.location.line, block.pipeline ? std::to_string(times.ii) : "-",
                          times.cycles, trips(block), times.critical_ns);
    }
  }
  return text + (rows.empty() ? "  no loops\n" : header + rows);
}

}  // namespace sluice::hlsc
