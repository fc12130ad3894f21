#include "host/model/config.hpp"

#include <catch2/catch.hpp>

#include "host/model/safetensors.hpp"
#include "testbench/host/model/fixtures.hpp"

using namespace sluice;
using namespace sluice::testing;
using Catch::Contains;

namespace {

// The error that the tiny config with `from` replaced by `to` ends in; empty if it is accepted.
std::string error_with(std::string_view from, std::string_view to) {
  const Result<ModelConfig> config = parse_config(replaced(kTinyConfig, from, to), "");
  if (config.ok()) {
    return "";
  }
  CHECK(is_one_line(config.error().message()));
  return config.error().message();
}

}  // namespace

TEST_CASE("the committed model's config is read completely", "[model]") {
  const Result<ModelConfig> read = read_config("models/fable-mla");
  REQUIRE(read.ok());
  ModelConfig expected;
  expected.architecture = "deepseek_v3";
  expected.hidden_dim = 256;
  expected.num_layers = 6;
  expected.vocab_size = 4096;
  expected.max_position = 2048;
  expected.rms_norm_eps = 1e-6;
  expected.mla = {.num_heads = 8,
                  .q_lora_rank = 128,
                  .kv_lora_rank = 64,
                  .qk_nope_head_dim = 32,
                  .qk_rope_head_dim = 32,
                  .v_head_dim = 32,
                  .latent_norm_eps = 1e-6,
                  .rope_interleave = true};
  expected.rope = {.type = RopeType::kYarn,
                   .theta = 10'000,
                   .factor = 4,
                   .original_max_position = 512,
                   .mscale = 1,
                   .mscale_all_dim = 1,
                   .attention_factor = std::nullopt};
  expected.num_dense_layers = 1;
  expected.dense_intermediate_dim = 512;
  expected.moe = {.rule = RouterRule::kSigmoidBiasGroups,
                  .num_experts = 32,
                  .experts_per_token = 4,
                  .intermediate_dim = 64,
                  .num_shared_experts = 1,
                  .num_groups = 4,
                  .groups_per_token = 2,
                  .normalise_weights = true,
                  .routed_scaling_factor = 1.5};
  expected.bos_token = 0;
  expected.eos_tokens = {1};
  CHECK(read.value() == expected);
}

TEST_CASE("fable-gqa's config is read completely", "[model]") {
  const Result<ModelConfig> read = read_config("models/fable-gqa");
  INFO((read.ok() ? "" : read.error().message()));
  REQUIRE(read.ok());
  ModelConfig expected;
  expected.architecture = "gpt_oss";
  expected.hidden_dim = 256;
  expected.num_layers = 6;
  expected.vocab_size = 4096;
  expected.max_position = 2048;
  expected.rms_norm_eps = 1e-5;
  expected.attention_kind = AttentionKind::kGqa;
  expected.gqa = {.num_heads = 8, .num_kv_heads = 2, .head_dim = 32, .bias = true, .sinks = true};
  expected.windows = {64, 0, 64, 0, 64, 0};
  expected.rope = {.type = RopeType::kYarn,
                   .theta = 10'000,
                   .factor = 4,
                   .original_max_position = 512,
                   .attention_factor = std::nullopt,
                   .truncate = false};
  expected.moe = {.rule = RouterRule::kTopKSoftmax,
                  .num_experts = 16,
                  .experts_per_token = 4,
                  .intermediate_dim = 96,
                  .normalise_weights = true,
                  .bias = true};
  expected.activation = {.kind = ActivationConfig::Kind::kSwigluClamped, .limit = 7.0, .alpha = 1.702};
  expected.expert_storage = ExpertStorage::kStacked;
  expected.bos_token = 0;
  expected.eos_tokens = {1};
  CHECK(read.value() == expected);
}

