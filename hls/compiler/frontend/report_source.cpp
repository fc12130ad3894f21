#include "hls/compiler/frontend/report_source.hpp"

#include <utility>

namespace sluice::hlsc {

SourcePosition position_of(const clang::SourceManager& sources, clang::SourceLocation location) {
  clang::PresumedLoc presumed = sources.getPresumedLoc(location);
  if (presumed.isInvalid()) {
    return {};
  }
  return {.file = presumed.getFilename(),
          .line = static_cast<int>(presumed.getLine()),
          .column = static_cast<int>(presumed.getColumn())};
}

void report(Diagnostics& diagnostics, SourcePosition position, std::string message, Severity severity) {
  diagnostics.add({.severity = severity,
                   .file = std::move(position.file),
                   .line = position.line,
                   .column = position.column,
                   .message = std::move(message)});
}

void report(Diagnostics& diagnostics, const clang::ASTContext& context, clang::SourceLocation location,
            std::string message) {
  report(diagnostics, position_of(context.getSourceManager(), location), std::move(message));
}

}  // namespace sluice::hlsc
