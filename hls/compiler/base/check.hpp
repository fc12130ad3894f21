// Checks of the compiler's own invariants, on in every build. A failed check is a bug of sluice-hls: it prints where
// and what, then aborts. What is wrong in the user's source goes to Diagnostics (diagnostic.hpp) instead.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string_view>

namespace sluice::hlsc {

[[noreturn]] inline void fail(std::string_view what, std::source_location place = std::source_location::current()) {
  std::fprintf(stderr, "%s:%u: check failed: %.*s\n", place.file_name(), static_cast<unsigned>(place.line()),
               static_cast<int>(what.size()), what.data());
  std::abort();
}

inline void check(bool condition, std::string_view what, std::source_location place = std::source_location::current()) {
  if (!condition) {
    fail(what, place);
  }
}

}  // namespace sluice::hlsc
