// hls::stream in native runs. Included by hls_stream.h.
//
// Purpose: the Vitis members, and what test benches need: a source that makes words when the stream is read empty,
//   words(), drain() and clear().
//   A stream made inside sluice_hls::simulate(kThreads) holds Depth words (2 where none is given, Vitis' default);
//   made elsewhere it is a test bench's end of a port and unbounded.
// Ownership, threading: see hls_stream.h and run.h.
// Errors: reading an empty stream with nobody to fill it, and destroying one that still holds words: in a run they
//   become its Outcome, elsewhere they print the stream's name and abort.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "run.h"

namespace hls {

template <class T, int Depth = 0>
class stream;

template <class T>
class stream<T, 0> {
  static_assert(std::is_trivially_copyable_v<T>, "a stream's words are bits: T must be trivially copyable");
  using Run = sluice_hls::native::Run;
  using Lock = sluice_hls::native::Lock;
  using State = sluice_hls::native::Process::State;

 public:
  stream() : stream(std::string()) {}
  explicit stream(const std::string& name) : stream(name, 2) {}
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  ~stream() noexcept {
    if (words_.empty() || std::uncaught_exceptions() > 0) return;
    const std::string message = "stream '" + channel_.name + "' is destroyed with " + std::to_string(words_.size()) +
                                (words_.size() == 1 ? " word" : " words") + " left in it";
    if (Run* run = Run::current()) {
      const Lock lock(run->mutex());
      run->fail(message);
    } else {
      sluice_hls::native::fail(message);
    }
  }

  T read() {
    const Lock lock = wait_for(State::kReading);
    if (words_.empty()) die("stream '" + channel_.name + "' is read while empty");
    return pop();
  }
  void read(T& word) { word = read(); }
  void write(const T& word) {
    const Lock lock = wait_for(State::kWriting);
    push(word);
  }
  bool read_nb(T& word) {
    const Lock lock = enter();
    fill();
    if (words_.empty()) return false;
    word = pop();
    return true;
  }
  bool write_nb(const T& word) {
    const Lock lock = enter();
    if (!channel_.can_write()) return false;
    push(word);
    return true;
  }
  void operator>>(T& word) { read(word); }
  void operator<<(const T& word) { write(word); }
  bool empty() {
    const Lock lock = enter();
    fill();
    return words_.empty();
  }
  bool full() const {
    const Lock lock = enter();
    return !channel_.can_write();
  }
  std::size_t size() const {
    const Lock lock = enter();
    return words_.size();
  }
  // 0: unbounded.
  std::size_t capacity() const { return channel_.capacity; }
  void set_name(const char* name) { channel_.name = name; }

  // For test benches, none of them in Vitis.

  const std::string& name() const { return channel_.name; }
  // Called when the stream is read (or asked whether it is empty) while empty; nullopt: no word now.
  void set_source(std::function<std::optional<T>()> source) { source_ = std::move(source); }
  std::vector<T> words() const { return {words_.begin(), words_.end()}; }
  std::vector<T> drain() {
    std::vector<T> all = words();
    clear();
    return all;
  }
  void clear() {
    words_.clear();
    channel_.count = 0;
  }

 protected:
  stream(const std::string& name, std::size_t depth) {
    static std::atomic<unsigned> unnamed{0};
    channel_.name = name.empty() ? "unnamed stream " + std::to_string(++unnamed) : name;
    Run* run = Run::current();
    channel_.capacity = run != nullptr && run->threaded() ? depth : 0;
  }

 private:
  // The run's lock in a threaded run, none elsewhere.
  static Lock enter() {
    Run* run = Run::current();
    if (run == nullptr || !run->threaded()) return {};
    Lock lock(run->mutex());
    run->leave_if_failed();
    return lock;
  }
  Lock wait_for(State wish) {
    Lock lock = enter();
    if (wish == State::kReading) fill();
    if (lock.owns_lock()) Run::current()->wait_for(lock, channel_, wish);
    return lock;
  }
  void fill() {
    if (!words_.empty() || !source_) return;
    if (std::optional<T> word = source_()) push(*word);
  }
  void push(const T& word) {
    words_.push_back(word);
    channel_.count = words_.size();
    moved(State::kReading);
  }
  T pop() {
    T word = words_.front();
    words_.pop_front();
    channel_.count = words_.size();
    moved(State::kWriting);
    return word;
  }
  void moved(State unblocked) {
    Run* run = Run::current();
    if (run != nullptr && run->threaded()) run->moved(channel_, unblocked);
  }
  [[noreturn]] static void die(const std::string& message) { sluice_hls::native::fail(message); }

  sluice_hls::native::Channel channel_;
  std::deque<T> words_;
  std::function<std::optional<T>()> source_;
};

template <class T, int Depth>
class stream : public stream<T, 0> {
  static_assert(Depth > 0, "a stream's depth is at least 1");

 public:
  stream() : stream(std::string()) {}
  explicit stream(const std::string& name) : stream<T, 0>(name, static_cast<std::size_t>(Depth)) {}
};

}  // namespace hls
