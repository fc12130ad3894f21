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

// A matrix or vector of a checkpoint, wherever and however it is stored, one row at a time.
class TensorReader {
 public:
  TensorReader(TensorSource source, const Checkpoint& checkpoint);

  [[nodiscard]] std::int64_t rows() const { return source_.rows; }
  [[nodiscard]] std::int64_t columns() const { return source_.columns; }
  // The tensor's name, for messages.
  [[nodiscard]] const std::string& name() const { return source_.name; }

  // Row `row` as floats, exact for every dtype that a Model has; out.size() is columns(). kInvalidInput for an MXFP4
  // scale that is not a number.
  Status read_row(std::int64_t row, std::span<float> out) const;

 private:
  Status read_mxfp4(std::int64_t first, std::span<float> out) const;

  TensorSource source_;
  const TensorView* values_;            // of MXFP4: the blocks
  const TensorView* scales_ = nullptr;  // of MXFP4
};

class Model {
 public:
  // A directory in Hugging Face's layout: config.json, tokenizer.json, model.safetensors (or shards and their index),
  // and perhaps generation_config.json. Reads headers only; weights are read when they are used.
  static Result<Model> open(const std::filesystem::path& directory);

  [[nodiscard]] const ModelConfig& config() const { return config_; }
  [[nodiscard]] const Checkpoint& checkpoint() const { return checkpoint_; }
  [[nodiscard]] const Tokenizer& tokenizer() const { return tokenizer_; }

  // The matrix or vector for a role. Asking for one that this model does not have is a broken invariant.
  [[nodiscard]] TensorReader tensor(const TensorKey& key) const;

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
