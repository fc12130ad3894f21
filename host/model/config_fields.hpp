// Parts of config.json that several architectures share. For files in architectures/ only.
//
// Ownership, threading: plain functions. Errors: as config.hpp.
#pragma once

#include "host/model/config.hpp"
#include "host/model/json.hpp"

namespace sluice {

// Rope settings in either spelling: published checkpoints write `rope_theta` and `rope_scaling` (with `type` or
// `rope_type`), transformers 5 writes `rope_parameters`. Which goes first if there are several, and the values of
// missing keys, are those of transformers 5 (modeling_rope_utils.py: convert_rope_params_to_dict,
// standardize_rope_params). `max_position` stands for a missing original_max_position_embeddings.
Result<RopeConfig> parse_rope(const JsonFields& config, std::int64_t max_position);

// Fills in what every decoder has: hidden_dim, num_layers, vocab_size, max_position, rms_norm_eps,
// tie_word_embeddings and rope. Refuses activations other than SiLU.
Status parse_common(const JsonFields& fields, ModelConfig& config);

// The error for a quantization_config that is not among the `supported` kinds of weights.
Error quantised_checkpoint(const JsonFields& fields, std::string_view supported);

}  // namespace sluice
