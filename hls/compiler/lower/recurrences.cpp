#include "hls/compiler/lower/recurrences.hpp"

#include <llvm/IR/Instructions.h>

#include <algorithm>
#include <vector>

namespace sluice::hlsc {
namespace {

// What an instruction's value is computed from in its block.
std::vector<llvm::Instruction*> sources(llvm::Instruction& instruction) {
  std::vector<llvm::Instruction*> result;
  auto* phi = llvm::dyn_cast<llvm::PHINode>(&instruction);
  for (llvm::Value* operand : instruction.operands()) {
    if (phi != nullptr && operand != phi->getIncomingValueForBlock(phi->getParent())) {
      continue;
    }
    auto* source = llvm::dyn_cast<llvm::Instruction>(operand);
    if (source != nullptr && source->getParent() == instruction.getParent()) {
      result.push_back(source);
    }
  }
  return result;
}

}  // namespace

// Tarjan's algorithm, its recursion as a stack of what is left to visit.
Recurrences find_recurrences(llvm::BasicBlock& block) {
  struct Visit {
    llvm::Instruction* instruction;
    std::vector<llvm::Instruction*> left;
  };
  Recurrences result;
  std::map<llvm::Instruction*, int> order;
  std::map<llvm::Instruction*, int> lowest;
  std::vector<llvm::Instruction*> open;
  for (llvm::Instruction& start : block) {
    std::vector<Visit> visits;
    auto enter = [&](llvm::Instruction* instruction) {
      order[instruction] = lowest[instruction] = static_cast<int>(order.size());
      open.push_back(instruction);
      visits.push_back({instruction, sources(*instruction)});
    };
    if (!order.contains(&start)) {
      enter(&start);
    }
    while (!visits.empty()) {
      llvm::Instruction* at = visits.back().instruction;
      if (!visits.back().left.empty()) {
        llvm::Instruction* next = visits.back().left.back();
        visits.back().left.pop_back();
        if (!order.contains(next)) {
          enter(next);
        } else if (!result.contains(next)) {
          lowest[at] = std::min(lowest[at], order[next]);
        }
        continue;
      }
      visits.pop_back();
      if (!visits.empty()) {
        lowest[visits.back().instruction] = std::min(lowest[visits.back().instruction], lowest[at]);
      }
      if (lowest[at] == order[at]) {
        while (!result.contains(at)) {
          result[open.back()] = order[at];
          open.pop_back();
        }
      }
    }
  }
  return result;
}

}  // namespace sluice::hlsc
