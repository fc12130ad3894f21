// A pragma's marker call taken apart, for the passes that obey it.
//
// Purpose: read_marker() is the inverse of what the front end wrote (frontend.hpp): the directive and its options by
//   their names, whichever of Vitis' spellings the source used.
// Ownership: `object` is the module's. Threading: none. Errors: none; clang has checked every marker.
#pragma once

#include <llvm/IR/InstrTypes.h>

#include <map>
#include <optional>
#include <string>

namespace sluice::hlsc {

struct PragmaMarker {
  std::string directive;                     // "array_partition"
  std::map<std::string, std::string> words;  // {"type", "complete"}; a flag such as `off` has an empty word
  std::map<std::string, int> numbers;        // {"dim", 1}
  llvm::Value* object = nullptr;             // of variable= or port=; none for port=return, which is a word
};

// Nothing where the call is not a marker.
[[nodiscard]] std::optional<PragmaMarker> read_marker(const llvm::CallBase& call);

}  // namespace sluice::hlsc
