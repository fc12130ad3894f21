// Pass 16: division and remainder by constants to a multiplication and a shift.
//
// Granlund and Montgomery, Division by Invariant Integers using Multiplication (PLDI 1994): for 0 <= x < 2^n, if
// m = ceil(2^(n+s) / d) has m * d - 2^(n+s) <= 2^s then floor(x / d) = (x * m) >> (n + s); s = ceil(log2 d) always
// does. Signed division rounds to zero: with m = floor(2^(n-1+l) / |d|) + 1 and l = ceil(log2 |d|), the shifted product
// plus one where x is negative. n is what is known of the value's size, not its type's.
#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/InstIterator.h>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

class DivisionExpander {
 public:
  DivisionExpander(llvm::BinaryOperator& division, const llvm::APInt& divisor)
      : division_(division),
        divisor_(divisor),
        builder_(&division),
        type_(division.getType()),
        layout_(division.getModule()->getDataLayout()) {}

  llvm::Value* expand() {
    const bool is_signed =
        division_.getOpcode() == llvm::Instruction::SDiv || division_.getOpcode() == llvm::Instruction::SRem;
    const bool is_remainder =
        division_.getOpcode() == llvm::Instruction::URem || division_.getOpcode() == llvm::Instruction::SRem;
    llvm::Value* quotient = is_signed ? signed_quotient() : unsigned_quotient();
    if (!is_remainder) {
      return quotient;
    }
    return builder_.CreateSub(value(), builder_.CreateMul(quotient, llvm::ConstantInt::get(type_, divisor_)));
  }

 private:
  llvm::Value* value() { return division_.getOperand(0); }

  llvm::Value* unsigned_quotient() {
    if (divisor_.isPowerOf2()) {
      return builder_.CreateLShr(value(), divisor_.logBase2());
    }
    const unsigned n = std::max(1U, llvm::computeKnownBits(value(), layout_).countMaxActiveBits());
    if (divisor_.getActiveBits() > n) {
      return llvm::ConstantInt::get(type_, 0);
    }
    const unsigned bits = 2 * n + 2;
    const llvm::APInt d = divisor_.zextOrTrunc(bits);
    for (unsigned s = 0;; ++s) {
      const llvm::APInt power = llvm::APInt::getOneBitSet(bits, n + s);
      const llvm::APInt magic = (power + d - 1).udiv(d);
      if ((magic * d - power).ule(llvm::APInt::getOneBitSet(bits, s))) {
        llvm::Type* wide = builder_.getIntNTy(n + magic.getActiveBits());
        llvm::Value* product =
            builder_.CreateMul(builder_.CreateZExtOrTrunc(value(), wide),
                               llvm::ConstantInt::get(wide, magic.zextOrTrunc(wide->getIntegerBitWidth())));
        return builder_.CreateZExtOrTrunc(builder_.CreateLShr(product, n + s), type_);
      }
    }
  }

  llvm::Value* signed_quotient() {
    const unsigned width = type_->getIntegerBitWidth();
    const llvm::APInt magnitude = divisor_.abs();
    llvm::Value* quotient = nullptr;
    if (magnitude.isPowerOf2()) {
      const unsigned shift = magnitude.logBase2();
      llvm::Value* bias = shift == 0 ? llvm::ConstantInt::get(type_, 0)
                                     : builder_.CreateLShr(builder_.CreateAShr(value(), width - 1), width - shift);
      quotient = builder_.CreateAShr(builder_.CreateAdd(value(), bias), shift);
    } else {
      const unsigned n = width - llvm::ComputeNumSignBits(value(), layout_) + 1;
      const unsigned l = magnitude.ceilLogBase2();
      const unsigned bits = n + std::max(n, l) + l + 2;
      const llvm::APInt magic = llvm::APInt::getOneBitSet(bits, n - 1 + l).udiv(magnitude.zextOrTrunc(bits)) + 1;
      const unsigned wide_bits = n + magic.getActiveBits() + 1;
      llvm::Type* wide = builder_.getIntNTy(wide_bits);
      llvm::Value* product = builder_.CreateMul(builder_.CreateSExtOrTrunc(value(), wide),
                                                llvm::ConstantInt::get(wide, magic.zextOrTrunc(wide_bits)));
      quotient = builder_.CreateSExtOrTrunc(builder_.CreateAShr(product, n - 1 + l), type_);
      llvm::Value* is_negative = builder_.CreateICmpSLT(value(), llvm::ConstantInt::get(type_, 0));
      quotient = builder_.CreateAdd(quotient, builder_.CreateZExt(is_negative, type_));
    }
    return divisor_.isNegative() ? builder_.CreateNeg(quotient) : quotient;
  }

  llvm::BinaryOperator& division_;
  llvm::APInt divisor_;
  llvm::IRBuilder<> builder_;
  llvm::Type* type_;
  const llvm::DataLayout& layout_;
};

}  // namespace

void expand_divisions(Lowering& lowering, llvm::Function& function) {
  for (llvm::Instruction& instruction : llvm::make_early_inc_range(llvm::instructions(function))) {
    auto* division = llvm::dyn_cast<llvm::BinaryOperator>(&instruction);
    if (division == nullptr || !division->isIntDivRem()) {
      continue;
    }
    auto* divisor = llvm::dyn_cast<llvm::ConstantInt>(division->getOperand(1));
    if (divisor == nullptr || divisor->isZero()) {
      lowering.error(division->getDebugLoc(),
                     divisor == nullptr
                         ? "division by a value that is not constant; multiply by a reciprocal from a table, "
                           "or write the division as a loop of subtractions"
                         : "division by zero");
      continue;
    }
    llvm::Value* value = DivisionExpander(*division, divisor->getValue()).expand();
    if (llvm::isa<llvm::Instruction>(value) && !value->hasName()) {
      value->takeName(division);
    }
    division->replaceAllUsesWith(value);
    division->eraseFromParent();
  }
}

}  // namespace sluice::hlsc
