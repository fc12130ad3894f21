#include "hls/compiler/lower/passes.hpp"
namespace sluice::hlsc {
void expand_intrinsics(Lowering&, llvm::Function&) {}
}  // namespace sluice::hlsc
