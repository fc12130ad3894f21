// Tokens as text while they come, up to a stop string.
//
// Ownership: shares the tokenizer; owns the text. Threading: one thread. Errors: those of `show`, and of a tokenizer
// that cannot decode.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/base/result.hpp"
#include "host/engine/stop_filter.hpp"
#include "host/model/tokenizer.hpp"

namespace sluice::cli {

class TextOutput {
 public:
  using Show = std::function<Status(std::string_view)>;

  // Each piece goes to `show`, if there is one.
  TextOutput(const Tokenizer& tokenizer, std::vector<std::string> stops, Show show)
      : stream_(tokenizer.stream(true)), filter_(std::move(stops)), show_(std::move(show)) {}

  // False when a stop string has been seen.
  Result<bool> push(std::int32_t token) {
    SLUICE_ASSIGN_OR_RETURN(const std::string piece, stream_.push(token));
    SLUICE_RETURN_IF_ERROR(emit(filter_.push(piece)));
    return !filter_.stopped();
  }

  // After the last token: what was held back.
  Status finish() {
    if (filter_.stopped()) {
      return {};
    }
    SLUICE_ASSIGN_OR_RETURN(const std::string piece, stream_.finish());
    SLUICE_RETURN_IF_ERROR(emit(filter_.push(piece)));
    return emit(filter_.finish());
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  Status emit(const std::string& piece) {
    text_ += piece;
    return show_ && !piece.empty() ? show_(piece) : Status();
  }

  TextStream stream_;
  engine::StopFilter filter_;
  Show show_;
  std::string text_;
};

}  // namespace sluice::cli
