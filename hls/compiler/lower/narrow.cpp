#include "hls/compiler/lower/narrow.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "hls/compiler/ir/known_bits.hpp"
#include "hls/compiler/ir/properties.hpp"
#include "hls/compiler/lower/rewrite.hpp"

namespace sluice::hlsc {
namespace {

constexpr std::size_t kMostSegments = 128;  // of a join or mask that becomes wires

class Narrower {
 public:
  explicit Narrower(Process& process) : process_(process), facts_(known_bits(process)), rewrite_(process) {}

  void run() {
    for (const Block& block : process_.blocks) {
      for (const OpId id : block.ops) {
        visit(id);
      }
    }
    finish_phis();
    rewrite_.finish();
  }

 private:
  const Op& op(OpId id) const { return rewrite_.op(id); }

  void visit(OpId id) {
    const Op it = op(id);  // a copy: the vector grows
    if (it.width == 0 || is_memory_access(it.kind) || is_stream_access(it.kind)) {
      return;
    }
    const ValueFacts& facts = facts_[index(id)];
    if (facts.bits.isConstant()) {
      rewrite_.replace(id, rewrite_.constant(facts.bits.getConstant()));
      return;
    }
    if (is_comparison(it.kind)) {
      compare(id);
      return;
    }
    const bool is_signed = facts.signed_width() < facts.unsigned_width();
    const unsigned width = std::max(1U, is_signed ? facts.signed_width() : facts.unsigned_width());
    const unsigned plain = std::max(1U, facts.unsigned_width());
    if (const std::optional<std::vector<OpId>> parts = as_wires(it, plain)) {
      OpId value = rewrite_.joined(*parts, id);
      if (plain < it.width) {
        Op wide = Rewrite::operation(OpKind::kZExt, it.width, it);
        wide.operands = {value};
        value = rewrite_.add(std::move(wide), id);
      }
      rewrite_.replace(id, value);
      return;
    }
    if (const std::optional<OpId> choice = choice_of_shifts(id)) {
      rewrite_.replace(id, *choice);
      return;
    }
    const unsigned zeros = is_arithmetic(it.kind) ? facts.bits.countMinTrailingZeros() : 0;
    const bool is_narrower = width < it.width && !(is_extension(it.kind) && width >= op(it.operands[0]).width);
    if (!is_narrower && zeros == 0 && !constant_shift(it)) {
      return;
    }
    OpId value = is_narrower || constant_shift(it) ? narrowed_operation(id, width) : id;
    if (zeros > 0) {
      value = rewrite_.with_zeros(rewrite_.part(value, zeros, width - zeros, id), zeros, id);
    }
    if (width < it.width) {
      Op wide = Rewrite::operation(is_signed ? OpKind::kSExt : OpKind::kZExt, it.width, it);
      wide.operands = {value};
      value = rewrite_.add(std::move(wide), id);
    }
    rewrite_.replace(id, value);
  }

  // Joins and masks are wires: where of each bit one operand at most can be other than 0, and a constant mask. The
  // parts of the lowest `width` bits, the most significant first; nothing where it is a real operation, or too many
  // parts.
  std::optional<std::vector<OpId>> as_wires(const Op& it, unsigned width) {
    if (it.operands.size() != 2) {
      return std::nullopt;
    }
    llvm::APInt from_left = ~facts_[index(it.operands[0])].bits.Zero;
    llvm::APInt from_right = ~facts_[index(it.operands[1])].bits.Zero;
    if (it.kind == OpKind::kAnd) {
      if (op(it.operands[1]).kind != OpKind::kConstant) {
        return std::nullopt;
      }
      from_left &= op(it.operands[1]).constant;
      from_right.clearAllBits();
    } else if ((it.kind != OpKind::kOr && it.kind != OpKind::kXor && it.kind != OpKind::kAdd) ||
               from_left.intersects(from_right)) {
      return std::nullopt;
    }
    struct Segment {
      std::size_t source;  // 2: zeros
      unsigned low, width;
    };
    std::vector<Segment> segments;
    for (unsigned bit = 0; bit < width; ++bit) {
      const std::size_t source = from_left[bit] ? 0 : from_right[bit] ? 1 : 2;
      if (segments.empty() || segments.back().source != source) {
        segments.push_back({source, bit, 0});
      }
      ++segments.back().width;
    }
    if (segments.size() > kMostSegments) {
      return std::nullopt;
    }
    std::vector<OpId> parts;
    for (std::size_t i = segments.size(); i-- > 0;) {
      const Segment& each = segments[i];
      if (each.source == 2) {
        parts.push_back(rewrite_.constant(llvm::APInt(each.width, 0)));
      } else {
        rewrite_.add_slices(it.operands[each.source], each.low, each.width, parts);
      }
    }
    return parts;
  }

