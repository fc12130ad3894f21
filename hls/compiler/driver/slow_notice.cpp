#include "hls/compiler/driver/slow_notice.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace sluice::hlsc {

SlowNotice::SlowNotice(std::chrono::milliseconds patience)
    : patience_(patience), thread_([this](const std::stop_token& stop) { watch(stop); }) {}

void SlowNotice::begin(std::string_view stage) {
  const std::lock_guard lock(mutex_);
  stage_ = stage;
  changed_.notify_one();
}

void SlowNotice::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const std::string waited_for = stage_;
    const bool changed = changed_.wait_for(lock, stop, patience_, [&] { return stage_ != waited_for; });
    if (!changed && !stop.stop_requested() && !stage_.empty()) {
      fmt::print(stderr, "sluice-hls: {} ...\n", stage_);
      stage_.clear();
    }
  }
}

}  // namespace sluice::hlsc
