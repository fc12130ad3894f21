#include "testbench/host/model/mutation.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "host/model/config.hpp"
#include "host/model/model.hpp"
#include "host/model/rope.hpp"
#include "host/model/safetensors.hpp"
#include "testbench/host/model/fixtures.hpp"

namespace sluice::testing {
namespace {

using nlohmann::json;

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : engine_(seed) {}

  // A number below `bound`; the engine's own output, since distributions differ between standard libraries.
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(engine_() % bound); }

  // `text` after one to three edits of its bytes.
  std::string edit_bytes(std::string text) {
    for (std::size_t edits = 1 + below(3); edits > 0; --edits) {
      const std::size_t at = below(text.size());
      switch (below(5)) {
        case 0:
          text.resize(at);
          break;
        case 1:
          text.erase(at, 1 + below(16));
          break;
        case 2:
          text.insert(at, text.substr(below(text.size()), 1 + below(32)));
          break;
        case 3:
          text.insert(at, 1, "{}[]\",:0-e\\\xff"[below(12)]);
          break;
        default:
          if (!text.empty()) {
            text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << below(8)));
          }
      }
    }
    return text;
  }

  // `document` with one to three of its values replaced, removed, or put under another key.
  json edit_values(json document) {
    for (std::size_t edits = 1 + below(3); edits > 0; --edits) {
      std::vector<json*> containers;
      collect_containers(document, containers);
      json& container = *containers[below(containers.size())];
      if (container.empty()) {
        continue;
      }
      auto entry = std::next(container.begin(), static_cast<std::ptrdiff_t>(below(container.size())));
      switch (below(4)) {
        case 0:
          container.erase(entry);
          break;
        case 1:
          *entry = nudged(*entry);
          break;
        default:
          *entry = strange_value();
      }
    }
    return document;
  }

 private:
  static void collect_containers(json& value, std::vector<json*>& found) {
    if (value.is_structured()) {
      found.push_back(&value);
      for (json& child : value) {
        collect_containers(child, found);
      }
    }
  }

  json nudged(const json& value) {
    if (!value.is_number_integer()) {
      return value;
    }
    constexpr std::array<std::int64_t, 6> kSteps{-1, 1, 2, 8, -8, 1'000};
    // in unsigned arithmetic, since an earlier edit may have put the largest number here
    return static_cast<std::int64_t>(value.get<std::uint64_t>() +
                                     static_cast<std::uint64_t>(kSteps[below(kSteps.size())]));
  }

  json strange_value() {
    static const std::vector<json> kValues{nullptr,
                                           true,
                                           "",
                                           "yarn",
                                           "U8",
                                           "F64",
                                           "\n\x01",
                                           json::array(),
                                           json::object(),
                                           json::array({-1}),
                                           0,
                                           -1,
                                           1,
                                           2,
                                           0.5,
                                           -0.0,
                                           1e308,
                                           5e-324,
                                           65'536,
                                           1'048'576,
                                           INT64_MAX,
                                           INT64_MIN,
                                           UINT64_MAX,
                                           4'294'967'296,
                                           json::array({4'294'967'296, 4'294'967'296}),
                                           json::array({0, INT64_MAX}),
                                           json::object({{"dtype", "U8"}, {"shape", {0}}, {"data_offsets", {0, 0}}})};
    return kValues[below(kValues.size())];
  }

  std::mt19937_64 engine_;
};

std::string dumped(const json& document) { return document.dump(-1, ' ', false, json::error_handler_t::replace); }

// Reads both ends of every tensor: what was accepted must lie inside the file.
void use(const TensorMap& tensors) {
  unsigned sum = 0;
  for (const auto& [name, view] : tensors) {
    if (!view.bytes.empty()) {
      sum += std::to_integer<unsigned>(view.bytes.front()) + std::to_integer<unsigned>(view.bytes.back());
      std::array<float, 1> last{};
      const Status read = read_as_float(view, view.num_elements() - 1, last);
      REQUIRE((read.ok() || read.error().code() == ErrorCode::kUnsupported));
    }
  }
  REQUIRE(sum == 0);  // the data are zeros
}

