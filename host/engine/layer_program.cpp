#include "host/engine/layer_program.hpp"

#include <algorithm>
#include <string>

#include "host/engine/commands.hpp"
#include "host/engine/sampler.hpp"

namespace sluice::engine {
namespace {

using device::Command;
using device::Opcode;
using device::Outputs;
using device::TokenEntry;

std::uint32_t u32(std::int64_t x) { return static_cast<std::uint32_t>(x); }

Outputs as_vector(std::uint32_t line) { return {line, device::kNone, device::kNone}; }
Outputs as_q8(std::uint32_t line) { return {device::kNone, line, device::kNone}; }

// Appends the commands of one step, token table included.
class Builder {
 public:
  Builder(const LoadedModel& model, const KvLayout& kv, const VectorPlan& plan, std::span<const TokenEntry> tokens)
      : model_(model), kv_(kv), plan_(plan), tokens_(tokens), num_tokens_(static_cast<std::uint32_t>(tokens.size())) {}

  void norm(const LoadedNorm& norm, std::uint32_t input, std::uint32_t offset, Outputs out) {
    device::NormOperand o;
    o.num_tokens = num_tokens_;
    o.input_line = input;
    o.offset = offset;
    o.elements = norm.elements;
    o.out = out;
    o.gamma_address_lo = low_word(norm.gamma_address);
    o.gamma_address_hi = high_word(norm.gamma_address);
    o.gamma_exponent = norm.gamma_exponent;
    o.epsilon_mantissa = norm.epsilon.mantissa;
    o.epsilon_exponent = norm.epsilon.exponent;
    o.root_n = norm.root_n;
    push(Opcode::kNorm, o);
  }

  // Groups read their inputs one after the other.
  void linear(const LoadedMatrix& matrix, std::uint32_t input, std::uint32_t output) {
    device::LinearOperand o;
    o.num_tokens = num_tokens_;
    o.input_line = input;
    o.input_elements = matrix.columns * matrix.groups;
    o.columns = o.columns_stored = matrix.columns;
    o.rows = matrix.rows;
    o.rows_stored = (matrix.rows + 31) / 32 * 32;
    o.groups = matrix.groups;
    o.input_stride = matrix.groups > 1 ? matrix.columns : 0;
    o.output_line = output;
    o.format = static_cast<std::uint32_t>(matrix.format);
    o.scale_max = matrix.scale_max;
    o.scale_bias = matrix.scale_bias;
    o.weight_address_lo = low_word(matrix.address);
    o.weight_address_hi = high_word(matrix.address);
    o.bias_address_lo = low_word(matrix.bias_address);
    o.bias_address_hi = high_word(matrix.bias_address);
    push(Opcode::kLinear, o);
  }

  void quantise(std::uint32_t input, std::uint32_t elements, std::uint32_t q8_line) {
    device::QuantiseOperand o;
    o.num_tokens = num_tokens_;
    o.input_line = input;
    o.elements = elements;
    o.out = as_q8(q8_line);
    push(Opcode::kQuantise, o);
  }

  void rope(std::uint32_t input, std::uint32_t offset, std::uint32_t heads, std::uint32_t output) {
    device::RopeOperand o;
    o.num_tokens = num_tokens_;
    o.input_line = input;
    o.offset = offset;
    o.heads = heads;
    o.dim = u32(model_.config.rope_dim());
    o.out = as_vector(output);
    o.increments_address_lo = low_word(model_.rope_increments_address);
    o.increments_address_hi = high_word(model_.rope_increments_address);
    o.amplitude = model_.constants.rope_amplitude;
    push(Opcode::kRope, o);
  }

  void add(std::uint32_t a, std::uint32_t b, std::uint32_t output) {
    device::CombineOperand o;
    o.num_tokens = num_tokens_;
    o.elements = u32(model_.config.hidden_dim);
    o.plain = 2;
    o.plain_line[0] = a;
    o.plain_line[1] = b;
    o.out = as_vector(output);
    push(Opcode::kCombine, o);
  }

  void attention(const LoadedLayer& layer, std::uint32_t index) {
    norm(layer.attention_norm, plan_.hidden, 0, as_q8(plan_.normed_q8));
    std::visit([&](const auto& kind) { attention(kind, index); }, layer.attention);
    add(plan_.hidden, plan_.output, plan_.hidden);
  }

  void attention(const LoadedGqa& a, std::uint32_t index) {
    const GqaConfig& gqa = model_.config.gqa;
    linear(a.q, plan_.normed_q8, plan_.query);
    linear(a.k, plan_.normed_q8, plan_.key);
    linear(a.v, plan_.normed_q8, plan_.value);
    rope(plan_.query, 0, u32(gqa.num_heads), plan_.query_rope);
    rope(plan_.key, 0, u32(gqa.num_kv_heads), plan_.key_rope);
    kv_append(index, device::AttentionKind::kGqa, {plan_.key_rope, u32(gqa.kv_dim())},
              {plan_.value, u32(gqa.kv_dim())});
    device::AttendOperand o = attend_operand(index, device::AttentionKind::kGqa);
    o.heads = u32(gqa.num_heads);
    o.kv_heads = u32(gqa.num_kv_heads);
    o.query_line = plan_.query_rope;
    o.value_dim = u32(gqa.head_dim);
    o.has_sinks = a.has_sinks ? 1 : 0;
    o.sink_address_lo = low_word(a.sinks_address);
    o.sink_address_hi = high_word(a.sinks_address);
    push(Opcode::kAttend, o);
    linear(a.o, plan_.attended_q8, plan_.output);
  }

