// The lines of one process in the text form, for parse(). Not for others.
//
// Ownership: values. Threading: none. Errors: throws Malformed, which parse() catches.
#pragma once

#include <vector>

#include "hls/compiler/ir/ir.hpp"
#include "hls/compiler/ir/parse_words.hpp"

namespace sluice::hlsc {

// `line_number` is that of the line at hand, whatever happens. `kernel` has all that stands before the processes.
[[nodiscard]] Process parse_process(const Kernel& kernel, std::vector<Line> lines, int& line_number);

}  // namespace sluice::hlsc
