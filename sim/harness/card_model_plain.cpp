// The model without waveforms: the one that is used unless they are asked for.
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

std::unique_ptr<CardModel> make_plain_card_model() { return std::make_unique<VerilatedModel<Vsluice_card, NoWaves>>(); }

}  // namespace sluice::sim
