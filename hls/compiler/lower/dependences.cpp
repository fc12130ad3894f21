// Pass 18, memory dependences of a pipelined block.
//
// For two accesses of one memory, at least one of them a store, ScalarEvolution says by how many iterations they may
// meet. Where both indices move by the same step an iteration the answer is exact: one distance, or never. Anything
// else is taken to meet in the next iteration and in every later one: distance 1. Within an iteration accesses whose
// indices always differ, or of whose predicates at most one is true, are independent. DEPENDENCE overrides what is not
// proved.
#include <llvm/Analysis/ScalarEvolutionExpressions.h>

#include "hls/compiler/lower/build.hpp"

namespace sluice::hlsc {
namespace {

constexpr int kFarthest = 256;  // iterations; no pipeline is that deep

struct MemoryAccess {
  llvm::CallInst* call = nullptr;
  OpId op = OpId::kNone;
  bool is_store = false;
  const llvm::SCEV* index = nullptr;
};

// How the index of one access compares with another's.
struct Relation {
  bool is_affine = false;  // first - second = difference, both moving by `step` an iteration, modulo 2^bits
  llvm::APInt difference{1, 0};
  llvm::APInt step{1, 0};
};

class LoopDependences {
 public:
  LoopDependences(llvm::Loop& loop, llvm::ScalarEvolution& evolution) : loop_(loop), evolution_(evolution) {}

  [[nodiscard]] Relation relate(const MemoryAccess& first, const MemoryAccess& second) const {
    std::optional<llvm::APInt> step = step_of(first.index);
    std::optional<llvm::APInt> other = step_of(second.index);
    auto* difference = llvm::dyn_cast<llvm::SCEVConstant>(evolution_.getMinusSCEV(first.index, second.index));
    if (!step || !other || *step != *other || difference == nullptr) {
      return {};
    }
    return {.is_affine = true, .difference = difference->getAPInt(), .step = *step};
  }

  // Iterations after which `later` meets what `earlier` accessed: at least 1; nothing if never.
  static std::optional<int> distance(const Relation& relation, bool first_is_earlier) {
    if (!relation.is_affine) {
      return 1;
    }
    // index_earlier(k) = index_later(k + d) where step * d = index_earlier(k) - index_later(k).
    const llvm::APInt wanted = first_is_earlier ? relation.difference : -relation.difference;
    llvm::APInt moved = relation.step;
    for (int d = 1; d <= kFarthest; ++d, moved += relation.step) {
      if (moved == wanted) {
        return d;
      }
    }
    return std::nullopt;
  }

  static bool may_meet_at_once(const Relation& relation) { return !relation.is_affine || relation.difference.isZero(); }

 private:
  // Of what does not change in the loop 0; nothing where the index is not affine.
  [[nodiscard]] std::optional<llvm::APInt> step_of(const llvm::SCEV* index) const {
    if (evolution_.isLoopInvariant(index, &loop_)) {
      return llvm::APInt(static_cast<unsigned>(evolution_.getTypeSizeInBits(index->getType())), 0);
    }
    auto* recurrence = llvm::dyn_cast<llvm::SCEVAddRecExpr>(index);
    if (recurrence == nullptr || recurrence->getLoop() != &loop_ || !recurrence->isAffine()) {
      return std::nullopt;
    }
    auto* step = llvm::dyn_cast<llvm::SCEVConstant>(recurrence->getStepRecurrence(evolution_));
    return step == nullptr ? std::nullopt : std::optional(step->getAPInt());
  }

