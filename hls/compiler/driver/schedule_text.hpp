// A schedule as text: block by block, cycle by cycle, which operation runs when.
//
// Ownership: returns text. Threading: none. Errors: none.
#pragma once

#include <string>

#include "hls/compiler/ir/ir.hpp"
#include "hls/compiler/schedule/schedule.hpp"

namespace sluice::hlsc {

[[nodiscard]] std::string schedule_text(const Kernel& kernel, const Schedule& schedule);

}  // namespace sluice::hlsc
