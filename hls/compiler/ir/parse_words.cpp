#include "hls/compiler/ir/parse_words.hpp"

#include <llvm/ADT/StringRef.h>

#include <algorithm>
#include <utility>

namespace sluice::hlsc {

std::vector<Line> split_lines(std::string_view text) {
  std::vector<Line> lines;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view rest = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    Line line{.number = ++number, .words = {}};
    while (!rest.empty() && rest.front() != ';') {
      if (rest.front() == ' ') {
        rest.remove_prefix(1);
      } else if (rest.front() == '"') {
        const std::size_t close = std::min(rest.find('"', 1), rest.size() - 1);
        line.words.emplace_back(rest.substr(0, close));
        rest.remove_prefix(close + 1);
      } else {
        const std::size_t space = std::min(rest.find(' '), rest.size());
        line.words.emplace_back(rest.substr(0, space));
        rest.remove_prefix(space);
      }
    }
    if (!line.words.empty()) {
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

llvm::APInt big_number(unsigned width, std::string_view word) {
  const bool is_negative = word.starts_with('-');
  std::string_view digits = is_negative ? word.substr(1) : word;
  const bool is_hex = digits.starts_with("0x");
  digits.remove_prefix(is_hex ? 2 : 0);
  const std::string_view allowed = is_hex ? "0123456789abcdefABCDEF" : "0123456789";
  if (width == 0 || digits.empty() || digits.find_first_not_of(allowed) != std::string_view::npos) {
    throw Malformed{"'" + std::string(word) + "' is no constant of " + std::to_string(width) + " bits"};
  }
  const unsigned roomy = std::max(width, static_cast<unsigned>(digits.size()) * 4 + 1);
  const llvm::APInt value(roomy, llvm::StringRef(digits.data(), digits.size()), is_hex ? 16 : 10);
  if (value.getActiveBits() > width) {
    throw Malformed{"'" + std::string(word) + "' does not fit " + std::to_string(width) + " bits"};
  }
  const llvm::APInt cut = value.trunc(width);
  return is_negative ? -cut : cut;
}

Words::Words(const Line& line) : words_(line.words) {
  if (words_.back().starts_with('@')) {
    place_ = words_.back();
    words_.pop_back();
  }
}

std::string Words::take() {
  if (done()) {
    throw Malformed{"a word is missing"};
  }
  return words_[next_++];
}

bool Words::take_if(std::string_view word) {
  const bool is_it = peek() == word;
  next_ += is_it ? 1 : 0;
  return is_it;
}

std::string Words::take_quoted() {
  if (!peek().starts_with('"')) {
    throw Malformed{"a \"quoted\" word is missing"};
  }
  return take().substr(1);
}

bool Words::take_sign() {
  if (take_if("signed")) {
    return true;
  }
  if (!take_if("unsigned")) {
    throw Malformed{"'signed' or 'unsigned' is missing"};
  }
  return false;
}

void Words::finish() const {
  if (!done()) {
    throw Malformed{"'" + std::string(peek()) + "' is one word too many"};
  }
}

Location Words::place() const {
  if (place_.empty()) {
    return {};
  }
  const std::size_t first = place_.find(':');
  const std::size_t second = place_.find(':', first + 1);
  if (first == std::string::npos || second == std::string::npos) {
    throw Malformed{"a place is @file:line:column"};
  }
  const std::string_view text = place_;
  return {.file = number<int>(text.substr(1, first - 1)),
          .line = number<int>(text.substr(first + 1, second - first - 1)),
          .column = number<int>(text.substr(second + 1))};
}

}  // namespace sluice::hlsc
