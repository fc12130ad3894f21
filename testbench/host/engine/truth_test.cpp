// Truth from outside: the integer path against transformers in fp32 (testbench/reference/data), for both families.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <fstream>

#include "host/engine/evaluate.hpp"
#include "host/engine/recording_device.hpp"
#include "host/model/mapped_file.hpp"
#include "host/model/safetensors.hpp"
#include "testbench/support/model_fixture.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr std::size_t kWindows = 4;
constexpr std::size_t kWindow = 512;
constexpr std::size_t kColumns = 256;
constexpr std::size_t kTopK = 4;

// A tensor of the reference, copied out.
template <typename T>
std::vector<T> reference(const TensorMap& tensors, const std::string& name) {
  const TensorView& view = tensors.at(name);
  std::vector<T> out(view.bytes.size() / sizeof(T));
  std::memcpy(out.data(), view.bytes.data(), view.bytes.size());
  return out;
}

struct Reference {
  std::size_t routed_layers;
  std::vector<std::int32_t> ids, columns, top1, experts;
  std::vector<float> values, next, margin;
};

Reference load_reference(const std::string& model) {
  std::ifstream file("testbench/reference/data/" + model + ".safetensors", std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const TensorMap tensors = must(parse_safetensors(std::as_bytes(std::span(text))));
  return {static_cast<std::size_t>(tensors.at("routing.margin").shape[0]),
          reference<std::int32_t>(tensors, "ids"),
          reference<std::int32_t>(tensors, "logits.columns"),
          reference<std::int32_t>(tensors, "top1.ids"),
          reference<std::int32_t>(tensors, "routing.experts"),
          reference<float>(tensors, "logits.values"),
          reference<float>(tensors, "next.log_probability"),
          reference<float>(tensors, "routing.margin")};
}

struct Measured {
  double relative_rms = 0.0;
  double top1_agreement = 0.0;
  double perplexity_ratio = 0.0;
  double set_disagreement = 0.0;  // share of (layer, token)
  float largest_margin = 0.0F;    // of a disagreement
  float largest_margin_first_layer = 0.0F;
};

// Compares the routes of one window, [token, layer], with the reference's [layer, window, token].
void compare_routes(const Reference& r, std::size_t window, const std::vector<std::vector<std::uint32_t>>& routes,
                    Measured& out) {
  REQUIRE(routes.size() == kWindow * r.routed_layers);
  for (std::size_t i = 0; i < routes.size(); ++i) {
    // A step runs four tokens through a layer before the next layer.
    const std::size_t token = i / (4 * r.routed_layers) * 4 + i % 4;
    const std::size_t layer = i / 4 % r.routed_layers;
    std::vector<std::uint32_t> got = routes[i];
    std::sort(got.begin(), got.end());
    const std::size_t at = (layer * kWindows + window) * kWindow + token;
    if (!std::equal(got.begin(), got.end(), r.experts.begin() + static_cast<std::ptrdiff_t>(at * kTopK))) {
      out.set_disagreement += 1.0 / static_cast<double>(kWindows * kWindow * r.routed_layers);
      out.largest_margin = std::max(out.largest_margin, r.margin[at]);
      if (layer == 0) {
        out.largest_margin_first_layer = std::max(out.largest_margin_first_layer, r.margin[at]);
      }
    }
  }
}

Measured measure(const std::string& model, device::Format format) {
  const Reference r = load_reference(model);
  const std::unique_ptr<device::Device> software = must(device::open_device("software"));
  const auto recording = must(engine::RecordingDevice::create(*software));
  const std::unique_ptr<engine::Engine> engine =
      must(engine::Engine::create(*recording, quantised_fable(format, "models/" + model), {}));
  Measured out;
  double error = 0.0;
  double power = 0.0;
  double nats = 0.0;
  double reference_nats = 0.0;
  std::size_t same = 0;
  for (std::size_t w = 0; w < kWindows; ++w) {
    const std::uint64_t sequence = must(engine->open_sequence());
    std::vector<engine::TokenInput> inputs;
    for (std::size_t t = 0; t < kWindow; ++t) {
      inputs.push_back({sequence, r.ids[w * kWindow + t], true});
    }
    const std::vector<engine::Logits> logits = must(engine->step(inputs));
    engine->close_sequence(sequence);
    compare_routes(r, w, recording->take_routes(), out);
    for (std::size_t t = 0; t < kWindow; ++t) {
      const std::vector<double> real = engine::to_real(logits[t]);
      const std::size_t at = w * kWindow + t;
      same += std::max_element(real.begin(), real.end()) - real.begin() == r.top1[at] ? 1 : 0;
      for (std::size_t c = 0; c < kColumns; ++c) {
        const double want = r.values[at * kColumns + c];
        error += std::pow(real[static_cast<std::size_t>(r.columns[c])] - want, 2);
        power += want * want;
      }
      if (t + 1 < kWindow) {
        nats += engine::negative_log_probability(logits[t], r.ids[at + 1]);
        reference_nats -= r.next[w * (kWindow - 1) + t];
      }
    }
  }
  out.relative_rms = std::sqrt(error / power);
  out.top1_agreement = static_cast<double>(same) / static_cast<double>(kWindows * kWindow);
  out.perplexity_ratio = std::exp((nats - reference_nats) / static_cast<double>(kWindows * (kWindow - 1)));
  WARN("relative RMS " << out.relative_rms << ", top-1 " << out.top1_agreement << ", perplexity ratio "
                       << out.perplexity_ratio << ", sets differ " << out.set_disagreement << ", margins "
                       << out.largest_margin << " and " << out.largest_margin_first_layer);
  return out;
}

}  // namespace

