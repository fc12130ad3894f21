// sluice run --prompts: a text for each line of a file, several at once.
//
// Purpose: each prompt's text is the one that `sluice run --prompt` gives it; results come in the order of the lines.
//   From when the model is loaded on, Ctrl-C ends the texts with what there is, and is no error.
// Ownership: plain values. Threading: one thread. Errors: those of the whole run. A line that fails has an error as its
//   result and costs no other line; then the run ends with kInvalidInput.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/base/result.hpp"
#include "host/cli/common.hpp"
#include "host/engine/sampler.hpp"

namespace sluice::cli {

struct BatchRun {
  ModelOptions model;
  std::string prompts;      // the file's path; "-" is standard input
  std::uint32_t batch = 4;  // sequences at once, at most
  std::uint32_t max_tokens = 0;
  engine::SamplingParameters sampling;
  std::vector<std::string> stops;
  bool json = false;
  std::function<Result<std::unique_ptr<device::Device>>()> open_device;
};

[[nodiscard]] Status run_batch(const BatchRun& run);

}  // namespace sluice::cli
