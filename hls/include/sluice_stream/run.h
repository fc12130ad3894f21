// A native run of a kernel: sequential or a thread a process, and what went wrong in it.
//
// Purpose: hardware dataflow processes run at once and FIFOs are finite; a sequential native run hides both. In a
//   threaded run streams made inside the kernel are bounded by their depth, and a deadlock is found the moment every
//   process is blocked: by counting, not by waiting, so the same program always gives the same report.
// Ownership: a Run lives in sluice_hls::simulate(); its processes are threads joined by their DataflowRegion.
// Threading: one mutex guards the run and all its streams' words; each process sleeps on its own condition variable.
// Errors: the first failure cancels the run: every stream operation then throws Cancelled, which unwinds the kernel up
//   to simulate(), whose Outcome carries the message. Without simulate() a failure prints and aborts.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sluice_hls {

enum class Mode {
  kSequential,  // processes run one after the other, streams are unbounded
  kThreads,     // a thread a process, streams are bounded by their depth
};

struct [[nodiscard]] Outcome {
  std::string message;  // empty when all went well
  [[nodiscard]] bool ok() const { return message.empty(); }
};

namespace native {

using Lock = std::unique_lock<std::mutex>;

// Thrown to leave a kernel whose run has failed; caught by simulate() and by the threads of processes.
struct Cancelled {};

// What the run must know of a stream. `count` and `name` are guarded by the run's mutex in a threaded run.
struct Channel {
  std::string name;
  std::size_t capacity = 0;  // 0: unbounded
  std::size_t count = 0;
  [[nodiscard]] bool can_read() const { return count > 0; }
  [[nodiscard]] bool can_write() const { return capacity == 0 || count < capacity; }
};

struct Process {
  enum class State { kRunning, kReading, kWriting, kJoining };
  std::string name;
  State state = State::kRunning;
  const Channel* channel = nullptr;  // of kReading and kWriting
  Process* parent = nullptr;
  int children = 0;       // not yet ended
  int made = 0;           // children ever made
  std::vector<int> path;  // place in the program: which child of which child; the order of reports
  std::condition_variable wake;
};

class Run {
 public:
  Run(Mode mode, std::chrono::milliseconds deadline) : mode_(mode), deadline_(deadline) {}

  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] bool threaded() const { return mode_ == Mode::kThreads; }
  std::mutex& mutex() { return mutex_; }
  [[nodiscard]] bool failed() const { return !message_.empty(); }
  [[nodiscard]] const std::string& message() const { return message_; }

  // The run and the process of the calling thread; null outside simulate().
  static Run*& current() {
    thread_local Run* run = nullptr;
    return run;
  }
  static Process*& self() {
    thread_local Process* process = nullptr;
    return process;
  }

  // All below: the mutex is held.

  void fail(const std::string& message) {
    if (failed()) return;
    message_ = message;
    for (Process& process : processes_) process.wake.notify_all();
  }
  [[noreturn]] void fail_and_leave(const std::string& message) {
    fail(message);
    throw Cancelled{};
  }
  void leave_if_failed() const {
    if (failed()) throw Cancelled{};
  }

  Process* add(std::string name, Process* parent) {
    Process& process = processes_.emplace_back();
    process.name = std::move(name);
    process.parent = parent;
    if (parent != nullptr) {
      ++parent->children;
      process.path = parent->path;
      process.path.push_back(parent->made++);
    }
    return &process;
  }

  // Blocks the calling process until the stream can be read (written).
  void wait_for(Lock& lock, const Channel& channel, Process::State wish) {
    const bool reading = wish == Process::State::kReading;
    Process& process = *self();
    leave_if_failed();
    if (reading ? channel.can_read() : channel.can_write()) return;
    process.channel = &channel;
    process.state = wish;
    fail_on_deadlock();
    process.wake.wait(lock, [&] { return failed() || process.state == Process::State::kRunning; });
    leave_if_failed();
  }

  // A word went into (out of) the stream: its reader (writer), if blocked, can go on.
  void moved(const Channel& channel, Process::State unblocked) {
    ++words_moved_;
    for (Process& process : processes_) {
      if (process.state == unblocked && process.channel == &channel) {
        process.state = Process::State::kRunning;
        process.wake.notify_one();
        return;
      }
    }
  }

