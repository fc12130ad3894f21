// The kernel's function and its parameters.
//
// Purpose: find_top() finds the function by the name that --top gives; describe_parameters() says what each parameter
//   is and in which arguments of LLVM's function clang's calling convention puts it.
// Ownership: values; declarations are the AST's. Threading: none. Errors: an unknown or ambiguous name lists the
//   candidates; a parameter of a kind that has no port is reported at its declaration.
#pragma once

#include <clang/CodeGen/ModuleBuilder.h>
#include <clang/Sema/Sema.h>

#include "hls/compiler/frontend/source_facts.hpp"

namespace sluice::hlsc {

// Nothing where none or several are called so.
[[nodiscard]] const clang::FunctionDecl* find_top(const SourceFacts& facts, const std::string& name,
                                                  const clang::ASTContext& context, Diagnostics& diagnostics);

// Fills Compiled::parameters and Compiled::result; false: reported.
[[nodiscard]] bool describe_parameters(const clang::FunctionDecl& top, clang::Sema& sema,
                                       clang::CodeGenerator& generator, Compiled& compiled, Diagnostics& diagnostics);

}  // namespace sluice::hlsc
