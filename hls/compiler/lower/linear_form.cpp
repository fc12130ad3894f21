#include "hls/compiler/lower/linear_form.hpp"

#include <algorithm>
#include <iterator>

#include "hls/compiler/lower/calls.hpp"

namespace sluice::hlsc {
namespace {

constexpr unsigned kWidest = 512;
constexpr std::size_t kMostTerms = 1U << 18;
constexpr std::size_t kMostAddressBits = 12;

LinearBit constant_bit(bool one) { return {.leaves = {}, .one = one}; }

bool is_constant(const LinearBit& bit) { return bit.leaves.empty(); }

LinearBit exclusive_or(const LinearBit& a, const LinearBit& b) {
  LinearBit result{.leaves = {}, .one = a.one != b.one};
  std::ranges::set_symmetric_difference(a.leaves, b.leaves, std::back_inserter(result.leaves));
  return result;
}

LinearBit inverse(LinearBit bit) {
  bit.one = !bit.one;
  return bit;
}

LinearForm constant_form(const llvm::APInt& value) {
  LinearForm result;
  for (unsigned i = 0; i < value.getBitWidth(); ++i) {
    result.push_back(constant_bit(value[i]));
  }
  return result;
}

LinearForm exclusive_or(const LinearForm& a, const LinearForm& b) {
  LinearForm result;
  for (std::size_t i = 0; i < a.size(); ++i) {
    result.push_back(exclusive_or(a[i], b[i]));
  }
  return result;
}

// Nothing where it is not linear.
std::optional<LinearBit> conjunction(const LinearBit& a, const LinearBit& b) {
  if (is_constant(a)) {
    return a.one ? b : a;
  }
  if (is_constant(b)) {
    return b.one ? a : b;
  }
  const LinearBit both = exclusive_or(a, b);
  if (!is_constant(both)) {
    return std::nullopt;
  }
  return both.one ? constant_bit(false) : a;
}

// condition ? a : b
std::optional<LinearForm> choice(const LinearBit& condition, const LinearForm& a, const LinearForm& b) {
  LinearForm result;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::optional<LinearBit> difference = conjunction(condition, exclusive_or(a[i], b[i]));
    if (!difference) {
      return std::nullopt;
    }
    result.push_back(exclusive_or(b[i], *difference));
  }
  return result;
}

// A bit that is 0 above the lowest: that one.
const LinearBit* single_bit(const LinearForm& form) {
  for (std::size_t i = 1; i < form.size(); ++i) {
    if (form[i] != constant_bit(false)) {
      return nullptr;
    }
  }
  return &form[0];
}

std::optional<unsigned> constant_amount(const llvm::Value* value, unsigned below) {
  auto* constant = llvm::dyn_cast<llvm::ConstantInt>(value);
  if (constant == nullptr || constant->getValue().uge(below)) {
    return std::nullopt;
  }
  return static_cast<unsigned>(constant->getZExtValue());
}

}  // namespace

LinearForms::LinearForms(llvm::BasicBlock& block, const std::set<llvm::Instruction*>& values, const Process& process)
    : process_(process) {
  std::set<llvm::Instruction*> needed = values;
  std::vector<llvm::Instruction*> work(values.begin(), values.end());
  while (!work.empty()) {
    llvm::Instruction* instruction = work.back();
    work.pop_back();
    for (llvm::Value* operand : instruction->operands()) {
      auto* source = llvm::dyn_cast<llvm::Instruction>(operand);
      if (source != nullptr && source->getParent() == &block && !llvm::isa<llvm::PHINode>(instruction) &&
          needed.insert(source).second) {
        work.push_back(source);
      }
    }
  }
  for (llvm::Instruction& instruction : block) {
    auto* type = llvm::dyn_cast<llvm::IntegerType>(instruction.getType());
    if (!needed.contains(&instruction) || type == nullptr || type->getBitWidth() > kWidest) {
      continue;
    }
    std::optional<LinearForm> result = terms_ > kMostTerms ? std::nullopt : evaluate(instruction);
    if (result) {
      for (const LinearBit& bit : *result) {
        terms_ += bit.leaves.size();
      }
      forms_[&instruction] = std::move(*result);
    }
  }
}

const LinearForm& LinearForms::form(llvm::Value* value) {
  auto found = forms_.find(value);
  if (found == forms_.end()) {
    auto* constant = llvm::dyn_cast<llvm::ConstantInt>(value);
    found = forms_.emplace(value, constant != nullptr ? constant_form(constant->getValue()) : leaf(value)).first;
  }
  return found->second;
}

LinearForms::Place LinearForms::place(LeafBit bit) const {
  auto after = std::ranges::upper_bound(leaves_, bit, {}, [this](llvm::Value* leaf) { return first_bits_.at(leaf); });
  llvm::Value* value = *std::prev(after);
  return {.value = value, .bit = bit - first_bits_.at(value)};
}

