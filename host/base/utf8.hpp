// Mending text that claims to be UTF-8.
//
// Ownership, threading: a plain function. Errors: none.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// `bytes` as UTF-8, each maximal part of it that cannot belong to a character replaced by U+FFFD: exactly what Python's
// bytes.decode('utf-8', errors='replace') gives (Unicode 15, section 3.9, "U+FFFD Substitution of Maximal Subparts").
// NUL bytes are characters like others.
std::string replace_invalid_utf8(std::string_view bytes);

}  // namespace sluice
