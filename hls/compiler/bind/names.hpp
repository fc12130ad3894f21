// Identifiers of the generated SystemVerilog: from the source's names, legal, and unique in one module.
//
// Purpose: every declaration of a module takes its name here, so that derived names (acc_q, acc_d2) can't meet a name
//   of the source. Ownership: value. Threading: none. Errors: none; any text gives some identifier.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace sluice::hlsc {

class Names {
 public:
  // `wanted` where it is free, else with the first number behind it that is: acc, acc_2, acc_3.
  [[nodiscard]] std::string take(std::string_view wanted);
  // As above, and takes the name with each suffix too: ports of one stream stay together.
  [[nodiscard]] std::string take_group(std::string_view wanted, std::initializer_list<std::string_view> suffixes);

 private:
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string, int> next_;
};

// Letters, digits and underscores only, not starting with a digit, no keyword of SystemVerilog ("sum.i" is sum_i).
[[nodiscard]] std::string identifier(std::string_view text);

}  // namespace sluice::hlsc
