// The text form of a kernel back to a kernel, so that tests can write kernels down. ir/README.md shows the form.
//
// Purpose: parse(print(kernel)) has the same text. Beyond what print() writes, a label may be a word (`%acc`: it
// becomes
//   the operation's name), a constant may be written in place (`32:5`), and an operation without a result needs no
//   label.
// Ownership: returns a value. Threading: none. Errors: "line N: ..." for text that is malformed; the result is not
//   verified.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

struct ParseError {
  std::string message;
};

[[nodiscard]] std::variant<Kernel, ParseError> parse(std::string_view text);

}  // namespace sluice::hlsc