  void attention(const LoadedMla& a, std::uint32_t index) {
    const MlaConfig& mla = model_.config.mla;
    const std::uint32_t heads = u32(mla.num_heads);
    const std::uint32_t nope = heads * u32(mla.qk_nope_head_dim);
    const std::uint32_t lora = u32(mla.kv_lora_rank);
    if (a.q_a.has_value()) {
      linear(*a.q_a, plan_.normed_q8, plan_.query_latent);
      norm(*a.q_norm, plan_.query_latent, 0, as_q8(plan_.query_latent_q8));
      linear(a.q_b, plan_.query_latent_q8, plan_.query);
    } else {
      linear(a.q_b, plan_.normed_q8, plan_.query);
    }
    quantise(plan_.query, nope, plan_.query_nope_q8);
    linear(a.w_uk, plan_.query_nope_q8, plan_.query_absorbed);
    rope(plan_.query, nope, heads, plan_.query_rope);
    linear(a.kv_a, plan_.normed_q8, plan_.kv);
    norm(a.kv_norm, plan_.kv, 0, as_vector(plan_.latent));
    rope(plan_.kv, lora, 1, plan_.key_rope);
    kv_append(index, device::AttentionKind::kMla, {plan_.latent, lora}, {plan_.key_rope, u32(mla.qk_rope_head_dim)});
    device::AttendOperand o = attend_operand(index, device::AttentionKind::kMla);
    o.heads = heads;
    o.query_line = plan_.query_absorbed;
    o.query_rope_line = plan_.query_rope;
    o.value_dim = lora;
    o.rope_dim = u32(mla.qk_rope_head_dim);
    push(Opcode::kAttend, o);
    linear(a.w_uv, plan_.attended_q8, plan_.value);
    quantise(plan_.value, heads * u32(mla.v_head_dim), plan_.value_q8);
    linear(a.o, plan_.value_q8, plan_.output);
  }

  void feed_forward(const LoadedLayer& layer, std::uint32_t index) {
    if (layer.dense.has_value()) {
      norm(layer.ffn_norm, plan_.hidden, 0, as_q8(plan_.normed_q8));
      ffn(*layer.dense, plan_.output);
    } else {
      norm(layer.ffn_norm, plan_.hidden, 0, {device::kNone, plan_.normed_q8, plan_.normed_q16});
      const bool wide = layer.router->format == device::Format::kMxInt16;
      linear(*layer.router, wide ? plan_.normed_q16 : plan_.normed_q8, plan_.router_logits);
      route(layer);
      experts(layer.experts, index);
      if (layer.shared.has_value()) {
        ffn(*layer.shared, plan_.shared);
      }
      combine_experts(layer.shared.has_value());
    }
    add(plan_.hidden, plan_.output, plan_.hidden);
  }

  std::vector<Command> take() { return std::move(commands_); }

 private:
  template <typename Operand>
  void push(Opcode opcode, const Operand& operand) {
    commands_.push_back(make_command(opcode, operand, tokens_));
  }

  // A vector and how many elements it has.
  struct Part {
    std::uint32_t line;
    std::uint32_t elements;
  };

  void kv_append(std::uint32_t layer, device::AttentionKind kind, Part first, Part second) {
    device::KvAppendOperand o;
    o.num_tokens = num_tokens_;
    o.kind = static_cast<std::uint32_t>(kind);
    o.first_line = first.line;
    o.first_elements = first.elements;
    o.second_line = second.line;
    o.second_elements = second.elements;
    o.layer_line = kv_.layer_line(layer);
    o.entry_lines = kv_.entry_lines;
    push(Opcode::kKvAppend, o);
  }

  // What both kinds of attention share.
  [[nodiscard]] device::AttendOperand attend_operand(std::uint32_t layer, device::AttentionKind kind) const {
    device::AttendOperand o;
    o.num_tokens = num_tokens_;
    o.kind = static_cast<std::uint32_t>(kind);
    o.window = u32(model_.config.window_of(layer));
    o.score_mul = model_.constants.score.mul;
    o.score_shift = model_.constants.score.shift;
    o.layer_line = kv_.layer_line(layer);
    o.entry_lines = kv_.entry_lines;
    o.out = as_q8(plan_.attended_q8);
    return o;
  }

  // ActivationOperand or ExpertsOperand.
  template <typename Operand>
  void set_activation(Operand& o) const {
    const bool clamped = model_.config.activation.kind == ActivationConfig::Kind::kSwigluClamped;
    o.activation =
        static_cast<std::uint32_t>(clamped ? device::Activation::kSwigluClamped : device::Activation::kSwiglu);
    o.limit = model_.constants.activation_limit;
    o.scale = model_.constants.activation_scale;
  }

