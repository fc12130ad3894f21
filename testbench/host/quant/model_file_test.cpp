#include "host/quant/model_file.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <fstream>
#include <random>

#include "testbench/host/model/fixtures.hpp"

namespace sluice::quant {
namespace {

using device::Format;
using sluice::testing::TemporaryDirectory;
namespace fs = std::filesystem;

const char* const kFable = "models/fable-mla";

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

QuantisedModel quantised(const fs::path& directory, Format format) {
  const auto model = Model::open(directory);
  REQUIRE(model.ok());
  auto result = quantise_model(model.value(), {format}, {});
  REQUIRE(result.ok());
  return std::move(result).value();
}

// The tiny model with every dimension a multiple of 32, and one expert weight that is not zero.
void write_small_model(const fs::path& directory) {
  using sluice::testing::replaced;
  std::string config = sluice::testing::kTinyConfig;
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {R"("hidden_size": 8)", R"("hidden_size": 32)"},
           {R"("q_lora_rank": 6)", R"("q_lora_rank": 64)"},
           {R"("kv_lora_rank": 4)", R"("kv_lora_rank": 32)"},
           {R"("qk_nope_head_dim": 3)", R"("qk_nope_head_dim": 32)"},
           {R"("qk_rope_head_dim": 2)", R"("qk_rope_head_dim": 32)"},
           {R"("v_head_dim": 5)", R"("v_head_dim": 32)"},
           {R"("intermediate_size": 12)", R"("intermediate_size": 96)"},
           {R"("moe_intermediate_size": 7)", R"("moe_intermediate_size": 32)"}}) {
    config = replaced(config, from, to);
  }
  const auto parsed = parse_config(config, "");
  REQUIRE(parsed.ok());
  const Architecture& architecture = architecture_of(parsed.value());
  std::vector<sluice::testing::NamedShape> tensors;
  const Status walked = architecture.for_each_tensor(parsed.value(), [&](const FileTensor& tensor) -> Status {
    tensors.push_back({tensor.name, tensor.shape});
    return {};
  });
  REQUIRE(walked.ok());
  std::string content = sluice::testing::zero_tensors(tensors);
  content.back() = '\x3f';  // the head's last weight, BF16
  sluice::testing::write_file(directory / "config.json", config);
  sluice::testing::write_file(directory / "tokenizer.json", sluice::testing::kTinyTokenizer);
  sluice::testing::write_file(directory / "model.safetensors", content);
}

// A small quantised model on disk, to be damaged.
class SavedModel {
 public:
  SavedModel() {
    write_small_model(source_.path());
    model_ = quantised(source_.path(), Format::kMxInt8);
    REQUIRE(save(model_, source_.path(), path()).ok());
    content_ = read_text(path() / kModelFileName);
  }
  [[nodiscard]] fs::path path() const { return source_.path() / "quantised"; }
  [[nodiscard]] fs::path source() const { return source_.path(); }
  [[nodiscard]] const QuantisedModel& model() const { return model_; }
  [[nodiscard]] const std::string& content() const { return content_; }
  void write(std::string_view content) const { sluice::testing::write_file(path() / kModelFileName, content); }

 private:
  TemporaryDirectory source_;
  QuantisedModel model_;
  std::string content_;
};

void check_refused(const fs::path& directory, std::string_view part) {
  const auto loaded = load(directory);
  REQUIRE_FALSE(loaded.ok());
  CAPTURE(loaded.error().message());
  CHECK(sluice::testing::is_one_line(loaded.error().message()));
  CHECK(loaded.error().message().find(part) != std::string::npos);
  CHECK(loaded.error().message().find(directory.string()) == 0);
}

// Where a tensor's data lies in the file.
std::size_t data_offset(const std::string& content, const std::string& name) {
  const auto tensors = parse_safetensors(sluice::testing::bytes_of(content));
  REQUIRE(tensors.ok());
  return static_cast<std::size_t>(reinterpret_cast<const char*>(tensors.value().at(name).bytes.data()) -
                                  content.data());
}

