// Text to tokens and back, by Hugging Face's tokenizers crate (tokenizers/).
//
// Purpose: the same ids as transformers for every tokenizer.json.
// Ownership: Tokenizer and TextStream are move-only owners. A TextStream may outlive its Tokenizer.
// Threading: a Tokenizer may be used by several threads at once; a TextStream belongs to one.
// Errors: kInvalidInput, one line; kNotFound if there is no file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/result.hpp"

struct sluice_tokenizer;
struct sluice_token_stream;

namespace sluice {

// Text out of tokens as they come, never half a character: bytes of a character that later tokens complete are held.
class TextStream {
 public:
  // The text that `token` completes, often empty or one word. An id without a token gives no text.
  Result<std::string> push(std::int32_t token);
  // What is held; an incomplete character as U+FFFD. All pieces together are then what decode() gives for all tokens.
  Result<std::string> finish();

 private:
  friend class Tokenizer;
  struct Free {
    void operator()(sluice_token_stream* stream) const;
  };
  explicit TextStream(sluice_token_stream* stream) : stream_(stream) {}

  std::unique_ptr<sluice_token_stream, Free> stream_;
};

class Tokenizer {
 public:
  // From a tokenizer.json.
  static Result<Tokenizer> load(const std::filesystem::path& path);
  static Result<Tokenizer> from_json(std::string_view json);

  // Tokens of `utf8`, NUL bytes included; kInvalidInput if it is not UTF-8 (base/utf8.hpp mends it).
  // `add_special_tokens` lets the tokenizer's post-processor add its own, such as the begin-of-text token.
  [[nodiscard]] Result<std::vector<std::int32_t>> encode(std::string_view utf8, bool add_special_tokens) const;
  [[nodiscard]] Result<std::string> decode(std::span<const std::int32_t> tokens, bool skip_special_tokens) const;
  [[nodiscard]] TextStream stream(bool skip_special_tokens) const;

  // Number of tokens, added ones included; ids may have gaps, so max_id() may be larger (-1 if there is no token).
  [[nodiscard]] std::int64_t vocab_size() const;
  [[nodiscard]] std::int64_t max_id() const;
  [[nodiscard]] bool has_id(std::int32_t token) const;
  // The id of the token with exactly this name, such as "<|eos|>".
  [[nodiscard]] std::optional<std::int32_t> token_to_id(std::string_view name) const;

 private:
  struct Free {
    void operator()(sluice_tokenizer* tokenizer) const;
  };
  explicit Tokenizer(sluice_tokenizer* tokenizer) : tokenizer_(tokenizer) {}

  std::unique_ptr<sluice_tokenizer, Free> tokenizer_;
};

}  // namespace sluice
