#include "host/cli/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>
#include <utility>

namespace sluice::cli {
namespace {

// The line of progress that stands on the terminal, without its end.
std::string progress;

// A message may quote a path or a file's contents; what it quotes must not end the line.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

void prepare_streams() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) == -1) {
      // The lowest free number is `stream`. Opened the wrong way round, so that using it is still an error.
      (void)::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
  }
}

Status write_output(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return Error(ErrorCode::kIo, "standard output: " + std::generic_category().message(errno));
  }
  return {};
}

void write_note(std::string_view text) {
  if (!progress.empty()) {
    progress.clear();
    std::fputs("\r\x1b[K", stderr);
  }
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

void show_progress(std::string_view what, std::uint64_t done, std::uint64_t total) {
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  if (!terminal || total == 0) {
    return;
  }
  if (done >= total) {
    write_note("");
    return;
  }
  std::string line = fmt::format("{}: {} %", what, 100 * done / total);
  if (progress != line) {
    write_note(line);
    progress = std::move(line);
  }
}

int exit_status(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalidInput:
    case ErrorCode::kNotFound:
    case ErrorCode::kUnsupported:
      return 2;
    case ErrorCode::kDevice:
    case ErrorCode::kTimeout:
    case ErrorCode::kIo:
      return 3;
  }
  return 3;
}

int report(const Error& error) {
  write_note(fmt::format("sluice: {}\n", one_line(error.message())));
  return exit_status(error);
}

}  // namespace sluice::cli
