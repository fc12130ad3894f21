#include "host/model/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>

#include "host/model/architectures/architecture.hpp"
#include "host/model/config_fields.hpp"
#include "host/model/mapped_file.hpp"

namespace sluice {
namespace {

using nlohmann::json;

constexpr std::string_view kConfigName = "config.json";
constexpr std::string_view kGenerationName = "generation_config.json";

Result<json> parse_object(std::string_view text) {
  SLUICE_ASSIGN_OR_RETURN(json document, parse_json(text, JsonLimits{}));
  if (!document.is_object()) {
    return Error(ErrorCode::kInvalidInput, fmt::format("is {} instead of an object", summary(document)));
  }
  return document;
}

std::string supported_architectures() {
  std::vector<std::string> names;
  for (const Architecture* architecture : architectures()) {
    names.push_back(fmt::format("{} (model_type {})", architecture->class_name, architecture->model_type));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// `architectures` decides; `model_type` only where a config has no list, since derived models change it freely.
Result<const Architecture*> find_architecture(const JsonFields& fields) {
  const json* list = fields.find("architectures");
  const std::string_view key = list != nullptr ? "architectures" : "model_type";
  const json* name = list != nullptr ? list : fields.find(key);
  if (list != nullptr && list->is_array() && list->size() == 1) {
    name = &list->front();
  }
  if (name == nullptr) {
    return fields.missing("architectures");
  }
  for (const Architecture* architecture : architectures()) {
    const std::string_view wanted = list != nullptr ? architecture->class_name : architecture->model_type;
    if (name->is_string() && name->get_ref<const std::string&>() == wanted) {
      return architecture;
    }
  }
  return Error(ErrorCode::kUnsupported, fields.wrong(key, *name, supported_architectures()).message());
}

// Token ids of `fields`, each left as it was where the key is missing or null.
Status parse_special_tokens(const JsonFields& fields, ModelConfig& config) {
  const IntegerRange ids{0, config.vocab_size - 1};
  if (fields.has("bos_token_id")) {
    SLUICE_ASSIGN_OR_RETURN(const std::int64_t id, fields.integer("bos_token_id", ids));
    config.bos_token = static_cast<std::int32_t>(id);
  }
  if (fields.has("eos_token_id")) {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<std::int64_t> tokens,
                            fields.integers("eos_token_id", ids, limits::kMaxEosTokens));
    config.eos_tokens.clear();
    std::transform(tokens.begin(), tokens.end(), std::back_inserter(config.eos_tokens),
                   [](std::int64_t id) { return static_cast<std::int32_t>(id); });
  }
  return {};
}

Result<ModelConfig> parse_main(std::string_view text) {
  SLUICE_ASSIGN_OR_RETURN(const json document, parse_object(text));
  const JsonFields fields(document, "");
  SLUICE_ASSIGN_OR_RETURN(const Architecture* architecture, find_architecture(fields));
  SLUICE_ASSIGN_OR_RETURN(ModelConfig config, architecture->parse(fields));
  config.architecture = architecture->model_type;
  SLUICE_RETURN_IF_ERROR(parse_special_tokens(fields, config));
  return config;
}

Status parse_generation(std::string_view text, ModelConfig& config) {
  SLUICE_ASSIGN_OR_RETURN(const json document, parse_object(text));
  return parse_special_tokens(JsonFields(document, ""), config);
}

bool is_object_list(const json& object) {
  return std::any_of(object.begin(), object.end(), [](const json& value) { return value.is_object(); });
}

// transformers takes 0 for these to mean the default.
Result<double> parse_beta(const JsonFields& fields, std::string_view key, double fallback) {
  const json* value = fields.find(key);
  return value == nullptr || *value == 0 ? Result<double>(fallback)
                                         : fields.number(key, {limits::kMinRopeScale, limits::kMaxRopeScale});
}

Result<RopeConfig> parse_yarn(const JsonFields& fields, const JsonFields& config, RopeConfig rope,
                              std::int64_t max_position) {
  const IntegerRange positions{1, limits::kMaxPosition};
  const NumberRange scales{0.0, limits::kMaxRopeScale};
  const JsonFields& holder = config.has("original_max_position_embeddings") ? config : fields;
  SLUICE_ASSIGN_OR_RETURN(rope.original_max_position,
                          holder.integer_or("original_max_position_embeddings", positions, max_position));
  const double implied_factor = static_cast<double>(max_position) / static_cast<double>(rope.original_max_position);
  if (fields.object().contains("factor") && !fields.has("factor") && implied_factor >= 1.0) {
    rope.factor = implied_factor;  // transformers takes `"factor": null` to mean this
  } else {
    SLUICE_ASSIGN_OR_RETURN(rope.factor, fields.number("factor", {1.0, limits::kMaxRopeFactor}));
  }
  SLUICE_ASSIGN_OR_RETURN(rope.beta_fast, parse_beta(fields, "beta_fast", rope.beta_fast));
  SLUICE_ASSIGN_OR_RETURN(rope.beta_slow, parse_beta(fields, "beta_slow", rope.beta_slow));
  SLUICE_ASSIGN_OR_RETURN(rope.mscale, fields.number_or("mscale", scales, 0.0));
  SLUICE_ASSIGN_OR_RETURN(rope.mscale_all_dim, fields.number_or("mscale_all_dim", scales, 0.0));
  if (fields.has("attention_factor")) {
    SLUICE_ASSIGN_OR_RETURN(rope.attention_factor,
                            fields.number("attention_factor", {limits::kMinRopeScale, limits::kMaxRopeScale}));
  }
  SLUICE_ASSIGN_OR_RETURN(rope.truncate, fields.flag_or("truncate", true));
  return rope;
}

}  // namespace

Result<RopeConfig> parse_rope(const JsonFields& config, std::int64_t max_position) {
  const NumberRange thetas{limits::kMinRopeTheta, limits::kMaxRopeTheta};
  RopeConfig rope;
  SLUICE_ASSIGN_OR_RETURN(rope.theta, config.number_or("rope_theta", thetas, rope.theta));
  SLUICE_RETURN_IF_ERROR(config.only_if_present("partial_rotary_factor", 1.0));
  const std::string_view key = config.has("rope_scaling") ? "rope_scaling" : "rope_parameters";
  if (!config.has(key)) {
    return rope;
  }
  SLUICE_ASSIGN_OR_RETURN(const JsonFields fields, config.fields(key));
  if (is_object_list(fields.object())) {
    return Error(ErrorCode::kUnsupported, fmt::format("{} differs by layer; supported: one for all layers", key));
  }
  SLUICE_RETURN_IF_ERROR(fields.only_if_present("partial_rotary_factor", 1.0));
  SLUICE_ASSIGN_OR_RETURN(rope.theta, fields.number_or("rope_theta", thetas, rope.theta));
  const std::string_view type_key = fields.has("rope_type") || !fields.has("type") ? "rope_type" : "type";
  const json type = fields.has(type_key) ? *fields.find(type_key) : json("default");
  if (type == "default") {
    return rope;
  }
  if (type != "yarn") {
    return Error(ErrorCode::kUnsupported, fields.wrong(type_key, type, "default, yarn").message());
  }
  rope.type = RopeType::kYarn;
  return parse_yarn(fields, config, rope, max_position);
}

Status parse_common(const JsonFields& fields, ModelConfig& config) {
  SLUICE_RETURN_IF_ERROR(fields.only_if_present("hidden_act", "silu"));
  SLUICE_ASSIGN_OR_RETURN(config.hidden_dim, fields.integer("hidden_size", {1, limits::kMaxHidden}));
  SLUICE_ASSIGN_OR_RETURN(config.num_layers, fields.integer("num_hidden_layers", {1, limits::kMaxLayers}));
  SLUICE_ASSIGN_OR_RETURN(config.vocab_size, fields.integer("vocab_size", {1, limits::kMaxVocab}));
  SLUICE_ASSIGN_OR_RETURN(config.max_position, fields.integer("max_position_embeddings", {1, limits::kMaxPosition}));
  SLUICE_ASSIGN_OR_RETURN(config.rms_norm_eps,
                          fields.number("rms_norm_eps", {limits::kMinNormEps, limits::kMaxNormEps}));
  SLUICE_ASSIGN_OR_RETURN(config.tie_word_embeddings, fields.flag_or("tie_word_embeddings", false));
  SLUICE_ASSIGN_OR_RETURN(config.rope, parse_rope(fields, config.max_position));
  return {};
}

Error quantised_checkpoint(const JsonFields& fields, std::string_view supported) {
  const json& config = *fields.find("quantization_config");
  const bool named = config.is_object() && config.contains("quant_method") && config["quant_method"].is_string();
  const std::string method = named ? " by " + in_quotes(config["quant_method"].get_ref<const std::string&>()) : "";
  return {ErrorCode::kUnsupported,
          fmt::format("quantization_config: the checkpoint is quantised{}; supported: {}", method, supported)};
}

Result<ModelConfig> parse_config(std::string_view config_text, std::string_view generation_text) {
  Result<ModelConfig> config = parse_main(config_text);
  if (!config.ok()) {
    return config.error().within(std::string(kConfigName));
  }
  if (!generation_text.empty()) {
    const Status generation = parse_generation(generation_text, config.value());
    if (!generation.ok()) {
      return generation.error().within(std::string(kGenerationName));
    }
  }
  return config;
}

Result<ModelConfig> read_config(const std::filesystem::path& directory) {
  SLUICE_ASSIGN_OR_RETURN(const std::string config_text,
                          read_small_file(directory / kConfigName, limits::kMaxConfigBytes));
  std::string generation_text;
  std::error_code ignored;
  if (std::filesystem::exists(directory / kGenerationName, ignored)) {
    SLUICE_ASSIGN_OR_RETURN(generation_text, read_small_file(directory / kGenerationName, limits::kMaxConfigBytes));
    if (generation_text.empty()) {  // which parse_config takes for no file
      return Error(ErrorCode::kInvalidInput, fmt::format("{}: is empty", (directory / kGenerationName).string()));
    }
  }
  Result<ModelConfig> config = parse_config(config_text, generation_text);
  return config.ok() ? config : config.error().within(directory.string());
}

}  // namespace sluice
