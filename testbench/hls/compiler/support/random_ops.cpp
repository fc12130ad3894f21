#include "testbench/hls/compiler/support/random_ops.hpp"

#include <algorithm>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {

using llvm::APInt;

OpId RandomOps::append(Op op) {
  op.location = {.file = 0, .line = ++line_, .column = 1};
  const bool is_listed = !is_blockless(op.kind);
  process_.ops.push_back(std::move(op));
  const OpId id{static_cast<int>(process_.ops.size()) - 1};
  if (is_listed) {
    current().ops.push_back(id);
  }
  return id;
}

Op RandomOps::operation(OpKind kind, unsigned width, std::vector<OpId> operands) {
  Op op;
  op.kind = kind;
  op.width = width;
  op.operands = std::move(operands);
  return op;
}

OpId RandomOps::constant(const APInt& value) {
  Op op = operation(OpKind::kConstant, value.getBitWidth());
  op.constant = value;
  return append(std::move(op));
}

OpId RandomOps::adapt(OpId value, unsigned width) {
  const unsigned from = width_of(value);
  if (from == width) {
    return value;
  }
  if (from < width) {
    return append(operation(dice_.percent(50) ? OpKind::kZExt : OpKind::kSExt, width, {value}));
  }
  if (dice_.percent(50)) {
    return append(operation(OpKind::kTrunc, width, {value}));
  }
  Op op = operation(OpKind::kExtract, width, {value});
  op.low = static_cast<unsigned>(dice_.below(static_cast<int>(from - width) + 1));
  return append(std::move(op));
}

// Any value in scope, rather a recent one.
OpId RandomOps::any() {
  if (dice_.percent(10)) {
    return constant(dice_.bits(dice_.one_of(kWidths)));
  }
  const int size = static_cast<int>(scope_.size());
  const int back = dice_.percent(60) ? dice_.below(std::min(size, 6)) : dice_.below(size);
  return scope_[static_cast<std::size_t>(size - 1 - back)];
}

OpId RandomOps::bit() {
  const OpId x = any();
  static constexpr std::array kKinds = {OpKind::kEq,  OpKind::kNe,  OpKind::kUlt,
                                        OpKind::kSlt, OpKind::kUle, OpKind::kSle};
  const OpId y = dice_.percent(50) ? any(width_of(x)) : constant(dice_.bits(width_of(x)));
  return append(operation(dice_.one_of(kKinds), 1, {x, y}));
}

OpId RandomOps::negated(OpId bit) { return append(operation(OpKind::kXor, 1, {bit, constant(1, 1)})); }

void RandomOps::arithmetic() {
  static constexpr std::array kKinds = {OpKind::kAdd,  OpKind::kAdd,  OpKind::kSub,    OpKind::kMul,
                                        OpKind::kAnd,  OpKind::kOr,   OpKind::kXor,    OpKind::kShl,
                                        OpKind::kLShr, OpKind::kAShr, OpKind::kSelect, OpKind::kConcat,
                                        OpKind::kCtlz, OpKind::kCttz, OpKind::kCtpop,  OpKind::kEq};
  const OpKind kind = dice_.one_of(kKinds);
  const unsigned width = dice_.one_of(kWidths);
  switch (kind) {
    case OpKind::kSelect: {
      const OpId condition = bit();
      scope_.push_back(append(operation(kind, width, {condition, any(width), any(width)})));
      break;
    }
    case OpKind::kConcat: {
      const OpId high = any();
      const OpId low = any();
      if (width_of(high) + width_of(low) <= 128) {
        scope_.push_back(append(operation(kind, width_of(high) + width_of(low), {high, low})));
      }
      break;
    }
    case OpKind::kCtlz:
    case OpKind::kCttz:
    case OpKind::kCtpop:
      scope_.push_back(append(operation(kind, width, {any(width)})));
      break;
    case OpKind::kEq:
      scope_.push_back(bit());
      break;
    default: {
      const OpId x = any(width);
      const OpId y = dice_.percent(25) ? constant(dice_.bits(width)) : any(width);
      scope_.push_back(append(operation(kind, width, {x, y})));
    }
  }
}