TEST_CASE("config.json as gpt-oss publishes it is read, and what it cannot have is refused", "[model]") {
  // https://huggingface.co/openai/gpt-oss-20b/blob/main/config.json with two of its layers
  const char* const published = R"({
    "architectures": ["GptOssForCausalLM"], "attention_bias": true, "attention_dropout": 0.0, "eos_token_id": 200002,
    "experts_per_token": 4, "head_dim": 64, "hidden_act": "silu", "hidden_size": 2880, "initial_context_length": 4096,
    "initializer_range": 0.02, "intermediate_size": 2880, "layer_types": ["sliding_attention", "full_attention"],
    "max_position_embeddings": 131072, "model_type": "gpt_oss", "num_attention_heads": 64, "num_experts_per_tok": 4,
    "num_hidden_layers": 2, "num_key_value_heads": 8, "num_local_experts": 32, "output_router_logits": false,
    "pad_token_id": 199999, "quantization_config": {"modules_to_not_convert": ["model.layers.*.self_attn"],
      "quant_method": "mxfp4"}, "rms_norm_eps": 1e-05,
    "rope_scaling": {"beta_fast": 32.0, "beta_slow": 1.0, "factor": 32.0, "original_max_position_embeddings": 4096,
      "rope_type": "yarn", "truncate": false}, "rope_theta": 150000, "router_aux_loss_coef": 0.9,
    "sliding_window": 128, "swiglu_limit": 7.0, "tie_word_embeddings": false, "transformers_version": "4.55.0.dev0",
    "use_cache": true, "vocab_size": 201088})";
  const Result<ModelConfig> config = parse_config(published, "");
  INFO((config.ok() ? "" : config.error().message()));
  REQUIRE(config.ok());
  CHECK(config.value().expert_storage == ExpertStorage::kMxFp4);
  CHECK(config.value().windows == std::vector<std::int64_t>{128, 0});
  CHECK(config.value().activation.alpha == 1.702);
  CHECK_FALSE(config.value().bos_token);

  const auto error = [&](std::string_view from, std::string_view to) {
    const Result<ModelConfig> changed = parse_config(replaced(published, from, to), "");
    REQUIRE_FALSE(changed.ok());
    CHECK(is_one_line(changed.error().message()));
    return changed.error().message();
  };
  CHECK_THAT(error(R"("quant_method": "mxfp4")", R"("quant_method": "gptq")"), Contains("\"gptq\"; supported"));
  CHECK_THAT(error(R"("num_key_value_heads": 8)", R"("num_key_value_heads": 7)"), Contains("num_key_value_heads is 7"));
  CHECK_THAT(error(R"(["sliding_attention", "full_attention"])", R"(["sliding_attention"])"), Contains("layer_types"));
  CHECK_THAT(error(R"("full_attention"])", R"("chunked_attention"])"), Contains("chunked_attention"));
  CHECK_THAT(error(R"("sliding_window": 128)", R"("sliding_window": null)"), Contains("sliding_window is missing"));
  CHECK_THAT(error(R"("num_experts_per_tok": 4)", R"("num_experts_per_tok": 33)"), Contains("num_experts_per_tok"));
  CHECK_THAT(error(R"("intermediate_size": 2880)", R"("intermediate_size": 2881)"), Contains("multiples of 32"));
}

