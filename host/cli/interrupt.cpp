#include "host/cli/interrupt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace sluice::cli {
namespace {

std::atomic<bool> interrupted{false};
std::atomic<bool> ending{false};
static_assert(std::atomic<bool>::is_always_lock_free);

// A byte in it says that a signal has come; the handler writes, wait_for_input() reads.
std::array<int, 2> wake_pipe{-1, -1};

void on_signal(int number) {
  const int error_number = errno;
  if (number == SIGINT || number == SIGTERM || number == SIGHUP) {
    interrupted.store(true);
  }
  if (number == SIGTERM || number == SIGHUP) {
    ending.store(true);
  }
  (void)!::write(wake_pipe[1], "", 1);  // full: there is a byte already
  errno = error_number;
}

void open_wake_pipe() {
  if (wake_pipe[0] < 0) {
    (void)!::pipe2(wake_pipe.data(), O_NONBLOCK | O_CLOEXEC);
  }
}

// Calls that a signal interrupts go on: what waits for one waits in wait_for_input().
void handle(int number, int flags) {
  open_wake_pipe();
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART | flags;
  ::sigaction(number, &action, nullptr);
}

}  // namespace

void catch_interrupt(SecondInterrupt second) {
  handle(SIGINT, second == SecondInterrupt::kEndsProgram ? static_cast<int>(SA_RESETHAND) : 0);
}

void catch_end_requests() {
  for (const int number : {SIGTERM, SIGHUP}) {
    struct sigaction inherited = {};
    ::sigaction(number, nullptr, &inherited);
    if (inherited.sa_handler != SIG_IGN) {  // as under nohup
      handle(number, 0);
    }
  }
}

void wake_on(int signal) { handle(signal, 0); }

std::atomic<bool>& interrupt_requested() { return interrupted; }

bool end_requested() { return ending.load(); }

bool wait_for_input(int descriptor) {
  open_wake_pipe();
  std::array<pollfd, 2> waited{{{descriptor, POLLIN, 0}, {wake_pipe[0], POLLIN, 0}}};
  while (::poll(waited.data(), waited.size(), -1) < 0 && errno == EINTR) {
  }
  if (waited[1].revents == 0) {
    return true;
  }
  std::array<char, 64> bytes{};
  while (::read(wake_pipe[0], bytes.data(), bytes.size()) > 0) {
  }
  return false;
}

}  // namespace sluice::cli
