// hls/ against the golden vectors, which a second implementation made from docs/numerics.md alone.
#include "testbench/support/golden.hpp"

#include <catch2/catch.hpp>

#include "hls/attention/attend.hpp"
#include "hls/kv_compress/kv_quantise.hpp"
#include "hls/router/route.hpp"
#include "hls/unit/lines.hpp"
#include "hls/vector/fixed.hpp"
#include "hls/vector/linear.hpp"
#include "hls/vector/vector_ops.hpp"

using namespace sluice::hls;
using nlohmann::json;
using sluice::test::golden_cases;
using sluice::test::integer;
using sluice::test::integers;
using sluice::test::unsigned_integer;

namespace {

void check_vector(const json& c, const VectorValue& got) {
  CHECK(got.m == integers<i32>(c.at("y")));
  CHECK(got.e == integer(c.at("y_exponent")));
}

i32 exponent_of(const json& c) { return static_cast<i32>(integer(c.at("e"))); }

}  // namespace

TEST_CASE("normalise equals its golden vectors", "[golden]") {
  for (const json& c : golden_cases("normalise")) {
    check_vector(c, make_vector(integers<i64>(c.at("sums")), integer(c.at("exponent"))));
  }
}

TEST_CASE("quantise equals its golden vectors", "[golden]") {
  for (const json& c : golden_cases("quantise")) {
    const bool wide = c.at("form") == "q16";
    const std::vector<i32> m = integers<i32>(c.at("m"));
    const std::ptrdiff_t offset = c.at("offset");
    const std::size_t count = c.at("count");
    const auto first = m.begin() + offset;
    const QuantisedValue got = quantise({{first, first + static_cast<std::ptrdiff_t>(count)}, exponent_of(c)}, wide);
    CHECK(got.exponent == integer(c.at("A")));
    const std::vector<i32> q = integers<i32>(c.at("q"));
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE((wide ? 256 * got.high[i] + got.low[i] : got.high[i]) == q[i]);
    }
    const std::vector<u8> delta = integers<u8>(c.at("delta"));
    CHECK(std::equal(delta.begin(), delta.end(), got.delta.begin()));
    if (wide) {
      const std::vector<i8> high = integers<i8>(c.at("high"));
      CHECK(std::equal(high.begin(), high.end(), got.high.begin()));
    }
  }
}

// Results of operations reach exponents that no import can have; A is then below that of an empty vector.
TEST_CASE("the exponent of a quantised vector may lie below that of an empty one", "[golden]") {
  VectorValue value = {std::vector<i32>(64, 1), -20000};
  value.m[40] = 1 << 10;
  const QuantisedValue got = quantise(value, false);
  CHECK(got.exponent == -20000 + 11 - 7);
  CHECK(got.delta[0] == 10);
  CHECK(got.delta[1] == 0);
}

