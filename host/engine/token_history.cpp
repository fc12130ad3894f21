#include "host/engine/token_history.hpp"

#include "host/base/check.hpp"

namespace sluice::engine {

void TokenHistory::add(std::int32_t token) {
  SLUICE_CHECK(token >= 0);
  if (contains(token)) {
    return;
  }
  const auto id = static_cast<std::size_t>(token);
  if (id >= seen_.size()) {
    seen_.resize(id + 1);
  }
  seen_[id] = true;
  distinct_.push_back(token);
}

void TokenHistory::add(std::span<const std::int32_t> tokens) {
  for (const std::int32_t token : tokens) {
    add(token);
  }
}

bool TokenHistory::contains(std::int32_t token) const {
  return token >= 0 && static_cast<std::size_t>(token) < seen_.size() && seen_[static_cast<std::size_t>(token)];
}

}  // namespace sluice::engine
