// A line on standard error for every stage of a compilation that takes long, so that nobody waits in the dark.
//
// Ownership: owns the thread that waits. Threading: begin() and the destructor from one thread. Errors: none.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace sluice::hlsc {

class SlowNotice {
 public:
  explicit SlowNotice(std::chrono::milliseconds patience);

  // What runs from now on; printed once it has run longer than `patience`.
  void begin(std::string_view stage);

 private:
  void watch(const std::stop_token& stop);

  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string stage_;    // guarded by mutex_; empty: none, or printed
  std::jthread thread_;  // last: stops before what it uses goes
};

}  // namespace sluice::hlsc
