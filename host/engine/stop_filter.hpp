// Ends a text at a stop string, which may come in pieces.
//
// Purpose: text passes through push(); what might be the begin of a stop string is held back until it is decided.
// Ownership, threading: a plain object of one generation. Errors: none.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::engine {

class StopFilter {
 public:
  // Empty strings are ignored.
  explicit StopFilter(std::vector<std::string> stops);

  // Text that may be shown now. Once stopped() is true it is always empty.
  [[nodiscard]] std::string push(std::string_view piece);
  // What was held back, at the end of a text without a stop string.
  [[nodiscard]] std::string finish();
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace sluice::engine
