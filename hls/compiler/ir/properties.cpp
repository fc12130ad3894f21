#include "hls/compiler/ir/properties.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "hls/compiler/base/check.hpp"

namespace sluice::hlsc {
namespace {

struct KindFacts {
  OpKind kind;
  std::string_view name;
  int operands;
};

// In the order of the enumeration.
constexpr std::array kKinds = {
    KindFacts{OpKind::kConstant, "const", 0},
    KindFacts{OpKind::kScalar, "scalar", 0},
    KindFacts{OpKind::kPhi, "phi", -1},
    KindFacts{OpKind::kAdd, "add", 2},
    KindFacts{OpKind::kSub, "sub", 2},
    KindFacts{OpKind::kMul, "mul", 2},
    KindFacts{OpKind::kAnd, "and", 2},
    KindFacts{OpKind::kOr, "or", 2},
    KindFacts{OpKind::kXor, "xor", 2},
    KindFacts{OpKind::kShl, "shl", 2},
    KindFacts{OpKind::kLShr, "lshr", 2},
    KindFacts{OpKind::kAShr, "ashr", 2},
    KindFacts{OpKind::kEq, "eq", 2},
    KindFacts{OpKind::kNe, "ne", 2},
    KindFacts{OpKind::kUlt, "ult", 2},
    KindFacts{OpKind::kUle, "ule", 2},
    KindFacts{OpKind::kSlt, "slt", 2},
    KindFacts{OpKind::kSle, "sle", 2},
    KindFacts{OpKind::kSelect, "select", 3},
    KindFacts{OpKind::kZExt, "zext", 1},
    KindFacts{OpKind::kSExt, "sext", 1},
    KindFacts{OpKind::kTrunc, "trunc", 1},
    KindFacts{OpKind::kConcat, "concat", -1},
    KindFacts{OpKind::kExtract, "extract", 1},
    KindFacts{OpKind::kCtlz, "ctlz", 1},
    KindFacts{OpKind::kCttz, "cttz", 1},
    KindFacts{OpKind::kCtpop, "ctpop", 1},
    KindFacts{OpKind::kUDiv, "udiv", 2},
    KindFacts{OpKind::kURem, "urem", 2},
    KindFacts{OpKind::kLoad, "load", 1},
    KindFacts{OpKind::kStore, "store", 2},
    KindFacts{OpKind::kStreamRead, "stream_read", 0},
    KindFacts{OpKind::kStreamWrite, "stream_write", 1},
    KindFacts{OpKind::kTryRead, "try_read", 0},
    KindFacts{OpKind::kTryWrite, "try_write", 1},
    KindFacts{OpKind::kStreamEmpty, "stream_empty", 0},
    KindFacts{OpKind::kStreamFull, "stream_full", 0},
    KindFacts{OpKind::kScalarWrite, "scalar_write", 1},
};

constexpr std::array<std::pair<MemoryKind, std::string_view>, 5> kMemoryKinds = {{
    {MemoryKind::kRegisters, "registers"},
    {MemoryKind::kLutRam, "lutram"},
    {MemoryKind::kBlockRam, "bram"},
    {MemoryKind::kUltraRam, "uram"},
    {MemoryKind::kRom, "rom"},
}};

const KindFacts& facts(OpKind kind) {
  const auto position = static_cast<std::size_t>(kind);
  check(position < kKinds.size() && kKinds[position].kind == kind, "the table of kinds is in their order");
  return kKinds[position];
}

}  // namespace

std::string_view kind_name(OpKind kind) { return facts(kind).name; }

int num_operands(OpKind kind) { return facts(kind).operands; }

std::optional<OpKind> find_op_kind(std::string_view name) {
  const auto found = std::ranges::find(kKinds, name, &KindFacts::name);
  return found == kKinds.end() ? std::nullopt : std::optional(found->kind);
}

std::string_view kind_name(MemoryKind kind) { return kMemoryKinds.at(static_cast<std::size_t>(kind)).second; }

std::optional<MemoryKind> find_memory_kind(std::string_view name) {
  for (const auto& [kind, text] : kMemoryKinds) {
    if (text == name) {
      return kind;
    }
  }
  return std::nullopt;
}

std::string describe(const Process& process, OpId op) {
  const Op& it = process.ops.at(index(op));
  std::string text = it.name.empty() ? std::string(kind_name(it.kind)) : "'" + it.name + "'";
  if (is_memory_access(it.kind) && it.memory != MemoryId::kNone) {
    text = std::string(kind_name(it.kind)) + " of '" + process.memories.at(index(it.memory)).name + "'";
  }
  if (it.location.line > 0) {
    text += " (line " + std::to_string(it.location.line) + ")";
  }
  return text;
}

std::vector<BlockId> successors(const Block& block) {
  const Terminator& end = block.terminator;
  switch (end.kind) {
    case TerminatorKind::kReturn:
      return {};
    case TerminatorKind::kJump:
      return {end.if_true};
    case TerminatorKind::kBranch:
      return {end.if_true, end.if_false};
  }
  fail("no such terminator");
}

std::vector<std::vector<BlockId>> predecessors(const Process& process) {
  std::vector<std::vector<BlockId>> result(process.blocks.size());
  for (std::size_t from = 0; from < process.blocks.size(); ++from) {
    for (const BlockId to : successors(process.blocks[from])) {
      std::vector<BlockId>& list = result.at(index(to));
      if (list.empty() || list.back() != BlockId(static_cast<int>(from))) {
        list.push_back(BlockId(static_cast<int>(from)));
      }
    }
  }
  return result;
}

std::vector<BlockId> blocks_of_ops(const Process& process) {
  std::vector<BlockId> result(process.ops.size(), BlockId::kNone);
  for (std::size_t block = 0; block < process.blocks.size(); ++block) {
    for (const OpId op : process.blocks[block].ops) {
      result.at(index(op)) = BlockId(static_cast<int>(block));
    }
  }
  return result;
}

}  // namespace sluice::hlsc
