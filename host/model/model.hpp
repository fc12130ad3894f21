// A model directory, opened and checked: config, weights and tokenizer that fit one another.
//
// Purpose: whoever holds a Model may rely on this: every tensor that the architecture needs is there with the shape
//   that the config implies and a dtype that read_as_float() reads; every id of the tokenizer is a row of the
//   embedding; the begin and end tokens of the config are tokens of the tokenizer.
// Ownership: Model owns the mapped files and is move-only; views into it survive moving it, and die with it.
// Threading: read-only after open; may be used by several threads.
// Errors: one line that names the file and what is at fault; kNotFound, kInvalidInput or kUnsupported (exit status 2).
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "host/base/result.hpp"
#include "host/model/architectures/architecture.hpp"
#include "host/model/config.hpp"
#include "host/model/safetensors.hpp"
#include "host/model/tokenizer.hpp"

namespace sluice {

class Model {
 public:
  // A directory in Hugging Face's layout: config.json, tokenizer.json, model.safetensors (or shards and their index),
  // and perhaps generation_config.json. Reads headers only; weights are read when they are used.
  static Result<Model> open(const std::filesystem::path& directory);

  [[nodiscard]] const ModelConfig& config() const { return config_; }
  [[nodiscard]] const Checkpoint& checkpoint() const { return checkpoint_; }
  [[nodiscard]] const Tokenizer& tokenizer() const { return tokenizer_; }

  // The tensor for a role. Asking for one that this model does not have is a broken invariant.
  [[nodiscard]] const TensorView& tensor(const TensorKey& key) const;
  // Every tensor of the model, in the order of use.
  Status for_each_tensor(const TensorVisitor& visit) const;

 private:
  Model(ModelConfig config, Checkpoint checkpoint, Tokenizer tokenizer)
      : config_(std::move(config)), checkpoint_(std::move(checkpoint)), tokenizer_(std::move(tokenizer)) {}

  ModelConfig config_;
  Checkpoint checkpoint_;
  Tokenizer tokenizer_;
};

// The two checks of Model::open, for parts that come from elsewhere.
Status check_tensors(const ModelConfig& config, const Checkpoint& checkpoint);
Status check_tokenizer(const ModelConfig& config, const Tokenizer& tokenizer);

}  // namespace sluice
