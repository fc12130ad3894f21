// The kernels that CMakeLists.txt emits and verilates. Ownership: static. Threading: none. Errors: none.
#pragma once

#include <string>
#include <vector>

#include "testbench/support/hls_bench/rtl_kernel.hpp"

namespace sluice::hls_bench {

struct Emitted {
  std::string name;
  RtlKernel (*make)();
};

[[nodiscard]] const std::vector<Emitted>& emitted_kernels();

}  // namespace sluice::hls_bench
