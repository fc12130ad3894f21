#include "host/model/rope.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "testbench/host/model/fixtures.hpp"

using namespace sluice;
using namespace sluice::testing;

namespace {

// transformers 5.23 on PyTorch 2.15 in float: DeepseekV3RotaryEmbedding(config).inv_freq and .attention_scaling,
// DeepseekV3Attention(config, 0).scaling.
struct Reference {
  const char* name;
  RopeConfig rope;
  std::int64_t qk_nope_head_dim;
  std::int64_t qk_rope_head_dim;
  double attention_factor;
  double softmax_scale;
  std::vector<double> inverse_frequencies;
};

RopeConfig yarn(double theta, double factor, std::int64_t original_max_position, double mscale, double mscale_all_dim) {
  RopeConfig rope;
  rope.type = RopeType::kYarn;
  rope.theta = theta;
  rope.factor = factor;
  rope.original_max_position = original_max_position;
  rope.mscale = mscale;
  rope.mscale_all_dim = mscale_all_dim;
  return rope;
}

RopeConfig with_theta(double theta) {
  RopeConfig rope;
  rope.theta = theta;
  return rope;
}

RopeConfig untruncated(RopeConfig rope) {
  rope.truncate = false;
  return rope;
}

RopeConfig with_betas(RopeConfig rope, double fast, double slow) {
  rope.beta_fast = fast;
  rope.beta_slow = slow;
  return rope;
}

RopeConfig with_attention_factor(RopeConfig rope, double factor) {
  rope.attention_factor = factor;
  return rope;
}

const std::vector<Reference> kReferences = {
    {"models/fable-mla",
     yarn(10000, 4, 512, 1, 1),
     32,
     32,
     1.0,
     0.16205962409758828,
     {1, 0.562341332, 0.282346219, 0.139721945, 0.0678571388, 0.0321337879, 0.0146820042, 0.00635099784, 0.00249999994,
      0.00140585331, 0.000790569466, 0.000444569858, 0.000250000012, 0.000140585325, 7.90569466e-05, 4.44569851e-05}},
    {"DeepSeek-V3",
     yarn(10000, 40, 4096, 1, 1),
     128,
     64,
     1.0,
     0.1352337788608801,
     {1,
      0.749894202,
      0.562341332,
      0.421696514,
      0.316227764,
      0.237137362,
      0.177827939,
      0.133352146,
      0.100000001,
      0.0749894157,
      0.0562341288,
      0.0390069261,
      0.0268793609,
      0.0183781441,
      0.012447956,
      0.0083345091,
      0.00550000044,
      0.00356199732,
      0.00224936521,
      0.00137051346,
      0.000790569407,
      0.000414990413,
      0.00017782794,
      3.3338034e-05,
      2.49999994e-05,
      1.87473543e-05,
      1.40585325e-05,
      1.05424124e-05,
      7.90569447e-06,
      5.92843435e-06,
      4.44569832e-06,
      3.33380353e-06}},
    {"a range that is not truncated",
     untruncated(yarn(150000, 32, 4096, 0, 0)),
     64,
     64,
     1.3465735902799727,
     0.08838834764831845,
     {1,
      0.689044297,
      0.47478205,
      0.327145875,
      0.225418001,
      0.155322984,
      0.107024424,
      0.0737445652,
      0.0508132726,
      0.0317056961,
      0.0193349998,
      0.0115920492,
      0.00679495931,
      0.00386035908,
      0.00209379266,
      0.00105260219,
      0.000456483918,
      0.000129318694,
      3.83088118e-05,
      2.63964685e-05,
      1.8188337e-05,
      1.25325696e-05,
      8.63549576e-06,
      5.95023948e-06,
      4.09997847e-06,
      2.82506676e-06,
      1.94659629e-06,
      1.34129095e-06,
      9.24208962e-07,
      6.36820914e-07,
      4.38797855e-07,
      3.0235114e-07}},
    {"no scaling",
     with_theta(50000),
     16,
     16,
     1.0,
     0.1767766952966369,
     {1, 0.258600146, 0.0668740347, 0.0172936339, 0.00447213603, 0.00115649495, 0.000299069769, 7.73394786e-05}},
    {"two different mscales and other betas",
     with_betas(yarn(10000, 8, 512, 0.707, 1.3), 16, 2),
     16,
     16,
     0.9029298404639605,
     0.28527015777338166,
     {1, 0.316227764, 0.0708333328, 0.0131761581, 0.00124999997, 0.000395284733, 0.000125000006, 3.95284733e-05}},
    {"a given attention factor",
     with_attention_factor(yarn(10000, 8, 512, 0, 1), 0.75),
     16,
     16,
     0.75,
     0.2579400167008971,
     {1, 0.247052938, 0.0562500022, 0.01087033, 0.00124999997, 0.000395284733, 0.000125000006, 3.95284733e-05}},
};

constexpr double kFloatTolerance = 3e-6;  // relative; the reference computes in float

}  // namespace

