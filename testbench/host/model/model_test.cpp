#include "host/model/model.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <set>

#include "testbench/host/model/fixtures.hpp"

using namespace sluice;
using namespace sluice::testing;
using Catch::Contains;

namespace {

// The error that opening `directory` ends in; empty if it opens. Every kind here ends in exit status 2.
std::string open_error(const std::filesystem::path& directory) {
  const Result<Model> model = Model::open(directory);
  if (model.ok()) {
    return "";
  }
  CHECK(is_one_line(model.error().message()));
  const ErrorCode code = model.error().code();
  CHECK((code == ErrorCode::kInvalidInput || code == ErrorCode::kNotFound || code == ErrorCode::kUnsupported));
  return model.error().message();
}

}  // namespace

TEST_CASE("the committed models open and every tensor of them is asked for", "[model]") {
  for (const char* directory : {"models/fable-mla", "models/fable-gqa"}) {
    const Result<Model> model = Model::open(directory);
    INFO((model.ok() ? "" : model.error().message()));
    REQUIRE(model.ok());
    std::set<std::string> names;
    REQUIRE(architecture_of(model.value().config())
                .for_each_tensor(model.value().config(),
                                 [&](const FileTensor& tensor) -> Status {
                                   names.insert(tensor.name);
                                   return {};
                                 })
                .ok());
    CHECK(names.size() == model.value().checkpoint().tensors().size());
  }
}

// The first elements of a row of a tensor's matrix or vector.
std::array<float, 3> row_of(const Model& model, const TensorKey& key, std::int64_t row) {
  const TensorReader reader = model.tensor(key);
  std::vector<float> values(static_cast<std::size_t>(reader.columns()));
  REQUIRE(reader.read_row(row, values).ok());
  return {values[0], values[1], values[2]};
}

TEST_CASE("weights are read as Python's safetensors reads them, wherever a checkpoint keeps them", "[model]") {
  const Result<Model> mla = Model::open("models/fable-mla");
  REQUIRE(mla.ok());
  CHECK(row_of(mla.value(), {.role = TensorRole::kExpertDown, .layer = 5, .expert = 31}, 1) ==
        std::array<float, 3>{-0.006011962890625F, 0.095703125F, 0.018310546875F});
  const Result<Model> gqa = Model::open("models/fable-gqa");
  REQUIRE(gqa.ok());
  // gate_up_proj[7, 0:3, 2 * 5], [7, 0:3, 2 * 5 + 1], gate_up_proj_bias[7, 0:6:2], [7, 1:7:2], down_proj[7, 0:3, 9]
  CHECK(row_of(gqa.value(), {.role = TensorRole::kExpertGate, .layer = 3, .expert = 7}, 5) ==
        std::array<float, 3>{0.11279296875F, -0.047607421875F, 0.0086669921875F});
  CHECK(row_of(gqa.value(), {.role = TensorRole::kExpertUp, .layer = 3, .expert = 7}, 5) ==
        std::array<float, 3>{0.16796875F, 0.017333984375F, 0.0400390625F});
  CHECK(row_of(gqa.value(), {.role = TensorRole::kExpertGateBias, .layer = 3, .expert = 7}, 0) ==
        std::array<float, 3>{-0.1298828125F, 0.00848388671875F, -0.07958984375F});
  CHECK(row_of(gqa.value(), {.role = TensorRole::kExpertUpBias, .layer = 3, .expert = 7}, 0) ==
        std::array<float, 3>{0.06396484375F, -0.1357421875F, -0.08984375F});
  CHECK(row_of(gqa.value(), {.role = TensorRole::kExpertDown, .layer = 3, .expert = 7}, 9) ==
        std::array<float, 3>{-0.029296875F, 0.05419921875F, 0.00579833984375F});
  CHECK(row_of(gqa.value(), {.role = TensorRole::kExpertDownBias, .layer = 3, .expert = 7}, 0) ==
        std::array<float, 3>{0.0947265625F, 0.029052734375F, -0.05908203125F});
  CHECK(row_of(gqa.value(), {.role = TensorRole::kSinks, .layer = 3, .expert = 7}, 0) ==
        std::array<float, 3>{0.73828125F, 0.92578125F, 0.72265625F});
  CHECK(row_of(gqa.value(), {.role = TensorRole::kValue, .layer = 3, .expert = 7}, 17) ==
        std::array<float, 3>{-0.0164794921875F, -0.06494140625F, 0.0101318359375F});
}

TEST_CASE("a missing file is named", "[model]") {
  const TemporaryDirectory directory;
  CHECK_THAT(open_error(directory.path() / "nothing"), Contains("config.json: No such file"));
  write_tiny_model(directory.path());
  CHECK(open_error(directory.path()).empty());
  for (const char* name : {"config.json", "model.safetensors", "tokenizer.json"}) {
    std::filesystem::rename(directory.path() / name, directory.path() / "aside");
    CHECK_THAT(open_error(directory.path()), Contains(name));
    std::filesystem::create_directory(directory.path() / name);
    CHECK_THAT(open_error(directory.path()), Contains(name) && Contains("not a regular file"));
    std::filesystem::remove(directory.path() / name);
    std::filesystem::rename(directory.path() / "aside", directory.path() / name);
  }
  CHECK(open_error(directory.path()).empty());
}

