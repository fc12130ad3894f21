#include "hls/compiler/lower/factors.hpp"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/PatternMatch.h>
#include <llvm/Support/MathExtras.h>

#include <algorithm>
#include <numeric>

#include "hls/compiler/base/check.hpp"

namespace sluice::hlsc {
namespace {

using namespace llvm::PatternMatch;

constexpr unsigned kLargestShift = 16;

bool is_phi_of_constants(const llvm::PHINode& phi) {
  return std::ranges::all_of(phi.incoming_values(), [](const llvm::Use& use) {
    const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(use.get());
    return constant != nullptr && constant->getValue().getSignificantBits() <= 64;
  });
}

// A product by a constant that does not wrap.
bool is_product(llvm::Value& value, llvm::Value*& other, std::uint64_t& by) {
  const llvm::APInt* constant = nullptr;
  if (match(&value, m_NSWMul(m_Value(other), m_APInt(constant))) && constant->isStrictlyPositive() &&
      constant->getActiveBits() < 32) {
    by = constant->getZExtValue();
    return true;
  }
  if (match(&value, m_NSWShl(m_Value(other), m_APInt(constant))) && constant->ult(32)) {
    by = std::uint64_t{1} << constant->getZExtValue();
    return true;
  }
  return false;
}

}  // namespace

std::uint64_t known_factor(llvm::Value& value, llvm::ScalarEvolution& evolution) {
  llvm::Value* left = nullptr;
  llvm::Value* right = nullptr;
  std::uint64_t by = 0;
  if (const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(&value);
      constant != nullptr && constant->getValue().getSignificantBits() <= 64) {
    return constant->getValue().abs().getZExtValue();
  }
  if (match(&value, m_Select(m_Value(), m_Value(left), m_Value(right))) ||
      match(&value, m_NSWAdd(m_Value(left), m_Value(right)))) {
    return std::gcd(known_factor(*left, evolution), known_factor(*right, evolution));
  }
  if (match(&value, m_SExt(m_Value(left)))) {
    return known_factor(*left, evolution);
  }
  if (is_product(value, left, by)) {
    return by * known_factor(*left, evolution);
  }
  if (auto* phi = llvm::dyn_cast<llvm::PHINode>(&value); phi != nullptr && is_phi_of_constants(*phi)) {
    std::uint64_t factor = 0;
    for (llvm::Value* incoming : phi->incoming_values()) {
      factor = std::gcd(factor, known_factor(*incoming, evolution));
    }
    return factor;
  }
  return std::uint64_t{1} << std::min(kLargestShift, evolution.getMinTrailingZeros(evolution.getSCEV(&value)));
}

llvm::Value* divide_exactly(llvm::Value& value, std::uint64_t factor, llvm::Instruction& before) {
  if (factor == 1) {
    return &value;
  }
  llvm::Value* condition = nullptr;
  llvm::Value* left = nullptr;
  llvm::Value* right = nullptr;
  std::uint64_t by = 0;
  llvm::IRBuilder<> builder(&before);
  const auto of_constant = [&](llvm::Value& constant) {
    return llvm::ConstantInt::getSigned(
        value.getType(), llvm::cast<llvm::ConstantInt>(constant).getSExtValue() / static_cast<std::int64_t>(factor));
  };
  if (llvm::isa<llvm::ConstantInt>(value)) {
    return of_constant(value);
  }
  if (match(&value, m_Select(m_Value(condition), m_Value(left), m_Value(right)))) {
    return builder.CreateSelect(condition, divide_exactly(*left, factor, before),
                                divide_exactly(*right, factor, before));
  }
  if (match(&value, m_NSWAdd(m_Value(left), m_Value(right)))) {
    return builder.CreateNSWAdd(divide_exactly(*left, factor, before), divide_exactly(*right, factor, before));
  }
  if (match(&value, m_SExt(m_Value(left)))) {
    return builder.CreateSExt(divide_exactly(*left, factor, before), value.getType());
  }
  if (is_product(value, left, by)) {
    const std::uint64_t common = std::gcd(by, factor);
    llvm::Value* rest = divide_exactly(*left, factor / common, before);
    return builder.CreateNSWMul(rest, llvm::ConstantInt::get(value.getType(), by / common));
  }
  if (auto* phi = llvm::dyn_cast<llvm::PHINode>(&value); phi != nullptr && is_phi_of_constants(*phi)) {
    auto* quotient = llvm::PHINode::Create(phi->getType(), phi->getNumIncomingValues(), "", phi->getIterator());
    for (unsigned i = 0; i < phi->getNumIncomingValues(); ++i) {
      quotient->addIncoming(of_constant(*phi->getIncomingValue(i)), phi->getIncomingBlock(i));
    }
    return quotient;
  }
  check(llvm::isPowerOf2_64(factor), "a value is divided by what is not known to divide it");
  return builder.CreateAShr(&value, llvm::Log2_64(factor), "", /*isExact=*/true);
}

}  // namespace sluice::hlsc
