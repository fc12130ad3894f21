// Clang's diagnostics into ours.
//
// Purpose: an error at a marker's own place means that a statement is impossible there, so it becomes one about the
//   pragma's place; an error on a pragma's line says which pragma it is in; all else passes as it is.
// Ownership: refers to what it was made with. Threading: none. Errors: this is them.
#pragma once

#include <clang/Basic/Diagnostic.h>

#include <set>

#include "hls/compiler/base/diagnostic.hpp"
#include "hls/compiler/frontend/pragma_handler.hpp"

namespace sluice::hlsc {

inline constexpr const char* kPragmaPlace =
    " must be a statement inside braces: put it first in the body of its function or loop, and give the body braces";

class ClangDiagnostics : public clang::DiagnosticConsumer {
 public:
  ClangDiagnostics(Diagnostics& diagnostics, const PragmaSites& sites) : diagnostics_(diagnostics), sites_(sites) {}

  void HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic& info) override;

 private:
  const std::string* pragma_of_line(const clang::SourceManager& sources, clang::SourceLocation location) const;

  Diagnostics& diagnostics_;
  const PragmaSites& sites_;
  std::set<clang::SourceLocation> reported_;  // markers out of place
  bool drops_notes_ = false;                  // of a diagnostic that was dropped
};

}  // namespace sluice::hlsc
