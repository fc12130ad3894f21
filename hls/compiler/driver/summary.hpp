// What a person wants to see first of a compiled kernel.
//
// Ownership: returns text. Threading: none. Errors: none.
#pragma once

#include <string>

#include "hls/compiler/ir/ir.hpp"
#include "hls/compiler/schedule/schedule.hpp"

namespace sluice::hlsc {

// Ports, then one line a loop: process, name, source line, II and depth where it is pipelined, trips, longest path.
[[nodiscard]] std::string summary(const Kernel& kernel, const Schedule& schedule);

}  // namespace sluice::hlsc
