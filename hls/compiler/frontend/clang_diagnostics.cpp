#include "hls/compiler/frontend/clang_diagnostics.hpp"

#include <clang/Basic/SourceManager.h>
#include <llvm/ADT/SmallString.h>

#include "hls/compiler/frontend/report_source.hpp"

namespace sluice::hlsc {

void ClangDiagnostics::HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic& info) {
  DiagnosticConsumer::HandleDiagnostic(level, info);
  if (level == clang::DiagnosticsEngine::Note && drops_notes_) {
    return;
  }
  drops_notes_ = level < clang::DiagnosticsEngine::Note;
  if (drops_notes_ || level == clang::DiagnosticsEngine::Remark) {
    return;
  }
  llvm::SmallString<256> text;
  info.FormatDiagnostic(text);
  Diagnostic diagnostic{.severity = level >= clang::DiagnosticsEngine::Error     ? Severity::kError
                                    : level == clang::DiagnosticsEngine::Warning ? Severity::kWarning
                                                                                 : Severity::kNote,
                        .file = {},
                        .line = 0,
                        .column = 0,
                        .message = text.str().str()};
  if (info.hasSourceManager() && info.getLocation().isValid()) {
    const clang::SourceManager& sources = info.getSourceManager();
    SourcePosition position = position_of(sources, info.getLocation());
    diagnostic.file = position.file;
    diagnostic.line = position.line;
    diagnostic.column = position.column;
    if (diagnostic.severity == Severity::kError) {
      if (auto site = sites_.find(info.getLocation()); site != sites_.end()) {
        drops_notes_ = true;
        if (!reported_.insert(site->first).second) {
          return;
        }
        diagnostic.message = "#pragma HLS " + site->second + kPragmaPlace;
      } else if (const std::string* directive = pragma_of_line(sources, info.getLocation())) {
        diagnostic.message = "in #pragma HLS " + *directive + ": " + diagnostic.message;
      }
    }
  }
  diagnostics_.add(std::move(diagnostic));
}

const std::string* ClangDiagnostics::pragma_of_line(const clang::SourceManager& sources,
                                                    clang::SourceLocation location) const {
  SourcePosition position = position_of(sources, location);
  for (const auto& [site, directive] : sites_) {
    SourcePosition of_site = position_of(sources, site);
    if (of_site.line == position.line && of_site.file == position.file) {
      return &directive;
    }
  }
  return nullptr;
}

}  // namespace sluice::hlsc
