#include "host/model/tokenizer.hpp"

#include <catch2/catch.hpp>
#include <numeric>
#include <random>

#include "host/base/utf8.hpp"
#include "testbench/host/model/fixtures.hpp"

using namespace sluice;
using namespace sluice::testing;

namespace {

struct Case {
  std::string_view text;
  std::vector<std::int32_t> tokens;
};

// transformers 5.23 with tokenizers 0.23.3: AutoTokenizer.from_pretrained("models/fable-mla")(text)["input_ids"].
const std::vector<Case> kCases = {
    {std::string_view("", 0), {0}},
    {std::string_view("Hello", 5), {0, 41, 420, 80}},
    {std::string_view("Once upon a time, there was a little girl.", 42),
     {0, 2368, 699, 260, 527, 13, 444, 310, 260, 462, 783, 15}},
    {std::string_view("na\303\257ve caf\303\251 \342\200\224 Zo\303\253", 21),
     {0, 3997, 129, 109, 317, 279, 2782, 129, 104, 222, 160, 224, 244, 3448, 80, 129, 106}},
    {std::string_view(
         "\346\227\245\346\234\254\350\252\236\343\201\256\343\203\206\343\202\255\343\202\271\343\203\210", 24),
     {0,   164, 247, 100, 164, 252, 107, 166, 105, 254, 161, 225, 108,
      161, 227, 230, 161, 226, 257, 161, 226, 119, 161, 227, 232}},
    {std::string_view(
         "\360\237\231\202\360\237\232\200\360\237\221\250\342\200\215\360\237\221\251\342\200\215\360\237\221\247",
         26),
     {0,   174, 255, 249, 226, 174, 255, 250, 224, 174, 255, 241, 103, 160,
      224, 237, 174, 255, 241, 104, 160, 224, 237, 174, 255, 241, 102}},
    {std::string_view("a\000b\000", 4), {0, 66, 190, 67, 190}},
    {std::string_view("   leading and   trailing   ", 28),
     {0, 222, 222, 2020, 281, 271, 222, 222, 1148, 2358, 222, 222, 222}},
    {std::string_view("\012\012\011 tabs\015\012", 10), {0, 200, 200, 199, 258, 526, 84, 203, 200}},
    {std::string_view("<|bos|>inside<|eos|>", 20), {0, 0, 264, 1066, 1}},
    {std::string_view("don't we'll I'M 12345 3.14", 26),
     {0, 69, 295, 488, 353, 845, 313, 8, 46, 1443, 19, 20, 21, 22, 2968, 15, 18, 21}},
    {std::string_view("e\314\201\357\277\275\302\240\343\200\200x", 12),
     {0, 70, 138, 225, 173, 125, 123, 128, 256, 161, 224, 224, 89}},
};

// The same for long texts: the number of tokens and their FNV-1a hash.
struct LongCase {
  const char* name;
  std::string text;
  std::size_t num_tokens;
  std::uint64_t hash;
};

std::string repeated(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) {
    text += part;
  }
  return text;
}

std::uint64_t hash_of(const std::vector<std::int32_t>& tokens) {
  return std::accumulate(tokens.begin(), tokens.end(), std::uint64_t{0xcbf29ce484222325},
                         [](std::uint64_t hash, std::int32_t token) {
                           return (hash ^ static_cast<std::uint64_t>(token)) * 0x100000001b3;
                         });
}

const Tokenizer& committed() {
  static const Tokenizer tokenizer = Tokenizer::load("models/fable-mla/tokenizer.json").value();
  return tokenizer;
}

std::string streamed(const Tokenizer& tokenizer, const std::vector<std::int32_t>& tokens, bool skip_special_tokens) {
  TextStream stream = tokenizer.stream(skip_special_tokens);
  std::string text;
  for (const std::int32_t token : tokens) {
    const std::string piece = stream.push(token).value();
    CHECK(replace_invalid_utf8(piece) == piece);
    text += piece;
  }
  return text + stream.finish().value();
}

}  // namespace

TEST_CASE("tokens are those of transformers", "[model]") {
  for (const Case& c : kCases) {
    INFO("text " << c.text);
    CHECK(committed().encode(c.text, true).value() == c.tokens);
    CHECK(committed().encode(c.text, false).value() == std::vector<std::int32_t>(c.tokens.begin() + 1, c.tokens.end()));
  }
}

