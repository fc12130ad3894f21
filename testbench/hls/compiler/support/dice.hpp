// Random numbers that are the same everywhere: the distributions of the standard library differ between
// implementations.
#pragma once

#include <llvm/ADT/APInt.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace sluice::hlsc {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : generator_(seed) {}
  // 0 .. count - 1
  int below(int count) { return static_cast<int>(generator_() % static_cast<std::uint64_t>(count)); }
  int between(int first, int last) { return first + below(last - first + 1); }
  bool percent(int chance) { return below(100) < chance; }
  template <typename Item, std::size_t kSize>
  Item one_of(const std::array<Item, kSize>& items) {
    return items[static_cast<std::size_t>(below(static_cast<int>(kSize)))];
  }
  template <typename Item>
  Item one_of(const std::vector<Item>& items) {
    return items[static_cast<std::size_t>(below(static_cast<int>(items.size())))];
  }
  llvm::APInt bits(unsigned width) {
    llvm::APInt value(width, 0);
    const int shape = below(6);
    if (shape == 0) {
      return percent(50) ? value : llvm::APInt::getAllOnes(width);
    }
    for (unsigned low = 0; low < width; low += 32) {
      value.insertBits(generator_() & 0xffffffffU, low, std::min(32U, width - low));
    }
    return shape == 1 && width > 4 ? value.lshr(width - 4) : value;
  }

 private:
  std::mt19937_64 generator_;
};

}  // namespace sluice::hlsc
