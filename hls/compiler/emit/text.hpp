// Pieces of SystemVerilog text, and which bits of which signals they use.
//
// Purpose: literals and ranges, and Signals, which hands out names and remembers the bits that are read, so that a
//   module can name the others as unused (verilator -Wall asks). Ownership: values. Threading: none. Errors: none.
#pragma once

#include <llvm/ADT/APInt.h>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hls/compiler/bind/names.hpp"

namespace sluice::hlsc {

[[nodiscard]] std::string literal(const llvm::APInt& value);                               // 8'h3f
[[nodiscard]] std::string literal(unsigned width, std::uint64_t value);                    // 8'd63
[[nodiscard]] std::string range(unsigned width);                                           // "[7:0] ", "" for one bit
[[nodiscard]] std::string bits_of(const std::string& name, unsigned low, unsigned width);  // name[7:0], name[3]
// Each run of bits that are one, as bits_of a name, the least significant first.
[[nodiscard]] std::vector<std::string> runs_of(const std::string& name, const llvm::APInt& bits);
[[nodiscard]] unsigned bits_for(std::uint64_t count);  // to number `count` things, at least 1

// "(a && b)": terms joined, "1'b1" or "1'b0" for none.
[[nodiscard]] std::string all_of(const std::vector<std::string>& terms);
[[nodiscard]] std::string any_of(const std::vector<std::string>& terms);

class Signals {
 public:
  // A name that is used by nobody else, for a signal of `width` bits.
  [[nodiscard]] std::string declare(std::string_view wanted, unsigned width);
  // A name for what is no signal: a state, an instance.
  [[nodiscard]] std::string take(std::string_view wanted) { return names_.take(wanted); }
  // The name itself, or bits of it, as text to read from.
  std::string read(const std::string& name);
  std::string read(const std::string& name, unsigned low, unsigned width);
  // "name[31:16]", ... of what no text reads, in the order of declaration.
  [[nodiscard]] std::vector<std::string> unread() const;

 private:
  struct Signal {
    std::string name;
    llvm::APInt read;
  };
  Names names_;
  std::vector<Signal> all_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace sluice::hlsc
