// Pass 16: the integer intrinsics that instcombine makes (minima, saturation, rotations, ...) to plain operations.
//
// It runs after the last instcombine, which would make them again. ctlz, cttz and ctpop stay: the kernel IR has them.
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

class IntrinsicExpander {
 public:
  explicit IntrinsicExpander(llvm::IntrinsicInst& intrinsic) : intrinsic_(intrinsic), builder_(&intrinsic) {}

  // Nothing where it is not one of these.
  llvm::Value* expand() {
    switch (intrinsic_.getIntrinsicID()) {
      case llvm::Intrinsic::umin:
        return select_by(llvm::CmpInst::ICMP_ULT);
      case llvm::Intrinsic::umax:
        return select_by(llvm::CmpInst::ICMP_UGT);
      case llvm::Intrinsic::smin:
        return select_by(llvm::CmpInst::ICMP_SLT);
      case llvm::Intrinsic::smax:
        return select_by(llvm::CmpInst::ICMP_SGT);
      case llvm::Intrinsic::abs:
        return builder_.CreateSelect(builder_.CreateICmpSLT(at(0), zero()), builder_.CreateNeg(at(0)), at(0));
      case llvm::Intrinsic::ucmp:
        return three_way(llvm::CmpInst::ICMP_UGT, llvm::CmpInst::ICMP_ULT);
      case llvm::Intrinsic::scmp:
        return three_way(llvm::CmpInst::ICMP_SGT, llvm::CmpInst::ICMP_SLT);
      case llvm::Intrinsic::uadd_sat: {
        llvm::Value* sum = builder_.CreateAdd(at(0), at(1));
        return builder_.CreateSelect(builder_.CreateICmpULT(sum, at(0)), llvm::Constant::getAllOnesValue(type()), sum);
      }
      case llvm::Intrinsic::usub_sat:
        return builder_.CreateSelect(builder_.CreateICmpULT(at(0), at(1)), zero(), builder_.CreateSub(at(0), at(1)));
      case llvm::Intrinsic::sadd_sat:
        return saturate(llvm::Instruction::Add);
      case llvm::Intrinsic::ssub_sat:
        return saturate(llvm::Instruction::Sub);
      case llvm::Intrinsic::fshl:
        return funnel(true);
      case llvm::Intrinsic::fshr:
        return funnel(false);
      case llvm::Intrinsic::bswap:
        return reverse(8);
      case llvm::Intrinsic::bitreverse:
        return reverse(1);
      default:
        return nullptr;
    }
  }

 private:
  llvm::Value* at(unsigned i) { return intrinsic_.getArgOperand(i); }
  llvm::Type* type() { return intrinsic_.getType(); }
  llvm::Value* zero() { return llvm::ConstantInt::get(type(), 0); }

  llvm::Value* select_by(llvm::CmpInst::Predicate predicate) {
    return builder_.CreateSelect(builder_.CreateICmp(predicate, at(0), at(1)), at(0), at(1));
  }

  llvm::Value* three_way(llvm::CmpInst::Predicate above, llvm::CmpInst::Predicate below) {
    llvm::Value* is_below = builder_.CreateICmp(below, at(0), at(1));
    llvm::Value* is_above = builder_.CreateICmp(above, at(0), at(1));
    return builder_.CreateSelect(is_below, llvm::Constant::getAllOnesValue(type()),
                                 builder_.CreateZExt(is_above, type()));
  }

  llvm::Value* saturate(llvm::Instruction::BinaryOps opcode) {
    const unsigned width = type()->getIntegerBitWidth();
    llvm::Type* wide = builder_.getIntNTy(width + 1);
    llvm::Value* exact =
        builder_.CreateBinOp(opcode, builder_.CreateSExt(at(0), wide), builder_.CreateSExt(at(1), wide));
    llvm::Value* most = llvm::ConstantInt::get(wide, llvm::APInt::getSignedMaxValue(width).sext(width + 1));
    llvm::Value* least = llvm::ConstantInt::get(wide, llvm::APInt::getSignedMinValue(width).sext(width + 1));
    llvm::Value* capped = builder_.CreateSelect(builder_.CreateICmpSGT(exact, most), most, exact);
    capped = builder_.CreateSelect(builder_.CreateICmpSLT(exact, least), least, capped);
    return builder_.CreateTrunc(capped, type());
  }

