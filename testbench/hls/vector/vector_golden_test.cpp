// sluice_vector against the golden vectors, which a second implementation made from docs/numerics.md alone.
//
// Commands want whole lines where golden cases have any length: what is missing is filled with zeros, which change
// neither exponents nor the other elements.
#include <catch2/catch.hpp>
#include <cstring>

#include "hls/unit/lines.hpp"
#include "hls/vector/vector_kernel.hpp"
#include "testbench/hls/unit/kernel_bench.hpp"
#include "testbench/support/golden.hpp"

using namespace sluice::test;
using namespace sluice::device;
using nlohmann::json;
using sluice::hls::set_word;
using sluice::hls::word_of;

namespace {

constexpr std::uint32_t kOutputLine = 2000;

std::uint32_t word(std::int64_t x) { return static_cast<std::uint32_t>(x); }
std::uint32_t size_of(const json& values) { return static_cast<std::uint32_t>(values.size()); }

std::uint32_t isqrt(std::uint64_t x) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 31; bit != 0; bit >>= 1) {
    root = (root | bit) * (root | bit) <= x ? root | bit : root;
  }
  return static_cast<std::uint32_t>(root);
}

// One token's memory, in bank 0.
struct Case {
  UnitMemory memory{64};

  void header(std::uint32_t line, std::int64_t exponent) { set_word(memory.bank[0][line], 0, word(exponent)); }
  void element(std::uint32_t line, std::uint32_t i, std::int64_t m) {
    set_word(memory.bank[0][line + 1 + i / 32], i % 32, word(m));
  }
  void vector(std::uint32_t line, const json& m, std::int64_t exponent) {
    header(line, exponent);
    for (std::uint32_t i = 0; i < m.size(); ++i) {
      element(line, i, integer(m[i]));
    }
  }
  void card_bytes(std::size_t at, std::uint64_t value, std::size_t bytes) {
    std::memcpy(memory.card[at / kLineBytes].data() + at % kLineBytes, &value, bytes);
  }

  template <typename Operand>
  void run(Opcode opcode, const Operand& operand, std::uint32_t position = 0) {
    Command command;
    command.header.opcode = static_cast<std::uint16_t>(opcode);
    std::memcpy(command.operand, &operand, sizeof(operand));
    command.tokens[0].position = position;
    const KernelRun result = run_kernel(sluice_vector, memory, command);
    REQUIRE(result.error == "");
    for (const sluice::hls::LineWrite& write : result.writes) {
      memory.store(write);
    }
  }

  [[nodiscard]] std::int64_t exponent() const {
    return static_cast<std::int32_t>(word_of(memory.bank[0][kOutputLine], 0));
  }
  [[nodiscard]] std::int64_t result(std::uint32_t i) const {
    return static_cast<std::int32_t>(word_of(memory.bank[0][kOutputLine + 1 + i / 32], i % 32));
  }
  [[nodiscard]] std::int64_t byte(std::uint32_t first_line, std::uint32_t i) const {
    return static_cast<std::int8_t>(memory.bank[0][kOutputLine + first_line + i / kLineBytes][i % kLineBytes]);
  }
  void check(const json& c) const {
    REQUIRE(exponent() == integer(c.at("y_exponent")));
    for (std::uint32_t i = 0; i < c.at("y").size(); ++i) {
      REQUIRE(result(i) == integer(c.at("y")[i]));
    }
  }
};

}  // namespace

TEST_CASE("the vector kernel equals the golden vectors of quantise", "[vector_golden]") {
  for (const json& c : golden_cases("quantise")) {
    Case t;
    t.vector(0, c.at("m"), integer(c.at("e")));
    QuantiseOperand o;
    o.num_tokens = 1;
    o.offset = c.at("offset");
    o.elements = c.at("count");
    const bool wide = c.at("form") == "q16";
    (wide ? o.out.q16_line : o.out.q8_line) = kOutputLine;
    t.run(Opcode::kQuantise, o);
    CHECK(t.exponent() == integer(c.at("A")));
    for (std::uint32_t b = 0; b < c.at("delta").size(); ++b) {
      CHECK(t.byte(1, b) == integer(c.at("delta")[b]));
    }
    for (std::uint32_t i = 0; i < c.at("q").size(); ++i) {
      const auto low = static_cast<std::uint32_t>(2 + plane_lines(o.elements));
      REQUIRE((wide ? 256 * t.byte(2, i) + t.byte(low, i) : t.byte(2, i)) == integer(c.at("q")[i]));
    }
  }
}

