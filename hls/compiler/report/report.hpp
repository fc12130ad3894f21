// What a reader wants to know of a compiled kernel: as JSON, as text, as a picture of the schedule.
//
// Purpose: II and depth of each loop, latency, memories, streams, operators with their modelled area, the critical
//   chain; schedule_html() is one self-contained page: operations over cycles, a block a table.
// Ownership: returns text. Threading: none. Errors: none.
#pragma once

#include <string>

#include "hls/compiler/ir/ir.hpp"
#include "hls/compiler/schedule/schedule.hpp"

namespace sluice::hlsc {

[[nodiscard]] std::string report_json(const Kernel& kernel, const Schedule& schedule);
[[nodiscard]] std::string report_text(const Kernel& kernel, const Schedule& schedule);
[[nodiscard]] std::string schedule_html(const Kernel& kernel, const Schedule& schedule);

}  // namespace sluice::hlsc
