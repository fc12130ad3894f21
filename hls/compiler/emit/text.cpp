#include "hls/compiler/emit/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <llvm/ADT/SmallString.h>

#include <algorithm>
#include <bit>

#include "hls/compiler/base/check.hpp"

namespace sluice::hlsc {
namespace {

std::string joined(const std::vector<std::string>& terms, std::string_view op, std::string_view none) {
  if (terms.empty()) {
    return std::string(none);
  }
  return terms.size() == 1 ? terms[0] : fmt::format("({})", fmt::join(terms, op));
}

}  // namespace

std::string literal(const llvm::APInt& value) {
  llvm::SmallString<64> digits;
  value.toString(digits, 16, false, false, false);
  std::string text(digits.begin(), digits.end());
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
  return fmt::format("{}'h{}", value.getBitWidth(), text);
}

std::string literal(unsigned width, std::uint64_t value) { return fmt::format("{}'d{}", width, value); }

std::string range(unsigned width) { return width == 1 ? "" : fmt::format("[{}:0] ", width - 1); }

std::string bits_of(const std::string& name, unsigned low, unsigned width) {
  return width == 1 ? fmt::format("{}[{}]", name, low) : fmt::format("{}[{}:{}]", name, low + width - 1, low);
}

std::vector<std::string> runs_of(const std::string& name, const llvm::APInt& bits) {
  std::vector<std::string> result;
  for (unsigned low = 0; low < bits.getBitWidth(); ++low) {
    if (bits[low]) {
      const unsigned width = bits.lshr(low).countr_one();
      result.push_back(bits_of(name, low, width));
      low += width;
    }
  }
  return result;
}

unsigned bits_for(std::uint64_t count) { return count <= 2 ? 1 : static_cast<unsigned>(std::bit_width(count - 1)); }

std::string all_of(const std::vector<std::string>& terms) { return joined(terms, " && ", "1'b1"); }
std::string any_of(const std::vector<std::string>& terms) { return joined(terms, " || ", "1'b0"); }

std::string Signals::declare(std::string_view wanted, unsigned width) {
  check(width > 0, "a signal has bits");
  std::string name = names_.take(wanted);
  index_.emplace(name, all_.size());
  all_.push_back({name, llvm::APInt(width, 0)});
  return name;
}

std::string Signals::read(const std::string& name) {
  all_[index_.at(name)].read.setAllBits();
  return name;
}

std::string Signals::read(const std::string& name, unsigned low, unsigned width) {
  llvm::APInt& read = all_[index_.at(name)].read;
  check(width > 0 && low + width <= read.getBitWidth(), "the bits are there");
  read.setBits(low, low + width);
  return width == read.getBitWidth() ? name : bits_of(name, low, width);
}

std::vector<std::string> Signals::unread() const {
  std::vector<std::string> result;
  for (const Signal& signal : all_) {
    if (signal.read.isZero()) {
      result.push_back(signal.name);
      continue;
    }
    std::ranges::move(runs_of(signal.name, ~signal.read), std::back_inserter(result));
  }
  return result;
}

}  // namespace sluice::hlsc
