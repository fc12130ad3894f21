#include "hls/compiler/ir/evaluate.hpp"

#include "hls/compiler/base/check.hpp"

namespace sluice::hlsc {
namespace {

using llvm::APInt;

APInt bit(bool value) { return APInt(1, value ? 1 : 0); }

APInt concat(unsigned width, std::span<const APInt* const> parts) {
  APInt result(width, 0);
  unsigned high = width;
  for (const APInt* part : parts) {
    high -= part->getBitWidth();
    result.insertBits(*part, high);
  }
  return result;
}

APInt shift(OpKind kind, const APInt& value, const APInt& amount) {
  const unsigned width = value.getBitWidth();
  const auto by = static_cast<unsigned>(amount.getLimitedValue(width));
  if (kind == OpKind::kShl) {
    return value.shl(by);
  }
  return kind == OpKind::kLShr ? value.lshr(by) : value.ashr(by);
}

}  // namespace

APInt evaluate(const Op& op, std::span<const APInt* const> operands) {
  const auto x = [&]() -> const APInt& { return *operands[0]; };
  const auto y = [&]() -> const APInt& { return *operands[1]; };
  switch (op.kind) {
    case OpKind::kConstant:
      return op.constant;
    case OpKind::kAdd:
      return x() + y();
    case OpKind::kSub:
      return x() - y();
    case OpKind::kMul:
      return x() * y();
    case OpKind::kAnd:
      return x() & y();
    case OpKind::kOr:
      return x() | y();
    case OpKind::kXor:
      return x() ^ y();
    case OpKind::kShl:
    case OpKind::kLShr:
    case OpKind::kAShr:
      return shift(op.kind, x(), y());
    case OpKind::kEq:
      return bit(x() == y());
    case OpKind::kNe:
      return bit(x() != y());
    case OpKind::kUlt:
      return bit(x().ult(y()));
    case OpKind::kUle:
      return bit(x().ule(y()));
    case OpKind::kSlt:
      return bit(x().slt(y()));
    case OpKind::kSle:
      return bit(x().sle(y()));
    case OpKind::kSelect:
      return x().isZero() ? *operands[2] : y();
    case OpKind::kZExt:
      return x().zext(op.width);
    case OpKind::kSExt:
      return x().sext(op.width);
    case OpKind::kTrunc:
      return x().trunc(op.width);
    case OpKind::kConcat:
      return concat(op.width, operands);
    case OpKind::kExtract:
      return x().extractBits(op.width, op.low);
    case OpKind::kCtlz:
      return APInt(op.width, x().countl_zero());
    case OpKind::kCttz:
      return APInt(op.width, x().countr_zero());
    case OpKind::kCtpop:
      return APInt(op.width, x().popcount());
    case OpKind::kUDiv:
      return x().udiv(y());
    case OpKind::kURem:
      return x().urem(y());
    default:
      fail("an operation with side effects, or a phi");
  }
}

}  // namespace sluice::hlsc
