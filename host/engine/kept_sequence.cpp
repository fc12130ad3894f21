#include "host/engine/kept_sequence.hpp"

#include <algorithm>
#include <utility>

namespace sluice::engine {

std::size_t reusable_tokens(std::span<const std::int32_t> held, std::span<const std::int32_t> wanted) {
  const bool goes_on = held.size() < wanted.size() && std::equal(held.begin(), held.end(), wanted.begin());
  return goes_on ? held.size() : 0;
}

KeptSequence::~KeptSequence() { drop(); }

void KeptSequence::drop() {
  if (sequence_) {
    engine_.close_sequence(*sequence_);
    sequence_.reset();
  }
  held_.clear();
}

Result<Generated> KeptSequence::generate(std::span<const std::int32_t> text, const GenerateOptions& options,
                                         const TokenSink& sink) {
  SLUICE_RETURN_IF_ERROR(check_context(text.size(), options.max_tokens, engine_.max_tokens()));
  reused_ = reusable_tokens(held_, text);
  if (reused_ == 0) {
    drop();
    SLUICE_ASSIGN_OR_RETURN(sequence_, engine_.open_sequence());
  }
  Result<Generated> generated = generate_from(engine_, *sequence_, text, options, sink);
  if (!generated.ok()) {
    drop();
    return generated;
  }
  held_.assign(text.begin(), text.end());
  const std::vector<std::int32_t>& tokens = generated.value().tokens;
  held_.insert(held_.end(), tokens.begin(), tokens.end());
  held_.resize(engine_.length(*sequence_));  // a token that ended the reply, or an interrupted prefill, was not fed
  return generated;
}

}  // namespace sluice::engine