TEST_CASE("the vector kernel equals the golden vectors of norm", "[vector_golden]") {
  for (const json& c : golden_cases("norm")) {
    Case t;
    t.vector(0, c.at("m"), integer(c.at("e")));
    for (std::size_t i = 0; i < c.at("gammas").size(); ++i) {
      t.card_bytes(2 * i, static_cast<std::uint64_t>(integer(c.at("gammas")[i])), 2);
    }
    NormOperand o;
    o.num_tokens = 1;
    o.elements = size_of(c.at("m"));
    o.out.vector_line = kOutputLine;
    o.gamma_exponent = c.at("eg");
    o.epsilon_mantissa = c.at("me");
    o.epsilon_exponent = c.at("ee");
    o.root_n = isqrt(std::uint64_t{o.elements} << 40);
    t.run(Opcode::kNorm, o);
    t.check(c);
  }
}

TEST_CASE("the vector kernel equals the golden vectors of both activations", "[vector_golden]") {
  for (const char* name : {"swiglu", "swiglu_clamped"}) {
    for (const json& c : golden_cases(name)) {
      const std::uint32_t n = size_of(c.at("m")) / 2;
      ActivationOperand o;
      o.num_tokens = 1;
      o.intermediate = static_cast<std::uint32_t>(vector_data_lines(n)) * 32;
      o.out.vector_line = kOutputLine;
      if (c.contains("limit")) {
        o.activation = static_cast<std::uint32_t>(Activation::kSwigluClamped);
        o.limit = c.at("limit");
        o.scale = c.at("scale");
      }
      Case t;
      t.header(0, integer(c.at("e")));
      for (std::uint32_t i = 0; i < n; ++i) {
        t.element(0, i, integer(c.at("m")[i]));
        t.element(0, o.intermediate + i, integer(c.at("m")[n + i]));
      }
      t.run(Opcode::kActivation, o);
      t.check(c);
    }
  }
}

TEST_CASE("the vector kernel equals the golden vectors of rope", "[vector_golden]") {
  for (const json& c : golden_cases("rope")) {
    const std::uint32_t heads = c.at("heads");
    const std::uint32_t dim = c.at("dim");
    RopeOperand o;
    o.num_tokens = 1;
    o.dim = std::max(dim, 16u);
    o.heads = heads + heads % 2;
    o.amplitude = c.at("amplitude");
    o.out.vector_line = kOutputLine;
    // Where element i of a head is among those of a longer one: each half keeps its place.
    const auto place = [&](std::uint32_t h, std::uint32_t i) {
      return h * o.dim + (i < dim / 2 ? i : i - dim / 2 + o.dim / 2);
    };
    Case t;
    t.header(0, integer(c.at("e")));
    for (std::uint32_t i = 0; i < dim / 2; ++i) {
      t.card_bytes(std::size_t{8} * i, unsigned_integer(c.at("increments")[i]), 8);
    }
    for (std::uint32_t i = 0; i < heads * dim; ++i) {
      t.element(0, place(i / dim, i % dim), integer(c.at("m")[i]));
    }
    t.run(Opcode::kRope, o, c.at("position"));
    REQUIRE(t.exponent() == integer(c.at("y_exponent")));
    for (std::uint32_t i = 0; i < heads * dim; ++i) {
      REQUIRE(t.result(place(i / dim, i % dim)) == integer(c.at("y")[i]));
    }
  }
}

TEST_CASE("the vector kernel equals the golden vectors of weighted sums", "[vector_golden]") {
  std::size_t run = 0;
  for (const json& c : golden_cases("weighted_sum")) {
    const json& terms = c.at("terms");
    if (terms.size() > kMaxTopK) {
      continue;  // a command has fewer weights than the section allows
    }
    ++run;
    CombineOperand o;
    o.num_tokens = 1;
    o.elements = size_of(c.at("y"));
    o.routed = size_of(terms);
    o.route_line = 1999;
    o.terms_stride = static_cast<std::uint32_t>(vector_lines(o.elements));
    o.out.vector_line = kOutputLine;
    Case t;
    for (std::uint32_t k = 0; k < o.routed; ++k) {
      t.vector(k * o.terms_stride, terms[k].at("m"), integer(terms[k].at("e")));
      set_word(t.memory.bank[0][o.route_line], 16 + k, word(integer(terms[k].at("r"))));
    }
    t.run(Opcode::kCombine, o);
    t.check(c);
  }
  CHECK(run > 5);
}
