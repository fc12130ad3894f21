// Predicates of which at most one can be true in one iteration: the operations may share a port in one cycle.
//
// Purpose: a sound answer, not a complete one. It collects what must hold where a predicate is true (the parts of
//   conjunctions, negations, 'x == constant') and looks for a contradiction; a disjunction is exclusive if all its
//   parts are. Values of one iteration only: an operation of another iteration has another value.
// Ownership: a reference to the process; answers are cached. Threading: none. Errors: none.
#pragma once

#include <llvm/ADT/APInt.h>

#include <map>
#include <utility>
#include <vector>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

class Exclusive {
 public:
  explicit Exclusive(const Process& process) : process_(process) {}

  // Of two predicates; kNone (always) excludes nothing.
  [[nodiscard]] bool operator()(OpId a, OpId b);

 private:
  struct Fact {
    OpId bit;
    bool value;
  };
  struct Equality {
    OpId op;
    const llvm::APInt* value;
  };
  struct Facts {
    std::vector<Fact> bits;
    std::vector<Equality> equalities;
  };

  const Facts& facts(OpId predicate);
  void add_equality(Facts& facts, const Fact& fact) const;
  std::vector<Fact> parts(const Fact& fact) const;
  bool excludes(OpId a, OpId b, int depth);
  bool contradict(const Facts& a, const Facts& b) const;
  bool refutes(const Equality& known, const Fact& fact) const;
  bool is_constant(OpId op, bool value) const;

  const Process& process_;
  std::map<OpId, Facts> facts_;
  std::map<std::pair<OpId, OpId>, bool> answers_;
};

}  // namespace sluice::hlsc