TEST_CASE("tokens of texts of 100 KB are those of transformers", "[model]") {
  const std::vector<LongCase> cases{
      {"sentences", repeated("The quick brown fox. ", 5'000), 25'002, 0xed377d1ce8ece88b},
      {"spaces", std::string(100'000, ' ') + "x", 100'001, 0x91a13b5611d3ea14},
      {"one word", std::string(100'000, 'a'), 100'001, 0xb2ea0330b77419df},
      {"empty lines", repeated("\n ", 50'000), 100'001, 0x9b0e12102e8694df},
  };
  for (const LongCase& c : cases) {
    INFO(c.name);
    const std::vector<std::int32_t> tokens = committed().encode(c.text, true).value();
    CHECK(tokens.size() == c.num_tokens);
    CHECK(hash_of(tokens) == c.hash);
  }
}

TEST_CASE("decoding gives the text back", "[model]") {
  for (const Case& c : kCases) {
    INFO("text " << c.text);
    CHECK(committed().decode(c.tokens, false).value() == "<|bos|>" + std::string(c.text));
    const bool names_special_tokens = c.text.find("<|") != std::string_view::npos;
    CHECK(committed().decode(c.tokens, true).value() == (names_special_tokens ? "inside" : c.text));
  }
}

TEST_CASE("streamed pieces are whole characters and together the decoded text", "[model]") {
  for (const Case& c : kCases) {
    CHECK(streamed(committed(), c.tokens, false) == "<|bos|>" + std::string(c.text));
  }
  std::mt19937 random(20'240'601);
  std::uniform_int_distribution<std::int32_t> any_token(0, 4'095);
  std::uniform_int_distribution<std::int32_t> byte_token(2, 257);  // single bytes, mostly broken characters
  for (int round = 0; round < 200; ++round) {
    std::vector<std::int32_t> tokens(40);
    for (std::int32_t& token : tokens) {
      token = round % 2 == 0 ? any_token(random) : byte_token(random);
    }
    CHECK(streamed(committed(), tokens, true) == committed().decode(tokens, true).value());
  }
}

TEST_CASE("a stream holds the bytes of a character until it is complete", "[model]") {
  TextStream stream = committed().stream(true);
  const std::vector<std::int32_t> smile = committed().encode("\360\237\231\202", false).value();
  REQUIRE(smile.size() == 4);
  CHECK(stream.push(smile[0]).value().empty());
  CHECK(stream.push(smile[1]).value().empty());
  CHECK(stream.push(smile[2]).value().empty());
  CHECK(stream.push(smile[3]).value() == "\360\237\231\202");
  CHECK(stream.push(smile[0]).value().empty());
  CHECK(stream.finish().value() == "\xef\xbf\xbd");
  CHECK(stream.finish().value().empty());
}

TEST_CASE("a stream outlives its tokenizer", "[model]") {
  TextStream stream = Tokenizer::from_json(kTinyTokenizer).value().stream(true);
  CHECK(stream.push(3).value() == "blue");
  CHECK(stream.push(2).value() == " red");
}

TEST_CASE("ids without a token give no text", "[model]") {
  CHECK(committed().decode(std::vector<std::int32_t>{41, 999'999, -1, 420}, true).value() == "Hell");
  TextStream stream = committed().stream(true);
  CHECK(stream.push(999'999).value().empty());
}

TEST_CASE("the vocabulary answers questions", "[model]") {
  CHECK(committed().vocab_size() == 4'096);
  CHECK(committed().max_id() == 4'095);
  CHECK(committed().token_to_id("<|eos|>") == 1);
  CHECK(committed().token_to_id("no such token") == std::nullopt);
  CHECK(committed().token_to_id("\xff") == std::nullopt);
  CHECK(committed().has_id(4'095));
  CHECK_FALSE(committed().has_id(4'096));
  CHECK_FALSE(committed().has_id(-1));
}

TEST_CASE("text that is not UTF-8 is refused", "[model]") {
  const Result<std::vector<std::int32_t>> tokens = committed().encode("ab\xff", true);
  REQUIRE_FALSE(tokens.ok());
  CHECK_THAT(tokens.error().message(), Catch::Contains("not UTF-8"));
}

TEST_CASE("settings for padding and truncation in tokenizer.json are dropped", "[model]") {
  std::string json = replaced(kTinyTokenizer, R"("padding": null)",
                              R"("padding": {"strategy": {"Fixed": 1000000000000}, "direction": "Right",
                                 "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "red"})");
  json = replaced(json, R"("truncation": null)",
                  R"("truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0})");
  const Result<Tokenizer> tokenizer = Tokenizer::from_json(json);
  INFO((tokenizer.ok() ? "" : tokenizer.error().message()));
  REQUIRE(tokenizer.ok());
  CHECK(tokenizer.value().encode("blue red blue", true).value() == std::vector<std::int32_t>{0, 3, 2, 3});
}
