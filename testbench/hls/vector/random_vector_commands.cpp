#include "testbench/hls/vector/random_vector_commands.hpp"

#include <cstring>

#include "hls/unit/lines.hpp"
#include "hls/vector/lanes.hpp"

namespace sluice::test {

using namespace device;

namespace {

template <typename Operand>
Command command_of(Opcode opcode, const Operand& operand) {
  Command command;
  command.header.opcode = static_cast<std::uint16_t>(opcode);
  std::memcpy(command.operand, &operand, sizeof(operand));
  return command;
}

std::uint32_t u32(std::uint64_t x) { return static_cast<std::uint32_t>(x); }

// Hands out places in vector memory, none of them twice.
class Places {
 public:
  std::uint32_t take(std::uint64_t lines) {
    const std::uint32_t at = next_;
    next_ += u32(lines);
    return at;
  }

 private:
  std::uint32_t next_ = 0;
};

std::uint32_t elements_below(RandomVectors& random, std::uint32_t most) {
  if (most > 8192) {
    return random.between(most / 2, most);
  }
  switch (random.below(8)) {
    case 0:
      return random.between(1, std::min(most, 33u));
    case 1:
      return std::min(most, 128 * random.between(1, 4) + random.below(3) - 1);
    case 2:
      return random.between(1, most);
    default:
      return random.between(1, std::min(most, 600u));
  }
}

std::uint32_t whole_lines(RandomVectors& random, std::uint32_t most) {
  return std::max(32u, elements_below(random, most) / 32 * 32);
}

// At least one form, mostly; sometimes the vector where its input lies.
Outputs outputs(RandomVectors& random, Places& places, std::uint32_t elements, std::uint32_t input) {
  Outputs out;
  const std::uint32_t which = random.below(9);
  if ((which & 1) != 0) {
    out.vector_line = random.below(4) == 0 ? input : places.take(vector_lines(elements));
  }
  if ((which & 2) != 0) {
    out.q8_line = places.take(q8_lines(elements));
  }
  if ((which & 4) != 0) {
    out.q16_line = places.take(q16_lines(elements));
  }
  return out;
}

void fill_banks(RandomVectors& random, UnitMemory& memory, std::uint32_t line, std::uint64_t elements) {
  for (std::vector<hls::Line>& bank : memory.bank) {
    random.fill(bank, line, elements);
  }
}

Command quantise(std::uint32_t most, RandomVectors& random, UnitMemory& memory) {
  Places places;
  QuantiseOperand o;
  o.num_tokens = random.between(1, 4);
  o.elements = elements_below(random, most);
  o.offset = 32 * random.below(4);
  o.input_line = places.take(vector_lines(o.offset + o.elements));
  o.out = outputs(random, places, o.elements, o.input_line);
  fill_banks(random, memory, o.input_line, o.offset + o.elements);
  return command_of(Opcode::kQuantise, o);
}

Command norm(std::uint32_t most, RandomVectors& random, UnitMemory& memory) {
  Places places;
  NormOperand o;
  o.num_tokens = random.between(1, 4);
  o.elements = elements_below(random, most);
  o.offset = 32 * random.below(4);
  o.input_line = places.take(vector_lines(o.offset + o.elements));
  o.out = outputs(random, places, o.elements, o.input_line);
  o.gamma_address_lo = kLineBytes * random.below(4);
  o.gamma_exponent = static_cast<std::int32_t>(random.below(2048)) - 1024;
  o.epsilon_mantissa = random.below(4) == 0 ? 0 : random.word() >> random.between(1, 31);
  o.epsilon_exponent = static_cast<std::int32_t>(random.below(2) == 0 ? random.below(120) : random.below(2048)) - 1024;
  o.epsilon_exponent = random.below(2) == 0 ? -static_cast<std::int32_t>(random.below(100)) : o.epsilon_exponent;
  o.root_n = random.between(1u << 20, (1u << 30) - 1);
  fill_banks(random, memory, o.input_line, o.offset + o.elements);
  random.fill_words(memory.card, o.gamma_address_lo / kLineBytes, ceil_div(o.elements, 64));
  return command_of(Opcode::kNorm, o);
}

Command rope(std::uint32_t most, RandomVectors& random, UnitMemory& memory) {
  Places places;
  RopeOperand o;
  o.num_tokens = random.between(1, 4);
  o.dim = 2 * kernel::kLanes * random.between(1, random.below(3) == 0 ? kernel::kMaxRopeDim / (2 * kernel::kLanes) : 8);
  o.heads = std::max(2u, whole_lines(random, most) / o.dim / 2 * 2);
  o.offset = 32 * random.below(4);
  o.input_line = places.take(vector_lines(o.offset + u32(o.heads * o.dim)));
  o.out = outputs(random, places, o.heads * o.dim, o.input_line);
  o.increments_address_lo = kLineBytes * random.below(4);
  const std::uint32_t amplitudes[] = {0, 1, 1u << 30, (1u << 31) - 1, random.word() >> 1};
  o.amplitude = amplitudes[random.below(5)];
  fill_banks(random, memory, o.input_line, o.offset + o.heads * o.dim);
  random.fill_words(memory.card, o.increments_address_lo / kLineBytes, ceil_div(o.dim, 32));
  Command command = command_of(Opcode::kRope, o);
  for (TokenEntry& token : command.tokens) {
    token.position = random.below(2) == 0 ? random.word() : random.below(5000);
  }
  return command;
}

Command activation(std::uint32_t most, RandomVectors& random, UnitMemory& memory) {
  Places places;
  ActivationOperand o;
  o.num_tokens = random.between(1, 4);
  o.intermediate = whole_lines(random, most);
  o.input_line = places.take(vector_lines(2 * o.intermediate));
  o.out = outputs(random, places, o.intermediate, o.input_line);
  o.activation = random.below(2);
  o.limit = std::max(1u, random.word() >> random.below(32));
  o.scale = random.word() >> random.below(8);
  o.token_mask = random.below(4) == 0 ? random.below(16) : 15;
  fill_banks(random, memory, o.input_line, 2 * o.intermediate);
  return command_of(Opcode::kActivation, o);
}

Command combine(std::uint32_t most, RandomVectors& random, UnitMemory& memory) {
  Places places;
  CombineOperand o;
  o.num_tokens = random.between(1, 4);
  o.elements = elements_below(random, std::min(most, 4000u));
  o.routed = random.below(2) == 0 ? 0 : random.below(kMaxTopK + 1);
  o.plain = random.between(o.routed == 0 ? 1 : 0, 4);
  if (o.routed > 0) {
    o.route_line = places.take(1);
    o.terms_stride = u32(vector_lines(o.elements)) + random.below(3);
    o.terms_line = places.take(o.terms_stride * o.routed);
    for (std::vector<hls::Line>& bank : memory.bank) {
      for (std::uint32_t k = 0; k < o.routed; ++k) {
        // Also weights that no router makes.
        const std::uint32_t weights[] = {0, 1u << 24, 1u << 28, random.word(), random.below(1u << 25)};
        hls::set_word(bank[o.route_line], 16 + k, weights[random.below(5)]);
        random.fill(bank, o.terms_line + k * o.terms_stride, o.elements);
      }
    }
  }
  for (std::uint32_t k = 0; k < o.plain; ++k) {
    o.plain_line[k] = places.take(vector_lines(o.elements));
    fill_banks(random, memory, o.plain_line[k], o.elements);
  }
  o.out = outputs(random, places, o.elements, o.plain > 0 ? o.plain_line[random.below(o.plain)] : o.terms_line);
  return command_of(Opcode::kCombine, o);
}

Command bias(std::uint32_t most, RandomVectors& random, UnitMemory& memory) {
  BiasOperand o;
  o.num_tokens = random.between(1, 4);
  o.elements = elements_below(random, most);
  o.bias_address_lo = kLineBytes * random.below(4);
  o.token_mask = random.below(4) == 0 ? random.below(16) : 15;
  random.fill(memory.card, o.bias_address_lo / kLineBytes, o.elements);
  const std::uint32_t room = u32(vector_lines(o.elements));
  for (std::uint32_t t = 0; t < kMaxTokens; ++t) {
    o.line[t] = random.below(kVectorLines - room);
    random.fill(memory.bank[t], o.line[t], o.elements);
  }
  return command_of(Opcode::kBias, o);
}

}  // namespace

Opcode random_vector_opcode(RandomVectors& random) {
  constexpr Opcode kOpcodes[] = {Opcode::kQuantise,   Opcode::kNorm,    Opcode::kRope,
                                 Opcode::kActivation, Opcode::kCombine, Opcode::kBias};
  return kOpcodes[random.below(6)];
}

Command random_vector_command(Opcode opcode, std::uint32_t max_elements, RandomVectors& random, UnitMemory& memory) {
  switch (opcode) {
    case Opcode::kQuantise:
      return quantise(max_elements, random, memory);
    case Opcode::kNorm:
      return norm(max_elements, random, memory);
    case Opcode::kRope:
      return rope(max_elements, random, memory);
    case Opcode::kActivation:
      return activation(max_elements, random, memory);
    case Opcode::kCombine:
      return combine(max_elements, random, memory);
    default:
      return bias(max_elements, random, memory);
  }
}

}  // namespace sluice::test
