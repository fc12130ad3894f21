// The operations of random kernels: random_kernel.cpp puts them into blocks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hls/compiler/ir/ir.hpp"
#include "testbench/hls/compiler/support/dice.hpp"

namespace sluice::hlsc {

constexpr std::array<unsigned, 14> kWidths = {1, 2, 3, 7, 8, 12, 16, 17, 24, 32, 33, 48, 64, 100};

// An access of a pipelined block, for its dependences. `offset`: the address is the loop's counter plus that.
struct Access {
  OpId op;
  MemoryId memory;
  bool is_store;
  std::optional<int> offset;
};

class RandomOps {
 public:
  explicit RandomOps(std::uint64_t seed) : dice_(seed) {}

 protected:
  // Into the block at hand, if it is one for a block.
  OpId append(Op op);
  static Op operation(OpKind kind, unsigned width, std::vector<OpId> operands = {});
  OpId constant(const llvm::APInt& value);
  OpId constant(unsigned width, std::uint64_t value) { return constant(llvm::APInt(width, value)); }
  unsigned width_of(OpId id) const { return process_.ops[index(id)].width; }

  // Any value in scope, rather a recent one.
  OpId any();
  OpId any(unsigned width) { return adapt(any(), width); }
  OpId bit();
  OpId negated(OpId bit);

  void read_stream(StreamId stream, bool may_skip);
  void write_stream(StreamId stream, bool may_skip);
  void write_output(bool may_skip);
  void one_op(OpId counter);  // counter: of the loop at hand, or kNone
  void straight_ops(int count);

  Block& current() { return process_.blocks[index(block_)]; }

  Dice dice_;
  Kernel kernel_;
  Process process_;
  BlockId block_{0};
  std::vector<OpId> scope_;       // values that may be used here
  std::vector<Access> accesses_;  // of the pipelined block at hand
  std::vector<StreamId> inputs_;  // of the process at hand
  std::vector<StreamId> outputs_;
  std::vector<StreamId> links_;
  bool may_write_output_ = false;
  int line_ = 1;

 private:
  OpId adapt(OpId value, unsigned width);
  void arithmetic();
  OpId guarded(OpId value, OpId predicate);
  OpId maybe_predicate(bool may_have) { return may_have && dice_.percent(40) ? bit() : OpId::kNone; }
  std::pair<OpId, std::optional<int>> address(std::uint64_t depth, OpId counter);
  void access(bool is_store, OpId counter, OpId predicate);
};

}  // namespace sluice::hlsc
