#include "hls/compiler/schedule/exclusive.hpp"

#include <algorithm>
#include <array>

#include "hls/compiler/ir/evaluate.hpp"
#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {

bool Exclusive::operator()(OpId a, OpId b) {
  if (a == OpId::kNone || b == OpId::kNone) {
    return false;
  }
  const auto [entry, is_new] = answers_.emplace(std::minmax(a, b), false);
  if (is_new) {
    constexpr int kDepth = 6;  // of disjunctions in disjunctions
    entry->second = excludes(a, b, kDepth);
  }
  return entry->second;
}

bool Exclusive::excludes(OpId a, OpId b, int depth) {
  if (is_constant(a, false) || is_constant(b, false) || contradict(facts(a), facts(b))) {
    return true;
  }
  for (const auto& [disjunction, other] : {std::pair(a, b), std::pair(b, a)}) {
    const Op& op = process_.ops[index(disjunction)];
    if (op.kind == OpKind::kOr && depth > 0 &&
        std::ranges::all_of(op.operands, [&](OpId part) { return excludes(part, other, depth - 1); })) {
      return true;
    }
  }
  return false;
}

bool Exclusive::is_constant(OpId op, bool value) const {
  const Op& it = process_.ops[index(op)];
  return it.kind == OpKind::kConstant && it.width == 1 && it.constant.isOne() == value;
}

// What follows from a 1-bit operation having a value.
std::vector<Exclusive::Fact> Exclusive::parts(const Fact& fact) const {
  const Op& op = process_.ops[index(fact.bit)];
  if ((op.kind == OpKind::kAnd && fact.value) || (op.kind == OpKind::kOr && !fact.value)) {
    return {{op.operands[0], fact.value}, {op.operands[1], fact.value}};
  }
  const bool is_difference = op.kind == OpKind::kXor || op.kind == OpKind::kNe;
  if (is_difference || op.kind == OpKind::kEq) {
    for (const std::size_t side : {0U, 1U}) {
      const OpId constant = op.operands[1 - side];
      if (is_constant(constant, false) || is_constant(constant, true)) {
        const bool is_flipped = is_difference == is_constant(constant, true);
        return {{op.operands[side], fact.value != is_flipped}};
      }
    }
  }
  if (op.kind == OpKind::kSelect) {
    if (is_constant(op.operands[2], !fact.value)) {  // c ? x : 0
      return {{op.operands[0], true}, {op.operands[1], fact.value}};
    }
    if (is_constant(op.operands[1], !fact.value)) {  // c ? 0 : x
      return {{op.operands[0], false}, {op.operands[2], fact.value}};
    }
  }
  return {};
}

void Exclusive::add_equality(Facts& facts, const Fact& fact) const {
  const Op& op = process_.ops[index(fact.bit)];
  if (op.kind != (fact.value ? OpKind::kEq : OpKind::kNe)) {
    return;
  }
  for (const std::size_t side : {0U, 1U}) {
    const Op& constant = process_.ops[index(op.operands[1 - side])];
    if (constant.kind == OpKind::kConstant) {
      facts.equalities.push_back({op.operands[side], &constant.constant});
    }
  }
}

const Exclusive::Facts& Exclusive::facts(OpId predicate) {
  const auto [entry, is_new] = facts_.try_emplace(predicate);
  Facts& result = entry->second;
  if (!is_new) {
    return result;
  }
  constexpr std::size_t kMost = 64;  // enough for what programs nest; fewer facts are still sound
  result.bits.push_back({predicate, true});
  for (std::size_t next = 0; next < result.bits.size() && result.bits.size() < kMost; ++next) {
    const Fact fact = result.bits[next];
    add_equality(result, fact);
    for (const Fact& part : parts(fact)) {
      result.bits.push_back(part);
    }
  }
  return result;
}

bool Exclusive::contradict(const Facts& a, const Facts& b) const {
  for (const Fact& x : a.bits) {
    for (const Fact& y : b.bits) {
      if (x.bit == y.bit && x.value != y.value) {
        return true;
      }
    }
  }
  const auto any_refuted = [&](const Facts& known, const Facts& other) {
    return std::ranges::any_of(known.equalities, [&](const Equality& equality) {
      return std::ranges::any_of(other.bits, [&](const Fact& fact) { return refutes(equality, fact); });
    });
  };
  return any_refuted(a, b) || any_refuted(b, a);
}

// Whether `fact`, a comparison of the same value with a constant, is false where the value is known.
bool Exclusive::refutes(const Equality& known, const Fact& fact) const {
  const Op& op = process_.ops[index(fact.bit)];
  if (!is_comparison(op.kind)) {
    return false;
  }
  std::array<const llvm::APInt*, 2> values{};
  for (std::size_t operand = 0; operand < 2; ++operand) {
    const Op& it = process_.ops[index(op.operands[operand])];
    if (it.kind == OpKind::kConstant) {
      values[operand] = &it.constant;
    } else if (op.operands[operand] == known.op) {
      values[operand] = known.value;
    } else {
      return false;
    }
  }
  return evaluate(op, values).isOne() != fact.value;
}

}  // namespace sluice::hlsc