TEST_CASE("linear equals its golden vectors, on the packed layout", "[golden]") {
  for (const json& c : golden_cases("linear")) {
    const std::string name = c.at("format");
    const WeightFormat format = name == "MXINT8"  ? WeightFormat::kMxInt8
                                : name == "INT4"  ? WeightFormat::kInt4
                                : name == "MXFP4" ? WeightFormat::kMxFp4
                                                  : WeightFormat::kMxInt16;
    const std::string hex = c.at("packed");
    std::vector<u8> packed;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
      packed.push_back(static_cast<u8>(std::stoul(hex.substr(i, 2), nullptr, 16)));
    }
    const std::vector<i32> q = integers<i32>(c.at("q"));
    std::vector<i8> high;
    std::vector<i8> low;
    for (const i32 x : q) {
      high.push_back(static_cast<i8>(format == WeightFormat::kMxInt16 ? q16_high(x) : x));
      low.push_back(static_cast<i8>(q16_low(x)));
    }
    const std::vector<u8> delta = integers<u8>(c.at("delta"));
    const int groups = c.at("groups");
    const int rows = c.at("rows");
    const int blocks = (c.at("columns").get<int>() + 31) / 32;
    const int tiles = (rows + 31) / 32;
    const auto tile_lines = static_cast<std::size_t>(lines_per_tile(format, blocks));
    REQUIRE(packed.size() == static_cast<std::size_t>(groups * tiles) * tile_lines * kLineSize);
    std::vector<i64> sums;
    for (int g = 0; g < groups; ++g) {
      const std::ptrdiff_t column = c.at("column_offset").get<int>() + g * c.at("input_stride").get<int>();
      const LinearInput input = {high.data() + column, low.data() + column, delta.data() + column / 32};
      for (int tile = 0; tile < tiles; ++tile) {
        i64 sum[kTileRows];
        const u8* at = packed.data() + static_cast<std::size_t>(g * tiles + tile) * tile_lines * kLineSize;
        linear_tile(format, at, blocks, c.at("W"), input, sum);
        sums.insert(sums.end(), sum, sum + std::min(kTileRows, rows - tile * kTileRows));
      }
    }
    const i64 exponent = integer(c.at("A")) + integer(c.at("W")) + integer(c.at("c")) - fraction_bits(format);
    VectorValue y = make_vector(sums, exponent);
    if (c.contains("bias")) {
      const std::vector<i32> bias = integers<i32>(c.at("bias"));
      const Term terms[2] = {{y.m.data(), y.e, kUnitWeight},
                             {bias.data(), static_cast<i32>(integer(c.at("bias_exponent"))), kUnitWeight}};
      std::vector<i64> added(bias.size());
      const i32 e = weighted_sum(terms, 2, static_cast<int>(bias.size()), added.data());
      y = make_vector(added, e);
    }
    check_vector(c, y);
  }
}

TEST_CASE("weighted sums equal their golden vectors", "[golden]") {
  for (const json& c : golden_cases("weighted_sum")) {
    std::vector<std::vector<i32>> vectors;
    std::vector<Term> terms;
    for (const json& t : c.at("terms")) {
      vectors.push_back(integers<i32>(t.at("m")));
    }
    std::size_t k = 0;
    for (const json& t : c.at("terms")) {
      terms.push_back({vectors[k++].data(), exponent_of(t), integer(t.contains("r") ? t.at("r") : t.at("weight"))});
    }
    std::vector<i64> sums(c.at("y").size());
    const i32 e =
        weighted_sum(terms.data(), static_cast<int>(terms.size()), static_cast<int>(sums.size()), sums.data());
    check_vector(c, make_vector(sums, e));
  }
}

TEST_CASE("exp2, reciprocal, square root and fixed point equal their golden vectors", "[golden]") {
  for (const json& c : golden_cases("exp2")) {
    for (std::size_t i = 0; i < c.at("t").size(); ++i) {
      const i64 t = integer(c.at("t")[i]);
      CHECK((c.at("function") == "exp2neg" ? exp2neg(t) : exp2_fixed(t)) == integer(c.at("y")[i]));
    }
  }
  for (const json& c : golden_cases("recip")) {
    for (std::size_t i = 0; i < c.at("d").size(); ++i) {
      CHECK(recip(integer(c.at("d")[i])) == integer(c.at("y")[i]));
    }
  }
  for (const json& c : golden_cases("rsqrt")) {
    for (std::size_t i = 0; i < c.at("u").size(); ++i) {
      CHECK(rsqrt(integer(c.at("u")[i])) == integer(c.at("y")[i]));
    }
  }
  for (const json& c : golden_cases("to_fixed24")) {
    for (std::size_t i = 0; i < c.at("m").size(); ++i) {
      CHECK(to_fixed24(integer(c.at("m")[i]), exponent_of(c), c.at("scale")) == integer(c.at("y")[i]));
    }
  }
  for (const json& c : golden_cases("sigmoid")) {
    for (std::size_t i = 0; i < c.at("m").size(); ++i) {
      CHECK(sigmoid(integer(c.at("m")[i]), exponent_of(c), c.at("scale")) == integer(c.at("y")[i]));
    }
  }
}

