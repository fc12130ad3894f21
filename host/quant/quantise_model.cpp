// quantise_model() of quantised_model.hpp.
#include <algorithm>
#include <type_traits>

#include "host/base/check.hpp"
#include "host/quant/quantised_model.hpp"

namespace sluice::quant {
namespace {

using device::Format;

// Row of the checkpoint's tensor that a row of the packed matrix comes from.
using RowMap = std::function<std::int64_t(std::int64_t row)>;

class ModelQuantiser {
 public:
  ModelQuantiser(const Model& model, const Formats& formats, const Progress& progress)
      : model_(model),
        config_(model.config()),
        out_(empty_model(model.config(), formats)),
        progress_(progress),
        total_(count_weights()) {}

  Result<QuantisedModel> run() {
    SLUICE_ASSIGN_OR_RETURN(out_.constants, make_constants(config_));
    SLUICE_RETURN_IF_ERROR(embedding());
    for (std::size_t layer = 0; layer < out_.layers.size(); ++layer) {
      SLUICE_RETURN_IF_ERROR(decoder_layer(static_cast<std::int64_t>(layer), out_.layers[layer]));
    }
    SLUICE_RETURN_IF_ERROR(gamma({TensorRole::kFinalNorm}, out_.final_norm));
    SLUICE_RETURN_IF_ERROR(matrix({TensorRole::kHead}, out_.head));
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string name_of(const TensorKey& key) const {
    return architecture_of(config_).source(config_, key).name;
  }

  std::uint64_t count_weights() const {
    std::uint64_t weights = 0;
    const Status counted = for_each_part(out_, [&](const std::string&, const auto& part) -> Status {
      using Part = std::remove_cvref_t<decltype(part)>;
      if constexpr (std::is_same_v<Part, PackedMatrix>) {
        weights += part.shape.num_weights();
      } else if constexpr (std::is_same_v<Part, Embedding>) {
        weights += std::uint64_t{part.rows} * part.columns;
      }
      return {};
    });
    SLUICE_CHECK(counted.ok());
    return weights;
  }

  void report(std::uint64_t weights) {
    done_ += weights;
    if (progress_) {
      progress_(done_, total_);
    }
  }

  // A row, checked.
  static Status read(const TensorReader& reader, std::int64_t row, std::span<float> out) {
    const Status status = reader.read_row(row, out);
    if (!status.ok()) {
      return status.error().within("tensor " + reader.name());
    }
    return check_weights(out, reader.name(), static_cast<std::uint64_t>(row) * out.size());
  }

  Result<std::vector<float>> read_all(const TensorKey& key) const {
    const TensorReader reader = model_.tensor(key);
    const auto columns = static_cast<std::size_t>(reader.columns());
    std::vector<float> values(static_cast<std::size_t>(reader.rows()) * columns);
    for (std::int64_t row = 0; row < reader.rows(); ++row) {
      SLUICE_RETURN_IF_ERROR(
          read(reader, row, std::span(values).subspan(static_cast<std::size_t>(row) * columns, columns)));
    }
    return values;
  }

  [[nodiscard]] RowSource rows_of(TensorKey key, RowMap map) const {
    return [reader = model_.tensor(key), map = std::move(map)](std::uint64_t row, std::span<float> out) {
      return read(reader, map(static_cast<std::int64_t>(row)), out);
    };
  }

  Status pack_into(PackedMatrix& target, const RowSource& source, const TensorKey& key) {
    SLUICE_ASSIGN_OR_RETURN(PackedMatrix packed, pack(target.format, target.shape, source, name_of(key)));
    packed.bias = std::move(target.bias);
    target = std::move(packed);
    report(target.shape.num_weights());
    return {};
  }

  Status matrix(const TensorKey& key, PackedMatrix& target) {
    return pack_into(target, rows_of(key, [](std::int64_t row) { return row; }), key);
  }

  // With the bias that lies behind it, if the target has one.
  Status matrix(const TensorKey& key, const TensorKey& bias_key, PackedMatrix& target) {
    SLUICE_RETURN_IF_ERROR(matrix(key, target));
    return target.bias ? bias({bias_key}, *target.bias) : Status();
  }

  // One vector of the parts one behind the other.
  Status bias(std::initializer_list<TensorKey> keys, Bias& target) const {
    std::vector<float> all;
    for (const TensorKey& key : keys) {
      SLUICE_ASSIGN_OR_RETURN(const std::vector<float> part, read_all(key));
      all.insert(all.end(), part.begin(), part.end());
    }
    SLUICE_ASSIGN_OR_RETURN(target, make_bias(all, name_of(*keys.begin())));
    return {};
  }

  Status gamma(const TensorKey& key, Gamma& target) const {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<float> weights, read_all(key));
    SLUICE_ASSIGN_OR_RETURN(target, make_gamma(weights, name_of(key)));
    return {};
  }

