#include "hls/compiler/ir/demanded.hpp"

#include <algorithm>
#include <bit>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

using llvm::APInt;

// Carries go upwards only.
APInt up_to_highest(const APInt& bits) { return APInt::getLowBitsSet(bits.getBitWidth(), bits.getActiveBits()); }

// Of `and` and `or`: where the other operand decides, this one does not matter.
APInt undecided(const Process& process, const Op& op, std::size_t operand, const APInt& bits) {
  const Op& other = process.ops[index(op.operands[1 - operand])];
  if (other.kind != OpKind::kConstant) {
    return bits;
  }
  return op.kind == OpKind::kAnd ? bits & other.constant : bits & ~other.constant;
}

// A constant's trailing zeros push the other operand's high bits out.
APInt of_product(const Process& process, const Op& op, std::size_t operand, const APInt& bits) {
  const Op& other = process.ops[index(op.operands[1 - operand])];
  const unsigned zeros = other.kind == OpKind::kConstant ? other.constant.countr_zero() : 0;
  return up_to_highest(bits).lshr(std::min(zeros, bits.getBitWidth()));
}

APInt of_shift(const Process& process, const Op& op, std::size_t operand, const APInt& bits) {
  const Op& amount = process.ops[index(op.operands[1])];
  if (operand != 0 || amount.kind != OpKind::kConstant) {
    return APInt::getAllOnes(bits.getBitWidth());
  }
  const unsigned width = bits.getBitWidth();
  const auto by = static_cast<unsigned>(amount.constant.getLimitedValue(width));
  APInt result = op.kind == OpKind::kShl ? bits.lshr(by) : bits.shl(by);
  if (op.kind == OpKind::kAShr && bits.getActiveBits() > width - by) {
    result.setBit(width - 1);  // copies of the sign
  }
  return result;
}

APInt of_concat(const Process& process, const Op& op, std::size_t operand, const APInt& bits) {
  unsigned low = 0;
  for (std::size_t i = operand + 1; i < op.operands.size(); ++i) {
    low += process.ops[index(op.operands[i])].width;
  }
  return bits.extractBits(process.ops[index(op.operands[operand])].width, low);
}

APInt of_sign_extension(unsigned width, const APInt& bits) {
  APInt result = bits.trunc(width);
  if (bits.getActiveBits() > width) {
    result.setBit(width - 1);
  }
  return result;
}

}  // namespace

APInt demanded_of_operand(const Process& process, const Op& op, std::size_t operand, const APInt& of_result) {
  const unsigned width = process.ops[index(op.operands[operand])].width;
  if (of_result.isZero()) {
    return APInt(width, 0);
  }
  switch (op.kind) {
    case OpKind::kAdd:
    case OpKind::kSub:
      return up_to_highest(of_result);
    case OpKind::kMul:
      return of_product(process, op, operand, of_result);
    case OpKind::kShl:
    case OpKind::kLShr:
    case OpKind::kAShr:
      return of_shift(process, op, operand, of_result);
    case OpKind::kAnd:
    case OpKind::kOr:
      return undecided(process, op, operand, of_result);
    case OpKind::kXor:
    case OpKind::kPhi:
      return of_result;
    case OpKind::kSelect:
      return operand == 0 ? APInt(1, 1) : of_result;
    case OpKind::kTrunc:
      return of_result.zext(width);
    case OpKind::kExtract:
      return of_result.zext(width).shl(op.low);
    case OpKind::kZExt:
      return of_result.trunc(width);
    case OpKind::kSExt:
      return of_sign_extension(width, of_result);
    case OpKind::kConcat:
      return of_concat(process, op, operand, of_result);
    case OpKind::kLoad:
    case OpKind::kStore: {
      const std::uint64_t depth = process.memories[index(op.memory)].depth;
      const auto bits = static_cast<unsigned>(std::bit_width(depth - 1));
      return operand == 0 ? APInt::getLowBitsSet(width, std::min(width, bits)) : APInt::getAllOnes(width);
    }
    default:
      return APInt::getAllOnes(width);
  }
}

std::vector<APInt> demanded_bits(const Process& process) {
  std::vector<APInt> demanded;
  demanded.reserve(process.ops.size());
  for (const Op& op : process.ops) {
    demanded.emplace_back(std::max(op.width, 1U), 0);
  }
  std::vector<OpId> work;
  const auto demand = [&](OpId id, const APInt& bits) {
    if (id != OpId::kNone && !bits.isSubsetOf(demanded[index(id)])) {
      demanded[index(id)] |= bits;
      work.push_back(id);
    }
  };
  for (const Block& block : process.blocks) {
    demand(block.terminator.condition, APInt(1, 1));
    for (const OpId id : block.ops) {
      if (has_side_effect(process.ops[index(id)].kind)) {
        // What it gives is demanded by who uses it; that it happens, always.
        const Op& op = process.ops[index(id)];
        demand(id, APInt::getOneBitSet(std::max(op.width, 1U), 0));
      }
    }
  }
  while (!work.empty()) {
    const OpId id = work.back();
    work.pop_back();
    const Op& op = process.ops[index(id)];
    for (std::size_t i = 0; i < op.operands.size(); ++i) {
      demand(op.operands[i], demanded_of_operand(process, op, i, demanded[index(id)]));
    }
    demand(op.predicate, APInt(1, 1));
  }
  return demanded;
}

}  // namespace sluice::hlsc