  static bool is_arithmetic(OpKind kind) {
    return (kind >= OpKind::kAdd && kind <= OpKind::kXor) || kind == OpKind::kSelect;
  }

  // The lowest `width` bits of an operation, computed at that width where it can be.
  OpId narrowed_operation(OpId id, unsigned width) {
    Op narrow = op(id);
    narrow.width = width;
    switch (narrow.kind) {
      case OpKind::kAdd:
      case OpKind::kSub:
      case OpKind::kMul:
      case OpKind::kAnd:
      case OpKind::kOr:
      case OpKind::kXor:
        narrow.operands = {rewrite_.narrowed(narrow.operands[0], width), rewrite_.narrowed(narrow.operands[1], width)};
        return rewrite_.add(std::move(narrow), id);
      case OpKind::kSelect:
        narrow.operands = {narrow.operands[0], rewrite_.narrowed(narrow.operands[1], width),
                           rewrite_.narrowed(narrow.operands[2], width)};
        narrow.operands[0] = rewrite_.seen(narrow.operands[0]);
        return rewrite_.add(std::move(narrow), id);
      case OpKind::kPhi: {
        const OpId result = rewrite_.add(std::move(narrow), id);
        phis_.push_back(result);
        return result;
      }
      case OpKind::kZExt:
      case OpKind::kSExt:
      case OpKind::kTrunc:
        return rewrite_.narrowed(narrow.operands[0], width);
      case OpKind::kExtract:
        narrow.operands[0] = rewrite_.seen(narrow.operands[0]);
        return rewrite_.add(std::move(narrow), id);
      case OpKind::kShl:
        if (const auto by = constant_shift(narrow)) {
          return rewrite_.with_zeros(rewrite_.narrowed(narrow.operands[0], width - *by), *by, id);
        }
        break;
      case OpKind::kLShr:
      case OpKind::kAShr:
        if (const auto by = constant_shift(narrow)) {
          std::vector<OpId> parts;
          rewrite_.add_slices(narrow.operands[0], *by, width, parts);
          return rewrite_.joined(parts, id);
        }
        break;
      default:
        break;
    }
    return truncation(id, width);
  }

  // Of a shift by a constant, which moves the value but leaves something of it.
  [[nodiscard]] std::optional<unsigned> constant_shift(const Op& shift) const {
    if (shift.kind != OpKind::kShl && shift.kind != OpKind::kLShr && shift.kind != OpKind::kAShr) {
      return std::nullopt;
    }
    const Op& amount = op(shift.operands[1]);
    return amount.kind == OpKind::kConstant && !amount.constant.isZero() &&
                   amount.constant.ult(op(shift.operands[0]).width)
               ? std::optional(static_cast<unsigned>(amount.constant.getZExtValue()))
               : std::nullopt;
  }

  // A logical shift by one of two constants: both are wires.
  std::optional<OpId> choice_of_shifts(OpId id) {
    const Op it = op(id);  // a copy: the vector grows
    if (it.kind != OpKind::kShl && it.kind != OpKind::kLShr) {
      return std::nullopt;
    }
    const Op amount = op(it.operands[1]);
    const auto is_inside = [&](std::size_t i) {
      const Op& by = op(amount.operands[i]);
      return by.kind == OpKind::kConstant && by.constant.ult(it.width);
    };
    if (amount.kind != OpKind::kSelect || !is_inside(1) || !is_inside(2)) {
      return std::nullopt;
    }
    Op choice = Rewrite::operation(OpKind::kSelect, it.width, it);
    choice.operands = {rewrite_.seen(amount.operands[0]), shifted(id, amount.operands[1]),
                       shifted(id, amount.operands[2])};
    return rewrite_.add(std::move(choice), id);
  }

