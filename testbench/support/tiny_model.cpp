#include "testbench/support/tiny_model.hpp"

#include <algorithm>
#include <random>
#include <type_traits>

namespace sluice::test {
namespace {

constexpr std::uint64_t kCardBytes = std::uint64_t{64} << 20;

// std::normal_distribution differs between libraries; a sum of twelve uniform numbers is near enough to normal.
float normal(std::mt19937& random) {
  double sum = -6.0;
  for (int i = 0; i < 12; ++i) {
    sum += static_cast<double>(random()) / 4294967296.0;
  }
  return static_cast<float>(sum);
}

std::vector<float> normals(std::mt19937& random, std::size_t count, double deviation, double mean = 0.0) {
  std::vector<float> out(count);
  std::generate(out.begin(), out.end(), [&] { return static_cast<float>(mean + deviation * normal(random)); });
  return out;
}

// How much larger than 1 / sqrt(columns) a matrix's weights are.
double gain(const std::string& name) {
  if (name.ends_with("attention.q_b") || name.ends_with("attention.q")) {
    return 3.0;
  }
  return name.ends_with("router") ? 2.0 : 1.0;
}

class RandomWeights {
 public:
  explicit RandomWeights(std::uint32_t seed) : random_(seed) {}

  Status operator()(const std::string& name, quant::PackedMatrix& part) const {
    const double deviation = gain(name) / std::sqrt(static_cast<double>(part.shape.columns));
    const std::vector<float> weights = normals(random_, part.shape.num_weights(), deviation);
    const bool has_bias = part.bias.has_value();
    SLUICE_ASSIGN_OR_RETURN(part, quant::pack(part.format, part.shape, weights, name));
    if (has_bias) {
      SLUICE_ASSIGN_OR_RETURN(part.bias, quant::make_bias(normals(random_, part.shape.num_rows(), 0.3), name));
    }
    return {};
  }

  Status operator()(const std::string& name, quant::Gamma& part) const {
    SLUICE_ASSIGN_OR_RETURN(part, quant::make_gamma(normals(random_, part.values.size(), 0.2, 1.0), name));
    return {};
  }

  Status operator()(const std::string& name, std::vector<std::int32_t>& part) const {
    const bool sinks = name.ends_with("sinks");
    const std::vector<float> values = normals(random_, part.size(), sinks ? 1.0 : 0.05);
    SLUICE_ASSIGN_OR_RETURN(part, sinks ? quant::make_sinks(values, name) : quant::make_selection_bias(values, name));
    return {};
  }

  Status operator()(const std::string&, quant::Embedding& part) const {
    std::vector<std::byte> elements;
    std::vector<std::byte> scales;
    for (std::size_t block = 0; block < std::size_t{part.rows} * part.columns / quant::kBlock; ++block) {
      const std::vector<float> weights = normals(random_, quant::kBlock, 1.0);
      const quant::QuantisedBlock quantised = quant::quantise_mxint8(quant::WeightBlock(weights.data(), quant::kBlock));
      for (const std::int16_t element : quantised.elements) {
        elements.push_back(static_cast<std::byte>(element));
      }
      scales.push_back(static_cast<std::byte>(quantised.scale));
    }
    part.elements = quant::SharedBytes(std::move(elements));
    part.scales = quant::SharedBytes(std::move(scales));
    return {};
  }

 private:
  mutable std::mt19937 random_;
};

}  // namespace

ModelConfig tiny_mla_config() {
  ModelConfig config;
  config.architecture = "deepseek_v3";
  config.hidden_dim = 64;
  config.num_layers = 2;
  config.vocab_size = 128;
  config.max_position = 128;
  config.rms_norm_eps = 1e-6;
  config.mla = {.num_heads = 2,
                .q_lora_rank = 32,
                .kv_lora_rank = 32,
                .qk_nope_head_dim = 32,
                .qk_rope_head_dim = 32,
                .v_head_dim = 32,
                .latent_norm_eps = 1e-6};
  config.num_dense_layers = 1;
  config.dense_intermediate_dim = 64;
  config.moe = {.num_experts = 8,
                .experts_per_token = 2,
                .intermediate_dim = 32,
                .num_shared_experts = 1,
                .num_groups = 2,
                .groups_per_token = 1,
                .normalise_weights = true,
                .routed_scaling_factor = 1.5};
  return config;
}

ModelConfig tiny_gqa_config() {
  ModelConfig config;
  config.architecture = "gpt_oss";
  config.hidden_dim = 64;
  config.num_layers = 2;
  config.vocab_size = 128;
  config.max_position = 128;
  config.rms_norm_eps = 1e-5;
  config.attention_kind = AttentionKind::kGqa;
  config.gqa = {.num_heads = 4, .num_kv_heads = 2, .head_dim = 32, .bias = true, .sinks = true};
  config.windows = {24, 0};
  config.moe = {.rule = RouterRule::kTopKSoftmax,
                .num_experts = 8,
                .experts_per_token = 2,
                .intermediate_dim = 32,
                .normalise_weights = true,
                .bias = true};
  config.activation = {.kind = ActivationConfig::Kind::kSwigluClamped, .limit = 7.0, .alpha = 1.702};
  return config;
}

quant::QuantisedModel random_model(const ModelConfig& config, const quant::Formats& formats, std::uint32_t seed) {
  must(quant::check_supported(config));
  quant::QuantisedModel model = quant::empty_model(config, formats);
  model.constants = must(quant::make_constants(config));
  must(quant::for_each_part(model, RandomWeights(seed)));
  return model;
}

RunningModel running_model(const quant::QuantisedModel& model, const std::string& device_name,
                           const engine::EngineOptions& options, device::DeviceOptions device_options) {
  device_options.memory_bytes = kCardBytes;
  RunningModel out;
  out.device = must(device::open_device(device_name, device_options));
  out.engine = must(engine::Engine::create(*out.device, model, options));
  return out;
}

std::vector<std::int32_t> random_tokens(const ModelConfig& config, std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::int32_t> out(count);
  std::generate(out.begin(), out.end(),
                [&] { return static_cast<std::int32_t>(random() % static_cast<std::uint32_t>(config.vocab_size)); });
  return out;
}

}  // namespace sluice::test