  // The double word shifted by the amount modulo the width.
  llvm::Value* funnel(bool left) {
    const unsigned width = type()->getIntegerBitWidth();
    if (auto* constant = llvm::dyn_cast<llvm::ConstantInt>(at(2))) {
      const std::uint64_t amount = constant->getValue().urem(width);
      if (amount == 0) {
        return at(left ? 0 : 1);
      }
      const std::uint64_t up = left ? amount : width - amount;
      return builder_.CreateOr(builder_.CreateShl(at(0), up), builder_.CreateLShr(at(1), width - up));
    }
    llvm::Type* wide = builder_.getIntNTy(2 * width);
    llvm::Value* both = builder_.CreateOr(builder_.CreateShl(builder_.CreateZExt(at(0), wide), width),
                                          builder_.CreateZExt(at(1), wide));
    llvm::Value* amount = builder_.CreateZExt(builder_.CreateURem(at(2), llvm::ConstantInt::get(type(), width)), wide);
    llvm::Value* shifted =
        left ? builder_.CreateLShr(builder_.CreateShl(both, amount), width) : builder_.CreateLShr(both, amount);
    return builder_.CreateTrunc(shifted, type());
  }

  llvm::Value* reverse(unsigned group) {
    const unsigned width = type()->getIntegerBitWidth();
    llvm::Type* piece = builder_.getIntNTy(group);
    llvm::Value* result = zero();
    for (unsigned low = 0; low < width; low += group) {
      llvm::Value* bits = builder_.CreateZExt(builder_.CreateTrunc(builder_.CreateLShr(at(0), low), piece), type());
      result = builder_.CreateOr(result, builder_.CreateShl(bits, width - group - low));
    }
    return result;
  }

  llvm::IntrinsicInst& intrinsic_;
  llvm::IRBuilder<> builder_;
};

// The checked arithmetic of __builtin_add_overflow and the like: computed wide enough to be exact.
bool expand_overflow(llvm::WithOverflowInst& checked) {
  llvm::IRBuilder<> builder(&checked);
  const unsigned width = checked.getLHS()->getType()->getIntegerBitWidth();
  llvm::Type* wide = builder.getIntNTy(checked.getBinaryOp() == llvm::Instruction::Mul ? 2 * width : width + 1);
  auto extend = [&](llvm::Value* value) {
    return checked.isSigned() ? builder.CreateSExt(value, wide) : builder.CreateZExt(value, wide);
  };
  llvm::Value* exact = builder.CreateBinOp(checked.getBinaryOp(), extend(checked.getLHS()), extend(checked.getRHS()));
  llvm::Value* kept = builder.CreateTrunc(exact, checked.getLHS()->getType());
  llvm::Value* parts[] = {kept, builder.CreateICmpNE(extend(kept), exact)};
  for (llvm::User* user : llvm::make_early_inc_range(checked.users())) {
    auto* part = llvm::dyn_cast<llvm::ExtractValueInst>(user);
    if (part == nullptr) {
      return false;
    }
    part->replaceAllUsesWith(parts[part->getIndices()[0]]);
    part->eraseFromParent();
  }
  return true;
}

}  // namespace

void expand_intrinsics(Lowering&, llvm::Function& function) {
  for (llvm::Instruction& instruction : llvm::make_early_inc_range(llvm::instructions(function))) {
    if (auto* checked = llvm::dyn_cast<llvm::WithOverflowInst>(&instruction)) {
      if (expand_overflow(*checked)) {
        checked->eraseFromParent();
      }
    } else if (auto* intrinsic = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction)) {
      if (llvm::Value* value = IntrinsicExpander(*intrinsic).expand()) {
        if (llvm::isa<llvm::Instruction>(value) && !value->hasName()) {
          value->takeName(intrinsic);
        }
        intrinsic->replaceAllUsesWith(value);
        intrinsic->eraseFromParent();
      }
    }
  }
}

}  // namespace sluice::hlsc