  OpId shifted(OpId id, OpId amount) {
    const Op it = op(id);  // a copy: the vector grows
    const auto by = static_cast<unsigned>(op(amount).constant.getZExtValue());
    const bool left = it.kind == OpKind::kShl;
    std::vector<OpId> parts;
    if (!left && by > 0) {
      parts.push_back(rewrite_.constant(llvm::APInt(by, 0)));
    }
    rewrite_.add_slices(it.operands[0], left ? 0 : by, it.width - by, parts);
    if (left && by > 0) {
      parts.push_back(rewrite_.constant(llvm::APInt(by, 0)));
    }
    return rewrite_.joined(parts, id);
  }

  OpId truncation(OpId id, unsigned width) {
    Op trunc = Rewrite::operation(OpKind::kTrunc, width, op(id));
    trunc.name = op(id).name;
    trunc.operands = {id};
    return rewrite_.add(std::move(trunc), id);
  }

  void compare(OpId id) {
    const OpId left = op(id).operands[0];
    const OpId right = op(id).operands[1];
    const ValueFacts& a = facts_[index(left)];
    const ValueFacts& b = facts_[index(right)];
    OpKind kind = op(id).kind;
    const unsigned as_unsigned = std::max({1U, a.unsigned_width(), b.unsigned_width()});
    const unsigned as_signed = std::max(a.signed_width(), b.signed_width());
    const unsigned full = op(left).width;
    unsigned width = full;
    if (kind == OpKind::kSlt || kind == OpKind::kSle) {
      width = as_signed;
      if (as_unsigned < full) {  // none is negative
        kind = kind == OpKind::kSlt ? OpKind::kUlt : OpKind::kUle;
        width = as_unsigned;
      }
    } else {
      width = kind == OpKind::kEq || kind == OpKind::kNe ? std::min(as_unsigned, as_signed) : as_unsigned;
    }
    if (compares_some_bits(id, kind, left, right)) {
      return;
    }
    if (width < full) {
      const OpId narrow_left = rewrite_.narrowed(left, width);
      const OpId narrow_right = rewrite_.narrowed(right, width);
      process_.ops[index(id)].kind = kind;
      process_.ops[index(id)].operands = {narrow_left, narrow_right};
    }
  }

  // Against 0 only the sign decides, against a power of two only the bits from there on: no carry is needed.
  bool compares_some_bits(OpId id, OpKind kind, OpId left, OpId right) {
    const bool has_constant_left = op(left).kind == OpKind::kConstant;
    if (kind == OpKind::kEq || kind == OpKind::kNe || has_constant_left == (op(right).kind == OpKind::kConstant)) {
      return false;
    }
    const OpId value = has_constant_left ? right : left;
    llvm::APInt least = op(has_constant_left ? left : right).constant;  // value < least, or not
    const bool is_signed = kind == OpKind::kSlt || kind == OpKind::kSle;
    const bool is_strict = kind == OpKind::kUlt || kind == OpKind::kSlt;
    if (has_constant_left == is_strict) {  // c < x and x <= c: against the next one
      if (is_signed ? least.isMaxSignedValue() : least.isAllOnes()) {
        return false;
      }
      ++least;
    }
    unsigned low = 0;
    unsigned high = op(value).width;
    if (is_signed && least.isZero()) {
      low = high - 1;
    } else if (!is_signed && least.isPowerOf2()) {
      low = least.logBase2();
      high = facts_[index(value)].unsigned_width();
    }
    if (low == 0 || low >= high) {
      return false;
    }
    std::vector<OpId> parts;
    rewrite_.add_slices(value, low, high - low, parts);
    const OpId bits = rewrite_.joined(parts, value);
    const OpId zero = rewrite_.constant(llvm::APInt(high - low, 0));
    // Unsigned bits of 0 are below a power of two, a sign of 1 is below 0.
    process_.ops[index(id)].kind = has_constant_left != is_signed ? OpKind::kNe : OpKind::kEq;
    process_.ops[index(id)].operands = {bits, zero};
    return true;
  }

  void finish_phis() {
    for (const OpId id : phis_) {
      std::vector<OpId> operands = op(id).operands;
      for (OpId& operand : operands) {
        operand = rewrite_.narrowed(operand, op(id).width);
      }
      process_.ops[index(id)].operands = std::move(operands);
    }
  }

  Process& process_;
  std::vector<ValueFacts> facts_;  // of the operations there were
  Rewrite rewrite_;
  std::vector<OpId> phis_;  // new ones, whose operands are still the old
};

}  // namespace

void narrow_operations(Process& process) { Narrower(process).run(); }

}  // namespace sluice::hlsc
