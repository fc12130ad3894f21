// main() of a batch of random kernels: each is run against its RTL at each clock target by the generic bench.
//
// Purpose: `batch NAME TARGET [bench options]` runs one; run_fuzz.py calls it a process a run, since native statics
// last. Ownership: static tables. Threading: none. Errors: the bench's exit status; 2 for a name that is not here.
#pragma once

#include <cstdio>
#include <string_view>

#include "testbench/support/hls_bench/bench.hpp"

namespace sluice::hls_bench {

struct FuzzRun {
  std::string_view name;
  std::string_view target;
  RtlKernel (*make_rtl)();
  NativeKernel (*make_native)(const RtlKernel&);
};

template <std::size_t N>
int run_fuzz(const FuzzRun (&runs)[N], int argc, char** argv) {
  for (const FuzzRun& run : runs) {
    if (argc >= 3 && run.name == argv[1] && run.target == argv[2]) {
      const RtlKernel rtl = run.make_rtl();
      BenchOptions options;
      options.max_idle_cycles = 20'000;
      return run_bench(rtl, run.make_native(rtl), options, argc - 2, argv + 2);
    }
  }
  std::fprintf(stderr, "usage: batch NAME TARGET [bench options]\n");
  return 2;
}

}  // namespace sluice::hls_bench
