#include "host/model/tokenizer.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

#include "host/model/mapped_file.hpp"
#include "host/model/tokenizers/sluice_tokenizers.h"
#include "host/model/tokenizers/text_buffer.hpp"

namespace sluice {
namespace {

constexpr std::uint64_t kMaxTokenizerBytes = 512'000'000;

// As TextBuffer, for ids.
class IdBuffer {
 public:
  IdBuffer() = default;
  IdBuffer(const IdBuffer&) = delete;
  IdBuffer& operator=(const IdBuffer&) = delete;
  ~IdBuffer() { sluice_ids_free(&ids_); }

  sluice_ids* get() { return &ids_; }
  [[nodiscard]] std::span<const std::uint32_t> ids() const { return {ids_.data, ids_.size}; }

 private:
  sluice_ids ids_{};
};

const std::uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

Error failure(const TextBuffer& error) { return Error(ErrorCode::kInvalidInput, error.str()).within("tokenizer"); }

bool fits_int32(std::int64_t id) { return id <= std::numeric_limits<std::int32_t>::max(); }

}  // namespace

void TextStream::Free::operator()(sluice_token_stream* stream) const { sluice_token_stream_free(stream); }

Result<std::string> TextStream::push(std::int32_t token) {
  TextBuffer text;
  TextBuffer error;
  if (!sluice_token_stream_push(stream_.get(), static_cast<std::uint32_t>(token), text.get(), error.get())) {
    return failure(error);
  }
  return text.str();
}

Result<std::string> TextStream::finish() {
  TextBuffer text;
  TextBuffer error;
  if (!sluice_token_stream_finish(stream_.get(), text.get(), error.get())) {
    return failure(error);
  }
  return text.str();
}

void Tokenizer::Free::operator()(sluice_tokenizer* tokenizer) const { sluice_tokenizer_free(tokenizer); }

Result<Tokenizer> Tokenizer::load(const std::filesystem::path& path) {
  SLUICE_ASSIGN_OR_RETURN(const std::string json, read_small_file(path, kMaxTokenizerBytes));
  Result<Tokenizer> tokenizer = from_json(json);
  if (!tokenizer.ok()) {
    return tokenizer.error().within(path.string());
  }
  return tokenizer;
}

Result<Tokenizer> Tokenizer::from_json(std::string_view json) {
  TextBuffer error;
  Tokenizer tokenizer(sluice_tokenizer_from_json(bytes_of(json), json.size(), error.get()));
  if (tokenizer.tokenizer_ == nullptr) {
    return failure(error);
  }
  if (!fits_int32(tokenizer.max_id())) {
    return Error(ErrorCode::kInvalidInput, "tokenizer: a token's id passes 2^31");
  }
  return tokenizer;
}

Result<std::vector<std::int32_t>> Tokenizer::encode(std::string_view utf8, bool add_special_tokens) const {
  IdBuffer buffer;
  TextBuffer error;
  if (!sluice_tokenizer_encode(tokenizer_.get(), bytes_of(utf8), utf8.size(), add_special_tokens, buffer.get(),
                               error.get())) {
    return failure(error);
  }
  const std::span<const std::uint32_t> ids = buffer.ids();
  if (!std::all_of(ids.begin(), ids.end(), fits_int32)) {  // the post-processor names ids of its own
    return Error(ErrorCode::kInvalidInput, "tokenizer: its post-processor adds an id that passes 2^31");
  }
  std::vector<std::int32_t> tokens;
  tokens.reserve(ids.size());
  std::transform(ids.begin(), ids.end(), std::back_inserter(tokens),
                 [](std::uint32_t id) { return static_cast<std::int32_t>(id); });
  return tokens;
}

Result<std::string> Tokenizer::decode(std::span<const std::int32_t> tokens, bool skip_special_tokens) const {
  const std::vector<std::uint32_t> ids(tokens.begin(), tokens.end());
  TextBuffer text;
  TextBuffer error;
  if (!sluice_tokenizer_decode(tokenizer_.get(), ids.data(), ids.size(), skip_special_tokens, text.get(),
                               error.get())) {
    return failure(error);
  }
  return text.str();
}

TextStream Tokenizer::stream(bool skip_special_tokens) const {
  return TextStream(sluice_token_stream_new(tokenizer_.get(), skip_special_tokens));
}

std::int64_t Tokenizer::vocab_size() const {
  return static_cast<std::int64_t>(sluice_tokenizer_vocab_size(tokenizer_.get()));
}

std::int64_t Tokenizer::max_id() const { return sluice_tokenizer_max_id(tokenizer_.get()); }

bool Tokenizer::has_id(std::int32_t token) const {
  return sluice_tokenizer_has_id(tokenizer_.get(), static_cast<std::uint32_t>(token));
}

std::optional<std::int32_t> Tokenizer::token_to_id(std::string_view name) const {
  const std::int64_t id = sluice_tokenizer_token_to_id(tokenizer_.get(), bytes_of(name), name.size());
  return id < 0 ? std::nullopt : std::optional(static_cast<std::int32_t>(id));
}

}  // namespace sluice