  llvm::Loop& loop_;
  llvm::ScalarEvolution& evolution_;
};

// The conditions that must all hold, with the value each must have.
void add_literals(llvm::Value* condition, std::vector<std::pair<llvm::Value*, bool>>& literals) {
  auto* instruction = llvm::dyn_cast<llvm::Instruction>(condition);
  auto is_bool = [](llvm::Value* value, bool wanted) {
    auto* constant = llvm::dyn_cast<llvm::ConstantInt>(value);
    return constant != nullptr && constant->isOne() == wanted;
  };
  if (instruction != nullptr && instruction->getOpcode() == llvm::Instruction::And) {
    add_literals(instruction->getOperand(0), literals);
    add_literals(instruction->getOperand(1), literals);
  } else if (instruction != nullptr && instruction->getOpcode() == llvm::Instruction::Select &&
             is_bool(instruction->getOperand(2), false)) {
    add_literals(instruction->getOperand(0), literals);
    add_literals(instruction->getOperand(1), literals);
  } else if (instruction != nullptr && instruction->getOpcode() == llvm::Instruction::Xor &&
             is_bool(instruction->getOperand(1), true)) {
    literals.emplace_back(instruction->getOperand(0), false);
  } else if (instruction != nullptr && instruction->getOpcode() == llvm::Instruction::Select &&
             is_bool(instruction->getOperand(1), false) && is_bool(instruction->getOperand(2), true)) {
    literals.emplace_back(instruction->getOperand(0), false);
  } else if (instruction != nullptr && instruction->getOpcode() == llvm::Instruction::Select &&
             is_bool(instruction->getOperand(1), false)) {
    literals.emplace_back(instruction->getOperand(0), false);  // !a && b
    add_literals(instruction->getOperand(2), literals);
  } else {
    literals.emplace_back(condition, true);
  }
}

bool excludes(std::pair<llvm::Value*, bool> a, std::pair<llvm::Value*, bool> b) {
  if (a.first == b.first) {
    return a.second != b.second;
  }
  auto* first = llvm::dyn_cast<llvm::ICmpInst>(a.first);
  auto* second = llvm::dyn_cast<llvm::ICmpInst>(b.first);
  if (first == nullptr || second == nullptr || first->getOperand(0) != second->getOperand(0)) {
    return false;
  }
  llvm::CmpInst::Predicate p = a.second ? first->getPredicate() : first->getInversePredicate();
  llvm::CmpInst::Predicate q = b.second ? second->getPredicate() : second->getInversePredicate();
  auto* c = llvm::dyn_cast<llvm::ConstantInt>(first->getOperand(1));
  auto* d = llvm::dyn_cast<llvm::ConstantInt>(second->getOperand(1));
  if (c != nullptr && d != nullptr) {
    return llvm::ConstantRange::makeExactICmpRegion(p, c->getValue())
        .intersectWith(llvm::ConstantRange::makeExactICmpRegion(q, d->getValue()))
        .isEmptySet();
  }
  return first->getOperand(1) == second->getOperand(1) && q == llvm::CmpInst::getInversePredicate(p);
}

bool exclude_each_other(const MemoryAccess& a, const MemoryAccess& b) {
  std::vector<std::pair<llvm::Value*, bool>> first;
  std::vector<std::pair<llvm::Value*, bool>> second;
  add_literals(a.call->getArgOperand(0), first);
  add_literals(b.call->getArgOperand(0), second);
  for (const auto& literal : first) {
    for (const auto& other : second) {
      if (excludes(literal, other)) {
        return true;
      }
    }
  }
  return false;
}

DependenceKind kind_of(const MemoryAccess& from, const MemoryAccess& to) {
  return from.is_store ? (to.is_store ? DependenceKind::kWriteAfterWrite : DependenceKind::kReadAfterWrite)
                       : DependenceKind::kWriteAfterRead;
}

// What DEPENDENCE says of such a dependence: nothing, that there is none, or from which distance on.
struct Verdict {
  bool is_none = false;
  int distance = 0;
};

Verdict verdict(const ObjectDirectives& directives, DependenceKind kind, bool inter) {
  Verdict result;
  for (const DependenceDirective& directive : directives.dependences) {
    if (directive.inter != inter || (directive.kind && *directive.kind != kind)) {
      continue;
    }
    result.is_none |= !directive.dependent;
    result.distance = std::max(result.distance, directive.distance);
  }
  return result;
}

}  // namespace

void ProcessBuilder::add_dependences(llvm::Loop& loop, Block& block) {
  std::map<MemoryId, std::vector<MemoryAccess>> accesses;
  for (llvm::Instruction& instruction : *loop.getHeader()) {
    std::optional<CallKind> kind = call_kind(instruction);
    if ((kind == CallKind::kLoad || kind == CallKind::kStore) && live_.contains(&instruction)) {
      const OpId op = ops_.at(&instruction);
      accesses[process_.ops[index(op)].memory].push_back(
          {.call = llvm::cast<llvm::CallInst>(&instruction),
           .op = op,
           .is_store = kind == CallKind::kStore,
           .index = analyses_.evolution.getSCEV(instruction.getOperand(2))});
    }
  }
  const LoopDependences dependences(loop, analyses_.evolution);
  for (const auto& [memory, all] : accesses) {
    const ObjectDirectives& directives = lowering_.memory_directives[index(memory)];
    auto add_one = [&](const MemoryAccess& from, const MemoryAccess& to, int distance) {
      const DependenceKind kind = kind_of(from, to);
      const Verdict said = verdict(directives, kind, distance > 0);
      if (!said.is_none) {
        block.pipeline->dependences.push_back(
            {.kind = kind, .from = from.op, .to = to.op, .distance = std::max(distance, said.distance)});
      }
    };
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t j = i; j < all.size(); ++j) {
        if (!all[i].is_store && !all[j].is_store) {
          continue;
        }
        const Relation relation = dependences.relate(all[i], all[j]);
        if (i != j && LoopDependences::may_meet_at_once(relation) && !exclude_each_other(all[i], all[j])) {
          add_one(all[i], all[j], 0);
        }
        if (std::optional<int> distance = LoopDependences::distance(relation, true)) {
          add_one(all[i], all[j], *distance);
        }
        std::optional<int> back = i == j ? std::nullopt : LoopDependences::distance(relation, false);
        if (back) {
          add_one(all[j], all[i], *back);
        }
      }
    }
  }
}

}  // namespace sluice::hlsc