TEST_CASE("a checkpoint cut short at any byte of its header is refused", "[model]") {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  const std::string whole = zero_tensors(tiny_tensors());
  for (std::size_t length = 0; length < whole.size(); length += length < 64 ? 1 : 97) {
    write_file(directory.path() / "model.safetensors", whole.substr(0, length));
    CHECK_THAT(open_error(directory.path()), Contains("model.safetensors"));
  }
}

TEST_CASE("tensors that are missing, misshapen or of a wrong dtype are named", "[model]") {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  const auto path = directory.path() / "model.safetensors";
  std::vector<NamedShape> tensors = tiny_tensors();
  const auto error_without = [&](std::size_t index) {
    std::vector<NamedShape> fewer = tensors;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(index));
    write_file(path, zero_tensors(fewer));
    return open_error(directory.path());
  };
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    CHECK_THAT(error_without(i), Contains("no tensor " + tensors[i].name));
  }
  for (NamedShape& tensor : tensors) {
    tensor.shape.front() += 1;
    write_file(path, zero_tensors(tensors));
    CHECK_THAT(open_error(directory.path()), Contains("tensor " + tensor.name + " has the shape"));
    tensor.shape.front() -= 1;
  }
  std::string other_dtype = zero_tensors(tensors);
  for (std::size_t at = other_dtype.find("BF16"); at != std::string::npos; at = other_dtype.find("BF16", at)) {
    other_dtype.replace(at, 4, "U16 ");
    other_dtype.replace(at + 3, 2, "\" ");  // the name shrinks by one byte, the header does not
  }
  write_file(path, other_dtype);
  CHECK_THAT(open_error(directory.path()), Contains("has the dtype U16"));
}

TEST_CASE("a model of other parts than the usual is accepted", "[model]") {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  std::vector<NamedShape> tensors = tiny_tensors();
  SECTION("tied embeddings need no head") {
    write_file(directory.path() / "config.json", replaced(kTinyConfig, "{\n", "{\"tie_word_embeddings\": true,"));
    std::erase_if(tensors, [](const NamedShape& tensor) { return tensor.name == "lm_head.weight"; });
  }
  SECTION("queries without a low rank") {
    write_file(directory.path() / "config.json",
               replaced(kTinyConfig, R"("q_lora_rank": 6)", R"("q_lora_rank": null)"));
    std::erase_if(tensors, [](const NamedShape& t) { return t.name.find(".q_") != std::string::npos; });
    tensors.push_back({"model.layers.0.self_attn.q_proj.weight", {10, 8}});
    tensors.push_back({"model.layers.1.self_attn.q_proj.weight", {10, 8}});
  }
  SECTION("tensors of a further prediction layer are ignored") {
    tensors.push_back({"model.layers.2.eh_proj.weight", {8, 16}});
  }
  write_file(directory.path() / "model.safetensors", zero_tensors(tensors));
  CHECK(open_error(directory.path()).empty());
}

TEST_CASE("a tokenizer that does not fit is refused", "[model]") {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  const auto error_with = [&](const std::string& tokenizer) {
    write_file(directory.path() / "tokenizer.json", tokenizer);
    return open_error(directory.path());
  };
  CHECK_THAT(error_with(replaced(kTinyTokenizer, R"("blue": 3)", R"("blue": 4)")),
             Contains("does not fit config.json: it has the token 4, vocab_size is 4"));
  CHECK_THAT(error_with(replaced(kTinyTokenizer, R"("blue": 3)", R"("blue": 4294967295)")), Contains("passes 2^31"));
  CHECK_THAT(error_with(replaced(kTinyTokenizer, R"("ids": [0])", R"("ids": [7])")),
             Contains("post-processor adds the token 7"));
  CHECK_THAT(error_with("{}"), Contains("tokenizer.json"));
  CHECK_THAT(error_with(""), Contains("tokenizer.json"));
  CHECK_THAT(error_with(std::string(100'000, '[')), Contains("tokenizer.json"));
  CHECK_THAT(error_with(replaced(kTinyTokenizer, "WordLevel", "Wordlevel")), Contains("tokenizer.json"));
  CHECK(error_with(kTinyTokenizer).empty());

  write_file(directory.path() / "config.json", replaced(kTinyConfig, R"("vocab_size": 4)", R"("vocab_size": 5)"));
  std::vector<NamedShape> tensors = tiny_tensors();
  for (NamedShape& tensor : tensors) {
    tensor.shape.front() += tensor.name == "model.embed_tokens.weight" || tensor.name == "lm_head.weight" ? 1 : 0;
  }
  write_file(directory.path() / "model.safetensors", zero_tensors(tensors));
  CHECK(open_error(directory.path()).empty());  // a padded vocabulary is usual
  write_file(directory.path() / "generation_config.json", R"({"eos_token_id": [1, 4]})");
  CHECK_THAT(open_error(directory.path()), Contains("lacks the begin or end token 4"));
}
