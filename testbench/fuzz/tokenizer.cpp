// Fuzzes the tokenizer. The input is a tokenizer.json, a NUL, and bytes that serve as text and as token ids.
#include "host/model/tokenizer.hpp"

#include <optional>
#include <string>
#include <vector>

#include "host/model/model.hpp"
#include "testbench/fuzz/target.hpp"
#include "testbench/fuzz/tiny_model.hpp"

namespace sluice::fuzz {
namespace {

std::string streamed(const Tokenizer& tokenizer, std::span<const std::int32_t> tokens, bool skip_special_tokens) {
  TextStream stream = tokenizer.stream(skip_special_tokens);
  std::string text;
  for (const std::int32_t token : tokens) {
    const Result<std::string> piece = stream.push(token);
    if (!piece.ok()) {
      check_error(piece.error());
      return text;
    }
    SLUICE_CHECK(replace_invalid_utf8(piece.value()) == piece.value());
    text += piece.value();
  }
  const Result<std::string> rest = stream.finish();
  if (!rest.ok()) {
    check_error(rest.error());
  }
  return rest.ok() ? text + rest.value() : text;
}

void check_decoding(const Tokenizer& tokenizer, std::span<const std::int32_t> tokens) {
  for (const bool skip_special_tokens : {false, true}) {
    const Result<std::string> text = tokenizer.decode(tokens, skip_special_tokens);
    const std::string pieces = streamed(tokenizer, tokens, skip_special_tokens);
    if (!text.ok()) {
      check_error(text.error());
      continue;
    }
    SLUICE_CHECK(replace_invalid_utf8(text.value()) == text.value());
    SLUICE_CHECK(replace_invalid_utf8(pieces) == pieces);
  }
}

// Text that is UTF-8 becomes tokens, or an error of the tokenizer's; other text is refused.
void check_encoding(const Tokenizer& tokenizer, std::string_view text) {
  const std::string mended = replace_invalid_utf8(text);
  if (mended != text) {
    const Result<std::vector<std::int32_t>> refused = tokenizer.encode(text, true);
    SLUICE_CHECK(!refused.ok());
    check_error(refused.error());
  }
  for (const bool add_special_tokens : {false, true}) {
    const Result<std::vector<std::int32_t>> tokens = tokenizer.encode(mended, add_special_tokens);
    if (!tokens.ok()) {
      check_error(tokens.error());
      continue;
    }
    for (const std::int32_t token : tokens.value()) {
      SLUICE_CHECK(token >= 0);
    }
    check_decoding(tokenizer, tokens.value());
  }
}

// Two bytes an id, spread over the vocabulary and beyond.
std::vector<std::int32_t> ids_of(std::string_view bytes) {
  std::vector<std::int32_t> ids(bytes.size() / 2);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    std::int16_t id = 0;
    std::memcpy(&id, bytes.data() + 2 * i, sizeof(id));
    ids[i] = id;
  }
  return ids;
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::fuzz;
  const Halves input = split_at_nul(as_text(data, size));
  const sluice::Result<sluice::Tokenizer> tokenizer = sluice::Tokenizer::from_json(input.first);
  if (!tokenizer.ok()) {
    check_error(tokenizer.error());
    return 0;
  }
  const sluice::Tokenizer& loaded = tokenizer.value();
  SLUICE_CHECK(loaded.vocab_size() >= 0 && loaded.max_id() >= -1);
  SLUICE_CHECK((loaded.vocab_size() == 0) == (loaded.max_id() == -1));
  const std::optional<std::int32_t> id = loaded.token_to_id(input.second);
  SLUICE_CHECK(!id || (*id >= 0 && *id <= loaded.max_id()));
  const sluice::Status fits = sluice::check_tokenizer(tiny_models().front().config, loaded);
  if (!fits.ok()) {
    check_error(fits.error());
  }
  check_encoding(loaded, input.second);
  check_decoding(loaded, ids_of(input.second));
  return 0;
}
