// Experts in gpt-oss's own MXFP4 packing against what transformers unpacks (testbench/reference/data/gpt-oss-mxfp4).
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "host/model/mapped_file.hpp"
#include "host/quant/quantised_model.hpp"
#include "testbench/host/model/fixtures.hpp"

namespace sluice::quant {
namespace {

namespace fs = std::filesystem;
using device::Format;
using sluice::testing::TemporaryDirectory;

constexpr const char* kData = "testbench/reference/data/";

// The checkpoint has no tokenizer of its own; any of the same vocabulary does.
void copy_checkpoint(const fs::path& to) {
  fs::copy(std::string(kData) + "gpt-oss-mxfp4/config.json", to / "config.json");
  fs::copy(std::string(kData) + "gpt-oss-mxfp4/model.safetensors", to / "model.safetensors");
  fs::copy("models/fable-gqa/tokenizer.json", to / "tokenizer.json");
}

Model checkpoint_in(const fs::path& directory) {
  Result<Model> model = Model::open(directory);
  INFO((model.ok() ? "" : model.error().message()));
  REQUIRE(model.ok());
  return std::move(model).value();
}

std::vector<float> floats_of(const TensorView& view) {
  REQUIRE(view.dtype == DType::kF32);
  std::vector<float> out(static_cast<std::size_t>(view.num_elements()));
  std::memcpy(out.data(), view.bytes.data(), view.bytes.size());
  return out;
}

}  // namespace

TEST_CASE("experts packed in MXFP4 keep every value, and are MXFP4 unless another format is asked for", "[quant]") {
  const TemporaryDirectory directory;
  copy_checkpoint(directory.path());
  const Model checkpoint = checkpoint_in(directory.path());
  const Formats formats = default_formats(checkpoint.config());
  CHECK(formats_text(formats) == "mxint8,experts=mxfp4");
  const Result<QuantisedModel> quantised = quantise_model(checkpoint, formats, {});
  INFO((quantised.ok() ? "" : quantised.error().message()));
  REQUIRE(quantised.ok());

  auto file = MappedFile::open(std::string(kData) + "gpt-oss-mxfp4.safetensors");
  REQUIRE(file.ok());
  const auto reference = parse_safetensors(file.value().bytes());
  REQUIRE(reference.ok());
  constexpr std::size_t kHidden = 64;
  constexpr std::size_t kIntermediate = 64;
  std::size_t nonzero = 0;
  for (const auto& [layer, expert] : {std::pair<std::size_t, std::size_t>{0, 1}, {1, 3}}) {
    const std::string prefix = "layers." + std::to_string(layer) + ".experts." + std::to_string(expert) + ".";
    const std::vector<float> gate_up = floats_of(reference.value().at(prefix + "gate_up_proj"));  // [input, 2 * i + up]
    const std::vector<float> down = floats_of(reference.value().at(prefix + "down_proj"));        // [input, output]
    const Ffn& ffn = quantised.value().layers[layer].experts[expert];
    const std::vector<double> got = dequantise(ffn.gate_up);
    const std::vector<double> got_down = dequantise(ffn.down);
    for (std::size_t input = 0; input < kHidden; ++input) {
      for (std::size_t i = 0; i < kIntermediate; ++i) {
        for (const std::size_t up : {std::size_t{0}, std::size_t{1}}) {
          const auto want = static_cast<double>(gate_up[input * 2 * kIntermediate + 2 * i + up]);
          REQUIRE(got[(up * kIntermediate + i) * kHidden + input] == want);
          nonzero += want != 0.0 ? 1 : 0;
        }
      }
    }
    for (std::size_t input = 0; input < kIntermediate; ++input) {
      for (std::size_t output = 0; output < kHidden; ++output) {
        REQUIRE(got_down[output * kIntermediate + input] == static_cast<double>(down[input * kHidden + output]));
      }
    }
  }
  CHECK(nonzero > 10'000);
}

TEST_CASE("a packed scale that is no number is an error that names its tensor", "[quant]") {
  const TemporaryDirectory directory;
  copy_checkpoint(directory.path());
  {
    const Model checkpoint = checkpoint_in(directory.path());
    auto file = MappedFile::open(directory.path() / "model.safetensors");
    REQUIRE(file.ok());
    const TensorView* scales = checkpoint.checkpoint().find("model.layers.1.mlp.experts.down_proj_scales");
    REQUIRE(scales != nullptr);
    const std::string_view content(reinterpret_cast<const char*>(file.value().bytes().data()),
                                   file.value().bytes().size());
    const std::string_view part(reinterpret_cast<const char*>(scales->bytes.data()), scales->bytes.size());
    std::string changed(content);
    changed[content.find(part) + 5] = '\xff';
    sluice::testing::write_file(directory.path() / "changed", changed);
  }
  fs::rename(directory.path() / "changed", directory.path() / "model.safetensors");
  const Model checkpoint = checkpoint_in(directory.path());
  const Result<QuantisedModel> quantised = quantise_model(checkpoint, default_formats(checkpoint.config()), {});
  REQUIRE_FALSE(quantised.ok());
  CHECK_THAT(quantised.error().message(),
             Catch::Contains("model.layers.1.mlp.experts.down_proj") && Catch::Contains("scale 5 is not a number"));
}

}  // namespace sluice::quant
