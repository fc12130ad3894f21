#include "host/model/model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/base/check.hpp"

namespace sluice {
namespace {

bool is_float_weight(DType dtype) { return dtype == DType::kBF16 || dtype == DType::kF16 || dtype == DType::kF32; }

}  // namespace

Status check_tensors(const ModelConfig& config, const Checkpoint& checkpoint) {
  const Architecture& architecture = architecture_of(config);
  return architecture.for_each_tensor(config, [&](TensorKey key, std::span<const std::int64_t> shape) -> Status {
    const std::string name = architecture.tensor_name(config, key);
    const TensorView* view = checkpoint.find(name);
    if (view == nullptr) {
      return Error(ErrorCode::kInvalidInput, fmt::format("the checkpoint has no tensor {}", name));
    }
    if (!std::equal(shape.begin(), shape.end(), view->shape.begin(), view->shape.end())) {
      return Error(ErrorCode::kInvalidInput, fmt::format("tensor {} has the shape {}; config.json asks for {}", name,
                                                         shape_text(view->shape), shape_text(shape)));
    }
    if (!is_float_weight(view->dtype)) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("tensor {} has the dtype {}; supported: BF16, F16, F32", name, dtype_name(view->dtype)));
    }
    return {};
  });
}

Status check_tokenizer(const ModelConfig& config, const Tokenizer& tokenizer) {
  const auto misfit = [&](std::string_view what, std::int64_t id) {
    return Error(
        ErrorCode::kInvalidInput,
        fmt::format("the tokenizer does not fit config.json: {} {}, vocab_size is {}", what, id, config.vocab_size));
  };
  if (tokenizer.max_id() >= config.vocab_size) {
    return misfit("it has the token", tokenizer.max_id());
  }
  // An empty text shows the ids that the post-processor adds; nothing else binds them to the vocabulary.
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::int32_t> added, tokenizer.encode("", /*add_special_tokens=*/true));
  for (const std::int32_t id : added) {
    if (id >= config.vocab_size) {
      return misfit("its post-processor adds the token", id);
    }
  }
  std::vector<std::int32_t> special = config.eos_tokens;
  if (config.bos_token) {
    special.push_back(*config.bos_token);
  }
  for (const std::int32_t id : special) {
    if (!tokenizer.has_id(id)) {
      return misfit("it lacks the begin or end token", id);
    }
  }
  return {};
}

Result<Model> Model::open(const std::filesystem::path& directory) {
  SLUICE_ASSIGN_OR_RETURN(ModelConfig config, read_config(directory));
  SLUICE_ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::open(directory));
  const Status tensors_fit = check_tensors(config, checkpoint);
  if (!tensors_fit.ok()) {
    return tensors_fit.error().within(directory.string());
  }
  SLUICE_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::load(directory / "tokenizer.json"));
  const Status tokenizer_fits = check_tokenizer(config, tokenizer);
  if (!tokenizer_fits.ok()) {
    return tokenizer_fits.error().within(directory.string());
  }
  return Model(std::move(config), std::move(checkpoint), std::move(tokenizer));
}

const TensorView& Model::tensor(const TensorKey& key) const {
  const TensorView* view = checkpoint_.find(architecture_of(config_).tensor_name(config_, key));
  SLUICE_CHECK(view != nullptr);
  return *view;
}

Status Model::for_each_tensor(const TensorVisitor& visit) const {
  return architecture_of(config_).for_each_tensor(config_, visit);
}

}  // namespace sluice
