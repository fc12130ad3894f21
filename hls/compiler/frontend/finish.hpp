// The last touches to the module that clang emitted, so that lower/ finds what frontend.hpp promises.
//
// Purpose: finish_module() takes away what the top does not reach, gives allocas the place of their variable, and lets
//   markers name what a pointer variable points at. remaining_run_time_initialised() says which of the globals left
//   over would have needed code before the kernel's first call.
// Ownership: changes the module in place. Threading: none. Errors: none.
#pragma once

#include <llvm/IR/Module.h>

#include <set>
#include <string>
#include <vector>

namespace sluice::hlsc {

// Names of globals that code outside of the kernel may initialise; to be asked before finish_module().
[[nodiscard]] std::set<std::string> touched_by_constructors(llvm::Module& module);

void finish_module(llvm::Module& module, const std::string& top_symbol);

// Globals of `candidates` still in the module that are initialised by a constructor of `touched` or behind a guard.
[[nodiscard]] std::vector<std::string> remaining_run_time_initialised(const llvm::Module& module,
                                                                      const std::set<std::string>& candidates,
                                                                      const std::set<std::string>& touched);

}  // namespace sluice::hlsc
