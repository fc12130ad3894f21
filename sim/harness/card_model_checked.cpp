// The same RTL with its assertions and waveforms, and where wanted random bits in everything that no reset touches.
#include "Vsluice_card_checked.h"
#include "sim/harness/card_model_impl.hpp"
#include "verilated_fst_c.h"

namespace sluice::sim {
namespace {

class FstWaves {
 public:
  static constexpr bool kExists = true;

  bool open(Vsluice_card_checked& model, const std::string& file) {
    constexpr int kAllLevels = 99;
    model.trace(&fst_, kAllLevels);
    fst_.open(file.c_str());
    return fst_.isOpen();
  }
  void dump(std::uint64_t time) { fst_.dump(time); }
  void close() { fst_.close(); }

 private:
  VerilatedFstC fst_;
};

}  // namespace

std::unique_ptr<CardModel> make_checked_card_model(bool random_start, std::uint64_t seed) {
  return std::make_unique<VerilatedModel<Vsluice_card_checked, FstWaves>>(random_start, seed);
}

}  // namespace sluice::sim