std::string with_value(std::string content, const std::string& tensor, std::size_t byte, auto value) {
  std::memcpy(content.data() + data_offset(content, tensor) + byte, &value, sizeof(value));
  return content;
}

}  // namespace

TEST_CASE("a saved model loads equal, aligned and with its companion files", "[quant]") {
  for (const Format format : {Format::kMxInt8, Format::kInt4}) {
    const TemporaryDirectory directory;
    const fs::path destination = directory.path() / "a" / "b";
    const QuantisedModel model = quantised(kFable, format);
    CHECK_FALSE(is_quantised(destination));
    REQUIRE(save(model, kFable, destination).ok());
    CHECK(is_quantised(destination));
    CHECK_FALSE(is_quantised(kFable));

    const auto loaded = load(destination);
    REQUIRE(loaded.ok());
    CHECK(loaded.value() == model);
    const auto address = reinterpret_cast<std::uintptr_t>(loaded.value().layers[3].experts[9].down.data.span().data());
    CHECK(address % device::kLineBytes == 0);

    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(destination)) {
      ++files;
    }
    CHECK(files == 5);
    for (const char* name : {"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"}) {
      CHECK(read_text(destination / name) == read_text(fs::path(kFable) / name));
    }
    CHECK(Tokenizer::load(destination / "tokenizer.json").ok());
  }
}

TEST_CASE("a saved model is the same file every time and replaces an older one", "[quant]") {
  const SavedModel saved;
  sluice::testing::write_file(saved.path() / "generation_config.json", "{}");
  saved.write("old");
  REQUIRE(save(saved.model(), saved.source(), saved.path()).ok());
  CHECK(read_text(saved.path() / kModelFileName) == saved.content());
  CHECK_FALSE(fs::exists(saved.path() / "generation_config.json"));  // the source has none
  const auto loaded = load(saved.path());
  REQUIRE(loaded.ok());
  CHECK(loaded.value() == saved.model());
}

TEST_CASE("a disk that takes no more leaves the older model in place and no temporary file", "[quant]") {
  const SavedModel saved;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit little{saved.content().size() / 2, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &little) == 0);
  const Status status = save(saved.model(), saved.source(), saved.path());
  const Status fresh = save(saved.model(), saved.source(), saved.source() / "fresh");
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  (void)std::signal(SIGXFSZ, old_handler);

  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code() == ErrorCode::kIo);
  CHECK(sluice::testing::is_one_line(status.error().message()));
  CHECK(load(saved.path()).ok());
  REQUIRE_FALSE(fresh.ok());
  CHECK(fs::is_empty(saved.source() / "fresh"));
}

TEST_CASE("what a killed save left is removed and nothing else", "[quant]") {
  const TemporaryDirectory directory;
  const std::vector<std::string> kept{"config.json",         "config.json.tmp-12",    ".config.json.tmp-",
                                      ".config.json.tmp-1x", ".notes.txt.tmp-12",     "x.config.json.tmp-12",
                                      ".config.json.tmp",    ".tokenizer.json.tmp--1"};
  std::vector<std::string> names = kept;
  for (const fs::path& path : temporary_files(directory.path(), "12")) {
    names.push_back(path.filename().string());
  }
  CHECK(names.back().find(".tmp-12") != std::string::npos);
  CHECK(names.size() == kept.size() + 6);
  for (const std::string& name : names) {
    sluice::testing::write_file(directory.path() / name, "x");
  }
  remove_temporary_files(directory.path());
  remove_temporary_files(directory.path() / "missing");
  for (const std::string& name : names) {
    CAPTURE(name);
    CHECK(fs::exists(directory.path() / name) == (std::ranges::find(kept, name) != kept.end()));
  }
}

TEST_CASE("a model is not saved over its own checkpoint", "[quant]") {
  const SavedModel saved;
  const Status status = save(saved.model(), saved.source(), saved.source() / ".");
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code() == ErrorCode::kInvalidInput);
}

