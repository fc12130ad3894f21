#include "hls/compiler/lower/passes.hpp"
namespace sluice::hlsc {
void expand_divisions(Lowering&, llvm::Function&) {}
}  // namespace sluice::hlsc
