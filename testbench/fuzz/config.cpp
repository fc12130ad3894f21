// Fuzzes the readers of config.json and generation_config.json. The input is the first text, a NUL and the second. The
// first goes through parse_config, and through the reader of every architecture whatever it names.
#include "host/model/config.hpp"

#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "host/model/architectures/architecture.hpp"
#include "host/model/json.hpp"
#include "host/model/rope.hpp"
#include "host/quant/constants.hpp"
#include "host/quant/quantised_model.hpp"
#include "testbench/fuzz/target.hpp"

namespace sluice::fuzz {
namespace {

bool in_range(std::int64_t value, std::int64_t least, std::int64_t most) { return value >= least && value <= most; }

void check_ranges(const ModelConfig& config) {
  SLUICE_CHECK(in_range(config.hidden_dim, 1, limits::kMaxHidden));
  SLUICE_CHECK(in_range(config.num_layers, 1, limits::kMaxLayers));
  SLUICE_CHECK(in_range(config.vocab_size, 1, limits::kMaxVocab));
  SLUICE_CHECK(in_range(config.max_position, 1, limits::kMaxPosition));
  SLUICE_CHECK(in_range(config.num_dense_layers, 0, config.num_layers));
  SLUICE_CHECK(config.rms_norm_eps >= limits::kMinNormEps && config.rms_norm_eps <= limits::kMaxNormEps);
  SLUICE_CHECK(config.eos_tokens.size() <= limits::kMaxEosTokens);
  for (const std::int32_t token : config.eos_tokens) {
    SLUICE_CHECK(in_range(token, 0, config.vocab_size - 1));
  }
  SLUICE_CHECK(!config.bos_token || in_range(*config.bos_token, 0, config.vocab_size - 1));

  const MoeConfig& moe = config.moe;
  SLUICE_CHECK(in_range(moe.num_experts, 1, limits::kMaxExperts));
  SLUICE_CHECK(moe.num_groups >= 1 && moe.num_experts % moe.num_groups == 0);
  SLUICE_CHECK(in_range(moe.groups_per_token, 1, moe.num_groups));
  SLUICE_CHECK(in_range(moe.experts_per_token, 1, moe.num_experts / moe.num_groups * moe.groups_per_token));
  SLUICE_CHECK(moe.experts_per_token <= limits::kMaxExpertsPerToken);
  SLUICE_CHECK(in_range(moe.intermediate_dim, 1, limits::kMaxIntermediate));
  SLUICE_CHECK(in_range(moe.num_shared_experts, 0, limits::kMaxSharedExperts));
}

void check_attention(const ModelConfig& config) {
  if (config.attention_kind == AttentionKind::kGqa) {
    const GqaConfig& gqa = config.gqa;
    SLUICE_CHECK(in_range(gqa.num_heads, 1, limits::kMaxHeads));
    SLUICE_CHECK(in_range(gqa.num_kv_heads, 1, gqa.num_heads) && gqa.num_heads % gqa.num_kv_heads == 0);
    SLUICE_CHECK(in_range(gqa.head_dim, 1, limits::kMaxHeadDim));
  } else {
    const MlaConfig& mla = config.mla;
    SLUICE_CHECK(in_range(mla.num_heads, 1, limits::kMaxHeads));
    SLUICE_CHECK(in_range(mla.q_lora_rank, 0, limits::kMaxLoraRank));
    SLUICE_CHECK(in_range(mla.kv_lora_rank, 1, limits::kMaxLoraRank));
  }
  SLUICE_CHECK(config.windows.empty() || std::cmp_equal(config.windows.size(), config.num_layers));
  for (const std::int64_t window : config.windows) {
    SLUICE_CHECK(in_range(window, 0, limits::kMaxPosition));
  }
}

void check_rope(const ModelConfig& config) {
  SLUICE_CHECK(config.rope_dim() > 0 && config.rope_dim() % 2 == 0);
  const RopeFrequencies rope = rope_frequencies(config.rope, config.rope_dim());
  for (const double frequency : rope.inverse_frequencies) {
    SLUICE_CHECK(std::isfinite(frequency) && frequency >= 0.0);
  }
  SLUICE_CHECK(std::isfinite(rope.attention_factor));
  if (config.attention_kind == AttentionKind::kMla) {
    const double scale = mla_softmax_scale(config.mla, config.rope);
    SLUICE_CHECK(std::isfinite(scale) && scale > 0.0);
  }
}

// Walks the model's tensors, or the first of them, since there may be millions.
void check_tensors(const ModelConfig& config, const Architecture& architecture) {
  constexpr std::size_t kMost = 200;
  const Error stop(ErrorCode::kTimeout, "enough");
  std::set<std::string> names;
  const Status walked = architecture.for_each_tensor(config, [&](const FileTensor& tensor) -> Status {
    std::int64_t elements = 1;
    for (const std::int64_t extent : tensor.shape) {
      SLUICE_CHECK(extent > 0);
      SLUICE_CHECK(!__builtin_mul_overflow(elements, extent, &elements));
    }
    const bool is_new = names.insert(tensor.name).second;
    SLUICE_CHECK(is_new || config.tie_word_embeddings);
    return names.size() < kMost ? Status() : Status(stop);
  });
  SLUICE_CHECK(walked.ok() || walked.error().code() == stop.code());
}

void check_config(const ModelConfig& config) {
  check_ranges(config);
  check_attention(config);
  check_rope(config);
  check_tensors(config, architecture_of(config));
  const Status supported = quant::check_supported(config);
  if (!supported.ok()) {
    check_error(supported.error());
    return;
  }
  const Result<quant::Constants> constants = quant::make_constants(config);
  if (!constants.ok()) {
    check_error(constants.error());
  }
}

void check_answer(const Result<ModelConfig>& config) {
  if (config.ok()) {
    check_config(config.value());
  } else {
    check_error(config.error());
  }
}

void parse_by_every_architecture(std::string_view text) {
  const Result<nlohmann::json> document = parse_json(text, JsonLimits{});
  if (!document.ok() || !document.value().is_object()) {
    return;
  }
  for (const Architecture* architecture : architectures()) {
    Result<ModelConfig> config = architecture->parse(JsonFields(document.value(), ""));
    if (config.ok()) {
      config.value().architecture = architecture->model_type;
    }
    check_answer(config);
  }
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::fuzz;
  const Halves texts = split_at_nul(as_text(data, size));
  check_answer(sluice::parse_config(texts.first, texts.second));
  parse_by_every_architecture(texts.first);
  return 0;
}
