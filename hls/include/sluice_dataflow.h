// Macros that make the processes of a kernel known, so that a native run can give each a thread.
//
// Purpose:
//     #pragma HLS DATAFLOW
//       hls::stream<Word, 4> rows("rows"), sums("sums");
//       SLUICE_DATAFLOW_BEGIN
//       SLUICE_PROCESS(read_rows, in, rows);
//       SLUICE_PROCESS((sum_rows<4, 8>), rows, sums);
//       SLUICE_PROCESS(write_sums, sums, out);
//       SLUICE_DATAFLOW_END
//   In the HLS flow each is the plain call read_rows(in, rows) and BEGIN and END are nothing. Natively they run one
//   after the other, or in sluice_hls::simulate(kThreads, ...) each in a thread; END waits for all.
//   A kernel for Vitis HLS must not need this header; README.md has the #if __has_include idiom.
// Ownership: arguments for parameters T& and T* are used where they are and must outlive END (streams, arrays); scalars
//   by value or const reference are copied when SLUICE_PROCESS is reached, as loop indices must be.
// Threading: processes share nothing but streams. A scalar that one process writes for a later one is read too early.
// Errors: see sluice_stream/run.h.
#pragma once

#ifdef __SLUICE_HLS__

#define SLUICE_DATAFLOW_BEGIN
#define SLUICE_PROCESS(function, ...) function(__VA_ARGS__)
#define SLUICE_DATAFLOW_END

#else

#include <functional>
#include <list>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

#include "sluice_stream/run.h"

namespace sluice_hls::native {

// How a process keeps the argument of a parameter P until its thread has read it.
template <class P, class Referred = typename std::remove_reference<P>::type>
inline constexpr bool is_copied = std::is_lvalue_reference_v<P> && std::is_const_v<Referred> &&
                                  std::is_trivially_copyable_v<Referred> && !std::is_array_v<Referred>;
template <class P>
using Kept = std::conditional_t<is_copied<P>, std::decay_t<P>, P>;

class DataflowRegion {
 public:
  DataflowRegion() = default;
  DataflowRegion(const DataflowRegion&) = delete;
  DataflowRegion& operator=(const DataflowRegion&) = delete;
  // Left by an exception: the processes must end before what they refer to does.
  ~DataflowRegion() { join_threads("the kernel left its dataflow region early"); }

  template <class R, class... P, class... A>
  void process(const char* name, R (*function)(P...), A&&... arguments) {
    Run* run = Run::current();
    if (run == nullptr || !run->threaded()) {
      function(std::forward<A>(arguments)...);
      return;
    }
    Process* process = nullptr;
    {
      const Lock lock(run->mutex());
      run->leave_if_failed();
      process = run->add(name, Run::self());
    }
    threads_.emplace_back(
        [run, process, function, kept = std::tuple<Kept<P>...>(std::forward<A>(arguments)...)]() mutable {
          Run::current() = run;
          Run::self() = process;
          try {
            std::apply([function](auto&... argument) { function(static_cast<P>(argument)...); }, kept);
          } catch (const Cancelled&) {  // NOLINT(bugprone-empty-catch): the run's message says why
          }
          const Lock lock(run->mutex());
          run->end(process);
        });
  }

  // Waits for the processes; leaves the kernel if the run has failed.
  void end() {
    join_threads(nullptr);
    if (Run* run = Run::current(); run != nullptr) {
      const Lock lock(run->mutex());
      run->leave_if_failed();
    }
  }

 private:
  void join_threads(const char* failure) {
    if (threads_.empty()) return;
    Run* run = Run::current();
    {
      Lock lock(run->mutex());
      if (failure != nullptr) run->fail(failure);
      run->join(lock);
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  std::list<std::thread> threads_;
};

}  // namespace sluice_hls::native

#define SLUICE_DATAFLOW_BEGIN ::sluice_hls::native::DataflowRegion sluice_dataflow_region;
#define SLUICE_PROCESS(function, ...) sluice_dataflow_region.process(#function, function, ##__VA_ARGS__)
#define SLUICE_DATAFLOW_END sluice_dataflow_region.end();

#endif