void use(const ModelConfig& config, const Checkpoint& checkpoint) {
  const RopeFrequencies rope = rope_frequencies(config.rope, config.mla.qk_rope_head_dim);
  REQUIRE(std::all_of(rope.inverse_frequencies.begin(), rope.inverse_frequencies.end(),
                      [](double frequency) { return std::isfinite(frequency); }));
  REQUIRE(std::isfinite(rope.attention_factor));
  REQUIRE(mla_softmax_scale(config.mla, config.rope) > 0.0);
  const Status fits = check_tensors(config, checkpoint);
  REQUIRE((fits.ok() || is_one_line(fits.error().message())));
}

}  // namespace

MutationCounts mutate_safetensors(std::uint64_t seed, int count) {
  Mutator mutator(seed);
  std::vector<NamedShape> tensors = tiny_tensors();
  tensors.resize(12);  // enough kinds of entries; a smaller file makes each edit count
  const std::string whole = zero_tensors(tensors);
  const std::size_t header_end = whole.rfind('}') + 1;  // the data are zeros
  const std::string header = whole.substr(8, header_end - 8);
  const std::string data = whole.substr(header_end);
  const json document = json::parse(header);
  MutationCounts counts;
  for (int i = 0; i < count; ++i) {
    std::string file;
    switch (mutator.below(4)) {
      case 0:  // the length field
        file = mutator.edit_bytes(whole.substr(0, 8)) + header + data;
        break;
      case 1:
        file = safetensors_file(mutator.edit_bytes(header), data);
        break;
      default:
        file = safetensors_file(dumped(mutator.edit_values(document)), data);
    }
    // A copy of exactly the file's size, so that the sanitizer sees one byte read too far.
    const std::vector<char> exact(file.begin(), file.end());
    const Result<TensorMap> result = parse_safetensors(bytes_of({exact.data(), exact.size()}));
    if (result.ok()) {
      use(result.value());
      ++counts.accepted;
    } else {
      REQUIRE(is_one_line(result.error().message()));
      ++counts.refused;
    }
  }
  return counts;
}

MutationCounts mutate_configs(std::uint64_t seed, int count) {
  Mutator mutator(seed);
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  const Checkpoint checkpoint = Checkpoint::open(directory.path()).value();
  const json document = json::parse(kTinyConfig);
  MutationCounts counts;
  for (int i = 0; i < count; ++i) {
    const std::string text =
        mutator.below(3) == 0 ? mutator.edit_bytes(kTinyConfig) : dumped(mutator.edit_values(document));
    const Result<ModelConfig> result = parse_config(text, "");
    if (result.ok()) {
      use(result.value(), checkpoint);
      ++counts.accepted;
    } else {
      REQUIRE(is_one_line(result.error().message()));
      ++counts.refused;
    }
  }
  return counts;
}

MutationCounts mutate_tokenizers(std::uint64_t seed, int count) {
  Mutator mutator(seed);
  const ModelConfig config = parse_config(kTinyConfig, "").value();
  const json document = json::parse(kTinyTokenizer);
  MutationCounts counts;
  for (int i = 0; i < count; ++i) {
    const std::string text =
        mutator.below(3) == 0 ? mutator.edit_bytes(kTinyTokenizer) : dumped(mutator.edit_values(document));
    const Result<Tokenizer> result = Tokenizer::from_json(text);
    const Status fits = result.ok() ? check_tokenizer(config, result.value()) : Status(result.error());
    if (fits.ok()) {
      const Result<std::vector<std::int32_t>> tokens = result.value().encode("red <eos> green", true);
      REQUIRE((tokens.ok() || is_one_line(tokens.error().message())));
      ++counts.accepted;
    } else {
      REQUIRE(is_one_line(fits.error().message()));
      ++counts.refused;
    }
  }
  return counts;
}

}  // namespace sluice::testing