  void end(Process* process) {
    Process* parent = process->parent;
    processes_.remove_if([process](const Process& other) { return &other == process; });
    ++words_moved_;
    if (--parent->children == 0 && parent->state == Process::State::kJoining) {
      parent->state = Process::State::kRunning;
      parent->wake.notify_one();
    } else {
      fail_on_deadlock();
    }
  }

  // Blocks the calling process until its children have ended, and watches that words move meanwhile.
  void join(Lock& lock) {
    Process& process = *self();
    if (process.children > 0) {
      process.state = Process::State::kJoining;
      fail_on_deadlock();
    }
    bool warned = failed();
    while (process.children > 0) {
      const std::uint64_t before = words_moved_;
      process.wake.wait_for(lock, deadline_, [&] { return process.children == 0 || failed() != warned; });
      if (process.children == 0) break;
      if (failed() != warned) {
        warned = true;
      } else if (words_moved_ == before) {
        // Processes that neither block nor touch a stream cannot be unwound: give them one more deadline.
        if (warned) abandon();
        fail("no word moved for " + std::to_string(deadline_.count()) + " ms: " + describe());
      }
    }
    process.state = Process::State::kRunning;
  }

 private:
  void fail_on_deadlock() {
    for (const Process& process : processes_) {
      if (process.state == Process::State::kRunning) return;
    }
    fail("dataflow deadlock: " + describe());
  }

  [[nodiscard]] std::string describe() const {
    std::vector<const Process*> ordered;
    for (const Process& process : processes_) ordered.push_back(&process);
    std::sort(ordered.begin(), ordered.end(), [](const Process* a, const Process* b) { return a->path < b->path; });
    std::string text;
    for (const Process* each : ordered) {
      const Process& process = *each;
      if (process.state == Process::State::kJoining) continue;
      text += text.empty() ? "" : "; ";
      text += process.name;
      if (process.state == Process::State::kRunning) {
        text += " is running";
      } else if (process.state == Process::State::kReading) {
        text += " waits to read '" + process.channel->name + "' (empty)";
      } else {
        text += " waits to write '" + process.channel->name + "' (full, depth " +
                std::to_string(process.channel->capacity) + ")";
      }
    }
    return text;
  }

  [[noreturn]] void abandon() const {
    std::fprintf(stderr, "sluice_hls: a process did not stop after: %s\n", message_.c_str());
    std::abort();
  }

  const Mode mode_;
  const std::chrono::milliseconds deadline_;
  std::mutex mutex_;
  std::list<Process> processes_;
  std::uint64_t words_moved_ = 0;
  std::string message_;
};

// A failure outside a run, or in the sequential thread of one.
[[noreturn]] inline void fail(const std::string& message) {
  if (Run* run = Run::current()) {
    const Lock lock(run->mutex());
    run->fail_and_leave(message);
  }
  std::fprintf(stderr, "sluice_hls: %s\n", message.c_str());
  std::abort();
}

}  // namespace native

// Calls `kernel()` in the given mode and says what went wrong: a deadlock (who waits for which stream), a read of an
// empty stream, words left in a stream that the kernel made, or no word moving for `deadline`.
template <class Kernel>
Outcome simulate(Mode mode, Kernel&& kernel, std::chrono::milliseconds deadline = std::chrono::seconds(60)) {
  native::Run run(mode, deadline);
  if (native::Run::current() != nullptr) native::fail("simulate() within simulate()");
  native::Process* root = nullptr;
  {
    const native::Lock lock(run.mutex());
    root = run.add("kernel", nullptr);
  }
  native::Run::current() = &run;
  native::Run::self() = root;
  try {
    std::forward<Kernel>(kernel)();
  } catch (const native::Cancelled&) {  // NOLINT(bugprone-empty-catch): the run's message says why
  } catch (...) {
    native::Run::current() = nullptr;
    native::Run::self() = nullptr;
    throw;
  }
  native::Run::current() = nullptr;
  native::Run::self() = nullptr;
  return {run.message()};
}

}  // namespace sluice_hls
