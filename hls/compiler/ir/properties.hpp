// Facts about operation kinds and memory kinds that every user of the IR needs: names, classes, numbers of operands.
//
// Ownership: static tables. Threading: none. Errors: a name that is none gives nullopt.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

// As the text form spells it: "add", "stream_read".
[[nodiscard]] std::string_view kind_name(OpKind kind);
[[nodiscard]] std::optional<OpKind> find_op_kind(std::string_view name);

// "registers", "lutram", "bram", "uram", "rom".
[[nodiscard]] std::string_view kind_name(MemoryKind kind);
[[nodiscard]] std::optional<MemoryKind> find_memory_kind(std::string_view name);

// Of kPhi and kConcat any number: -1.
[[nodiscard]] int num_operands(OpKind kind);

[[nodiscard]] constexpr bool is_memory_access(OpKind kind) { return kind == OpKind::kLoad || kind == OpKind::kStore; }
// On the reading end of a stream.
[[nodiscard]] constexpr bool is_stream_reading(OpKind kind) {
  return kind == OpKind::kStreamRead || kind == OpKind::kTryRead || kind == OpKind::kStreamEmpty;
}
// On the writing end.
[[nodiscard]] constexpr bool is_stream_writing(OpKind kind) {
  return kind == OpKind::kStreamWrite || kind == OpKind::kTryWrite || kind == OpKind::kStreamFull;
}
[[nodiscard]] constexpr bool is_stream_access(OpKind kind) {
  return is_stream_reading(kind) || is_stream_writing(kind);
}
// May change the stream; kStreamEmpty and kStreamFull only look.
[[nodiscard]] constexpr bool moves_word(OpKind kind) {
  return is_stream_access(kind) && kind != OpKind::kStreamEmpty && kind != OpKind::kStreamFull;
}
// Stops its process until the stream has a word or room.
[[nodiscard]] constexpr bool may_wait(OpKind kind) {
  return kind == OpKind::kStreamRead || kind == OpKind::kStreamWrite;
}
[[nodiscard]] constexpr bool is_comparison(OpKind kind) { return kind >= OpKind::kEq && kind <= OpKind::kSle; }
// The same number in more bits.
[[nodiscard]] constexpr bool is_extension(OpKind kind) { return kind == OpKind::kZExt || kind == OpKind::kSExt; }
// Hold for the whole process and are in no block's list.
[[nodiscard]] constexpr bool is_blockless(OpKind kind) { return kind == OpKind::kConstant || kind == OpKind::kScalar; }
[[nodiscard]] constexpr bool may_have_predicate(OpKind kind) {
  return is_memory_access(kind) || is_stream_access(kind) || kind == OpKind::kScalarWrite;
}
// Stays in its block's list even if nobody uses its result. A load may go; a read may not.
[[nodiscard]] constexpr bool has_side_effect(OpKind kind) {
  return kind == OpKind::kStore || kind == OpKind::kScalarWrite || moves_word(kind);
}

// "'acc' (line 12)", "add (line 12)", for messages.
[[nodiscard]] std::string describe(const Process& process, OpId op);

// blocks[index] -> indices of its predecessors, in order, each once.
[[nodiscard]] std::vector<std::vector<BlockId>> predecessors(const Process& process);

// Of a block's terminator, in order.
[[nodiscard]] std::vector<BlockId> successors(const Block& block);

// ops[index] -> the block whose list it is in, or kNone.
[[nodiscard]] std::vector<BlockId> blocks_of_ops(const Process& process);

}  // namespace sluice::hlsc
