// The model without assertions and waveforms, half again as fast as the one with them.
#include "Vsluice_card.h"
#include "sim/harness/card_model_impl.hpp"

namespace sluice::sim {
namespace {

class NoWaves {
 public:
  static constexpr bool kExists = false;
  bool open(const Vsluice_card& /*model*/, const std::string& /*file*/) { return false; }
  void dump(std::uint64_t /*time*/) {}
  void close() {}
};

}  // namespace

std::unique_ptr<CardModel> make_fast_card_model() {
  return std::make_unique<VerilatedModel<Vsluice_card, NoWaves>>(false, 0);
}

}  // namespace sluice::sim
