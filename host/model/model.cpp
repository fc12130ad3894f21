#include "host/model/model.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "host/base/check.hpp"

namespace sluice {
namespace {

bool is_float_weight(DType dtype) { return dtype == DType::kBF16 || dtype == DType::kF16 || dtype == DType::kF32; }

}  // namespace

Status check_tensors(const ModelConfig& config, const Checkpoint& checkpoint) {
  const Architecture& architecture = architecture_of(config);
  return architecture.for_each_tensor(config, [&](const FileTensor& tensor) -> Status {
    const TensorView* view = checkpoint.find(tensor.name);
    if (view == nullptr) {
      return Error(ErrorCode::kInvalidInput, fmt::format("the checkpoint has no tensor {}", tensor.name));
    }
    if (tensor.shape != view->shape) {
      return Error(ErrorCode::kInvalidInput,
                   fmt::format("tensor {} has the shape {}; config.json asks for {}", tensor.name,
                               shape_text(view->shape), shape_text(tensor.shape)));
    }
    if (tensor.bytes ? view->dtype != DType::kU8 : !is_float_weight(view->dtype)) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("tensor {} has the dtype {}; supported: {}", tensor.name, dtype_name(view->dtype),
                               tensor.bytes ? "U8" : "BF16, F16, F32"));
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

TensorReader Model::tensor(const TensorKey& key) const {
  return {architecture_of(config_).source(config_, key), checkpoint_};
}

TensorReader::TensorReader(TensorSource source, const Checkpoint& checkpoint)
    : source_(std::move(source)), values_(checkpoint.find(source_.name + (source_.mxfp4 ? "_blocks" : ""))) {
  if (source_.mxfp4) {
    scales_ = checkpoint.find(source_.name + "_scales");
    SLUICE_CHECK(scales_ != nullptr);
  }
  SLUICE_CHECK(values_ != nullptr);
}

Status TensorReader::read_row(std::int64_t row, std::span<float> out) const {
  SLUICE_CHECK(row >= 0 && row < source_.rows && static_cast<std::int64_t>(out.size()) == source_.columns);
  const std::int64_t first = source_.first + row * source_.row_stride;
  if (source_.mxfp4) {
    return read_mxfp4(first, out);
  }
  return read_as_float(*values_, first, source_.column_stride, out);
}

// OCP Microscaling Formats v1.0, sections 5.3.3 and 5.4.1; two codes a byte as transformers unpacks them
// (integrations/mxfp4.py, convert_moe_packed_tensors).
Status TensorReader::read_mxfp4(std::int64_t first, std::span<float> out) const {
  constexpr std::int64_t kBlock = 32;
  constexpr std::array<float, 16> kValues{0.0F,  0.5F,  1.0F,  1.5F,  2.0F,  3.0F,  4.0F,  6.0F,
                                          -0.0F, -0.5F, -1.0F, -1.5F, -2.0F, -3.0F, -4.0F, -6.0F};
  SLUICE_CHECK(first % kBlock == 0 && out.size() % kBlock == 0);
  const auto block = static_cast<std::size_t>(first / kBlock);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto scale = std::to_integer<unsigned>(scales_->bytes[block + i / kBlock]);
    if (scale == 255) {
      return Error(ErrorCode::kInvalidInput, fmt::format("scale {} is not a number", block + i / kBlock));
    }
    const auto pair = std::to_integer<unsigned>(values_->bytes[(static_cast<std::size_t>(first) + i) / 2]);
    out[i] = std::ldexp(kValues[i % 2 == 0 ? pair & 15U : pair >> 4U], static_cast<int>(scale) - 127);
  }
  return {};
}

}  // namespace sluice
