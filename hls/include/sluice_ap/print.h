// Printing of ap_int, in native runs only. Included by ap_int.h.
//
// Purpose: to_string and operator<< for messages and tests. Digits are lower case; radix 2, 8 and 16 print 0b, 0o and
//   0x and, like 10, no leading zeros (Xilinx's leading zeros and letter case depend on the width).
// Ownership, threading: plain values. Errors: a radix other than 2, 8, 10 and 16 prints as 10.
#pragma once

#include <ostream>
#include <string>

#include "concat.h"

template <int W, bool S>
std::string ap_int_base<W, S>::to_string(int radix, bool sign) const {
  const bool negative = sign && radix != 2 && this->sign();
  const char* prefix = radix == 2 ? "0b" : radix == 8 ? "0o" : radix == 16 ? "0x" : "";
  if (*prefix == '\0') radix = 10;
  // Eight bits more than W hold the radix beside any magnitude.
  using Wide = unsigned _BitInt(W + 8);
  auto rest = static_cast<Wide>(static_cast<Uint>(negative ? static_cast<Uint>(0 - bits()) : bits()));
  std::string digits;
  do {
    digits.insert(digits.begin(), "0123456789abcdef"[static_cast<int>(rest % static_cast<Wide>(radix))]);
    rest = static_cast<Wide>(rest / static_cast<Wide>(radix));
  } while (rest != 0);
  return (negative ? "-" : "") + std::string(prefix) + digits;
}

template <int W, bool S>
std::ostream& operator<<(std::ostream& os, const ap_int_base<W, S>& x) {
  const auto base = os.flags() & std::ios_base::basefield;
  return os << x.to_string(base == std::ios_base::hex ? 16 : base == std::ios_base::oct ? 8 : 10);
}
template <int W, bool S, bool Const>
std::ostream& operator<<(std::ostream& os, const ap_range_ref<W, S, Const>& x) {
  return os << x.get();
}