TEST_CASE("the RMS norm equals its golden vectors", "[golden]") {
  for (const json& c : golden_cases("norm")) {
    const std::vector<i32> m = integers<i32>(c.at("m"));
    const std::vector<i16> gamma = integers<i16>(c.at("gammas"));
    u64 root = 0;
    for (u64 bit = u64{1} << 31; bit > 0; bit >>= 1) {
      root += (root + bit) * (root + bit) <= m.size() << 40 ? bit : 0;
    }
    const NormParameters p = {gamma.data(), static_cast<i32>(integer(c.at("eg"))), c.at("me"),
                              static_cast<i32>(integer(c.at("ee"))), static_cast<u32>(root)};
    std::vector<i64> sums(m.size());
    const i32 e = rms_norm(m.data(), exponent_of(c), static_cast<int>(m.size()), p, sums.data());
    check_vector(c, make_vector(sums, e));
  }
}

TEST_CASE("gated activations equal their golden vectors", "[golden]") {
  for (const char* name : {"swiglu", "swiglu_clamped"}) {
    for (const json& c : golden_cases(name)) {
      const std::vector<i32> m = integers<i32>(c.at("m"));
      std::vector<i64> sums(m.size() / 2);
      const int n = static_cast<int>(sums.size());
      const i32 e = c.contains("limit")
                        ? swiglu_clamped(m.data(), exponent_of(c), n, c.at("limit"), c.at("scale"), sums.data())
                        : swiglu(m.data(), exponent_of(c), n, sums.data());
      check_vector(c, make_vector(sums, e));
    }
  }
}

TEST_CASE("rope equals its golden vectors", "[golden]") {
  for (const json& c : golden_cases("rope")) {
    const std::vector<i32> m = integers<i32>(c.at("m"));
    const std::vector<u64> increments = integers<u64>(c.at("increments"));
    std::vector<i64> sums(m.size());
    const i32 e = rope(m.data(), exponent_of(c), c.at("heads"), c.at("dim"), increments.data(), c.at("amplitude"),
                       unsigned_integer(c.at("position")), sums.data());
    check_vector(c, make_vector(sums, e));
  }
}

TEST_CASE("routing equals its golden vectors", "[golden]") {
  for (const json& c : golden_cases("route")) {
    const std::vector<i32> m = integers<i32>(c.at("m"));
    const std::string name = c.at("rule");
    const RouteRule rule = name == "sigmoid_bias"   ? RouteRule::kSigmoidBias
                           : name == "softmax_topk" ? RouteRule::kSoftmaxTopK
                           : name == "topk_softmax" ? RouteRule::kTopKSoftmax
                                                    : RouteRule::kSigmoidTop1;
    const std::vector<i32> bias = c.at("bias").is_null() ? std::vector<i32>(m.size()) : integers<i32>(c.at("bias"));
    const RouteParameters p = {rule,          static_cast<int>(m.size()),          c.at("groups"), c.at("groups_kept"),
                               c.at("top_k"), c.at("normalisation") == "selected", c.at("scale"),  bias.data()};
    const RouteResult got = route(m.data(), exponent_of(c), p);
    const std::vector<int> experts = integers<int>(c.at("experts"));
    const std::vector<i64> weights = integers<i64>(c.at("weights"));
    CHECK(std::vector<int>(got.expert, got.expert + p.top_k) == experts);
    CHECK(std::vector<i64>(got.weight, got.weight + p.top_k) == weights);
  }
}

TEST_CASE("KV quantisation equals its golden vectors", "[golden]") {
  for (const json& c : golden_cases("kv_quantise")) {
    const std::vector<i32> m = integers<i32>(c.at("m"));
    std::vector<i8> q(m.size());
    std::vector<i8> exponents;
    for (std::size_t b = 0; b < m.size() / 32; ++b) {
      exponents.push_back(kv_quantise_block(m.data() + 32 * b, exponent_of(c), q.data() + 32 * b));
    }
    CHECK(q == integers<i8>(c.at("q")));
    CHECK(exponents == integers<i8>(c.at("exponents")));
  }
}

