#include "ap_int_reference.hpp"

namespace sluice::test {

Big power_of_two(int exponent) { return Big(1) << static_cast<unsigned>(exponent); }

Big as_bits(const Big& x, int width) {
  Big rest = x % power_of_two(width);
  return rest < 0 ? Big(rest + power_of_two(width)) : rest;
}

Big wrapped(const Big& x, int width, bool is_signed) {
  const Big bits = as_bits(x, width);
  return is_signed && bits >= power_of_two(width - 1) ? Big(bits - power_of_two(width)) : bits;
}

Big big_from_words(const std::uint64_t* words, int width, bool is_signed) {
  Big value = 0;
  for (int i = (width + 63) / 64 - 1; i >= 0; --i) value = (value << 64) + words[i];
  return wrapped(value, width, is_signed);
}

void words_from_big(const Big& x, std::uint64_t* words, int width) {
  Big rest = as_bits(x, width);
  for (int i = 0; i < (width + 63) / 64; ++i, rest >>= 64) {
    words[i] = static_cast<std::uint64_t>(rest & Big(~std::uint64_t{0}));
  }
}

std::vector<Big> sample_values(std::mt19937_64& random_bits, int width, int random) {
  std::vector<Big> values = {
      0, 1, -1, 2, -2, power_of_two(width - 1), Big(power_of_two(width - 1) - 1), Big(power_of_two(width - 1) + 1)};
  for (int i = 0; i < random; ++i) {
    Big x = 0;
    for (int bit = 0; bit < width; bit += 64) x = (x << 64) + random_bits();
    if (i % 2 == 1) x = as_bits(x, 1 + static_cast<int>(random_bits() % static_cast<unsigned>(width)));
    values.push_back(i % 4 == 3 ? Big(-x) : x);
  }
  return values;
}

namespace {
std::string type_name(const IntType& type) {
  return (type.is_signed ? "ap_int<" : "ap_uint<") + std::to_string(type.width) + "> ";
}
}  // namespace

void Operation::expect(const Got& result, const Big& want) const {
  if (result.value == want) return;
  FAIL_CHECK(type_name(type_a) << a << "  " << result.op << "  " << type_name(type_b) << b << ": got " << result.value
                               << ", want " << want);
}

}  // namespace sluice::test
