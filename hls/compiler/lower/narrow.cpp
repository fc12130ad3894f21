#include "hls/compiler/lower/narrow.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "hls/compiler/ir/known_bits.hpp"
#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

constexpr std::size_t kMostSegments = 128;  // of a join or mask that becomes wires

class Narrower {
 public:
  explicit Narrower(Process& process)
      : process_(process),
        facts_(known_bits(process)),
        after_(process.ops.size()),
        replacements_(process.ops.size(), OpId::kNone) {}

  void run() {
    for (Block& block : process_.blocks) {
      for (const OpId id : block.ops) {
        visit(id);
      }
    }
    finish_phis();
    for (Block& block : process_.blocks) {
      insert_new(block);
    }
    auto& entry = process_.blocks.front().ops;
    entry.insert(entry.begin(), at_entry_.begin(), at_entry_.end());
    for (std::size_t i = 0; i < facts_.size(); ++i) {  // new operations read what they should, some the replaced value
      replace_uses(process_.ops[i]);
    }
    for (Block& block : process_.blocks) {
      replace(block.terminator.condition);
    }
    remove_unused();
  }

 private:
  const Op& op(OpId id) const { return process_.ops[index(id)]; }
  bool is_old(OpId id) const { return index(id) < facts_.size(); }

  void visit(OpId id) {
    const Op it = op(id);  // a copy: the vector grows
    if (it.width == 0 || is_memory_access(it.kind) || is_stream_access(it.kind)) {
      return;
    }
    const ValueFacts& facts = facts_[index(id)];
    if (facts.bits.isConstant()) {
      replacements_[index(id)] = constant(facts.bits.getConstant());
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
      OpId value = joined(*parts, id);
      if (plain < it.width) {
        Op wide = operation(OpKind::kZExt, it.width, it);
        wide.operands = {value};
        value = add(std::move(wide), id);
      }
      replacements_[index(id)] = value;
      return;
    }
    const unsigned zeros = is_arithmetic(it.kind) ? facts.bits.countMinTrailingZeros() : 0;
    const bool is_narrower = width < it.width && !(is_extension(it.kind) && width >= op(it.operands[0]).width);
    if (!is_narrower && zeros == 0 && !constant_shift(it)) {
      return;
    }
    OpId value = is_narrower || constant_shift(it) ? narrowed_operation(id, width) : id;
    if (zeros > 0) {
      value = with_zeros(part(value, zeros, width - zeros, id), zeros, id);
    }
    if (width < it.width) {
      Op wide = operation(is_signed ? OpKind::kSExt : OpKind::kZExt, it.width, it);
      wide.operands = {value};
      value = add(std::move(wide), id);
    }
    replacements_[index(id)] = value;
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
        parts.push_back(constant(llvm::APInt(each.width, 0)));
      } else {
        add_slices(it.operands[each.source], each.low, each.width, parts);
      }
    }
    return parts;
  }

  // Bits of a value as parts of what it is joined from, the most significant first.
  void add_slices(OpId id, unsigned low, unsigned width, std::vector<OpId>& parts) {
    replace(id);
    const Op it = op(id);  // a copy: the vector grows
    switch (it.kind) {
      case OpKind::kConstant:
        parts.push_back(constant(it.constant.extractBits(width, low)));
        return;
      case OpKind::kTrunc:
      case OpKind::kExtract:
        if (!is_old(id) && is_replaced(it.operands[0])) {
          break;  // it is what replaces its operand
        }
        add_slices(it.operands[0], low + (it.kind == OpKind::kExtract ? it.low : 0), width, parts);
        return;
      case OpKind::kZExt:
      case OpKind::kSExt: {
        const unsigned inside = op(it.operands[0]).width;
        const unsigned kept = low < inside ? std::min(width, inside - low) : 0;
        if (kept < width && it.kind == OpKind::kSExt) {
          break;
        }
        if (kept < width) {
          parts.push_back(constant(llvm::APInt(width - kept, 0)));
        }
        if (kept > 0) {
          add_slices(it.operands[0], low, kept, parts);
        }
        return;
      }
      case OpKind::kConcat: {
        unsigned begin = it.width;
        for (const OpId operand : it.operands) {
          const unsigned end = begin;  // the operand's bits are [begin, end)
          begin -= op(operand).width;
          const unsigned first = std::max(begin, low);
          const unsigned last = std::min(end, low + width);
          if (first < last) {
            add_slices(operand, first - begin, last - first, parts);
          }
        }
        return;
      }
      default:
        break;
    }
    parts.push_back(width == it.width ? id : part(id, low, width, origin(id)));
  }

  OpId joined(const std::vector<OpId>& parts, OpId behind) {
    if (parts.size() == 1) {
      return parts[0];
    }
    Op concat = operation(OpKind::kConcat, 0, op(behind));
    concat.name = op(behind).name;
    for (const OpId each : parts) {
      concat.width += op(each).width;
    }
    concat.operands = parts;
    return add(std::move(concat), behind);
  }

  static bool is_arithmetic(OpKind kind) {
    return (kind >= OpKind::kAdd && kind <= OpKind::kXor) || kind == OpKind::kSelect;
  }
  static bool is_extension(OpKind kind) { return kind == OpKind::kZExt || kind == OpKind::kSExt; }

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
        narrow.operands = {narrowed(narrow.operands[0], width), narrowed(narrow.operands[1], width)};
        return add(std::move(narrow), id);
      case OpKind::kSelect:
        narrow.operands = {narrow.operands[0], narrowed(narrow.operands[1], width),
                           narrowed(narrow.operands[2], width)};
        replace(narrow.operands[0]);
        return add(std::move(narrow), id);
      case OpKind::kPhi: {
        const OpId result = add(std::move(narrow), id);
        phis_.push_back(result);
        return result;
      }
      case OpKind::kZExt:
      case OpKind::kSExt:
      case OpKind::kTrunc:
        return narrowed(narrow.operands[0], width);
      case OpKind::kExtract:
        replace(narrow.operands[0]);
        return add(std::move(narrow), id);
      case OpKind::kShl:
        if (const auto by = constant_shift(narrow)) {
          return with_zeros(narrowed(narrow.operands[0], width - *by), *by, id);
        }
        break;
      case OpKind::kLShr:
        if (const auto by = constant_shift(narrow)) {
          narrow.kind = OpKind::kExtract;
          narrow.low = *by;
          narrow.operands.resize(1);
          replace(narrow.operands[0]);
          return add(std::move(narrow), id);
        }
        break;
      default:
        break;
    }
    return truncation(id, width);
  }

  // Of a shift to the left or, logically, to the right by a constant, which moves the value but leaves something of it.
  [[nodiscard]] std::optional<unsigned> constant_shift(const Op& shift) const {
    if (shift.kind != OpKind::kShl && shift.kind != OpKind::kLShr) {
      return std::nullopt;
    }
    const Op& amount = op(shift.operands[1]);
    return amount.kind == OpKind::kConstant && !amount.constant.isZero() &&
                   amount.constant.ult(op(shift.operands[0]).width)
               ? std::optional(static_cast<unsigned>(amount.constant.getZExtValue()))
               : std::nullopt;
  }

  OpId part(OpId of, unsigned low, unsigned width, OpId behind) {
    Op extract = operation(OpKind::kExtract, width, op(of));
    extract.low = low;
    extract.operands = {of};
    return add(std::move(extract), behind);
  }

  OpId with_zeros(OpId high, unsigned zeros, OpId behind) {
    Op concat = operation(OpKind::kConcat, op(high).width + zeros, op(behind));
    concat.operands = {high, constant(llvm::APInt(zeros, 0))};
    return add(std::move(concat), behind);
  }

  OpId truncation(OpId id, unsigned width) {
    Op trunc = operation(OpKind::kTrunc, width, op(id));
    trunc.name = op(id).name;
    trunc.operands = {id};
    return add(std::move(trunc), id);
  }

  // A value at another width, for users that look at that many bits only; made once, right behind the value.
  OpId narrowed(OpId id, unsigned width) {
    OpId from = id;
    replace(from);
    const Op& it = op(from);
    if (it.width == width) {
      return from;
    }
    if (it.kind == OpKind::kConstant) {
      return constant(it.constant.trunc(width));
    }
    const auto known = narrowed_.find({from, width});
    if (known != narrowed_.end()) {
      return known->second;
    }
    OpId result = OpId::kNone;
    if (is_extension(it.kind)) {
      const OpId source = it.operands[0];
      if (width <= op(source).width) {
        result = narrowed(source, width);
      } else {
        Op extension = operation(it.kind, width, it);
        extension.operands = {source};
        result = add(std::move(extension), origin(from));
      }
    } else {
      Op trunc = operation(OpKind::kTrunc, width, it);
      trunc.name = it.name;
      trunc.operands = {from};
      result = add(std::move(trunc), origin(from));
    }
    narrowed_[{from, width}] = result;
    return result;
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
      const OpId narrow_left = narrowed(left, width);
      const OpId narrow_right = narrowed(right, width);
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
    add_slices(value, low, high - low, parts);
    const OpId bits = joined(parts, value);
    const OpId zero = constant(llvm::APInt(high - low, 0));
    // Unsigned bits of 0 are below a power of two, a sign of 1 is below 0.
    process_.ops[index(id)].kind = has_constant_left != is_signed ? OpKind::kNe : OpKind::kEq;
    process_.ops[index(id)].operands = {bits, zero};
    return true;
  }

  void finish_phis() {
    for (const OpId id : phis_) {
      std::vector<OpId> operands = op(id).operands;
      for (OpId& operand : operands) {
        operand = narrowed(operand, op(id).width);
      }
      process_.ops[index(id)].operands = std::move(operands);
    }
  }

  OpId constant(llvm::APInt value) {
    Op op;
    op.width = value.getBitWidth();
    op.constant = std::move(value);
    process_.ops.push_back(std::move(op));
    return OpId(static_cast<int>(process_.ops.size()) - 1);
  }

  // Of the same place in the source as another.
  static Op operation(OpKind kind, unsigned width, const Op& from) {
    Op result;
    result.kind = kind;
    result.width = width;
    result.location = from.location;
    return result;
  }

  // The operation of the source behind which a new one stands.
  OpId origin(OpId id) const { return is_old(id) ? id : origins_.at(id); }

  OpId add(Op op, OpId behind) {
    process_.ops.push_back(std::move(op));
    const auto id = OpId(static_cast<int>(process_.ops.size()) - 1);
    origins_[id] = behind;
    (is_blockless(this->op(behind).kind) ? at_entry_ : after_[index(behind)]).push_back(id);
    return id;
  }

  // Behind its origin, a phi among the phis.
  void insert_new(Block& block) {
    std::vector<OpId> ops;
    std::vector<OpId> behind_phis;
    for (const OpId id : block.ops) {
      if (op(id).kind != OpKind::kPhi) {
        ops.insert(ops.end(), behind_phis.begin(), behind_phis.end());
        behind_phis.clear();
      }
      ops.push_back(id);
      for (const OpId more : after_[index(id)]) {
        (op(id).kind == OpKind::kPhi && op(more).kind != OpKind::kPhi ? behind_phis : ops).push_back(more);
      }
    }
    ops.insert(ops.end(), behind_phis.begin(), behind_phis.end());
    block.ops = std::move(ops);
  }

  bool is_replaced(OpId id) const { return is_old(id) && replacements_[index(id)] != OpId::kNone; }

  void replace(OpId& use) const {
    if (use != OpId::kNone && is_replaced(use)) {
      use = replacements_[index(use)];
    }
  }

  void replace_uses(Op& user) {
    for (OpId& operand : user.operands) {
      replace(operand);
    }
    replace(user.predicate);
    // An extension of an extension is one, where no sign is lost on the way.
    if (is_extension(user.kind)) {
      const Op& inner = op(user.operands[0]);
      if (inner.kind == OpKind::kZExt || inner.kind == user.kind) {
        user.kind = inner.kind;
        user.operands = inner.operands;
      }
    }
  }

  void remove_unused() {
    std::vector<bool> used(process_.ops.size());
    std::vector<OpId> to_visit;
    const auto use = [&](OpId id) {
      if (id != OpId::kNone && !used[index(id)]) {
        used[index(id)] = true;
        to_visit.push_back(id);
      }
    };
    for (const Block& block : process_.blocks) {
      use(block.terminator.condition);
      for (const OpId id : block.ops) {
        if (has_side_effect(op(id).kind) || is_memory_access(op(id).kind) || is_stream_access(op(id).kind)) {
          use(id);
        }
      }
    }
    while (!to_visit.empty()) {
      const Op& it = op(to_visit.back());
      to_visit.pop_back();
      std::ranges::for_each(it.operands, use);
      use(it.predicate);
    }
    for (Block& block : process_.blocks) {
      std::erase_if(block.ops, [&](OpId id) { return !used[index(id)]; });
    }
  }

  Process& process_;
  std::vector<ValueFacts> facts_;                       // of the operations there were
  std::vector<std::vector<OpId>> after_;                // new ones, parallel to facts_
  std::vector<OpId> at_entry_;                          // new ones behind scalars
  std::vector<OpId> replacements_;                      // what users see instead, parallel to facts_
  std::vector<OpId> phis_;                              // new ones, whose operands are still the old
  std::map<OpId, OpId> origins_;                        // of new ones
  std::map<std::pair<OpId, unsigned>, OpId> narrowed_;  // of a value at a width
};

}  // namespace

void narrow_operations(Process& process) { Narrower(process).run(); }

}  // namespace sluice::hlsc
