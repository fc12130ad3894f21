// Quantise, norm, rope, activation and combine as unit commands.
#include "hls/unit/execution.hpp"
#include "hls/vector/vector_ops.hpp"

namespace sluice::hls {

using namespace device;

void write_lines(Space space, u32 bank, u32 line, std::span<const Line> data, std::vector<LineWrite>& writes) {
  for (std::size_t i = 0; i < data.size(); ++i) {
    writes.push_back({space, bank, line + static_cast<u32>(i), data[i]});
  }
}

void write_outputs(u32 bank, const Outputs& out, const VectorValue& value, std::vector<LineWrite>& writes) {
  if (out.vector_line != kNone) {
    write_lines(Space::kVector, bank, out.vector_line, lines_of_vector(value), writes);
  }
  if (out.q8_line != kNone) {
    write_lines(Space::kVector, bank, out.q8_line, lines_of_quantised(quantise(value, false)), writes);
  }
  if (out.q16_line != kNone) {
    write_lines(Space::kVector, bank, out.q16_line, lines_of_quantised(quantise(value, true)), writes);
  }
}

namespace {

// Reads the slice [offset, offset + elements) of the vector at `line` in each of num_tokens banks.
class SliceUnit : public SingleStage {
 protected:
  void want_slices(u32 num_tokens, u32 line, u32 offset, u32 elements) {
    elements_ = elements;
    for (u32 t = 0; t < num_tokens; ++t) {
      headers_.push_back(want({Space::kVector, t, line, 1}));
      data_.push_back(want({Space::kVector, t, line + 1 + offset / 32, static_cast<u32>(vector_data_lines(elements))}));
    }
  }
  [[nodiscard]] u32 num_tokens() const { return static_cast<u32>(headers_.size()); }
  [[nodiscard]] VectorValue slice(u32 token) const {
    return vector_from_lines(lines(headers_[token])[0], lines(data_[token]), elements_);
  }

 private:
  u32 elements_ = 0;
  std::vector<std::size_t> headers_;
  std::vector<std::size_t> data_;
};

class QuantiseUnit : public SliceUnit {
 public:
  explicit QuantiseUnit(const Command& command) : o_(operand_of<QuantiseOperand>(command)) {
    want_slices(o_.num_tokens, o_.input_line, o_.offset, o_.elements);
  }
  std::vector<LineWrite> finish() override {
    std::vector<LineWrite> writes;
    for (u32 t = 0; t < num_tokens(); ++t) {
      write_outputs(t, o_.out, slice(t), writes);
    }
    return writes;
  }

 private:
  QuantiseOperand o_;
};

class NormUnit : public SliceUnit {
 public:
  explicit NormUnit(const Command& command) : o_(operand_of<NormOperand>(command)) {
    gamma_ = want(card_range(o_.gamma_address_lo, o_.gamma_address_hi, u64{o_.elements} * 2));
    want_slices(o_.num_tokens, o_.input_line, o_.offset, o_.elements);
  }
  std::vector<LineWrite> finish() override {
    const std::vector<i16> gamma = values<i16>(gamma_, o_.elements);
    const NormParameters p = {gamma.data(), o_.gamma_exponent, o_.epsilon_mantissa, o_.epsilon_exponent, o_.root_n};
    std::vector<LineWrite> writes;
    std::vector<i64> sums(o_.elements);
    for (u32 t = 0; t < num_tokens(); ++t) {
      const VectorValue x = slice(t);
      const i32 exponent = rms_norm(x.m.data(), x.e, static_cast<int>(o_.elements), p, sums.data());
      write_outputs(t, o_.out, make_vector(sums, exponent), writes);
    }
    return writes;
  }

 private:
  NormOperand o_;
  std::size_t gamma_;
};

class RopeUnit : public SliceUnit {
 public:
  explicit RopeUnit(const Command& command) : o_(operand_of<RopeOperand>(command)) {
    for (u32 t = 0; t < o_.num_tokens; ++t) {
      position_[t] = command.tokens[t].position;
    }
    increments_ = want(card_range(o_.increments_address_lo, o_.increments_address_hi, u64{o_.dim} * 4));
    want_slices(o_.num_tokens, o_.input_line, o_.offset, o_.heads * o_.dim);
  }
  std::vector<LineWrite> finish() override {
    const std::vector<u64> increments = values<u64>(increments_, o_.dim / 2);
    std::vector<LineWrite> writes;
    std::vector<i64> sums(std::size_t{o_.heads} * o_.dim);
    for (u32 t = 0; t < num_tokens(); ++t) {
      const VectorValue x = slice(t);
      const i32 exponent = rope(x.m.data(), x.e, static_cast<int>(o_.heads), static_cast<int>(o_.dim),
                                increments.data(), o_.amplitude, position_[t], sums.data());
      write_outputs(t, o_.out, make_vector(sums, exponent), writes);
    }
    return writes;
  }