namespace {

// One golden attention case through the unit command: entries in pages, queries in vector memory.
VectorValue attend_case(const json& c) {
  namespace device = sluice::device;
  const bool mla = c.at("kind") == "mla";
  device::AttendOperand o;
  o.num_tokens = 1;
  o.kind = mla ? 0 : 1;
  o.heads = c.at("heads");
  o.kv_heads = mla ? 0 : c.at("kv_heads").get<u32>();
  o.value_dim = mla ? c.at("kv_lora") : c.at("dim");
  o.rope_dim = mla ? c.at("rope").get<u32>() : 0;
  o.window = c.at("window");
  o.score_mul = c.at("score_mul");
  o.score_shift = c.at("score_shift");
  o.has_sinks = c.at("sinks").is_null() ? 0 : 1;
  o.out.vector_line = 0;
  const std::vector<i8> any_entry = integers<i8>(c.at("entries_q")[0]);
  o.entry_lines = static_cast<u32>(ceil_div(any_entry.size() + any_entry.size() / 32, 128));
  device::Command command;
  command.header.opcode = static_cast<std::uint16_t>(device::Opcode::kAttend);
  std::memcpy(command.operand, &o, sizeof(o));
  command.tokens[0].position = c.at("position");

  const auto unit = start_unit(command);
  std::vector<Line> head;
  if (o.has_sinks == 1) {
    std::vector<i32> sinks = integers<i32>(c.at("sinks"));
    sinks.resize(ceil_div(sinks.size(), 32) * 32);
    for (std::size_t i = 0; i < sinks.size(); i += 32) {
      std::memcpy(head.emplace_back().data(), sinks.data() + i, 128);
    }
  }
  for (const json& query : c.at("queries")) {
    const std::vector<Line> lines = lines_of_vector({integers<i32>(query.at("m")), exponent_of(query)});
    head.insert(head.end(), lines.begin(), lines.end());
  }
  // Page p starts at line p * 32 * entry_lines.
  Line table = {};
  for (u32 page = 0; page < 32; ++page) {
    set_word(table, page, page * 32 * o.entry_lines);
  }
  REQUIRE(unit->reads().back().space == Space::kCard);
  head.push_back(table);
  unit->supply(head);

  std::vector<Line> entries;
  for (const LineRange& range : unit->reads()) {
    for (u32 line = range.line; line < range.line + range.count; ++line) {
      const u32 position = line / o.entry_lines;
      std::vector<i8> bytes = integers<i8>(c.at("entries_q")[position]);
      const std::vector<i8> exponents = integers<i8>(c.at("entries_exponents")[position]);
      bytes.insert(bytes.end(), exponents.begin(), exponents.end());
      bytes.resize(std::size_t{o.entry_lines} * 128);
      std::memcpy(entries.emplace_back().data(), bytes.data() + line % o.entry_lines * 128, 128);
    }
  }
  unit->supply(entries);
  REQUIRE(unit->reads().empty());
  std::vector<Line> out;
  for (const LineWrite& write : unit->finish()) {
    out.push_back(write.data);
  }
  VectorValue value = vector_from_lines(out[0], std::span(out).subspan(1), std::size_t{o.heads} * o.value_dim);
  value.e = static_cast<i32>(word_of(out[0], 0));  // as written, before the limits on inputs
  return value;
}

}  // namespace

TEST_CASE("attention equals its golden vectors", "[golden]") {
  for (const json& c : golden_cases("attend")) {
    check_vector(c, attend_case(c));
  }
}

TEST_CASE("an embedding row equals its golden vectors", "[golden]") {
  for (const json& c : golden_cases("embedding")) {
    const std::vector<i8> q = integers<i8>(c.at("q"));
    const std::vector<u8> scales = integers<u8>(c.at("scales"));
    std::vector<i64> sums(q.size());
    const i32 e = embedding_row(q.data(), scales.data(), static_cast<int>(q.size()), sums.data());
    check_vector(c, make_vector(sums, e));
  }
}
