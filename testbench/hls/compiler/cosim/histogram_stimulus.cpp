// Samples are bin numbers: 64 bins, equal neighbours often.
#include "testbench/support/hls_bench/stimulus.hpp"

namespace sluice::hls_bench {

void prepare_call(Stimulus& stimulus) {
  constexpr std::size_t kSamples = 256;
  int bin = 0;
  for (std::size_t i = 0; i < kSamples; ++i) {
    bin = stimulus.random()() % 3 == 0 ? bin : static_cast<int>(stimulus.random()() % 64);
    stimulus.set_element("in", i, bin);
  }
}

}  // namespace sluice::hls_bench
