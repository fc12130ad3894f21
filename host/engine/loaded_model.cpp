#include "host/engine/loaded_model.hpp"

#include <cstring>
#include <string>
#include <utility>

#include "hls/unit/lines.hpp"
#include "host/engine/commands.hpp"

namespace sluice::engine {
namespace {

using device::Command;
using device::kLineBytes;

constexpr std::chrono::milliseconds kPublishDeadline{60'000};

std::uint64_t padded(std::uint64_t bytes) { return device::ceil_div(bytes, kLineBytes) * kLineBytes; }

std::uint64_t bias_bytes(const quant::PackedMatrix& matrix) {
  return device::vector_lines(matrix.shape.num_rows()) * kLineBytes;
}

std::uint64_t total_bytes(const quant::QuantisedModel& model) {
  std::uint64_t total = 0;
  const auto add = [&total](const std::string&, const auto& part) -> Status {
    using Part = std::remove_cvref_t<decltype(part)>;
    if constexpr (std::is_same_v<Part, quant::PackedMatrix>) {
      total += part.data.size() + (part.bias ? bias_bytes(part) : 0);
    } else if constexpr (std::is_same_v<Part, quant::Gamma>) {
      total += padded(2 * part.values.size());
    } else if constexpr (std::is_same_v<Part, std::vector<std::int32_t>>) {
      total += padded(4 * part.size());
    }
    return {};
  };
  (void)quant::for_each_part(model, add);  // `add` never fails
  return total;
}

// Writes the parts of a model to card memory.
class Loader {
 public:
  Loader(device::Device& device, const LoadProgress& progress, std::uint64_t total)
      : device_(device), progress_(progress), total_(total) {}

  Result<std::uint64_t> bytes(std::span<const std::byte> data) {
    SLUICE_ASSIGN_OR_RETURN(const std::uint64_t address, device_.allocate(padded(data.size())));
    SLUICE_RETURN_IF_ERROR(device_.write(address, data));
    done_ += data.size();
    if (progress_) {
      progress_(done_, total_);
    }
    return address;
  }

  // An array of integers, padded to whole lines with zeros.
  template <typename T>
  Result<std::uint64_t> array(const std::vector<T>& values) {
    std::vector<std::byte> data(padded(values.size() * sizeof(T)));
    std::memcpy(data.data(), values.data(), values.size() * sizeof(T));
    return bytes(data);
  }

  // A matrix's bias lies right behind it, in the layout of a vector.
  Result<LoadedMatrix> matrix(const quant::PackedMatrix& packed) {
    LoadedMatrix out;
    if (packed.bias) {
      const std::span<const std::byte> weights = packed.data.span();
      std::vector<std::byte> data(weights.begin(), weights.end());
      const std::vector<hls::Line> lines = hls::lines_of_vector({packed.bias->mantissas, packed.bias->exponent});
      data.insert(data.end(), std::as_bytes(std::span(lines)).begin(), std::as_bytes(std::span(lines)).end());
      SLUICE_ASSIGN_OR_RETURN(out.address, bytes(data));
      out.bias_address = out.address + weights.size();
    } else {
      SLUICE_ASSIGN_OR_RETURN(out.address, bytes(packed.data.span()));
    }
    out.format = packed.format;
    out.rows = packed.shape.rows;
    out.columns = packed.shape.columns;
    out.groups = packed.shape.groups;
    out.scale_max = packed.scale_max;
    out.scale_bias = packed.scale_bias;
    return out;
  }

  Result<LoadedNorm> norm(const quant::Gamma& gamma, const quant::Epsilon& epsilon) {
    LoadedNorm out;
    SLUICE_ASSIGN_OR_RETURN(out.gamma_address, array(gamma.values));
    out.elements = static_cast<std::uint32_t>(gamma.values.size());
    out.gamma_exponent = gamma.exponent;
    out.epsilon = epsilon;
    out.root_n = quant::root_n(out.elements);
    return out;
  }

  Result<LoadedFfn> ffn(const quant::Ffn& packed) {
    LoadedFfn out;
    SLUICE_ASSIGN_OR_RETURN(out.gate_up, matrix(packed.gate_up));
    SLUICE_ASSIGN_OR_RETURN(out.down, matrix(packed.down));
    return out;
  }

  Result<std::variant<LoadedMla, LoadedGqa>> attention(const quant::GqaAttention& packed, const quant::Constants&) {
    LoadedGqa out;
    SLUICE_ASSIGN_OR_RETURN(out.q, matrix(packed.q));
    SLUICE_ASSIGN_OR_RETURN(out.k, matrix(packed.k));
    SLUICE_ASSIGN_OR_RETURN(out.v, matrix(packed.v));
    SLUICE_ASSIGN_OR_RETURN(out.o, matrix(packed.o));
    out.has_sinks = !packed.sinks.empty();
    if (out.has_sinks) {
      SLUICE_ASSIGN_OR_RETURN(out.sinks_address, array(packed.sinks));
    }
    return std::variant<LoadedMla, LoadedGqa>(out);
  }

  Result<std::variant<LoadedMla, LoadedGqa>> attention(const quant::MlaAttention& packed,
                                                       const quant::Constants& constants) {
    LoadedMla out;
    if (packed.q_a.has_value()) {
      SLUICE_ASSIGN_OR_RETURN(out.q_a, matrix(*packed.q_a));
      SLUICE_ASSIGN_OR_RETURN(out.q_norm, norm(*packed.q_norm, constants.latent_epsilon));
    }
    SLUICE_ASSIGN_OR_RETURN(out.q_b, matrix(packed.q_b));
    SLUICE_ASSIGN_OR_RETURN(out.kv_a, matrix(packed.kv_a));
    SLUICE_ASSIGN_OR_RETURN(out.kv_norm, norm(packed.kv_norm, constants.latent_epsilon));
    SLUICE_ASSIGN_OR_RETURN(out.w_uk, matrix(packed.w_uk));
    SLUICE_ASSIGN_OR_RETURN(out.w_uv, matrix(packed.w_uv));
    SLUICE_ASSIGN_OR_RETURN(out.o, matrix(packed.o));
    return std::variant<LoadedMla, LoadedGqa>(out);
  }

  Result<LoadedLayer> layer(const quant::Layer& packed, std::uint32_t index, const quant::Constants& constants) {
    LoadedLayer out;
    SLUICE_ASSIGN_OR_RETURN(out.attention_norm, norm(packed.attention_norm, constants.norm_epsilon));
    SLUICE_ASSIGN_OR_RETURN(out.ffn_norm, norm(packed.ffn_norm, constants.norm_epsilon));
    SLUICE_ASSIGN_OR_RETURN(out.attention,
                            std::visit([&](const auto& kind) { return attention(kind, constants); }, packed.attention));
    if (packed.dense.has_value()) {
      SLUICE_ASSIGN_OR_RETURN(out.dense, ffn(*packed.dense));
      return out;
    }
    SLUICE_ASSIGN_OR_RETURN(out.router, matrix(*packed.router));
    if (!packed.selection_bias.empty()) {
      SLUICE_ASSIGN_OR_RETURN(out.selection_bias_address, array(packed.selection_bias));
    }
    for (std::uint32_t expert = 0; expert < packed.experts.size(); ++expert) {
      SLUICE_ASSIGN_OR_RETURN(const LoadedFfn where, ffn(packed.experts[expert]));
      publish(index, expert, where);
      out.experts = {where.down.format, bias_offset(where.gate_up), bias_offset(where.down)};
    }
    if (packed.shared.has_value()) {
      SLUICE_ASSIGN_OR_RETURN(out.shared, ffn(*packed.shared));
    }
    return out;
  }

  // Submits what publish() collected.
  Status finish() {
    if (publications_.empty()) {
      return {};
    }
    SLUICE_ASSIGN_OR_RETURN(const device::Fence fence,
                            device_.submit(device::Queue::kLoad, publications_, kPublishDeadline));
    return device_.wait(fence, kPublishDeadline);
  }

  [[nodiscard]] std::uint64_t done() const { return done_; }

 private:
  static std::uint32_t bias_offset(const LoadedMatrix& matrix) {
    return matrix.bias_address == 0 ? 0 : static_cast<std::uint32_t>(matrix.bias_address - matrix.address);
  }

  void publish(std::uint32_t layer, std::uint32_t expert, const LoadedFfn& where) {
    device::SlotOperand o;
    o.layer = layer;
    o.expert = expert;
    o.gate_up_address_lo = low_word(where.gate_up.address);
    o.gate_up_address_hi = high_word(where.gate_up.address);
    o.down_address_lo = low_word(where.down.address);
    o.down_address_hi = high_word(where.down.address);
    o.gate_up_scale_max = where.gate_up.scale_max;
    o.gate_up_scale_bias = where.gate_up.scale_bias;
    o.down_scale_max = where.down.scale_max;
    o.down_scale_bias = where.down.scale_bias;
    o.generation = 1;
    publications_.push_back(make_command(device::Opcode::kPublish, o));
  }

  device::Device& device_;
  const LoadProgress& progress_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::vector<Command> publications_;
};

}  // namespace

Result<LoadedModel> load_model(device::Device& device, quant::QuantisedModel model, const LoadProgress& progress) {
  const std::uint64_t total = total_bytes(model);
  Loader loader(device, progress, total);
  LoadedModel out;
  SLUICE_ASSIGN_OR_RETURN(out.rope_increments_address, loader.array(model.constants.rope_increments));
  for (std::uint32_t index = 0; index < model.layers.size(); ++index) {
    SLUICE_ASSIGN_OR_RETURN(out.layers.emplace_back(), loader.layer(model.layers[index], index, model.constants));
  }
  SLUICE_ASSIGN_OR_RETURN(out.final_norm, loader.norm(model.final_norm, model.constants.norm_epsilon));
  SLUICE_ASSIGN_OR_RETURN(out.head, loader.matrix(model.head));
  SLUICE_RETURN_IF_ERROR(loader.finish());
  out.bytes = loader.done();
  out.config = std::move(model.config);
  out.constants = std::move(model.constants);
  out.embedding = std::move(model.embedding);
  return out;
}

}  // namespace sluice::engine
