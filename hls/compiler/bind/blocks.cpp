#include "hls/compiler/bind/blocks.hpp"

#include <algorithm>

#include "hls/compiler/base/check.hpp"
#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

// A block without work takes no cycle: what enters it goes on to where it leads. Not the entry (values at the start are
// not latched yet), and not a block that leads to itself by such blocks only.
bool has_no_work(const Process& process, std::size_t block) {
  return block != 0 && !process.blocks[block].pipeline && std::ranges::all_of(process.blocks[block].ops, [&](OpId op) {
           return is_blockless(process.ops[index(op)].kind);
         });
}

class ExitTrees {
 public:
  ExitTrees(const Process& process, const std::vector<BlockBinding>& blocks) : process_(process), blocks_(blocks) {}

  Exit of_terminator(BlockId block) const {
    const Terminator& end = process_.blocks[index(block)].terminator;
    switch (end.kind) {
      case TerminatorKind::kReturn:
        return {};
      case TerminatorKind::kJump:
        return of_edge(block, end.if_true);
      case TerminatorKind::kBranch: {
        Exit exit;
        exit.kind = Exit::Kind::kBranch;
        exit.condition = end.condition;
        exit.branches = {of_edge(block, end.if_true), of_edge(block, end.if_false)};
        return exit;
      }
    }
    fail("no such terminator");
  }

  Exit of_edge(BlockId from, BlockId to) const {
    if (blocks_[index(to)].skipped) {
      return of_terminator(to);
    }
    Exit exit;
    exit.kind = Exit::Kind::kGo;
    exit.from = from;
    exit.to = to;
    return exit;
  }

 private:
  const Process& process_;
  const std::vector<BlockBinding>& blocks_;
};

// Marks the blocks that are skipped. In a cycle of blocks without work one stays, so that looking through ends; and a
// block stays where more than a few ways meet in a tree (each skipped branch doubles it).
void mark_skipped(const Process& process, std::vector<BlockBinding>& blocks) {
  constexpr int kMaxChain = 4;  // branches one behind the other
  std::vector<int> chain(blocks.size(), -1);
  // Depth first; a block on the stack is a cycle.
  const auto visit = [&](const auto& self, std::size_t block) -> int {
    if (!has_no_work(process, block)) {
      return 0;
    }
    if (chain[block] == -2) {
      return kMaxChain;
    }
    if (chain[block] >= 0) {
      return chain[block];
    }
    chain[block] = -2;
    int longest = 0;
    const std::vector<BlockId> next = successors(process.blocks[block]);
    for (const BlockId to : next) {
      longest = std::max(longest, self(self, index(to)));
    }
    longest += next.size() > 1 ? 1 : 0;
    blocks[block].skipped = longest < kMaxChain;
    chain[block] = blocks[block].skipped ? longest : 0;
    return chain[block];
  };
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    visit(visit, block);
  }
}

}  // namespace

std::size_t incoming_number(const Op& phi, BlockId from) {
  for (std::size_t i = 0; i < phi.incoming.size(); ++i) {
    if (phi.incoming[i] == from) {
      return i;
    }
  }
  fail("a phi has a value for each predecessor");
}

OpId incoming_value(const Op& phi, BlockId from) { return phi.operands[incoming_number(phi, from)]; }

OpId carried_value(const Op& phi, BlockId block) { return incoming_value(phi, block); }

std::vector<BlockBinding> bind_blocks(const Process& process, const ProcessSchedule& schedule) {
  std::vector<BlockBinding> blocks(process.blocks.size());
  mark_skipped(process, blocks);
  const ExitTrees trees(process, blocks);
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const Block& block = process.blocks[b];
    BlockBinding& bound = blocks[b];
    bound.pipelined = block.pipeline.has_value();
    bound.cycles = std::max(1, schedule.blocks[b].cycles);
    bound.ii = std::max(1, schedule.blocks[b].ii);
    const auto id = BlockId(static_cast<int>(b));
    if (!bound.pipelined) {
      bound.exit = trees.of_terminator(id);
      continue;
    }
    const Terminator& end = block.terminator;
    bound.exit_if_true = end.if_false == id;
    bound.exit = trees.of_edge(id, bound.exit_if_true ? end.if_true : end.if_false);
    const Op& condition = process.ops[index(end.condition)];
    const bool inside = std::ranges::find(block.ops, end.condition) != block.ops.end() && !is_blockless(condition.kind);
    const OpTime& time = schedule.ops[index(end.condition)];
    bound.exit_cycle = inside ? time.cycle + time.latency : 0;
    check(bound.exit_cycle < bound.ii, "a loop knows whether it ends before its next iteration starts");
  }
  return blocks;
}

}  // namespace sluice::hlsc