// The value where `predicate` holds, else a constant: what was skipped has any value.
OpId RandomOps::guarded(OpId value, OpId predicate) {
  if (predicate == OpId::kNone) {
    return value;
  }
  const unsigned width = width_of(value);
  return append(operation(OpKind::kSelect, width, {predicate, value, constant(dice_.bits(width))}));
}

void RandomOps::read_stream(StreamId stream, bool may_skip) {
  Op op = operation(OpKind::kStreamRead, kernel_.streams[index(stream)].width);
  op.stream = stream;
  op.predicate = maybe_predicate(may_skip);
  const OpId predicate = op.predicate;
  scope_.push_back(guarded(append(std::move(op)), predicate));
}

void RandomOps::write_stream(StreamId stream, bool may_skip) {
  Op op = operation(OpKind::kStreamWrite, 0, {any(kernel_.streams[index(stream)].width)});
  op.stream = stream;
  op.predicate = maybe_predicate(may_skip);
  append(std::move(op));
}

void RandomOps::write_output(bool may_skip) {
  Op op = operation(OpKind::kScalarWrite, 0, {any(kernel_.outputs[0].width)});
  op.scalar = 0;
  op.predicate = maybe_predicate(may_skip);
  append(std::move(op));
}

// An address that is inside: of as many bits as the depth has, which is a power of two.
std::pair<OpId, std::optional<int>> RandomOps::address(std::uint64_t depth, OpId counter) {
  unsigned bits = 0;
  while ((std::uint64_t{1} << bits) < depth) {
    ++bits;
  }
  if (bits == 0) {
    return {constant(1, 0), 0};
  }
  if (counter != OpId::kNone && dice_.percent(60)) {
    const int offset = dice_.below(static_cast<int>(depth));
    const OpId low = append(operation(OpKind::kTrunc, bits, {counter}));
    return {append(operation(OpKind::kAdd, bits, {low, constant(bits, static_cast<std::uint64_t>(offset))})), offset};
  }
  if (dice_.percent(30)) {
    return {constant(bits, static_cast<std::uint64_t>(dice_.below(static_cast<int>(depth)))), std::nullopt};
  }
  return {any(bits), std::nullopt};
}

void RandomOps::access(bool is_store, OpId counter, OpId predicate) {
  const MemoryId id{dice_.below(static_cast<int>(process_.memories.size()))};
  const Memory& memory = process_.memories[index(id)];
  if (is_store && memory.kind == MemoryKind::kRom) {
    return;
  }
  const auto [where, offset] = address(memory.depth, counter);
  Op op = operation(is_store ? OpKind::kStore : OpKind::kLoad, is_store ? 0 : memory.width, {where});
  op.memory = id;
  op.predicate = predicate;
  if (is_store) {
    op.operands.push_back(any(memory.width));
  }
  const OpId done = append(std::move(op));
  accesses_.push_back({done, id, is_store, offset});
  if (!is_store) {
    scope_.push_back(guarded(done, predicate));
  }
}

void RandomOps::straight_ops(int count) {
  for (int op = 0; op < count; ++op) {
    one_op(OpId::kNone);
  }
}

void RandomOps::one_op(OpId counter) {
  const int what = dice_.below(100);
  if (what < 55) {
    arithmetic();
  } else if (what < 75) {
    access(what < 65, counter, maybe_predicate(true));
  } else if (what < 80) {  // both sides of a condition on one memory
    const OpId condition = bit();
    const OpId other = negated(condition);
    access(false, counter, condition);
    access(false, counter, other);
  } else if (what < 88) {
    if (!inputs_.empty()) {
      read_stream(dice_.one_of(inputs_), true);
    }
  } else if (what < 96) {
    write_stream(outputs_[0], true);
  } else if (may_write_output_) {
    write_output(true);
  }
}

}  // namespace sluice::hlsc