 private:
  RopeOperand o_;
  std::size_t increments_;
  u64 position_[kMaxTokens] = {};
};

class ActivationUnit : public SingleStage {
 public:
  explicit ActivationUnit(const Command& command) : o_(operand_of<ActivationOperand>(command)) {
    for (u32 t = 0; t < o_.num_tokens; ++t) {
      if ((o_.token_mask >> t & 1) != 0) {
        tokens_.push_back(t);
        inputs_.push_back(want_vector(t, o_.input_line, 2 * u64{o_.intermediate}));
      }
    }
  }
  std::vector<LineWrite> finish() override {
    std::vector<LineWrite> writes;
    std::vector<i64> sums(o_.intermediate);
    const int n = static_cast<int>(o_.intermediate);
    for (std::size_t k = 0; k < tokens_.size(); ++k) {
      const VectorValue x = vector(inputs_[k], 2 * std::size_t{o_.intermediate});
      const i32 exponent = o_.activation == static_cast<u32>(Activation::kSwiglu)
                               ? swiglu(x.m.data(), x.e, n, sums.data())
                               : swiglu_clamped(x.m.data(), x.e, n, o_.limit, o_.scale, sums.data());
      write_outputs(tokens_[k], o_.out, make_vector(sums, exponent), writes);
    }
    return writes;
  }

 private:
  ActivationOperand o_;
  std::vector<u32> tokens_;
  std::vector<std::size_t> inputs_;
};

class CombineUnit : public SingleStage {
 public:
  explicit CombineUnit(const Command& command) : o_(operand_of<CombineOperand>(command)) {
    for (u32 t = 0; t < o_.num_tokens; ++t) {
      if (o_.routed > 0) {
        routes_.push_back(want({Space::kVector, t, o_.route_line, 1}));
      }
      for (u32 k = 0; k < o_.routed; ++k) {
        terms_.push_back(want_vector(t, o_.terms_line + k * o_.terms_stride, o_.elements));
      }
      for (u32 k = 0; k < o_.plain; ++k) {
        terms_.push_back(want_vector(t, o_.plain_line[k], o_.elements));
      }
    }
  }
  std::vector<LineWrite> finish() override {
    std::vector<LineWrite> writes;
    std::vector<i64> sums(o_.elements);
    const u32 count = o_.routed + o_.plain;
    for (u32 t = 0; t < o_.num_tokens; ++t) {
      std::vector<VectorValue> inputs;
      std::vector<Term> terms;
      inputs.reserve(count);
      for (u32 k = 0; k < count; ++k) {
        inputs.push_back(vector(terms_[std::size_t{t} * count + k], o_.elements));
        const i64 weight = k < o_.routed ? weight_of(t, k) : kUnitWeight;
        terms.push_back({inputs.back().m.data(), inputs.back().e, weight});
      }
      const i32 exponent =
          weighted_sum(terms.data(), static_cast<int>(count), static_cast<int>(o_.elements), sums.data());
      write_outputs(t, o_.out, make_vector(sums, exponent), writes);
    }
    return writes;
  }

 private:
  // A weight that no router makes is limited to the contract's range.
  [[nodiscard]] i64 weight_of(u32 token, u32 rank) const {
    const u32 weight = word_of(lines(routes_[token])[0], 16 + rank);
    return weight <= (1u << 28) ? weight : i64{1} << 28;
  }

  CombineOperand o_;
  std::vector<std::size_t> routes_;
  std::vector<std::size_t> terms_;
};

class BiasUnit : public SingleStage {
 public:
  explicit BiasUnit(const Command& command) : o_(operand_of<BiasOperand>(command)) {
    bias_ = want(card_range(o_.bias_address_lo, o_.bias_address_hi, vector_lines(o_.elements) * kLineBytes));
    for (u32 t = 0; t < o_.num_tokens; ++t) {
      if ((o_.token_mask >> t & 1) != 0) {
        tokens_.push_back(t);
        inputs_.push_back(want_vector(t, o_.line[t], o_.elements));
      }
    }
  }
  std::vector<LineWrite> finish() override {
    const VectorValue bias = vector(bias_, o_.elements);
    std::vector<LineWrite> writes;
    std::vector<i64> sums(o_.elements);
    for (std::size_t k = 0; k < tokens_.size(); ++k) {
      const VectorValue x = vector(inputs_[k], o_.elements);
      const Term terms[] = {{x.m.data(), x.e, kUnitWeight}, {bias.m.data(), bias.e, kUnitWeight}};
      const i32 exponent = weighted_sum(terms, 2, static_cast<int>(o_.elements), sums.data());
      write_lines(Space::kVector, tokens_[k], o_.line[tokens_[k]], lines_of_vector(make_vector(sums, exponent)),
                  writes);
    }
    return writes;
  }

 private:
  BiasOperand o_;
  std::size_t bias_;
  std::vector<u32> tokens_;
  std::vector<std::size_t> inputs_;
};

}  // namespace

std::unique_ptr<UnitExecution> start_vector_unit(const Command& command) {
  switch (static_cast<Opcode>(command.header.opcode)) {
    case Opcode::kQuantise:
      return std::make_unique<QuantiseUnit>(command);
    case Opcode::kNorm:
      return std::make_unique<NormUnit>(command);
    case Opcode::kRope:
      return std::make_unique<RopeUnit>(command);
    case Opcode::kActivation:
      return std::make_unique<ActivationUnit>(command);
    case Opcode::kCombine:
      return std::make_unique<CombineUnit>(command);
    case Opcode::kBias:
      return std::make_unique<BiasUnit>(command);
    default:
      return nullptr;
  }
}

}  // namespace sluice::hls
