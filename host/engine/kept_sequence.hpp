// A sequence that is kept between generations, so that a growing text is not fed again from its begin.
//
// Purpose: the turns of a conversation. Each generation names the whole text; what the sequence holds of it is kept,
// and
//   where the text has changed before that (a turn taken back, a template that rewrites earlier turns) a new sequence
//   takes its place. The tokens are those that generate() gives for the same text, whatever came before.
// Ownership: borrows the engine, which must outlive it, and one of its sequences at a time, closed at the end.
// Threading: one thread. Errors: those of generate(); after an error nothing is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "host/engine/generator.hpp"

namespace sluice::engine {

// How many of `held`, the tokens of a sequence, serve a generation after `wanted`: all of them where `wanted` goes on
// from them by at least one token, whose logits are asked for; none otherwise, since a sequence only grows.
[[nodiscard]] std::size_t reusable_tokens(std::span<const std::int32_t> held, std::span<const std::int32_t> wanted);

class KeptSequence {
 public:
  explicit KeptSequence(Engine& engine) : engine_(engine) {}
  KeptSequence(const KeptSequence&) = delete;
  KeptSequence& operator=(const KeptSequence&) = delete;
  ~KeptSequence();

  // Generates after `text`. An interrupted prefill keeps what it has fed.
  [[nodiscard]] Result<Generated> generate(std::span<const std::int32_t> text, const GenerateOptions& options,
                                           const TokenSink& sink);

  // How many tokens of the latest text had not to be fed.
  [[nodiscard]] std::size_t reused() const { return reused_; }

 private:
  void drop();

  Engine& engine_;
  std::optional<std::uint64_t> sequence_;
  std::vector<std::int32_t> held_;  // the tokens of sequence_
  std::size_t reused_ = 0;
};

}  // namespace sluice::engine
