// What the fuzz targets share: libFuzzer's entry point, and the checks of what every reader promises.
//
// Purpose: a target is one .cpp file that defines LLVMFuzzerTestOneInput. It reads the input as somebody's file and
//   checks what the reader promises of its answer (SLUICE_CHECK), beside what the sanitizers check.
// Ownership: inputs belong to the caller. Threading: one thread. Errors: a broken promise ends the process.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "host/base/check.hpp"
#include "host/base/result.hpp"
#include "host/base/utf8.hpp"

// Defined by each target; called by libFuzzer or by replay.cpp.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace sluice::fuzz {

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// What lies before the first NUL byte of an input, and what lies behind it. Texts that cannot hold a NUL come first.
struct Halves {
  std::string_view first;
  std::string_view second;
};

inline Halves split_at_nul(std::string_view input) {
  const std::size_t nul = std::min(input.find('\0'), input.size());
  return {input.substr(0, nul), input.substr(std::min(nul + 1, input.size()))};
}

// Messages are one line of bounded length, in UTF-8.
inline void check_error(const Error& error) {
  constexpr std::size_t kMaxLength = 1'000;
  const std::string& message = error.message();
  SLUICE_CHECK(!message.empty() && message.size() <= kMaxLength);
  SLUICE_CHECK(std::none_of(message.begin(), message.end(), [](char c) { return static_cast<unsigned char>(c) < 32; }));
  SLUICE_CHECK(replace_invalid_utf8(message) == message);
}

// Whether the bytes of `part` are among those of `whole`.
inline bool lies_within(std::span<const std::byte> part, std::span<const std::byte> whole) {
  const auto begin = reinterpret_cast<std::uintptr_t>(whole.data());
  const auto at = reinterpret_cast<std::uintptr_t>(part.data());
  return at >= begin && at - begin <= whole.size() && part.size() <= whole.size() - (at - begin);
}

}  // namespace sluice::fuzz
