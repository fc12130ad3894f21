#include "host/quant/quantised_model.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <fstream>
#include <numeric>
#include <random>

#include "testbench/host/model/fixtures.hpp"

namespace sluice::quant {
namespace {

using device::Format;
using sluice::testing::TemporaryDirectory;

const char* const kFable = "models/fable-mla";

Model fable() {
  auto model = Model::open(kFable);
  REQUIRE(model.ok());
  return std::move(model).value();
}

const QuantisedModel& quantised_fable() {
  static const QuantisedModel model = [] {
    auto result = quantise_model(fable(), {}, {});
    REQUIRE(result.ok());
    return std::move(result).value();
  }();
  return model;
}

// A checkpoint's matrix as floats.
class Weights {
 public:
  Weights(const Model& model, const TensorKey& key) : columns_(model.tensor(key).columns()) {
    const TensorReader reader = model.tensor(key);
    const auto columns = static_cast<std::size_t>(columns_);
    values_.resize(static_cast<std::size_t>(reader.rows()) * columns);
    for (std::int64_t row = 0; row < reader.rows(); ++row) {
      REQUIRE(reader.read_row(row, std::span(values_).subspan(static_cast<std::size_t>(row) * columns, columns)).ok());
    }
  }
  [[nodiscard]] double at(std::int64_t row, std::int64_t column) const {
    return static_cast<double>(values_[static_cast<std::size_t>(row * columns_ + column)]);
  }
  [[nodiscard]] double largest() const {
    double largest = 0.0;
    for (const float value : values_) {
      largest = std::max(largest, std::abs(static_cast<double>(value)));
    }
    return largest;
  }

 private:
  std::int64_t columns_;
  std::vector<float> values_;
};

// Checks that element (row, column) of the MXINT8 matrix is expected(row, column), within half a step of the largest
// scale that `largest` allows.
template <typename Expected>
void check_matrix(const PackedMatrix& matrix, double largest, Expected expected) {
  const std::vector<double> values = dequantise(matrix);
  const double tolerance = largest / 127.0;
  double energy = 0.0;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double weight = expected(static_cast<std::int64_t>(i / matrix.shape.columns),
                                   static_cast<std::int64_t>(i % matrix.shape.columns));
    wrong += std::abs(values[i] - weight) <= tolerance ? 0U : 1U;
    energy += weight * weight;
  }
  CHECK(wrong == 0);
  CHECK(energy > 1000.0 * tolerance * tolerance);  // or the comparison would say little
}

void check_unsupported(const Status& status, std::string_view part) {
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code() == ErrorCode::kUnsupported);
  CAPTURE(status.error().message());
  CHECK(status.error().message().find(part) != std::string::npos);
  CHECK(sluice::testing::is_one_line(status.error().message()));
}

}  // namespace

