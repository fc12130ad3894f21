// Pass 1: what kernels can't do, said in the source's terms before any pass changes what there is to see.
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {

void check_subset(Lowering&) {}

}  // namespace sluice::hlsc