  Status embedding() {
    Embedding& target = out_.embedding;
    const std::uint64_t blocks = target.columns / kBlock;
    std::vector<std::byte> elements(std::uint64_t{target.rows} * target.columns);
    std::vector<std::byte> scales(target.rows * blocks);
    std::vector<float> row(target.columns);
    const TensorReader reader = model_.tensor({TensorRole::kEmbedding});
    for (std::uint64_t r = 0; r < target.rows; ++r) {
      SLUICE_RETURN_IF_ERROR(read(reader, static_cast<std::int64_t>(r), row));
      for (std::uint64_t block = 0; block < blocks; ++block) {
        const QuantisedBlock quantised = quantise_mxint8(WeightBlock(row.data() + block * kBlock, kBlock));
        scales[r * blocks + block] = static_cast<std::byte>(quantised.scale);
        std::transform(quantised.elements.begin(), quantised.elements.end(),
                       elements.begin() + static_cast<std::ptrdiff_t>(r * target.columns + block * kBlock),
                       [](std::int16_t element) { return static_cast<std::byte>(element); });
      }
    }
    target.elements = SharedBytes(std::move(elements));
    target.scales = SharedBytes(std::move(scales));
    report(target.elements.size());
    return {};
  }

  Status ffn(const TensorKey& gate, const TensorKey& up, const TensorKey& down, Ffn& target) {
    const auto intermediate = static_cast<std::int64_t>(target.down.shape.columns);
    const RowSource gate_rows = rows_of(gate, [](std::int64_t row) { return row; });
    const RowSource up_rows = rows_of(up, [intermediate](std::int64_t row) { return row - intermediate; });
    const RowSource stacked = [&](std::uint64_t row, std::span<float> out) {
      return static_cast<std::int64_t>(row) < intermediate ? gate_rows(row, out) : up_rows(row, out);
    };
    SLUICE_RETURN_IF_ERROR(pack_into(target.gate_up, stacked, gate));
    return matrix(down, target.down);
  }

  // Section 8: all heads' nope rows, then all heads' rope rows.
  Status queries(const TensorKey& key, PackedMatrix& target) {
    const MlaConfig& mla = config_.mla;
    const std::int64_t nope = mla.qk_nope_head_dim;
    const std::int64_t rope = mla.qk_rope_head_dim;
    const RowMap map = [&mla, nope, rope](std::int64_t row) {
      const std::int64_t rope_row = row - mla.num_heads * nope;
      if (rope_row < 0) {
        return row / nope * (nope + rope) + row % nope;
      }
      return rope_row / rope * (nope + rope) + nope + rope_source_dim(rope_row % rope, rope, mla.rope_interleave);
    };
    return pack_into(target, rows_of(key, map), key);
  }

  Status latents(const TensorKey& key, PackedMatrix& target) {
    const MlaConfig& mla = config_.mla;
    const RowMap map = [&mla](std::int64_t row) {
      const std::int64_t rope_row = row - mla.kv_lora_rank;
      return rope_row < 0 ? row
                          : mla.kv_lora_rank + rope_source_dim(rope_row, mla.qk_rope_head_dim, mla.rope_interleave);
    };
    return pack_into(target, rows_of(key, map), key);
  }

  // W_UK is kv_b's nope rows transposed in each head, W_UV its value rows as they are.
  Status absorbed(const TensorKey& key, MlaAttention& target) {
    const MlaConfig& mla = config_.mla;
    const std::int64_t latent = mla.kv_lora_rank;
    const std::int64_t nope = mla.qk_nope_head_dim;
    const std::int64_t value = mla.v_head_dim;
    SLUICE_ASSIGN_OR_RETURN(const std::vector<float> weights, read_all(key));
    const RowSource transposed = [&](std::uint64_t row, std::span<float> out) -> Status {
      const std::int64_t head = static_cast<std::int64_t>(row) / latent;
      const std::int64_t column = static_cast<std::int64_t>(row) % latent;
      for (std::int64_t n = 0; n < nope; ++n) {
        out[static_cast<std::size_t>(n)] =
            weights[static_cast<std::size_t>((head * (nope + value) + n) * latent + column)];
      }
      return {};
    };
    SLUICE_RETURN_IF_ERROR(pack_into(target.w_uk, transposed, key));
    const RowMap map = [=](std::int64_t row) { return row / value * (nope + value) + nope + row % value; };
    return pack_into(target.w_uv, rows_of(key, map), key);
  }

