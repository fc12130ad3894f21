// The generic co-simulation: a kernel's C++ function against its RTL, word for word.
//
// Purpose: main() of every bench that sluice_add_hls_kernel() builds. Input words are made as they are wanted: random,
//   with corner patterns, or the kernel's own stimulus. Each call runs natively first, then in RTL under random gaps
//   and back-pressure; every output word, scalar and array must be equal, in order and number, and the RTL must take
//   exactly the words that the native run took (two more wait in each port's queue). Calls follow each other without
//   reset, some without a pause; before the first native call a few calls are cut off by a reset.
// Ownership: values. Threading: one thread beside the kernel's own. Errors: printed; the result is the exit status.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "testbench/support/hls_bench/native_kernel.hpp"
#include "testbench/support/hls_bench/rtl_kernel.hpp"

namespace sluice::hls_bench {

// The values a scalar takes: between the bounds, as signed numbers, each bound often.
struct ScalarRange {
  std::string name;
  std::int64_t min = 0;
  std::int64_t max = 0;
};

// What a kernel's own stimulus may say about the next call.
class Stimulus {
 public:
  Stimulus(const RtlKernel& rtl, std::mt19937_64& random, int call, NativeCall& next,
           std::vector<std::vector<Words>>& words)
      : rtl_(rtl), random_(random), call_(call), next_(next), words_(words) {}

  [[nodiscard]] std::mt19937_64& random() { return random_; }
  [[nodiscard]] int call() const { return call_; }  // 0, 1, ...
  // Appends a word to an input stream.
  template <class T>
  void push(const std::string& stream, const T& word) {
    words_.at(find(rtl_.streams, stream)).push_back(native_detail::to_words(word));
  }
  template <class T>
  void set_scalar(const std::string& scalar, const T& value) {
    next_.scalars.at(find(rtl_.scalars, scalar)) = native_detail::to_words(value);
  }
  template <class T>
  void set_element(const std::string& array, std::size_t element, const T& value) {
    next_.arrays.at(find(rtl_.arrays, array)).at(element) = native_detail::to_words(value);
  }

 private:
  template <class List>
  static std::size_t find(const List& list, const std::string& name) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].name == name) {
        return i;
      }
    }
    native_detail::mismatch("the stimulus names '" + name + "', which is no port of its kind");
  }

  const RtlKernel& rtl_;
  std::mt19937_64& random_;
  int call_;
  NativeCall& next_;
  std::vector<std::vector<Words>>& words_;
};

struct BenchOptions {
  std::uint64_t seed = 1;
  int calls = 12;                           // at least
  std::uint64_t words = 0;                  // go on until so many have moved
  std::uint64_t max_idle_cycles = 200'000;  // without a word at any port: it hangs
  std::uint64_t max_cycles = 0;             // in all: it goes on for ever; 0: no limit
  std::uint64_t mutant = 0;                 // that the RTL is, of those built in
  std::vector<ScalarRange> ranges;          // of scalars; others lie between 0 and 64
  void (*stimulus)(Stimulus&) = nullptr;
};

// Reads --calls, --words, --seed, --max-idle, --max-cycles, --mutant; runs; prints. 0: all equal, 1: not, 2: what was
// asked for makes no sense.
[[nodiscard]] int run_bench(const RtlKernel& rtl, const NativeKernel& native, BenchOptions options, int argc,
                            char** argv);

}  // namespace sluice::hls_bench
