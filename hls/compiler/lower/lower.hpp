// LLVM IR with pragma markers to the kernel IR.
//
// Purpose: lower() reads the markers, inlines, splits memory into typed arrays and banks, unrolls, simplifies (without
//   widening: no native integer widths), turns a pipelined loop into one block of predicated operations, and writes the
//   kernel IR. The passes and their order are in lower/README.md, one file a pass.
// Ownership: takes the module apart; the kernel keeps nothing of LLVM's. Threading: none. Errors: what is outside the
//   subset is a diagnostic with file and line; a pragma that found nothing to apply to is an error.
#pragma once

#include <optional>

#include "hls/compiler/base/diagnostic.hpp"
#include "hls/compiler/frontend/frontend.hpp"
#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

[[nodiscard]] std::optional<Kernel> lower(Compiled compiled, Diagnostics& diagnostics);

}  // namespace sluice::hlsc
