// Places of clang's source manager as the compiler's other modules say them, and errors at them.
#pragma once

#include <clang/AST/ASTContext.h>
#include <clang/Basic/SourceManager.h>

#include <string>

#include "hls/compiler/frontend/frontend.hpp"

namespace sluice::hlsc {

// Of a place in a macro: where the macro is used, which is what debug information says too.
[[nodiscard]] SourcePosition position_of(const clang::SourceManager& sources, clang::SourceLocation location);

// Line 0: of no place.
void report(Diagnostics& diagnostics, SourcePosition position, std::string message,
            Severity severity = Severity::kError);
// An error.
void report(Diagnostics& diagnostics, const clang::ASTContext& context, clang::SourceLocation location,
            std::string message);

}  // namespace sluice::hlsc