// Tolerances: an emulation of the contract in PyTorch on these windows gives, for MXINT8, 1.94 % RMS, 97.4 % top-1,
// +0.14 % perplexity, 4.3 % of sets and largest margins 0.109 (any layer) and 0.0101 (first router); for INT4 4.49 %,
// 92.2 %, +0.25 %, 13.6 % and 0.19. A margin grows with what earlier layers changed: hence the two epsilons.
TEST_CASE("MXINT8 stays close to transformers on 2,048 teacher-forced tokens", "[truth]") {
  const Measured m = measure("fable-mla", device::Format::kMxInt8);
  CHECK(m.relative_rms <= 0.03);
  CHECK(m.top1_agreement >= 0.96);
  CHECK(m.perplexity_ratio <= 1.007);
  CHECK(m.set_disagreement <= 0.06);
  CHECK(m.largest_margin <= 0.15F);
  CHECK(m.largest_margin_first_layer <= 0.02F);
}

TEST_CASE("INT4 stays close to transformers on 2,048 teacher-forced tokens", "[truth]") {
  const Measured m = measure("fable-mla", device::Format::kInt4);
  CHECK(m.relative_rms <= 0.06);
  CHECK(m.top1_agreement >= 0.90);
  CHECK(m.perplexity_ratio <= 1.015);
  CHECK(m.set_disagreement <= 0.18);
  CHECK(m.largest_margin <= 0.25F);
}

// Measured: RMS 5.9 %, top-1 90.5 %, 17 % of sets.
TEST_CASE("MXFP4 stays close to transformers on 2,048 teacher-forced tokens", "[truth]") {
  const Measured m = measure("fable-mla", device::Format::kMxFp4);
  CHECK(m.relative_rms <= 0.09);
  CHECK(m.top1_agreement >= 0.86);
  CHECK(m.perplexity_ratio <= 1.02);
}

// Measured: RMS 1.2 %, top-1 97.9 %, 2.4 % of sets, margin 0.0091 at the first router. Over the 26,927 tokens of both
// excerpts top-1 is 98.1 %; of 2,048 tokens one standard deviation is 0.3 %, hence the tolerance here.
TEST_CASE("fable-gqa in MXINT8 stays close to transformers on 2,048 teacher-forced tokens", "[truth]") {
  const Measured m = measure("fable-gqa", device::Format::kMxInt8);
  CHECK(m.relative_rms <= 0.02);
  CHECK(m.top1_agreement >= 0.975);
  CHECK(m.perplexity_ratio <= 1.007);
  CHECK(m.set_disagreement <= 0.035);
  CHECK(m.largest_margin_first_layer <= 0.02F);
}

// Measured: RMS 3.0 %, top-1 94.4 %; 8.9 % of sets.
TEST_CASE("fable-gqa in INT4 stays close to transformers on 2,048 teacher-forced tokens", "[truth]") {
  const Measured m = measure("fable-gqa", device::Format::kInt4);
  CHECK(m.relative_rms <= 0.045);
  CHECK(m.top1_agreement >= 0.92);
  CHECK(m.perplexity_ratio <= 1.015);
  CHECK(m.set_disagreement <= 0.12);
}

// Measured: RMS 3.8 %, top-1 92.9 %, 11 % of sets.
TEST_CASE("fable-gqa in MXFP4 stays close to transformers on 2,048 teacher-forced tokens", "[truth]") {
  const Measured m = measure("fable-gqa", device::Format::kMxFp4);
  CHECK(m.relative_rms <= 0.055);
  CHECK(m.top1_agreement >= 0.90);
  CHECK(m.perplexity_ratio <= 1.02);
  CHECK(m.set_disagreement <= 0.15);
}
