#include "host/engine/batcher.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace sluice::engine {
namespace {

bool contains(const std::vector<std::int32_t>& tokens, std::int32_t token) {
  return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
}

}  // namespace

// One step of the engine: the running jobs' shares of it.
struct Batcher::Plan {
  struct Share {
    Job* job = nullptr;
    std::uint32_t prompt_tokens = 0;  // 0: it decodes
  };
  std::vector<Share> shares;
  std::vector<TokenInput> inputs;
  std::vector<Job*> takers;  // of the logits, in order
};

std::uint32_t Batcher::Job::longest() const {
  return static_cast<std::uint32_t>(request.prompt.size()) + request.max_tokens - 1;
}

Batcher::~Batcher() {
  for (const auto& job : running_) {
    engine_.close_sequence(job->sequence);
  }
}

Result<std::uint64_t> Batcher::submit(Request request) {
  SLUICE_RETURN_IF_ERROR(check_context(request.prompt.size(), request.max_tokens, engine_.max_tokens()));
  const std::int64_t vocabulary = engine_.model().config.vocab_size;
  for (const std::int32_t token : request.prompt) {
    if (token < 0 || token >= vocabulary) {
      return Error(ErrorCode::kInvalidInput,
                   "token " + std::to_string(token) + " is not in the vocabulary of " + std::to_string(vocabulary));
    }
  }
  auto job = std::make_unique<Job>();
  job->request = std::move(request);
  job->history.add(job->request.prompt);
  if (job->request.max_tokens > 0 && pages_for(job->longest()) > engine_.kv_pages()) {
    return Error(ErrorCode::kUnsupported, std::to_string(job->longest()) +
                                              " tokens are more than the KV cache holds; ask for fewer, or give it "
                                              "more pages");
  }
  job->number = next_number_++;
  waiting_.push_back(std::move(job));
  return next_number_ - 1;
}

bool Batcher::cancel(std::uint64_t number) {
  for (const Jobs* jobs : {&running_, &waiting_}) {
    for (const auto& job : *jobs) {
      if (job->number == number && !job->ended) {
        job->cancelled = true;
        return true;
      }
    }
  }
  return false;
}

Status Batcher::run() {
  while (!idle()) {
    SLUICE_RETURN_IF_ERROR(step());
  }
  return {};
}

Status Batcher::step() {
  end_without_step();
  retire();
  admit();
  if (running_.empty()) {
    refuse_first();
    return {};
  }
  const Plan plan = this->plan();
  const Result<std::vector<Logits>> logits = engine_.step(plan.inputs);
  if (!logits.ok()) {
    fail_all(logits.error());
    retire();
    return logits.error();
  }
  for (const Plan::Share& share : plan.shares) {
    share.job->fed += share.prompt_tokens;
  }
  for (std::size_t i = 0; i < plan.takers.size(); ++i) {
    take_logits(*plan.takers[i], logits.value()[i]);
  }
  retire();
  return {};
}

// Ends what is cancelled and what wants no token.
void Batcher::end_without_step() {
  for (const Jobs* jobs : {&running_, &waiting_}) {
    for (const auto& job : *jobs) {
      job->ended = job->cancelled || job->request.max_tokens == 0;
      job->outcome.finish = job->cancelled ? Finish::kInterrupted : Finish::kLength;
    }
  }
}