TEST_CASE("config.json as DeepSeek-V3 publishes it is read", "[model]") {
  // https://huggingface.co/deepseek-ai/DeepSeek-V3/blob/main/config.json without its quantization_config
  const char* const published = R"({
    "architectures": ["DeepseekV3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
    "auto_map": {"AutoConfig": "configuration_deepseek.DeepseekV3Config"}, "bos_token_id": 0, "eos_token_id": 1,
    "ep_size": 1, "first_k_dense_replace": 3, "hidden_act": "silu", "hidden_size": 7168, "initializer_range": 0.02,
    "intermediate_size": 18432, "kv_lora_rank": 512, "max_position_embeddings": 163840, "model_type": "deepseek_v3",
    "moe_intermediate_size": 2048, "moe_layer_freq": 1, "n_group": 8, "n_routed_experts": 256, "n_shared_experts": 1,
    "norm_topk_prob": true, "num_attention_heads": 128, "num_experts_per_tok": 8, "num_hidden_layers": 61,
    "num_key_value_heads": 128, "num_nextn_predict_layers": 1, "q_lora_rank": 1536, "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64, "rms_norm_eps": 1e-06,
    "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 1.0, "mscale_all_dim": 1.0,
      "original_max_position_embeddings": 4096, "type": "yarn"},
    "rope_theta": 10000, "routed_scaling_factor": 2.5, "scoring_func": "sigmoid", "tie_word_embeddings": false,
    "topk_group": 4, "topk_method": "noaux_tc", "torch_dtype": "bfloat16", "transformers_version": "4.33.1",
    "use_cache": true, "v_head_dim": 128, "vocab_size": 129280})";
  const Result<ModelConfig> config = parse_config(published, "");
  INFO((config.ok() ? "" : config.error().message()));
  REQUIRE(config.ok());
  CHECK(config.value().moe.num_experts == 256);
  CHECK(config.value().mla.qk_head_dim() == 192);
  CHECK(config.value().rope.factor == 40);
  CHECK(config.value().mla.rope_interleave);
}

TEST_CASE("an unknown architecture is refused with the list of known ones", "[model]") {
  CHECK_THAT(
      error_with("DeepseekV3ForCausalLM", "LlamaForCausalLM"),
      Contains("LlamaForCausalLM") &&
          Contains(
              "supported: DeepseekV3ForCausalLM (model_type deepseek_v3), GptOssForCausalLM (model_type gpt_oss)"));
  CHECK_THAT(error_with(R"(["DeepseekV3ForCausalLM"])", "[]"), Contains("architectures is a list"));
  CHECK_THAT(error_with(R"("architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3",)", ""),
             Contains("architectures is missing"));
  CHECK_THAT(error_with(R"("architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3")",
                        R"("model_type": "llama")"),
             Contains("model_type is \"llama\""));
  CHECK(error_with(R"("architectures": ["DeepseekV3ForCausalLM"], )", "").empty());
  // The class decides: Kimi K2 has a model_type of its own.
  CHECK(error_with(R"("model_type": "deepseek_v3")", R"("model_type": "kimi_k2")").empty());
}

TEST_CASE("a bad number names its key and what is supported", "[model]") {
  CHECK_THAT(error_with(R"("hidden_size": 8)", R"("hidden_size": 1000000000)"),
             Contains("config.json: hidden_size is 1000000000; supported: whole numbers from 1 to 65536"));
  CHECK_THAT(error_with(R"("hidden_size": 8, )", ""), Contains("hidden_size is missing"));
  CHECK_THAT(error_with(R"("hidden_size": 8)", R"("hidden_size": null)"), Contains("hidden_size is missing"));
  CHECK_THAT(error_with(R"("hidden_size": 8)", R"("hidden_size": "8")"), Contains("hidden_size is \"8\""));
  CHECK_THAT(error_with(R"("hidden_size": 8)", R"("hidden_size": 8.5)"), Contains("hidden_size is 8.5"));
  CHECK_THAT(error_with(R"("hidden_size": 8)", R"("hidden_size": true)"), Contains("hidden_size is true"));
  CHECK_THAT(error_with(R"("hidden_size": 8)", R"("hidden_size": [8])"), Contains("hidden_size is a list"));
  CHECK_THAT(error_with(R"("hidden_size": 8)", R"("hidden_size": 18446744073709551615)"), Contains("hidden_size is"));
  CHECK_THAT(error_with(R"("vocab_size": 4)", R"("vocab_size": 0)"), Contains("vocab_size is 0"));
  CHECK_THAT(error_with(R"("num_hidden_layers": 2)", R"("num_hidden_layers": -2)"),
             Contains("num_hidden_layers is -2"));
  CHECK_THAT(error_with("1e-05", "0"), Contains("rms_norm_eps is 0"));
  CHECK_THAT(error_with(R"("norm_topk_prob": true)", R"("norm_topk_prob": 1)"), Contains("norm_topk_prob is 1"));
}

