// `static hls::stream<T> s;` inside a function, as many kernels for Vitis declare their FIFOs.
//
// Purpose: LLVM IR has it as a global behind a guard that runs the constructor once. A FIFO is part of the hardware
//   anyway, and must be empty when the kernel ends, so make_streams_local() makes it a local variable.
// Ownership: changes the module in place. Threading: none. Errors: none; a stream that several functions use stays.
#pragma once

#include <llvm/IR/Module.h>

namespace sluice::hlsc {

void make_streams_local(llvm::Module& module);

}  // namespace sluice::hlsc
