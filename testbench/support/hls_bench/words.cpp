#include "testbench/support/hls_bench/words.hpp"

namespace sluice::hls_bench {
namespace {

Words cut(Words words, unsigned width) {
  if (width % 32 != 0) {
    words.back() &= (std::uint32_t{1} << (width % 32)) - 1;
  }
  return words;
}

void flip(Words& words, unsigned bit) { words[bit / 32] ^= std::uint32_t{1} << (bit % 32); }

}  // namespace

Words number_word(unsigned width, std::int64_t value) {
  Words words(words_for(width), value < 0 ? ~std::uint32_t{0} : 0);
  words[0] = static_cast<std::uint32_t>(value);
  if (words.size() > 1) {
    words[1] = static_cast<std::uint32_t>(static_cast<std::uint64_t>(value) >> 32);
  }
  return cut(std::move(words), width);
}

Words random_word(unsigned width, std::mt19937_64& random) {
  constexpr std::int64_t kSmall = 16;
  const auto small = static_cast<std::int64_t>(random() % kSmall);
  switch (random() % 16) {
    case 0:
      return number_word(width, 0);
    case 1:
      return number_word(width, -1);
    case 2: {
      Words words = number_word(width, 0);
      flip(words, static_cast<unsigned>(random() % width));
      return words;
    }
    case 3:
    case 4:
      return number_word(width, small);
    case 5:
      return number_word(width, -small);
    case 6:
    case 7: {  // smallest and largest, signed
      Words words = number_word(width, random() % 2 == 0 ? 0 : -1);
      flip(words, width - 1);
      return words;
    }
    default: {
      Words words(words_for(width));
      for (std::uint32_t& word : words) {
        word = static_cast<std::uint32_t>(random());
      }
      return cut(std::move(words), width);
    }
  }
}

Words number_between(unsigned width, std::int64_t min, std::int64_t max, std::mt19937_64& random) {
  switch (random() % 8) {
    case 0:
      return number_word(width, min);
    case 1:
      return number_word(width, max);
    default: {
      const std::uint64_t count = static_cast<std::uint64_t>(max) - static_cast<std::uint64_t>(min) + 1;
      const std::uint64_t offset = count == 0 ? random() : random() % count;
      return number_word(width, static_cast<std::int64_t>(static_cast<std::uint64_t>(min) + offset));
    }
  }
}

}  // namespace sluice::hls_bench
