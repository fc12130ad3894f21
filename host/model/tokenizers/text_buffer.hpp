// A text of the C interface, freed with its scope.
//
// Ownership: owns what a function of sluice_tokenizers.h puts into it. Threading: a plain object. Errors: none.
#pragma once

#include <string>

#include "host/model/tokenizers/sluice_tokenizers.h"

namespace sluice {

class TextBuffer {
 public:
  TextBuffer() = default;
  TextBuffer(const TextBuffer&) = delete;
  TextBuffer& operator=(const TextBuffer&) = delete;
  ~TextBuffer() { sluice_text_free(&text_); }

  sluice_text* get() { return &text_; }
  [[nodiscard]] std::string str() const { return {reinterpret_cast<const char*>(text_.data), text_.size}; }

 private:
  sluice_text text_{};
};

}  // namespace sluice
