#include "hls/compiler/frontend/marker.hpp"

#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/Function.h>

#include "hls/compiler/frontend/marker_names.hpp"
#include "hls/compiler/frontend/pragma_table.hpp"

namespace sluice::hlsc {

std::optional<PragmaMarker> read_marker(const llvm::CallBase& call) {
  const llvm::Function* callee = call.getCalledFunction();
  llvm::StringRef text;
  if (callee == nullptr || callee->getName() != kMarkerFunction ||
      !llvm::getConstantStringInfo(call.getArgOperand(0), text)) {
    return std::nullopt;
  }
  auto [name, rest] = text.split(' ');
  PragmaMarker marker;
  marker.directive = name.str();
  const PragmaDirective* directive = find_directive(marker.directive);
  unsigned next_argument = 1;
  while (!rest.empty()) {
    auto [piece, after] = rest.split(' ');
    rest = after;
    auto [key, value] = piece.split('=');
    if (value == "%") {
      llvm::Value* argument = call.getArgOperand(next_argument++);
      if (const auto* number = llvm::dyn_cast<llvm::ConstantInt>(argument)) {
        marker.numbers[key.str()] = static_cast<int>(number->getSExtValue());
      } else {
        marker.object = argument;
      }
    } else if (const PragmaOption* option = value.empty() ? find_bare_option(*directive, key) : nullptr) {
      marker.words[std::string(option->name)] = key.str();
    } else {
      marker.words[key.str()] = value.str();
    }
  }
  return marker;
}

}  // namespace sluice::hlsc
