// What a run cost, for people and for programs.
#pragma once

#include <cstddef>
#include <string>

#include "host/device/device.hpp"
#include "host/engine/generator.hpp"

namespace sluice::cli {

struct RunSummary {
  const device::DeviceInfo& info;
  const std::string& text;
  std::size_t prompt_tokens;
  const engine::Generated& generated;
};

// How a generation ended, in one word for programs.
[[nodiscard]] const char* name_of(engine::Finish finish);

[[nodiscard]] std::string summary_text(const RunSummary& summary);

// One object: text, tokens (ids), num_tokens, prompt_tokens, finish, device, tokens_per_second (of decode, wall time),
// card_cycles and cycles_per_token (of decode; null on a device without cycles), and the counters behind them.
[[nodiscard]] std::string summary_json(const RunSummary& summary);

}  // namespace sluice::cli
