#include "hls/compiler/ir/known_bits.hpp"

#include <llvm/Support/MathExtras.h>

#include <algorithm>
#include <optional>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

using llvm::KnownBits;

constexpr int kRounds = 8;  // then a phi that still changes is anything

ValueFacts unknown(unsigned width) { return {.bits = KnownBits(width)}; }

class KnownBitsFinder {
 public:
  explicit KnownBitsFinder(const Process& process) : process_(process), facts_(process.ops.size()) {}

  std::vector<ValueFacts> run() {
    for (std::size_t i = 0; i < process_.ops.size(); ++i) {
      const Op& op = process_.ops[i];
      if (op.kind == OpKind::kConstant) {
        facts_[i] = {.bits = KnownBits::makeConstant(op.constant), .sign_bits = op.constant.getNumSignBits()};
      } else if (op.kind == OpKind::kScalar) {
        facts_[i] = unknown(op.width);
      }
    }
    for (int round = 0; visit_all(round >= kRounds); ++round) {
    }
    std::vector<ValueFacts> result;
    result.reserve(facts_.size());
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      result.push_back(facts_[i].value_or(unknown(process_.ops[i].width)));
    }
    return result;
  }

 private:
  // Whether anything changed.
  bool visit_all(bool gives_up) {
    bool changed = false;
    for (const Block& block : process_.blocks) {
      for (const OpId id : block.ops) {
        changed |= visit(id, gives_up);
      }
    }
    return changed;
  }

  bool visit(OpId id, bool gives_up) {
    const Op& op = process_.ops[index(id)];
    if (op.width == 0) {
      return false;
    }
    std::optional<ValueFacts>& known = facts_[index(id)];
    std::optional<ValueFacts> now = op.kind == OpKind::kPhi ? phi(op) : compute(op);
    if (!now) {
      return false;
    }
    now->sign_bits = std::max(now->sign_bits, now->bits.countMinSignBits());
    if (!known) {
      known = now;
      return true;
    }
    const KnownBits bits = known->bits.intersectWith(now->bits);
    const unsigned sign_bits = std::min(known->sign_bits, now->sign_bits);
    if (bits == known->bits && sign_bits == known->sign_bits) {
      return false;
    }
    known = gives_up && op.kind == OpKind::kPhi ? given_up(op) : ValueFacts{.bits = bits, .sign_bits = sign_bits};
    return true;
  }

  [[nodiscard]] std::optional<ValueFacts> phi(const Op& op) const {
    std::optional<ValueFacts> result;
    for (std::size_t i = 0; i < op.operands.size(); ++i) {
      std::optional<ValueFacts> each = facts_[index(op.operands[i])];
      if (each) {
        each->bits.Zero.setBitsFrom(std::min(op.width, bound(op, i)));
        each->bits.One &= ~each->bits.Zero;
        result = meet(result, *each);
      }
    }
    return result;
  }

  // Of a counter, the width of what it is compared with before it comes round.
  [[nodiscard]] ValueFacts given_up(const Op& op) const {
    ValueFacts result = unknown(op.width);
    unsigned most = 0;
    for (std::size_t i = 0; i < op.operands.size(); ++i) {
      const Op& from = process_.ops[index(op.operands[i])];
      most = std::max(most, from.kind == OpKind::kConstant ? from.constant.getActiveBits() : bound(op, i));
    }
    result.bits.Zero.setBitsFrom(std::min(op.width, most));
    result.sign_bits = result.bits.countMinSignBits();
    return result;
  }

  // An operand of a phi has no more bits than this: it comes where it is below another value.
  [[nodiscard]] unsigned bound(const Op& phi, std::size_t operand) const {
    const Terminator& branch = process_.blocks[index(phi.incoming[operand])].terminator;
    if (branch.kind != TerminatorKind::kBranch || branch.if_true == branch.if_false) {
      return phi.width;
    }
    const Op& condition = process_.ops[index(branch.condition)];
    const bool is_below =
        condition.kind == OpKind::kUlt && condition.operands[0] == phi.operands[operand] && is_in(phi, branch.if_true);
    const std::optional<ValueFacts>& limit = is_below ? facts_[index(condition.operands[1])] : std::nullopt;
    return limit ? limit->unsigned_width() : phi.width;
  }

  [[nodiscard]] bool is_in(const Op& phi, BlockId block) const {
    const auto number = static_cast<std::size_t>(&phi - process_.ops.data());
    return std::ranges::find(process_.blocks[index(block)].ops, OpId(static_cast<int>(number))) !=
           process_.blocks[index(block)].ops.end();
  }

  // What holds for both.
  static ValueFacts meet(const std::optional<ValueFacts>& one, const ValueFacts& other) {
    return one ? ValueFacts{.bits = one->bits.intersectWith(other.bits),
                            .sign_bits = std::min(one->sign_bits, other.sign_bits)}
               : other;
  }

  // What holds for all of these of which anything is known to come.
  [[nodiscard]] std::optional<ValueFacts> meet(const std::vector<OpId>& operands) const {
    std::optional<ValueFacts> result;
    for (const OpId operand : operands) {
      const std::optional<ValueFacts>& each = facts_[index(operand)];
      if (!each) {
        continue;
      }
      result = meet(result, *each);
    }
    return result;
  }

  [[nodiscard]] std::optional<ValueFacts> compute(const Op& op) const {
    if (!std::ranges::all_of(op.operands, [&](OpId it) { return facts_[index(it)].has_value(); })) {
      return std::nullopt;
    }
    const auto at = [&](std::size_t i) -> const ValueFacts& { return *facts_[index(op.operands[i])]; };
    const unsigned width = op.width;
    switch (op.kind) {
      case OpKind::kAdd:
      case OpKind::kSub:
        return ValueFacts{
            .bits = KnownBits::computeForAddSub(op.kind == OpKind::kAdd, false, false, at(0).bits, at(1).bits),
            .sign_bits = std::max(std::min(at(0).sign_bits, at(1).sign_bits), 2U) - 1};
      case OpKind::kMul: {
        const unsigned both = at(0).signed_width() + at(1).signed_width();
        return ValueFacts{.bits = KnownBits::mul(at(0).bits, at(1).bits),
                          .sign_bits = both > width ? 1 : width - both + 1};
      }
      case OpKind::kAnd:
        return ValueFacts{.bits = at(0).bits & at(1).bits, .sign_bits = std::min(at(0).sign_bits, at(1).sign_bits)};
      case OpKind::kOr:
        return ValueFacts{.bits = at(0).bits | at(1).bits, .sign_bits = std::min(at(0).sign_bits, at(1).sign_bits)};
      case OpKind::kXor:
        return ValueFacts{.bits = at(0).bits ^ at(1).bits, .sign_bits = std::min(at(0).sign_bits, at(1).sign_bits)};
      case OpKind::kShl:
      case OpKind::kLShr:
      case OpKind::kAShr:
        return shifted(op.kind, at(0), at(1).bits);
      case OpKind::kSelect:
        return meet({op.operands[1], op.operands[2]});
      case OpKind::kZExt:
        return ValueFacts{.bits = at(0).bits.zext(width)};
      case OpKind::kSExt:
        return ValueFacts{.bits = at(0).bits.sext(width),
                          .sign_bits = at(0).sign_bits + width - at(0).bits.getBitWidth()};
      case OpKind::kTrunc:
        return part(at(0), 0, width);
      case OpKind::kExtract:
        return part(at(0), op.low, width);
      case OpKind::kConcat:
        return joined(op);
      case OpKind::kCtlz:
      case OpKind::kCttz:
      case OpKind::kCtpop: {
        ValueFacts result = unknown(width);
        const unsigned most = llvm::Log2_32(width) + 1;  // bits of a count up to `width`
        if (most < width) {
          result.bits.Zero.setBitsFrom(most);
        }
        return result;
      }
      default:
        return unknown(width);
    }
  }

  // An amount of the width or more gives 0 (or the sign) here and poison in LLVM: only constants are looked at closely.
  static ValueFacts shifted(OpKind kind, const ValueFacts& value, const KnownBits& amount) {
    const unsigned width = value.bits.getBitWidth();
    ValueFacts result = unknown(width);
    if (!amount.isConstant()) {
      if (kind == OpKind::kShl) {
        result.bits.Zero.setLowBits(value.bits.countMinTrailingZeros());
      } else if (kind == OpKind::kLShr) {
        result.bits.Zero.setHighBits(value.bits.countMinLeadingZeros());
      } else {
        result.sign_bits = value.sign_bits;
        result.bits.Zero.setHighBits(value.bits.countMinLeadingZeros());
      }
      return result;
    }
    const auto by = static_cast<unsigned>(amount.getConstant().getLimitedValue(width));
    if (kind == OpKind::kShl) {
      result.bits.Zero = value.bits.Zero.shl(by);
      result.bits.Zero.setLowBits(by);
      result.bits.One = value.bits.One.shl(by);
      result.sign_bits = value.sign_bits > by ? value.sign_bits - by : 1;
    } else if (kind == OpKind::kLShr) {
      result.bits.Zero = value.bits.Zero.lshr(by);
      result.bits.Zero.setHighBits(by);
      result.bits.One = value.bits.One.lshr(by);
    } else {
      result.bits.Zero = value.bits.Zero.ashr(by);
      result.bits.One = value.bits.One.ashr(by);
      result.sign_bits = std::min(width, value.sign_bits + by);
    }
    return result;
  }

  static ValueFacts part(const ValueFacts& value, unsigned low, unsigned width) {
    const unsigned lost = value.bits.getBitWidth() - low - width;
    return {.bits = value.bits.extractBits(width, low),
            .sign_bits = value.sign_bits > lost ? std::min(value.sign_bits - lost, width) : 1};
  }

  [[nodiscard]] ValueFacts joined(const Op& op) const {
    ValueFacts result = unknown(op.width);
    unsigned low = op.width;
    for (const OpId operand : op.operands) {
      const KnownBits& bits = facts_[index(operand)]->bits;
      low -= bits.getBitWidth();
      result.bits.insertBits(bits, low);
    }
    return result;
  }

  const Process& process_;
  std::vector<std::optional<ValueFacts>> facts_;  // nothing: not known to be reached
};

}  // namespace

std::vector<ValueFacts> known_bits(const Process& process) { return KnownBitsFinder(process).run(); }

}  // namespace sluice::hlsc
