#include "hls/compiler/mutate/known.hpp"

#include <algorithm>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

using llvm::APInt;

class Zeros {
 public:
  explicit Zeros(const Process& process) : process_(process) {}

  std::vector<APInt> run() {
    for (const Op& op : process_.ops) {
      const bool known = op.kind == OpKind::kConstant;
      zeros_.push_back(known ? ~op.constant : APInt(std::max(op.width, 1U), 0));
    }
    for (const Block& block : process_.blocks) {
      for (const OpId id : block.ops) {
        const Op& op = process_.ops[index(id)];
        if (op.width > 0 && !op.operands.empty()) {
          zeros_[index(id)] = of(op);
        }
      }
    }
    return std::move(zeros_);
  }

 private:
  const APInt& zeros(const Op& op, std::size_t operand) const { return zeros_[index(op.operands[operand])]; }

  APInt of(const Op& op) const {
    switch (op.kind) {
      case OpKind::kAnd:
        return zeros(op, 0) | zeros(op, 1);
      case OpKind::kOr:
      case OpKind::kXor:
        return zeros(op, 0) & zeros(op, 1);
      case OpKind::kSelect:
        return zeros(op, 1) & zeros(op, 2);
      case OpKind::kZExt: {
        const unsigned from = zeros(op, 0).getBitWidth();
        return zeros(op, 0).zext(op.width) | APInt::getBitsSetFrom(op.width, from);
      }
      case OpKind::kSExt:
        return zeros(op, 0).sext(op.width);  // the sign's copies are zero if it is
      case OpKind::kTrunc:
        return zeros(op, 0).trunc(op.width);
      case OpKind::kExtract:
        return zeros(op, 0).extractBits(op.width, op.low);
      case OpKind::kConcat:
        return concatenated(op);
      case OpKind::kShl:
      case OpKind::kLShr:
        return shifted(op);
      default:
        return APInt(op.width, 0);
    }
  }

  APInt concatenated(const Op& op) const {
    APInt result(op.width, 0);
    unsigned low = op.width;
    for (std::size_t i = 0; i < op.operands.size(); ++i) {
      low -= zeros(op, i).getBitWidth();
      result.insertBits(zeros(op, i), low);
    }
    return result;
  }

  APInt shifted(const Op& op) const {
    const Op& amount = process_.ops[index(op.operands[1])];
    if (amount.kind != OpKind::kConstant) {
      return APInt(op.width, 0);
    }
    const auto by = static_cast<unsigned>(amount.constant.getLimitedValue(op.width));
    return op.kind == OpKind::kShl ? zeros(op, 0).shl(by) | APInt::getLowBitsSet(op.width, by)
                                   : zeros(op, 0).lshr(by) | APInt::getHighBitsSet(op.width, by);
  }

  const Process& process_;
  std::vector<APInt> zeros_;
};

}  // namespace

std::vector<APInt> known_zeros(const Process& process) { return Zeros(process).run(); }

}  // namespace sluice::hlsc
