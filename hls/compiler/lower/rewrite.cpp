#include "hls/compiler/lower/rewrite.hpp"

#include <algorithm>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {

Rewrite::Rewrite(Process& process)
    : process_(process), after_(process.ops.size()), replacements_(process.ops.size(), OpId::kNone) {}

void Rewrite::finish() {
  for (Block& block : process_.blocks) {
    insert_new(block);
  }
  auto& entry = process_.blocks.front().ops;
  entry.insert(entry.begin(), at_entry_.begin(), at_entry_.end());
  for (std::size_t i = 0; i < after_.size(); ++i) {  // new operations have the operands that they should
    replace_uses(process_.ops[i]);
  }
  for (Block& block : process_.blocks) {
    block.terminator.condition = seen(block.terminator.condition);
  }
  remove_unused();
}

void Rewrite::add_slices(OpId id, unsigned low, unsigned width, std::vector<OpId>& parts) {
  id = seen(id);
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

OpId Rewrite::joined(const std::vector<OpId>& parts, OpId behind) {
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

OpId Rewrite::part(OpId of, unsigned low, unsigned width, OpId behind) {
  Op extract = operation(OpKind::kExtract, width, op(of));
  extract.low = low;
  extract.operands = {of};
  return add(std::move(extract), behind);
}

OpId Rewrite::with_zeros(OpId high, unsigned zeros, OpId behind) {
  Op concat = operation(OpKind::kConcat, op(high).width + zeros, op(behind));
  concat.operands = {high, constant(llvm::APInt(zeros, 0))};
  return add(std::move(concat), behind);
}

OpId Rewrite::narrowed(OpId id, unsigned width) {
  const OpId from = seen(id);
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

OpId Rewrite::constant(llvm::APInt value) {
  Op op;
  op.width = value.getBitWidth();
  op.constant = std::move(value);
  process_.ops.push_back(std::move(op));
  return OpId(static_cast<int>(process_.ops.size()) - 1);
}

Op Rewrite::operation(OpKind kind, unsigned width, const Op& from) {
  Op result;
  result.kind = kind;
  result.width = width;
  result.location = from.location;
  return result;
}

OpId Rewrite::add(Op op, OpId behind) {
  process_.ops.push_back(std::move(op));
  const auto id = OpId(static_cast<int>(process_.ops.size()) - 1);
  origins_[id] = behind;
  (is_blockless(this->op(behind).kind) ? at_entry_ : after_[index(behind)]).push_back(id);
  return id;
}

// Behind its origin, a phi among the phis.
void Rewrite::insert_new(Block& block) {
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

void Rewrite::replace_uses(Op& user) {
  for (OpId& operand : user.operands) {
    operand = seen(operand);
  }
  user.predicate = seen(user.predicate);
  // An extension of an extension is one, where no sign is lost on the way.
  if (is_extension(user.kind)) {
    const Op& inner = op(user.operands[0]);
    if (inner.kind == OpKind::kZExt || inner.kind == user.kind) {
      user.kind = inner.kind;
      user.operands = inner.operands;
    }
  }
}

void Rewrite::remove_unused() {
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

}  // namespace sluice::hlsc
