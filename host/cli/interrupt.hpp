// Signals that ask the program to stop something: Ctrl-C, SIGTERM, a terminal that goes away.
//
// Purpose: generation looks at a flag between tokens, and a wait for input ends when a signal comes; no signal is lost
//   between looking and waiting.
// Ownership: the process's signal handlers. Threading: a signal may be handled on any thread; the functions are for
// one. Errors: none.
#pragma once

#include <atomic>

namespace sluice::cli {

enum class SecondInterrupt { kEndsProgram, kIsLikeTheFirst };

// From now on SIGINT sets interrupt_requested().
void catch_interrupt(SecondInterrupt second);
// From now on SIGTERM and SIGHUP set end_requested(), and interrupt_requested() so that what goes on stops.
void catch_end_requests();
// From now on `signal` ends a wait_for_input() and does nothing else.
void wake_on(int signal);

// Whoever acts on an interrupt clears it.
[[nodiscard]] std::atomic<bool>& interrupt_requested();
[[nodiscard]] bool end_requested();

// Waits, without a limit since a person may take their time, until `descriptor` can be read (true) or a caught signal
// has come since the last wait (false).
[[nodiscard]] bool wait_for_input(int descriptor);

}  // namespace sluice::cli