// In the order of arrival: nobody overtakes a long request, so that it cannot wait for ever.
void Batcher::admit() {
  while (!waiting_.empty() && fits(*waiting_.front())) {
    const Result<std::uint64_t> sequence = engine_.open_sequence();
    if (!sequence.ok()) {
      break;
    }
    waiting_.front()->sequence = sequence.value();
    running_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
}

// With nothing running, what cannot join now never can: sequences that are not the batcher's hold the engine's room.
void Batcher::refuse_first() {
  if (!waiting_.empty()) {
    waiting_.front()->outcome.error = Error(ErrorCode::kUnsupported, "no room in the KV cache: others hold it");
    waiting_.front()->ended = true;
    retire();
  }
}

// Whether there are pages for its whole length, beyond those that the running ones may still take.
bool Batcher::fits(const Job& job) const {
  std::uint64_t wanted = pages_for(job.longest());
  for (const auto& other : running_) {
    wanted += pages_for(other->longest()) - pages_for(engine_.length(other->sequence));
  }
  return wanted <= engine_.free_kv_pages();
}

Batcher::Plan Batcher::plan() const {
  Plan plan;
  for (const auto& job : running_) {
    if (job->decoding()) {
      plan.shares.push_back({job.get(), 0});
      plan.inputs.push_back({job->sequence, job->outcome.tokens.back(), true});
      plan.takers.push_back(job.get());
    }
  }
  add_prompts(plan);
  return plan;
}

// Prompts share what is left one token in turn, so that a short one need not wait for a long one.
void Batcher::add_prompts(Plan& plan) const {
  std::vector<Plan::Share> prompts;
  for (const auto& job : running_) {
    if (!job->decoding()) {
      prompts.push_back({job.get(), 0});
    }
  }
  const std::uint64_t decoding = plan.inputs.size();
  const std::uint64_t most = std::max<std::uint64_t>(options_.step_tokens, decoding + 1);
  std::uint64_t left = device::ceil_div(most, device::kMaxTokens) * device::kMaxTokens - decoding;
  for (bool given = true; given;) {
    given = false;
    for (Plan::Share& share : prompts) {
      if (left > 0 && share.job->fed + share.prompt_tokens < share.job->request.prompt.size()) {
        ++share.prompt_tokens;
        --left;
        given = true;
      }
    }
  }
  for (const Plan::Share& share : prompts) {
    Job& job = *share.job;
    for (std::uint32_t i = job.fed; i < job.fed + share.prompt_tokens; ++i) {
      plan.inputs.push_back({job.sequence, job.request.prompt[i], i + 1 == job.request.prompt.size()});
    }
    if (job.fed + share.prompt_tokens == job.request.prompt.size()) {
      plan.takers.push_back(&job);
    }
    plan.shares.push_back(share);
  }
}

// As generate() does it.
void Batcher::take_logits(Job& job, const Logits& logits) {
  const std::int32_t token = sample(logits, job.request.sampling, job.history, 0, engine_.length(job.sequence) - 1);
  Outcome& outcome = job.outcome;
  if (contains(job.request.end_tokens, token)) {
    outcome.finish = Finish::kEndToken;
    job.ended = true;
    return;
  }
  job.history.add(token);
  outcome.tokens.push_back(token);
  const Result<bool> go_on = job.request.on_token ? job.request.on_token(token) : Result<bool>(true);
  if (!go_on.ok()) {
    outcome.error = go_on.error();
  } else if (!go_on.value()) {
    outcome.finish = Finish::kStop;
  }
  job.ended = !go_on.ok() || !go_on.value() || outcome.tokens.size() == job.request.max_tokens;
}

// Closes the sequences of those that have ended, then tells them; their sinks see a batcher without them.
void Batcher::retire() {
  Jobs ended;
  for (Jobs* jobs : {&running_, &waiting_}) {
    Jobs staying;
    for (std::unique_ptr<Job>& job : *jobs) {
      (job->ended ? ended : staying).push_back(std::move(job));
    }
    *jobs = std::move(staying);
  }
  for (const auto& job : ended) {
    engine_.close_sequence(job->sequence);  // 0, which is none, if it never ran
  }
  for (const auto& job : ended) {
    if (job->request.on_outcome) {
      job->request.on_outcome(job->outcome);
    }
  }
}

void Batcher::fail_all(const Error& error) {
  for (const Jobs* jobs : {&running_, &waiting_}) {
    for (const auto& job : *jobs) {
      job->outcome.error = error;
      job->ended = true;
    }
  }
}

}  // namespace sluice::engine