  // Gate and up, activation, down: a dense or a shared expert.
  void ffn(const LoadedFfn& ffn, std::uint32_t output) {
    linear(ffn.gate_up, plan_.normed_q8, plan_.gate_up);
    device::ActivationOperand o;
    o.num_tokens = num_tokens_;
    o.input_line = plan_.gate_up;
    o.intermediate = ffn.down.columns;
    o.out = as_q8(plan_.activated_q8);
    set_activation(o);
    push(Opcode::kActivation, o);
    linear(ffn.down, plan_.activated_q8, output);
  }

  void route(const LoadedLayer& layer) {
    const MoeConfig& moe = model_.config.moe;
    device::RouteOperand o;
    o.num_tokens = num_tokens_;
    o.logits_line = plan_.router_logits;
    o.output_line = plan_.route;
    o.experts = u32(moe.num_experts);
    o.top_k = u32(moe.experts_per_token);
    o.groups = u32(moe.num_groups);
    o.groups_kept = u32(moe.groups_per_token);
    o.rule = static_cast<std::uint32_t>(moe.rule == RouterRule::kTopKSoftmax ? device::RouteRule::kTopKSoftmax
                                                                             : device::RouteRule::kSigmoidBias);
    o.normalise = moe.normalise_weights ? 1 : 0;
    o.scale = model_.constants.routed_scale;
    o.bias_address_lo = low_word(layer.selection_bias_address);
    o.bias_address_hi = high_word(layer.selection_bias_address);
    push(Opcode::kRoute, o);
  }

  void experts(const LoadedExperts& loaded, std::uint32_t layer) {
    const MoeConfig& moe = model_.config.moe;
    device::ExpertsOperand o;
    o.num_tokens = num_tokens_;
    o.layer = layer;
    o.top_k = u32(moe.experts_per_token);
    o.route_line = plan_.route;
    o.input_line = plan_.normed_q8;
    o.hidden = u32(model_.config.hidden_dim);
    o.intermediate = u32(moe.intermediate_dim);
    o.format = static_cast<std::uint32_t>(loaded.format);
    o.gate_up_line = plan_.gate_up;
    o.activated_line = plan_.activated_q8;
    o.output_line = plan_.experts;
    o.output_stride = plan_.experts_stride;
    o.gate_up_bias_offset = loaded.gate_up_bias_offset;
    o.down_bias_offset = loaded.down_bias_offset;
    set_activation(o);
    push(Opcode::kExperts, o);
  }

  void combine_experts(bool shared) {
    device::CombineOperand o;
    o.num_tokens = num_tokens_;
    o.elements = u32(model_.config.hidden_dim);
    o.routed = u32(model_.config.moe.experts_per_token);
    o.route_line = plan_.route;
    o.terms_line = plan_.experts;
    o.terms_stride = plan_.experts_stride;
    o.plain = shared ? 1 : 0;
    o.plain_line[0] = plan_.shared;
    o.out = as_vector(plan_.output);
    push(Opcode::kCombine, o);
  }

  const LoadedModel& model_;
  const KvLayout& kv_;
  const VectorPlan& plan_;
  std::span<const TokenEntry> tokens_;
  std::uint32_t num_tokens_;
  std::vector<Command> commands_;
};

}  // namespace

Result<LayerProgram> LayerProgram::create(const LoadedModel& model, const KvLayout& kv) {
  LayerProgram program(model, kv);
  SLUICE_ASSIGN_OR_RETURN(program.plan_, plan_vectors(model.config));
  return program;
}

std::vector<Command> LayerProgram::layers(std::span<const TokenEntry> tokens) const {
  Builder builder(*model_, kv_, plan_, tokens);
  for (std::uint32_t index = 0; index < model_->layers.size(); ++index) {
    builder.attention(model_->layers[index], index);
    builder.feed_forward(model_->layers[index], index);
  }
  builder.norm(model_->final_norm, plan_.hidden, 0, as_q8(plan_.normed_q8));
  return builder.take();
}

std::vector<Command> LayerProgram::logits(std::uint32_t slice, std::uint32_t num_tokens) const {
  const TokenEntry tokens[device::kMaxTokens] = {};
  Builder builder(*model_, kv_, plan_, std::span(tokens).first(num_tokens));
  LoadedMatrix part = model_->head;
  const std::uint64_t slice_lines = device::matrix_lines(kLogitSlice, part.columns, 1, part.format);
  part.address += slice * slice_lines * device::kLineBytes;
  part.rows = slice_rows(slice);
  builder.linear(part, plan_.normed_q8, plan_.logits);
  return builder.take();
}

std::uint32_t LayerProgram::slices() const { return (model_->head.rows + kLogitSlice - 1) / kLogitSlice; }

std::uint32_t LayerProgram::slice_rows(std::uint32_t slice) const {
  return std::min(kLogitSlice, model_->head.rows - slice * kLogitSlice);
}

}  // namespace sluice::engine
