// What `sluice eval --trace` writes: a safetensors file with what the model did at each scored token.
//
// Purpose: comparing a device's choices with another program's, token by token. Tensors: `nll` F32 [tokens] (-ln p of
// the
//   scored token), `top1` I32 [tokens] (the likeliest token in its place; of equals the lower id), `experts` I32
//   [tokens, MoE layers, top_k] (the experts of the position it is predicted from, in rank order).
// Ownership, threading: a plain collector; one thread. Errors: kIo.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "host/base/result.hpp"
#include "host/engine/evaluate.hpp"
#include "host/model/config.hpp"

namespace sluice::cli {

class EvalTrace {
 public:
  explicit EvalTrace(const ModelConfig& config);

  // `routes` as RecordingDevice::take_routes() gives them after the step.
  void add(const engine::EvaluateStep& step, const std::vector<std::vector<std::uint32_t>>& routes);
  [[nodiscard]] Status write(const std::filesystem::path& path) const;

 private:
  std::size_t layers_;
  std::size_t top_k_;
  std::vector<float> nll_;
  std::vector<std::int32_t> top1_;
  std::vector<std::int32_t> experts_;
};

}  // namespace sluice::cli
