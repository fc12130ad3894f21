// How the parameters of the top reach its processes, and the streams between these.
//
// Ownership: refers to the module. Threading: none. Errors: Lowering::error.
#pragma once

#include <optional>
#include <vector>

#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {

// Makes the kernel's ports; parallel to the arguments of the top's LLVM function.
[[nodiscard]] std::vector<ArgumentBinding> bind_parameters(Lowering& lowering, const llvm::Function& top);

[[nodiscard]] std::vector<PayloadField> payload_of(const PayloadLayout& layout);

// The first stream of a local stream object, or array of them, of a DATAFLOW region.
[[nodiscard]] std::optional<StreamId> local_stream(const llvm::Value& object);

}  // namespace sluice::hlsc
