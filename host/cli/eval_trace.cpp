#include "host/cli/eval_trace.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "host/base/check.hpp"
#include "host/device/command.hpp"
#include "host/quant/atomic_file.hpp"

namespace sluice::cli {

EvalTrace::EvalTrace(const ModelConfig& config)
    : layers_(static_cast<std::size_t>(config.num_layers - config.num_dense_layers)),
      top_k_(static_cast<std::size_t>(config.moe.experts_per_token)) {}

void EvalTrace::add(const engine::EvaluateStep& step, const std::vector<std::vector<std::uint32_t>>& routes) {
  const std::size_t count = step.logits.size();
  SLUICE_CHECK(routes.size() == count * layers_);
  for (std::size_t i = 0; i < count; ++i) {
    nll_.push_back(static_cast<float>(step.nats[i]));
    const std::vector<double> logits = engine::to_real(step.logits[i]);
    top1_.push_back(static_cast<std::int32_t>(std::ranges::max_element(logits) - logits.begin()));
    // The engine ran up to kMaxTokens tokens through a layer before the next layer.
    const std::size_t first = i / device::kMaxTokens * device::kMaxTokens;
    const std::size_t lanes = std::min<std::size_t>(device::kMaxTokens, count - first);
    for (std::size_t layer = 0; layer < layers_; ++layer) {
      const std::vector<std::uint32_t>& route = routes[first * layers_ + layer * lanes + (i - first)];
      std::ranges::transform(route, std::back_inserter(experts_),
                             [](std::uint32_t expert) { return static_cast<std::int32_t>(expert); });
    }
  }
}

Status EvalTrace::write(const std::filesystem::path& path) const {
  const std::size_t tokens = nll_.size();
  nlohmann::json header;
  std::size_t end = 0;
  const auto describe = [&](const char* name, const char* dtype, std::vector<std::size_t> shape, std::size_t bytes) {
    header[name] = {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {end, end + bytes}}};
    end += bytes;
  };
  describe("nll", "F32", {tokens}, tokens * sizeof(float));
  describe("top1", "I32", {tokens}, tokens * sizeof(std::int32_t));
  describe("experts", "I32", {tokens, layers_, top_k_}, experts_.size() * sizeof(std::int32_t));
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  SLUICE_ASSIGN_OR_RETURN(quant::AtomicFile file, quant::AtomicFile::create(path));
  SLUICE_RETURN_IF_ERROR(file.write(std::as_bytes(std::span(&length, 1))));
  SLUICE_RETURN_IF_ERROR(file.write(text));
  SLUICE_RETURN_IF_ERROR(file.write(std::as_bytes(std::span(nll_))));
  SLUICE_RETURN_IF_ERROR(file.write(std::as_bytes(std::span(top1_))));
  SLUICE_RETURN_IF_ERROR(file.write(std::as_bytes(std::span(experts_))));
  SLUICE_RETURN_IF_ERROR(file.finish());
  return file.commit();
}

}  // namespace sluice::cli
