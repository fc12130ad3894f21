// The text form as lines of words, for parse(). Not for others.
//
// Ownership: values. Threading: none. Errors: throws Malformed, which parse() catches: the only exceptions of the
// compiler.
#pragma once

#include <llvm/ADT/APInt.h>

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

struct Malformed {
  std::string message;
};

struct Line {
  int number = 0;
  std::vector<std::string> words;  // a quoted word keeps its first quote
};

[[nodiscard]] std::vector<Line> split_lines(std::string_view text);

template <typename Number>
[[nodiscard]] Number number(std::string_view word) {
  Number value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) {
    throw Malformed{"'" + std::string(word) + "' is no number that fits here"};
  }
  return value;
}

// Decimal, hexadecimal or negative.
[[nodiscard]] llvm::APInt big_number(unsigned width, std::string_view word);

// The words of a line, taken from the front.
class Words {
 public:
  explicit Words(const Line& line);

  [[nodiscard]] bool done() const { return next_ == words_.size(); }
  [[nodiscard]] std::string_view peek() const { return done() ? std::string_view() : words_[next_]; }
  std::string take();
  bool take_if(std::string_view word);
  std::string take_quoted();
  template <typename Number>
  Number take_number() {
    return number<Number>(take());
  }
  bool take_sign();     // true: signed
  void finish() const;  // nothing may be left

  [[nodiscard]] Location place() const;

 private:
  std::vector<std::string> words_;
  std::size_t next_ = 0;
  std::string place_;
};

}  // namespace sluice::hlsc
