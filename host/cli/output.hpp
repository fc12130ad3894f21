// Standard output and standard error of `sluice`.
//
// Purpose: what a program reads goes to standard output and a failure to write it is an error; what a person reads goes
//   to standard error, whose failures cannot be reported anywhere and are ignored.
// Ownership: the process's streams. Threading: one thread. Errors: kIo.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "host/base/result.hpp"

namespace sluice::cli {

// Makes failures of the streams come back as errors: a closed pipe and a file over the size limit are errors of the
// write instead of signals, and a standard stream that the caller has closed cannot become a file of the program.
void prepare_streams();

// Writes and flushes.
[[nodiscard]] Status write_output(std::string_view text);

// For people; ends a line of progress that stands there.
void write_note(std::string_view text);

// One line of progress on a terminal's standard error; nothing elsewhere.
void show_progress(std::string_view what, std::uint64_t done, std::uint64_t total);

// Exit statuses: 0 good, 2 the request or its files are at fault, 3 the machine or the device is.
[[nodiscard]] int exit_status(const Error& error);

// Prints "sluice: MESSAGE" as one line on standard error; returns the exit status.
int report(const Error& error);

}  // namespace sluice::cli