TEST_CASE("queries keep their dot products with keys through the change from interleaved to half-split", "[quant]") {
  constexpr std::int64_t kDims = 32;
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  using Vector = std::array<double, kDims>;
  const auto rotate_interleaved = [](const Vector& x, double position) {
    Vector y{};
    for (std::size_t i = 0; i < kDims / 2; ++i) {
      const double angle = position * std::pow(10'000.0, -2.0 * static_cast<double>(i) / kDims);
      y[2 * i] = x[2 * i] * std::cos(angle) - x[2 * i + 1] * std::sin(angle);
      y[2 * i + 1] = x[2 * i] * std::sin(angle) + x[2 * i + 1] * std::cos(angle);
    }
    return y;
  };
  const auto rotate_halves = [](const Vector& x, double position) {
    Vector y{};
    for (std::size_t i = 0; i < kDims / 2; ++i) {
      const std::size_t j = i + kDims / 2;
      const double angle = position * std::pow(10'000.0, -2.0 * static_cast<double>(i) / kDims);
      y[i] = x[i] * std::cos(angle) - x[j] * std::sin(angle);
      y[j] = x[i] * std::sin(angle) + x[j] * std::cos(angle);
    }
    return y;
  };
  const auto permuted = [](const Vector& x) {
    Vector y{};
    for (std::int64_t dim = 0; dim < kDims; ++dim) {
      y[static_cast<std::size_t>(dim)] = x[static_cast<std::size_t>(rope_source_dim(dim, kDims, true))];
    }
    return y;
  };
  const auto dot = [](const Vector& a, const Vector& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  for (int trial = 0; trial < 100; ++trial) {
    Vector q{};
    Vector k{};
    std::generate(q.begin(), q.end(), [&] { return normal(random); });
    std::generate(k.begin(), k.end(), [&] { return normal(random); });
    const double before = dot(rotate_interleaved(q, 17.0 + trial), rotate_interleaved(k, 3.0));
    const double after = dot(rotate_halves(permuted(q), 17.0 + trial), rotate_halves(permuted(k), 3.0));
    CHECK(after == Approx(before).margin(1e-11));
  }
  CHECK(rope_source_dim(5, kDims, false) == 5);
}

TEST_CASE("query and latent rows come from where the numerics contract says", "[quant]") {
  const Model model = fable();
  const MlaConfig& mla = model.config().mla;
  REQUIRE(mla.rope_interleave);
  const std::int64_t nope = mla.qk_nope_head_dim;
  const std::int64_t rope = mla.qk_rope_head_dim;
  const auto& attention = std::get<MlaAttention>(quantised_fable().layers[3].attention);

  const Weights q_b(model, {TensorRole::kQueryUp, 3});
  check_matrix(attention.q_b, q_b.largest(), [&](std::int64_t row, std::int64_t column) {
    if (row < mla.num_heads * nope) {
      return q_b.at(row / nope * mla.qk_head_dim() + row % nope, column);
    }
    const std::int64_t head = (row - mla.num_heads * nope) / rope;
    const std::int64_t dim = (row - mla.num_heads * nope) % rope;
    const std::int64_t source = dim < rope / 2 ? 2 * dim : 2 * dim - rope + 1;
    return q_b.at(head * mla.qk_head_dim() + nope + source, column);
  });
  const Weights kv_a(model, {TensorRole::kKvDown, 3});
  check_matrix(attention.kv_a, kv_a.largest(), [&](std::int64_t row, std::int64_t column) {
    const std::int64_t dim = row - mla.kv_lora_rank;
    const std::int64_t source = dim < rope / 2 ? 2 * dim : 2 * dim - rope + 1;
    return kv_a.at(dim < 0 ? row : mla.kv_lora_rank + source, column);
  });
}

TEST_CASE("kv_b is split into a transposed W_UK and W_UV by heads", "[quant]") {
  const Model model = fable();
  const MlaConfig& mla = model.config().mla;
  const std::int64_t stride = mla.qk_nope_head_dim + mla.v_head_dim;
  const auto& attention = std::get<MlaAttention>(quantised_fable().layers[1].attention);
  const Weights kv_b(model, {TensorRole::kKvUp, 1});
  CHECK(attention.w_uk.shape == MatrixShape{64, 32, 8});
  check_matrix(attention.w_uk, kv_b.largest(), [&](std::int64_t row, std::int64_t column) {
    return kv_b.at(row / mla.kv_lora_rank * stride + column, row % mla.kv_lora_rank);
  });
  CHECK(attention.w_uv.shape == MatrixShape{32, 64, 8});
  check_matrix(attention.w_uv, kv_b.largest(), [&](std::int64_t row, std::int64_t column) {
    return kv_b.at(row / mla.v_head_dim * stride + mla.qk_nope_head_dim + row % mla.v_head_dim, column);
  });
}

TEST_CASE("an expert's gate rows lie before its up rows", "[quant]") {
  const Model model = fable();
  const std::int64_t intermediate = model.config().moe.intermediate_dim;
  const Weights gate(model, {TensorRole::kExpertGate, 2, 17});
  const Weights up(model, {TensorRole::kExpertUp, 2, 17});
  const Weights down(model, {TensorRole::kExpertDown, 2, 17});
  const Ffn& expert = quantised_fable().layers[2].experts[17];
  check_matrix(expert.gate_up, std::max(gate.largest(), up.largest()), [&](std::int64_t row, std::int64_t column) {
    return row < intermediate ? gate.at(row, column) : up.at(row - intermediate, column);
  });
  check_matrix(expert.down, down.largest(),
               [&](std::int64_t row, std::int64_t column) { return down.at(row, column); });
}

TEST_CASE("embedding rows are MXINT8 blocks of the checkpoint's rows", "[quant]") {
  const Model model = fable();
  const Embedding& embedding = quantised_fable().embedding;
  REQUIRE(embedding.rows == 4096);
  REQUIRE(embedding.columns == 256);
  REQUIRE(embedding.elements.size() == 4096 * 256);
  REQUIRE(embedding.scales.size() == 4096 * 8);
  std::vector<float> row(256);
  for (const std::size_t id : {0U, 1U, 777U, 4095U}) {
    REQUIRE(model.tensor({TensorRole::kEmbedding}).read_row(static_cast<std::int64_t>(id), row).ok());
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto element = static_cast<std::int8_t>(embedding.elements.span()[id * 256 + i]);
      const double step = std::ldexp(1.0, static_cast<int>(embedding.scales.span()[id * 8 + i / 32]) - 133);
      CHECK(std::abs(element * step - static_cast<double>(row[i])) <= step / 2.0);
    }
  }
}

TEST_CASE("a quantised model has the parts, formats and constants of its config", "[quant]") {
  const QuantisedModel& model = quantised_fable();
  REQUIRE(model.layers.size() == 6);
  CHECK(model.layers[0].dense.has_value());
  CHECK(model.layers[0].experts.empty());
  CHECK_FALSE(model.layers[5].dense.has_value());
  CHECK(model.layers[5].experts.size() == 32);
  REQUIRE(model.layers[5].router.has_value());
  CHECK(model.layers[5].router->format == Format::kMxInt16);
  CHECK(model.layers[5].selection_bias.size() == 32);
  CHECK(model.layers[5].shared.has_value());
  CHECK(model.head.format == Format::kMxInt8);
  CHECK(model.final_norm.values.size() == 256);
  CHECK(model.constants.rope_increments.size() == 16);
  CHECK(model.constants.rope_amplitude == 1U << 30U);  // mscale = mscale_all_dim
  CHECK(model.constants.routed_scale == 3U << 23U);
  const double magnitude = 0.1 * std::log(4.0) + 1.0;
  CHECK(std::ldexp(model.constants.score.mul, 8 - static_cast<int>(model.constants.score.shift)) ==
        Approx(std::pow(64.0, -0.5) * magnitude * magnitude / std::log(2.0)).epsilon(1e-6));
}

TEST_CASE("every linear format quantises a whole model, reporting progress up to the end", "[quant]") {
  for (const Format format : {Format::kInt4, Format::kMxFp4}) {
    std::uint64_t last = 0;
    std::uint64_t total = 0;
    const auto model = quantise_model(fable(), {format}, [&](std::uint64_t done, std::uint64_t all) {
      CHECK(done > last);
      last = done;
      total = all;
    });
    REQUIRE(model.ok());
    CHECK(last == total);
    CHECK(total > 10'000'000);
    CHECK(model.value().formats == Formats(format));
    CHECK(model.value().layers[4].experts[31].down.format == format);
    CHECK(model.value().head.format == Format::kMxInt8);
  }
  CHECK_FALSE(quantise_model(fable(), {Format::kMxInt16}, {}).ok());
}

TEST_CASE("a weight that is not finite is an error that names its tensor", "[quant]") {
  std::ifstream file(std::string(kFable) + "/model.safetensors", std::ios::binary);
  std::string content(std::istreambuf_iterator<char>(file), {});
  const std::string name = "model.layers.2.mlp.experts.5.up_proj.weight";
  const auto tensors = parse_safetensors(sluice::testing::bytes_of(content));
  REQUIRE(tensors.ok());
  const auto* const begin = reinterpret_cast<const std::byte*>(content.data());
  const auto offset = static_cast<std::size_t>(tensors.value().at(name).bytes.data() - begin);
  const std::uint16_t nan = 0x7fc0;
  std::memcpy(content.data() + offset + 2 * 300, &nan, sizeof(nan));

  const TemporaryDirectory directory;
  for (const char* companion : {"config.json", "tokenizer.json"}) {
    std::filesystem::copy_file(std::filesystem::path(kFable) / companion, directory.path() / companion);
  }
  sluice::testing::write_file(directory.path() / "model.safetensors", content);
  const auto model = Model::open(directory.path());
  REQUIRE(model.ok());
  for (const Format format : {Format::kMxInt8, Format::kInt4}) {
    const auto quantised = quantise_model(model.value(), {format}, {});
    REQUIRE_FALSE(quantised.ok());
    CHECK(quantised.error().code() == ErrorCode::kInvalidInput);
    CHECK(quantised.error().message() == "tensor " + name + ": the weight 300 is not finite");
  }
}

TEST_CASE("shapes that devices do not take are refused with the tensor's name", "[quant]") {
  const ModelConfig good = fable().config();
  CHECK(check_supported(good).ok());
  const auto with = [&](auto change) {
    ModelConfig config = good;
    change(config);
    return check_supported(config);
  };
  check_unsupported(with([](ModelConfig& c) { c.hidden_dim = 250; }), "model.embed_tokens.weight: a dimension of 250");
  check_unsupported(with([](ModelConfig& c) { c.mla.q_lora_rank = 100; }), "layers.0.self_attn.q_a_proj");
  check_unsupported(with([](ModelConfig& c) { c.mla.kv_lora_rank = 48; }), "self_attn.kv_a_proj_with_mqa");
  check_unsupported(with([](ModelConfig& c) { c.mla.qk_rope_head_dim = 16; }), "self_attn.kv_a_proj_with_mqa");
  check_unsupported(with([](ModelConfig& c) { c.mla.qk_nope_head_dim = 40; }), "self_attn.kv_b_proj");
  check_unsupported(with([](ModelConfig& c) { c.mla.v_head_dim = 1; }), "self_attn.kv_b_proj");
  check_unsupported(with([](ModelConfig& c) { c.dense_intermediate_dim = 500; }), "layers.0.mlp.down_proj");
  check_unsupported(with([](ModelConfig& c) { c.moe.intermediate_dim = 65; }), "layers.1.mlp.experts.0.down_proj");
  check_unsupported(with([](ModelConfig& c) { c.moe.num_experts = 1024; }), "1024 experts");
  check_unsupported(with([](ModelConfig& c) { c.moe.experts_per_token = 17; }), "17 experts a token");
  check_unsupported(with([](ModelConfig& c) { c.num_layers = 257; }), "257 layers");
  check_unsupported(with([](ModelConfig& c) { c.mla.kv_lora_rank = 1024; }), "1056 key dimensions");
}

TEST_CASE("formats are read from text and written back", "[quant]") {
  const auto parsed = [](std::string_view text) {
    auto formats = parse_formats(text, Formats());
    INFO((formats.ok() ? "" : formats.error().message()));
    REQUIRE(formats.ok());
    CHECK(parse_formats(formats_text(formats.value()), Formats()).value() == formats.value());
    return formats.value();
  };
  CHECK(parsed("") == Formats());
  CHECK(parsed("INT4") == Formats(Format::kInt4));
  const Formats mixed = parsed("int4,experts=mxfp4,head=INT4,router=mxint8");
  CHECK(mixed.attention == Format::kInt4);
  CHECK(mixed.experts == Format::kMxFp4);
  CHECK(mixed.head == Format::kInt4);
  CHECK(mixed.router == Format::kMxInt8);
  CHECK(mixed.shared == Format::kInt4);
  CHECK(formats_text(mixed) == "int4,experts=mxfp4,head=int4,router=mxint8");
  CHECK(parsed("experts=int4").attention == Format::kMxInt8);
  for (const char* wrong : {"int5", "int4,mxfp4", "expert=int4", "experts=", "=int4", ",", "mxint16", "head=mxint16"}) {
    INFO(wrong);
    CHECK_FALSE(parse_formats(wrong, Formats()).ok());
  }
}

TEST_CASE("fable-gqa becomes matrices with biases, sinks and experts with gate's rows before up's", "[quant]") {
  const auto opened = Model::open("models/fable-gqa");
  REQUIRE(opened.ok());
  const auto quantised = quantise_model(opened.value(), {}, {});
  REQUIRE(quantised.ok());
  const QuantisedModel& model = quantised.value();
  const Layer& layer = model.layers[3];
  const auto& attention = std::get<GqaAttention>(layer.attention);
  CHECK(attention.sinks.size() == 8);
  CHECK(layer.selection_bias.empty());
  CHECK(layer.router->format == Format::kMxInt16);
  CHECK(layer.router->bias->mantissas.size() == 16);
  CHECK_FALSE(layer.shared);
  CHECK(attention.k.shape == MatrixShape{64, 256, 1});

  const Weights gate(opened.value(), {TensorRole::kExpertGate, 3, 7});
  const Weights up(opened.value(), {TensorRole::kExpertUp, 3, 7});
  const std::vector<double> packed = dequantise(layer.experts[7].gate_up);
  const double step = std::max(gate.largest(), up.largest()) / 127.0 * 2.0;
  for (const std::int64_t row : {0, 1, 50, 95}) {
    for (const std::int64_t column : {0, 31, 255}) {
      CHECK(std::abs(packed[static_cast<std::size_t>(row * 256 + column)] - gate.at(row, column)) < step);
      CHECK(std::abs(packed[static_cast<std::size_t>((row + 96) * 256 + column)] - up.at(row, column)) < step);
    }
  }
  const Weights gate_bias(opened.value(), {TensorRole::kExpertGateBias, 3, 7});
  const Weights up_bias(opened.value(), {TensorRole::kExpertUpBias, 3, 7});
  const Bias& bias = *layer.experts[7].gate_up.bias;
  REQUIRE(bias.mantissas.size() == 192);
  for (std::size_t i = 0; i < 96; ++i) {  // bf16 is exact
    const auto at = static_cast<std::int64_t>(i);
    CHECK(std::ldexp(bias.mantissas[i], bias.exponent) == gate_bias.at(0, at));
    CHECK(std::ldexp(bias.mantissas[96 + i], bias.exponent) == up_bias.at(0, at));
  }
  CHECK(model.constants.activation_limit == 7 << 16);
  CHECK(model.constants.activation_scale == 659'134'393);  // 1.702 * log2 e * 2^28
}

}  // namespace sluice::quant