TEST_CASE("numbers that contradict one another are refused", "[model]") {
  CHECK_THAT(error_with(R"("n_group": 2)", R"("n_group": 3)"), Contains("n_group is 3"));
  CHECK_THAT(error_with(R"("n_routed_experts": 4)", R"("n_routed_experts": 5)"), Contains("divisors of"));
  CHECK_THAT(error_with(R"("topk_group": 1)", R"("topk_group": 3)"), Contains("topk_group is 3"));
  CHECK_THAT(error_with(R"("num_experts_per_tok": 2)", R"("num_experts_per_tok": 3)"),
             Contains("whole numbers from 1 to 2"));
  CHECK_THAT(error_with(R"("first_k_dense_replace": 1)", R"("first_k_dense_replace": 3)"),
             Contains("first_k_dense_replace is 3"));
  CHECK_THAT(error_with(R"("qk_rope_head_dim": 2)", R"("qk_rope_head_dim": 3)"), Contains("even numbers"));
  CHECK_THAT(error_with(R"("num_key_value_heads": 2)", R"("num_key_value_heads": 1)"), Contains("num_key_value_heads"));
  CHECK_THAT(error_with(R"("eos_token_id": 1)", R"("eos_token_id": 4)"), Contains("eos_token_id is 4"));
  CHECK_THAT(error_with(R"("bos_token_id": 0)", R"("bos_token_id": -1)"), Contains("bos_token_id is -1"));
}

TEST_CASE("what is not supported is refused instead of ignored", "[model]") {
  CHECK_THAT(error_with(R"("silu")", R"("gelu")"), Contains("hidden_act is \"gelu\"; supported: \"silu\""));
  CHECK_THAT(error_with(R"("hidden_act")", R"("scoring_func": "softmax", "hidden_act")"), Contains("scoring_func"));
  CHECK_THAT(error_with(R"("hidden_act")", R"("attention_bias": true, "hidden_act")"), Contains("attention_bias"));
  CHECK_THAT(error_with(R"("hidden_act")", R"("quantization_config": {}, "hidden_act")"),
             Contains("quantization_config"));
  CHECK_THAT(error_with(R"("type": "yarn")", R"("type": "llama3")"),
             Contains("rope_scaling.type is \"llama3\"; supported: default, yarn"));
  CHECK_THAT(error_with(R"("factor": 4, )", ""), Contains("rope_scaling.factor is missing"));
  CHECK_THAT(error_with(R"("factor": 4, )", R"("factor": 0.5, )"), Contains("rope_scaling.factor is 0.5"));
  CHECK_THAT(error_with(R"({"type": "yarn",)", R"({"full_attention": {}, "type": "yarn",)"), Contains("by layer"));
  CHECK_THAT(error_with(R"("rope_theta": 10000)", R"("rope_theta": 1)"), Contains("rope_theta is 1"));
}

TEST_CASE("generation_config.json goes before config.json and may list several end tokens", "[model]") {
  const auto eos_with = [](std::string_view generation) {
    return parse_config(replaced(kTinyConfig, R"("eos_token_id": 1)", R"("eos_token_id": [3])"), generation)
        .value()
        .eos_tokens;
  };
  CHECK(eos_with("") == std::vector<std::int32_t>{3});
  CHECK(eos_with("{}") == std::vector<std::int32_t>{3});
  CHECK(eos_with(R"({"eos_token_id": null})") == std::vector<std::int32_t>{3});
  CHECK(eos_with(R"({"eos_token_id": [1, 2]})") == std::vector<std::int32_t>{1, 2});
  const Result<ModelConfig> bad = parse_config(kTinyConfig, R"({"eos_token_id": [1, 99]})");
  REQUIRE_FALSE(bad.ok());
  CHECK_THAT(bad.error().message(), Contains("generation_config.json: eos_token_id is 99"));
  CHECK_FALSE(parse_config(kTinyConfig, "[").ok());
}
