// Checks of invariants, on in every build. A failed check is a bug in Sluice: it prints where and what, then aborts.
// For things that may go wrong outside the program use Status (base/result.hpp).
#pragma once

#include <cstdio>
#include <cstdlib>

#define SLUICE_CHECK(condition)                                                          \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