LinearForm LinearForms::leaf(llvm::Value* value) {
  LeafBit first = 0;
  if (!leaves_.empty()) {
    first = first_bits_.at(leaves_.back()) + leaves_.back()->getType()->getIntegerBitWidth();
  }
  first_bits_[value] = first;
  leaves_.push_back(value);
  LinearForm result;
  for (unsigned i = 0; i < value->getType()->getIntegerBitWidth(); ++i) {
    result.push_back({.leaves = {first + i}, .one = false});
  }
  return result;
}

std::optional<LinearForm> LinearForms::evaluate(llvm::Instruction& instruction) {
  for (llvm::Value* operand : instruction.operands()) {
    if (operand->getType()->isIntegerTy() && operand->getType()->getIntegerBitWidth() > kWidest) {
      return std::nullopt;
    }
  }
  if (auto* operation = llvm::dyn_cast<llvm::BinaryOperator>(&instruction)) {
    return evaluate_operation(*operation);
  }
  if (auto* cast = llvm::dyn_cast<llvm::CastInst>(&instruction)) {
    return evaluate_cast(*cast);
  }
  if (auto* select = llvm::dyn_cast<llvm::SelectInst>(&instruction)) {
    return evaluate_select(*select);
  }
  if (auto* compare = llvm::dyn_cast<llvm::ICmpInst>(&instruction)) {
    return evaluate_comparison(*compare);
  }
  if (auto* intrinsic = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction)) {
    return evaluate_intrinsic(*intrinsic);
  }
  if (llvm::isa<llvm::FreezeInst>(instruction)) {  // no operation in the kernel IR
    return form(instruction.getOperand(0));
  }
  if (call_kind(instruction) == CallKind::kLoad) {
    return evaluate_load(llvm::cast<llvm::CallInst>(instruction));
  }
  return std::nullopt;
}

std::optional<LinearForm> LinearForms::evaluate_operation(llvm::BinaryOperator& operation) {
  if (operation.isShift()) {
    return evaluate_shift(operation);
  }
  const bool is_or = operation.getOpcode() == llvm::Instruction::Or;
  if (operation.getOpcode() != llvm::Instruction::And && operation.getOpcode() != llvm::Instruction::Xor && !is_or) {
    return evaluate_arithmetic(operation);
  }
  const LinearForm a = form(operation.getOperand(0));
  const LinearForm b = form(operation.getOperand(1));
  auto* disjoint = llvm::dyn_cast<llvm::PossiblyDisjointInst>(&operation);
  if (operation.getOpcode() == llvm::Instruction::Xor || (disjoint != nullptr && disjoint->isDisjoint())) {
    return exclusive_or(a, b);
  }
  LinearForm result;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::optional<LinearBit> both = conjunction(a[i], b[i]);
    if (!both) {
      return std::nullopt;
    }
    result.push_back(is_or ? exclusive_or(exclusive_or(a[i], b[i]), *both) : *both);
  }
  return result;
}

std::optional<LinearForm> LinearForms::evaluate_shift(llvm::BinaryOperator& shift) {
  const unsigned width = shift.getType()->getIntegerBitWidth();
  std::optional<unsigned> amount = constant_amount(shift.getOperand(1), width);
  if (!amount) {
    return std::nullopt;
  }
  const LinearForm value = form(shift.getOperand(0));
  const LinearBit above = shift.getOpcode() == llvm::Instruction::AShr ? value.back() : constant_bit(false);
  LinearForm result;
  for (unsigned i = 0; i < width; ++i) {
    if (shift.getOpcode() == llvm::Instruction::Shl) {
      result.push_back(i < *amount ? constant_bit(false) : value[i - *amount]);
    } else {
      result.push_back(i + *amount < width ? value[i + *amount] : above);
    }
  }
  return result;
}

