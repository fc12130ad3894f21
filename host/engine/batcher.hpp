// Several requests at once on one engine: continuous batching.
//
// Purpose: requests wait in the order of their arrival, join when the engine has a sequence and the KV pages for their
//   whole length, are prefilled in chunks beside the decoding of others, and leave when they are done. What a request
//   gets depends on nothing but the request: it equals generate()'s (generator.hpp), whatever the others do.
// Ownership: borrows the engine, which must outlive it and on which nobody else may feed sequences meanwhile; owns the
//   requests with their sinks; one that is destroyed before its end gets no outcome. Threading: one thread; sinks are
//   called inside step() and may call submit() and cancel(), not step(). Errors: a request that cannot run is refused
//   by submit(); an error of its sink ends that request alone; an error of the device ends all.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "host/base/result.hpp"
#include "host/engine/engine.hpp"
#include "host/engine/generator.hpp"

namespace sluice::engine {

// How a request ended.
struct Outcome {
  std::vector<std::int32_t> tokens;
  Finish finish = Finish::kLength;  // kInterrupted: cancelled
  std::optional<Error> error;       // then `tokens` are those before it, and finish says nothing
};

struct Request {
  std::vector<std::int32_t> prompt;
  std::uint32_t max_tokens = 64;
  SamplingParameters sampling = {};
  std::vector<std::int32_t> end_tokens = {};
  TokenSink on_token = {};                              // may be empty
  std::function<void(const Outcome&)> on_outcome = {};  // once, last; may be empty
};

struct BatcherOptions {
  // Of a step. Decoding goes first, one token a request; prompts get the rest, at least one token and what else fits
  // the last micro-batch.
  std::uint32_t step_tokens = 16;
};

class Batcher {
 public:
  Batcher(Engine& engine, const BatcherOptions& options) : engine_(engine), options_(options) {}
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // The request's number, from 1 on. kInvalidInput for an empty prompt, a token outside the vocabulary or a context
  // that overflows; kUnsupported for a request that the whole KV cache cannot hold.
  [[nodiscard]] Result<std::uint64_t> submit(Request request);

  // The request ends at the next step, with the tokens it has. False if there is no such request any more.
  bool cancel(std::uint64_t number);

  // Lets requests join and leave and runs at most one step of the engine. An error is the device's: every request has
  // ended with it and the engine is of no more use.
  [[nodiscard]] Status step();
  // Steps until idle().
  [[nodiscard]] Status run();

  [[nodiscard]] bool idle() const { return waiting_.empty() && running_.empty(); }
  [[nodiscard]] std::size_t num_waiting() const { return waiting_.size(); }
  [[nodiscard]] std::size_t num_running() const { return running_.size(); }

 private:
  struct Job {
    Request request;
    std::uint64_t number = 0;
    std::uint64_t sequence = 0;  // of the engine, once it runs
    std::uint32_t fed = 0;       // tokens of the prompt
    bool cancelled = false;
    bool ended = false;
    TokenHistory history;  // prompt and tokens
    Outcome outcome;

    [[nodiscard]] bool decoding() const { return fed == request.prompt.size(); }
    // Tokens that the KV cache holds in the end; the last one is never fed.
    [[nodiscard]] std::uint32_t longest() const;
  };
  using Jobs = std::deque<std::unique_ptr<Job>>;
  struct Plan;

  void end_without_step();
  void admit();
  void refuse_first();
  [[nodiscard]] bool fits(const Job& job) const;
  [[nodiscard]] Plan plan() const;
  void add_prompts(Plan& plan) const;
  void take_logits(Job& job, const Logits& logits);
  void retire();
  void fail_all(const Error& error);

  Engine& engine_;
  BatcherOptions options_;
  Jobs waiting_;
  Jobs running_;
  std::uint64_t next_number_ = 1;
};

}  // namespace sluice::engine