TEST_CASE("damaged quantised models end in one line that names the fault", "[quant]") {
  using sluice::testing::replaced;
  const SavedModel saved;
  const std::string& good = saved.content();
  const auto refused = [&](const std::string& content, std::string_view part) {
    saved.write(content);
    check_refused(saved.path(), part);
  };
  refused("", "too few");
  refused(good.substr(0, 100), "truncated");
  refused(good.substr(0, good.size() - 1), "");
  refused(replaced(good, R"("layers.1.router":)", R"("layers.1.rooter":)"), "has no tensor layers.1.router");
  refused(replaced(good, R"("layers.0.ffn_norm":{"dtype":"I16")", R"("layers.0.ffn_norm":{"dtype":"U16")"),
          "tensor layers.0.ffn_norm is U16 [32]; config.json asks for I16 [32]");
  refused(replaced(good, R"("sluice.version":{"dtype":"U32")", R"("sluice.version":{"dtype":"I32")"),
          "is not of version 2: run sluice quantize again");
  refused(with_value(good, "sluice.version", 0, std::uint32_t{1}), "run sluice quantize again");
  refused(with_value(good, "sluice.version", 4, std::uint32_t{9}), "run sluice quantize again");
  refused(with_value(good, "sluice.version", 8, std::uint32_t{3}), "names an unknown weight format");
  refused(with_value(good, "sluice.version", 8, std::uint32_t{1}), "does not describe the matrix");
  refused(with_value(good, "constants", 6 * 8, std::int64_t{63}), "tensor constants has numbers outside");
  refused(with_value(good, "head.attributes", 4, std::int32_t{5}), "tensor head.attributes does not describe");
  refused(with_value(good, "head.attributes", 16, std::int32_t{255}), "tensor head has scales outside");
  refused(with_value(good, "head.attributes", 20, std::int32_t{-100}), "tensor head has scales outside");
  refused(with_value(good, "head", 0, std::uint8_t{254}), "tensor head has scales outside");
  refused(with_value(good, "embedding.scales", 3, std::uint8_t{255}), "tensor embedding.scales has scales outside");
  refused(with_value(good, "final_norm.exponent", 0, std::int32_t{5000}), "tensor final_norm.exponent is outside");
  saved.write(good);
  CHECK(load(saved.path()).ok());
}

TEST_CASE("a quantised model with another config or none is refused", "[quant]") {
  const SavedModel saved;
  const std::string config = read_text(saved.path() / "config.json");
  sluice::testing::write_file(saved.path() / "config.json",
                              sluice::testing::replaced(config, R"("rope_theta": 10000)", R"("rope_theta": 20000)"));
  check_refused(saved.path(), "another config.json");
  fs::remove(saved.path() / "config.json");
  check_refused(saved.path(), "config.json");
  sluice::testing::write_file(saved.path() / "config.json", config);
  fs::remove(saved.path() / kModelFileName);
  check_refused(saved.path(), kModelFileName);
}

TEST_CASE("a thousand mutated quantised models load or end in one line", "[quant]") {
  const SavedModel saved;
  std::mt19937_64 random(20);
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, saved.content().data(), sizeof(header_bytes));
  int refused = 0;
  for (int trial = 0; trial < 1'000; ++trial) {
    std::string content = saved.content();
    const std::size_t range = trial % 4 == 0 ? content.size() : static_cast<std::size_t>(header_bytes) + 8;
    for (std::uint64_t change = random() % 3; change < 3; ++change) {
      content[random() % range] = static_cast<char>(random());
    }
    if (trial % 10 == 0) {
      content.resize(random() % content.size());
    }
    saved.write(content);
    const auto loaded = load(saved.path());
    if (!loaded.ok()) {
      ++refused;
      CHECK(sluice::testing::is_one_line(loaded.error().message()));
    }
  }
  CHECK(refused > 500);
}

}  // namespace sluice::quant
