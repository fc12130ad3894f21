// How clang is called for a kernel.
#pragma once

#include <clang/Frontend/CompilerInvocation.h>

#include <memory>

#include "hls/compiler/frontend/frontend.hpp"

namespace sluice::hlsc {

// Found as clang's driver finds them: libstdc++, the target. Nothing where the driver reported an error.
[[nodiscard]] std::unique_ptr<clang::CompilerInvocation> make_invocation(const Options& options,
                                                                         clang::DiagnosticsEngine& engine);

}  // namespace sluice::hlsc
