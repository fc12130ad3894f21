// Which token ids a sequence holds: what the repetition penalty of sampling (docs/numerics.md, section 7) asks.
//
// Purpose: adding a token and asking for one take constant time, and a step's penalty visits each distinct id once,
//   however long the sequence. One bit an id up to the largest seen, and four bytes a distinct id.
// Ownership: a value; the caller keeps one for each sequence. Threading: none of its own. Errors: none; a negative id
// is
//   a broken invariant.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sluice::engine {

class TokenHistory {
 public:
  TokenHistory() = default;
  explicit TokenHistory(std::span<const std::int32_t> tokens) { add(tokens); }

  void add(std::int32_t token);
  void add(std::span<const std::int32_t> tokens);

  [[nodiscard]] bool contains(std::int32_t token) const;
  // Each id once, in the order of its first occurrence.
  [[nodiscard]] std::span<const std::int32_t> distinct() const { return distinct_; }

 private:
  std::vector<bool> seen_;  // [largest id seen + 1]
  std::vector<std::int32_t> distinct_;
};

}  // namespace sluice::engine
