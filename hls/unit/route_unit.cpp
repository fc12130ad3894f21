// Routing as a unit command.
#include "hls/router/route.hpp"
#include "hls/unit/execution.hpp"

namespace sluice::hls {
namespace {

using namespace device;

class RouteUnit : public SingleStage {
 public:
  explicit RouteUnit(const Command& command) : o_(operand_of<RouteOperand>(command)) {
    if (o_.rule == static_cast<u32>(device::RouteRule::kSigmoidBias)) {
      bias_ = want(card_range(o_.bias_address_lo, o_.bias_address_hi, u64{o_.experts} * 4));
    }
    for (u32 t = 0; t < o_.num_tokens; ++t) {
      logits_.push_back(want_vector(t, o_.logits_line, o_.experts));
    }
  }
  std::vector<LineWrite> finish() override {
    const bool biased = o_.rule == static_cast<u32>(device::RouteRule::kSigmoidBias);
    const std::vector<i32> bias = biased ? values<i32>(bias_, o_.experts) : std::vector<i32>{};
    const RouteParameters p = {static_cast<hls::RouteRule>(o_.rule),
                               static_cast<int>(o_.experts),
                               static_cast<int>(o_.groups),
                               static_cast<int>(o_.groups_kept),
                               static_cast<int>(o_.top_k),
                               o_.normalise != 0,
                               o_.scale,
                               bias.data()};
    std::vector<LineWrite> writes;
    for (u32 t = 0; t < o_.num_tokens; ++t) {
      const VectorValue logits = vector(logits_[t], o_.experts);
      const RouteResult result = route(logits.m.data(), logits.e, p);
      LineWrite write = {Space::kVector, t, o_.output_line, {}};
      for (u32 k = 0; k < o_.top_k; ++k) {
        set_word(write.data, k, static_cast<u32>(result.expert[k]));
        set_word(write.data, 16 + k, static_cast<u32>(result.weight[k]));
      }
      writes.push_back(write);
    }
    return writes;
  }

 private:
  RouteOperand o_;
  std::size_t bias_ = 0;
  std::vector<std::size_t> logits_;
};

}  // namespace

std::unique_ptr<UnitExecution> start_route(const Command& command) { return std::make_unique<RouteUnit>(command); }

}  // namespace sluice::hls
