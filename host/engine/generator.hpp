// Text from a prompt: prefill, then one token after another until a limit, an end token, a stop string or an interrupt.
//
// Purpose: what `sluice run`, `sluice chat` and later the server do with one sequence. Works on token ids; the caller
//   turns tokens into text (TokenSink) so that the engine needs no tokenizer.
// Ownership: borrows engine and sink. Threading: one thread; `interrupted` may be set from a signal handler.
// Errors: those of Engine::step; kInvalidInput when prompt and limit do not fit the context.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "host/base/result.hpp"
#include "host/engine/engine.hpp"

namespace sluice::engine {

struct GenerateOptions {
  std::uint32_t max_tokens = 64;
  std::uint32_t prefill_chunk = 16;  // tokens a step
  SamplingParameters sampling;
  std::vector<std::int32_t> end_tokens;
  const std::atomic<bool>* interrupted = nullptr;
};

enum class Finish { kLength, kEndToken, kStop, kInterrupted };

struct Generated {
  std::vector<std::int32_t> tokens;
  Finish finish = Finish::kLength;
  std::chrono::duration<double> prefill_time{};
  std::chrono::duration<double> decode_time{};  // of decode_steps steps
  std::uint32_t decode_steps = 0;
  device::Counters before_decode;  // snapshots of the device's counters
  device::Counters after_decode;
};

// Takes each new token; returns false to stop (a stop string was seen).
using TokenSink = std::function<Result<bool>(std::int32_t)>;

// Whether `prompt` tokens and as many as `max_tokens` after them fit a context of `limit`: kInvalidInput if not, or if
// there is nothing to start from. generate() checks it too; ask earlier to fail before a device is opened.
[[nodiscard]] Status check_context(std::size_t prompt, std::uint32_t max_tokens, std::uint64_t limit);

// One turn of an open sequence. `tokens` is the whole text up to the turn, and the sequence holds the first
// engine.length(sequence) of them (fewer than all): feeds the others, then generates. Afterwards the sequence holds
// what it was fed, the first engine.length(sequence) of `tokens` and the generated ones.
[[nodiscard]] Result<Generated> generate_from(Engine& engine, std::uint64_t sequence,
                                              std::span<const std::int32_t> tokens, const GenerateOptions& options,
                                              const TokenSink& sink);

// The same in a sequence of its own, which is closed at the end.
[[nodiscard]] Result<Generated> generate(Engine& engine, std::span<const std::int32_t> prompt,
                                         const GenerateOptions& options, const TokenSink& sink);

}  // namespace sluice::engine