  Status attention(std::int64_t layer, MlaAttention& target) {
    if (target.q_a) {
      SLUICE_RETURN_IF_ERROR(matrix({TensorRole::kQueryDown, layer}, *target.q_a));
      SLUICE_RETURN_IF_ERROR(gamma({TensorRole::kQueryNorm, layer}, *target.q_norm));
    }
    const TensorRole query_role = target.q_a ? TensorRole::kQueryUp : TensorRole::kQuery;
    SLUICE_RETURN_IF_ERROR(queries({query_role, layer}, target.q_b));
    SLUICE_RETURN_IF_ERROR(latents({TensorRole::kKvDown, layer}, target.kv_a));
    SLUICE_RETURN_IF_ERROR(gamma({TensorRole::kKvNorm, layer}, target.kv_norm));
    SLUICE_RETURN_IF_ERROR(absorbed({TensorRole::kKvUp, layer}, target));
    return matrix({TensorRole::kAttentionOutput, layer}, target.o);
  }

  Status attention(std::int64_t layer, GqaAttention& target) {
    SLUICE_RETURN_IF_ERROR(matrix({TensorRole::kQuery, layer}, {TensorRole::kQueryBias, layer}, target.q));
    SLUICE_RETURN_IF_ERROR(matrix({TensorRole::kKey, layer}, {TensorRole::kKeyBias, layer}, target.k));
    SLUICE_RETURN_IF_ERROR(matrix({TensorRole::kValue, layer}, {TensorRole::kValueBias, layer}, target.v));
    if (!target.sinks.empty()) {
      const TensorKey key{TensorRole::kSinks, layer};
      SLUICE_ASSIGN_OR_RETURN(const std::vector<float> logits, read_all(key));
      SLUICE_ASSIGN_OR_RETURN(target.sinks, make_sinks(logits, name_of(key)));
    }
    return matrix({TensorRole::kAttentionOutput, layer}, {TensorRole::kAttentionOutputBias, layer}, target.o);
  }

  Status expert(std::int64_t layer, std::int64_t expert, Ffn& target) {
    const auto key = [&](TensorRole role) { return TensorKey{role, layer, expert}; };
    SLUICE_RETURN_IF_ERROR(
        ffn(key(TensorRole::kExpertGate), key(TensorRole::kExpertUp), key(TensorRole::kExpertDown), target));
    if (!target.down.bias) {
      return {};
    }
    SLUICE_RETURN_IF_ERROR(
        bias({key(TensorRole::kExpertGateBias), key(TensorRole::kExpertUpBias)}, *target.gate_up.bias));
    return bias({key(TensorRole::kExpertDownBias)}, *target.down.bias);
  }

  Status experts(std::int64_t layer, Layer& target) {
    SLUICE_RETURN_IF_ERROR(matrix({TensorRole::kRouter, layer}, {TensorRole::kRouterBias, layer}, *target.router));
    if (!target.selection_bias.empty()) {
      const TensorKey key{TensorRole::kSelectionBias, layer};
      SLUICE_ASSIGN_OR_RETURN(const std::vector<float> biases, read_all(key));
      SLUICE_ASSIGN_OR_RETURN(target.selection_bias, make_selection_bias(biases, name_of(key)));
    }
    for (std::size_t i = 0; i < target.experts.size(); ++i) {
      SLUICE_RETURN_IF_ERROR(expert(layer, static_cast<std::int64_t>(i), target.experts[i]));
    }
    if (!target.shared) {
      return {};
    }
    return ffn({TensorRole::kSharedGate, layer}, {TensorRole::kSharedUp, layer}, {TensorRole::kSharedDown, layer},
               *target.shared);
  }

  Status decoder_layer(std::int64_t layer, Layer& target) {
    SLUICE_RETURN_IF_ERROR(gamma({TensorRole::kAttentionNorm, layer}, target.attention_norm));
    SLUICE_RETURN_IF_ERROR(std::visit([&](auto& kind) { return attention(layer, kind); }, target.attention));
    SLUICE_RETURN_IF_ERROR(gamma({TensorRole::kMlpNorm, layer}, target.ffn_norm));
    if (!target.dense) {
      return experts(layer, target);
    }
    return ffn({TensorRole::kDenseGate, layer}, {TensorRole::kDenseUp, layer}, {TensorRole::kDenseDown, layer},
               *target.dense);
  }

  const Model& model_;
  const ModelConfig& config_;
  QuantisedModel out_;
  const Progress& progress_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
};

}  // namespace

Result<QuantisedModel> quantise_model(const Model& model, const Formats& formats, const Progress& progress) {
  SLUICE_RETURN_IF_ERROR(check_supported(model.config()));
  for (const Format format : {formats.attention, formats.dense, formats.experts, formats.shared, formats.head}) {
    if (format == Format::kMxInt16) {
      return Error(ErrorCode::kUnsupported, "MXINT16 is for the router only; supported: MXINT8, INT4, MXFP4");
    }
  }
  return ModelQuantiser(model, formats, progress).run();
}

}  // namespace sluice::quant
