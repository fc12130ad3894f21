// Errors and warnings about the user's source, with file and line, as a compiler prints them.
//
// Purpose: every module of the compiler reports what it can't do here and returns failure; the driver prints.
// Ownership: values. Threading: none. Errors: this is them. A message names the construct, and where there is one, the
//   next step ("... ; write X instead").
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sluice::hlsc {

enum class Severity { kNote, kWarning, kError };

struct Diagnostic {
  Severity severity = Severity::kError;
  std::string file;  // empty: of no place in the source
  int line = 0;
  int column = 0;
  std::string message;
};

class Diagnostics {
 public:
  void add(Diagnostic diagnostic) {
    failed_ |= diagnostic.severity == Severity::kError;
    all_.push_back(std::move(diagnostic));
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }

 private:
  std::vector<Diagnostic> all_;
  bool failed_ = false;
};

}  // namespace sluice::hlsc