TEST_CASE("frequencies and scales are those of transformers", "[model]") {
  for (const Reference& reference : kReferences) {
    INFO(reference.name);
    const RopeFrequencies result = rope_frequencies(reference.rope, reference.qk_rope_head_dim);
    REQUIRE(result.inverse_frequencies.size() == reference.inverse_frequencies.size());
    for (std::size_t pair = 0; pair < result.inverse_frequencies.size(); ++pair) {
      INFO("pair " << pair);
      CHECK(result.inverse_frequencies[pair] ==
            Approx(reference.inverse_frequencies[pair]).epsilon(kFloatTolerance).margin(0));
    }
    CHECK(result.attention_factor == Approx(reference.attention_factor).epsilon(1e-12).margin(0));
    MlaConfig mla;
    mla.qk_nope_head_dim = reference.qk_nope_head_dim;
    mla.qk_rope_head_dim = reference.qk_rope_head_dim;
    CHECK(mla_softmax_scale(mla, reference.rope) == Approx(reference.softmax_scale).epsilon(1e-12).margin(0));
  }
}

TEST_CASE("a correction range of no width does not divide by zero", "[model]") {
  // One position and equal betas put both ends of the ramp at 0.
  const RopeFrequencies result = rope_frequencies(with_betas(yarn(10000, 4, 1, 0, 0), 1, 1), 8);
  CHECK(result.inverse_frequencies[0] == 1.0);
  CHECK(result.inverse_frequencies[3] == Approx(1.0 / 4.0 / 1000.0));
}

TEST_CASE("both spellings of rope give the same config", "[model]") {
  const std::string published(kTinyConfig);
  const std::size_t start = published.find("\"rope_theta\"");
  const auto with_rope = [&](const std::string& rope) {
    const Result<ModelConfig> config = parse_config(published.substr(0, start) + rope + "}", "");
    INFO((config.ok() ? "" : config.error().message()));
    REQUIRE(config.ok());
    return config.value();
  };
  const ModelConfig expected = parse_config(published, "").value();
  CHECK(expected.rope == yarn(10000, 4, 16, 1, 1));
  const std::string numbers =
      R"("factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 32.0, "beta_slow": 1.0, "mscale": 1.0,
         "mscale_all_dim": 1.0)";
  CHECK(with_rope(R"("rope_parameters": {"rope_type": "yarn", "rope_theta": 10000.0, )" + numbers + "}") == expected);
  CHECK(with_rope(R"("rope_theta": 10000, "rope_scaling": {"rope_type": "yarn", )" + numbers + "}") == expected);
  CHECK(with_rope(R"("rope_scaling": null, "rope_parameters": {"type": "yarn", )" + numbers + "}") == expected);

  CHECK(with_rope(R"("rope_theta": 500.0, "rope_scaling": null)").rope == with_theta(500));
  CHECK(with_rope(R"("rope_parameters": {"rope_type": "default", "rope_theta": 500.0})").rope == with_theta(500));
  // As in transformers: null means the ratio of the two lengths (64 / 16), a missing original length means the new one.
  CHECK(with_rope(R"("rope_scaling": {"type": "yarn", "factor": null, "original_max_position_embeddings": 16})").rope ==
        yarn(10000, 4, 16, 0, 0));
  CHECK(with_rope(R"("rope_scaling": {"type": "yarn", "factor": 2})").rope == yarn(10000, 2, 64, 0, 0));
}