// What instcombine makes of masks: -(x & 1), (x & 1) - 1, (x & 1) * polynomial.
std::optional<LinearForm> LinearForms::evaluate_arithmetic(llvm::BinaryOperator& operation) {
  const LinearForm a = form(operation.getOperand(0));
  const LinearForm b = form(operation.getOperand(1));
  auto* first = llvm::dyn_cast<llvm::ConstantInt>(operation.getOperand(0));
  auto* second = llvm::dyn_cast<llvm::ConstantInt>(operation.getOperand(1));
  const llvm::APInt none(static_cast<unsigned>(a.size()), 0);
  switch (operation.getOpcode()) {
    case llvm::Instruction::Sub:
      if (first != nullptr && first->isZero() && single_bit(b) != nullptr) {
        return LinearForm(b.size(), b[0]);
      }
      return std::nullopt;
    case llvm::Instruction::Add:
      if (second != nullptr && second->isMinusOne() && single_bit(a) != nullptr) {
        return LinearForm(a.size(), inverse(a[0]));
      }
      return std::nullopt;
    case llvm::Instruction::Mul:
      if (second != nullptr && single_bit(a) != nullptr) {
        return choice(a[0], b, constant_form(none));
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<LinearForm> LinearForms::evaluate_cast(llvm::CastInst& cast) {
  if (!cast.getSrcTy()->isIntegerTy()) {
    return std::nullopt;
  }
  LinearForm result = form(cast.getOperand(0));
  const LinearBit above = llvm::isa<llvm::SExtInst>(cast) ? result.back() : constant_bit(false);
  result.resize(cast.getType()->getIntegerBitWidth(), above);
  return result;
}

std::optional<LinearForm> LinearForms::evaluate_select(llvm::SelectInst& select) {
  const LinearForm condition = form(select.getCondition());
  const LinearForm a = form(select.getTrueValue());
  return choice(condition[0], a, form(select.getFalseValue()));
}

std::optional<LinearForm> LinearForms::evaluate_comparison(llvm::ICmpInst& compare) {
  if (!compare.getOperand(0)->getType()->isIntegerTy()) {
    return std::nullopt;
  }
  const LinearForm a = form(compare.getOperand(0));
  auto* second = llvm::dyn_cast<llvm::ConstantInt>(compare.getOperand(1));
  if (compare.getPredicate() == llvm::CmpInst::ICMP_SLT && second != nullptr && second->isZero()) {
    return LinearForm{a.back()};
  }
  if (compare.getPredicate() == llvm::CmpInst::ICMP_SGT && second != nullptr && second->isMinusOne()) {
    return LinearForm{inverse(a.back())};
  }
  if (!compare.isEquality()) {
    return std::nullopt;
  }
  // Different where one bit is: linear where only one may be.
  LinearBit differs = constant_bit(false);
  for (const LinearBit& bit : exclusive_or(a, form(compare.getOperand(1)))) {
    if (bit == constant_bit(false)) {
      continue;
    }
    if (differs != constant_bit(false) && differs != bit) {
      return std::nullopt;
    }
    differs = bit;
  }
  return LinearForm{compare.getPredicate() == llvm::CmpInst::ICMP_EQ ? inverse(differs) : differs};
}

std::optional<LinearForm> LinearForms::evaluate_intrinsic(llvm::IntrinsicInst& intrinsic) {
  LinearForm value;
  const auto width = intrinsic.getType()->isIntegerTy() ? intrinsic.getType()->getIntegerBitWidth() : 0;
  switch (intrinsic.getIntrinsicID()) {
    case llvm::Intrinsic::fshl:
    case llvm::Intrinsic::fshr: {
      std::optional<unsigned> amount = constant_amount(intrinsic.getArgOperand(2), width);
      if (!amount) {
        return std::nullopt;
      }
      LinearForm both = form(intrinsic.getArgOperand(1));  // the low half
      const LinearForm& high = form(intrinsic.getArgOperand(0));
      both.insert(both.end(), high.begin(), high.end());
      const unsigned low = intrinsic.getIntrinsicID() == llvm::Intrinsic::fshl ? width - *amount : *amount;
      return LinearForm(both.begin() + low, both.begin() + low + width);
    }
    case llvm::Intrinsic::bitreverse:
      value = form(intrinsic.getArgOperand(0));
      std::ranges::reverse(value);
      return value;
    case llvm::Intrinsic::bswap:
      value = form(intrinsic.getArgOperand(0));
      for (unsigned low = 0; low < width / 2; low += 8) {
        std::swap_ranges(value.begin() + low, value.begin() + low + 8, value.end() - low - 8);
      }
      return value;
    default:
      return std::nullopt;
  }
}

// A table, or the part of one that the constant bits of the address leave, whose entries are a linear function of their
// index, as every CRC's table is.
std::optional<LinearForm> LinearForms::evaluate_load(llvm::CallInst& load) {
  const auto number = llvm::cast<llvm::ConstantInt>(load.getArgOperand(1))->getZExtValue();
  const Memory& memory = process_.memories[number];
  if (memory.kind != MemoryKind::kRom || !memory.initial) {
    return std::nullopt;
  }
  const std::vector<llvm::APInt>& table = *memory.initial;
  const LinearForm address = form(load.getArgOperand(3));
  std::size_t base = 0;
  std::vector<std::size_t> free;  // bits of the address
  for (std::size_t j = 0; j < address.size(); ++j) {
    if (!is_constant(address[j])) {
      free.push_back(j);
    } else if (address[j].one) {
      base |= std::size_t{1} << j;
    }
  }
  if (free.size() > kMostAddressBits || base >= table.size()) {
    return std::nullopt;
  }
  auto at = [&](std::size_t index) {
    std::size_t place = base;
    for (std::size_t j = 0; j < free.size(); ++j) {
      place |= (index >> j & 1) << free[j];
    }
    return place;
  };
  for (std::size_t i = 1; i < std::size_t{1} << free.size(); ++i) {
    const std::size_t rest = i & (i - 1);
    if (at(i) < table.size() && table[at(i)] != (table[at(rest)] ^ table[at(i ^ rest)] ^ table[base])) {
      return std::nullopt;
    }
  }
  LinearForm result = constant_form(table[base]);
  for (std::size_t j = 0; j < free.size() && at(std::size_t{1} << j) < table.size(); ++j) {
    const llvm::APInt column = table[at(std::size_t{1} << j)] ^ table[base];
    for (unsigned i = 0; i < column.getBitWidth(); ++i) {
      if (column[i]) {
        result[i] = exclusive_or(result[i], address[free[j]]);
      }
    }
  }
  return result;
}

}  // namespace sluice::hlsc
