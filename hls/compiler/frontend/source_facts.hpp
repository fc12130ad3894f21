// What the AST knows and LLVM IR does not: where markers stand, labels of loops, globals by name, stream functions.
//
// Purpose: collect_facts() walks the whole translation unit once, template instantiations included, and reports markers
//   that are not statements inside braces or can't be reached.
// Ownership: values; declarations are the AST's. Threading: none. Errors: the misplaced markers.
#pragma once

#include <clang/AST/ASTContext.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "hls/compiler/frontend/frontend.hpp"
#include "hls/compiler/frontend/pragma_handler.hpp"

namespace sluice::hlsc {

struct SourceFacts {
  std::map<SourcePosition, std::string> loop_labels;
  std::set<SourcePosition> pragmas_in_loops;
  std::map<std::string, NamedGlobal> globals;                          // by mangled name
  std::set<std::string> run_time_initialised;                          // of these, as the language sees it
  std::map<std::string, const clang::FunctionDecl*> stream_functions;  // instantiations, by mangled name
  std::vector<const clang::FunctionDecl*> functions;                   // free, defined outside of system headers
};

[[nodiscard]] SourceFacts collect_facts(clang::ASTContext& context, const PragmaSites& sites, Diagnostics& diagnostics);

}  // namespace sluice::hlsc
