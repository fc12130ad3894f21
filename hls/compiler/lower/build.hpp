// Builds a process of the kernel IR from a lowered LLVM function.
//
// Purpose: the state of pass 18, used by build.cpp (control flow and plain instructions), build_calls.cpp (sluice.*
//   calls) and dependences.cpp (memory dependences of pipelined blocks).
// Ownership: refers to the function, its analyses and the process it fills. Threading: none. Errors: Lowering::error
// for
//   what no earlier pass refused; a value that should be gone is a failed check.
#pragma once

#include <llvm/IR/IntrinsicInst.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/loops.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {

class ProcessBuilder {
 public:
  ProcessBuilder(Lowering& lowering, const ProcessPlan& plan, Analyses& analyses, Process& process);
  void run();

 private:
  [[nodiscard]] std::vector<llvm::Value*> needed(llvm::Instruction& instruction) const;
  [[nodiscard]] bool keeps_predicate(const llvm::Instruction& load) const;
  template <typename Iterator>
  void find_live(Iterator begin, Iterator end);
  void start_block(llvm::BasicBlock& block);
  void start_loop(llvm::Loop& loop, std::optional<std::size_t> number, Block& block);

  OpId add(Op op, bool in_block = true);
  OpId constant(const llvm::APInt& value);
  OpId value(llvm::Value& value);
  OpId predicate(llvm::Value& condition);
  Op new_op(OpKind kind, const llvm::Instruction& instruction);

  void build(llvm::Instruction& instruction);
  void build_plain(llvm::Instruction& instruction);
  void build_comparison(llvm::ICmpInst& compare);
  void build_select(llvm::SelectInst& select);
  void build_intrinsic(llvm::IntrinsicInst& intrinsic);
  void build_call(llvm::CallInst& call, CallKind kind);
  void build_scalar(llvm::CallInst& call);
  void note_payload(const llvm::CallInst& call, Stream& stream);
  StreamId stream_of(llvm::CallInst& call);
  void finish_phis(llvm::BasicBlock& block);
  void finish_terminator(llvm::BasicBlock& block);
  void add_dependences(llvm::Loop& loop, Block& block);

  Lowering& lowering_;
  const ProcessPlan& plan_;
  Analyses& analyses_;
  Process& process_;
  BlockId current_ = BlockId::kNone;
  std::map<const llvm::BasicBlock*, BlockId> blocks_;
  std::map<const llvm::Value*, OpId> ops_;
  std::map<std::string, OpId> constants_;
  std::map<int, OpId> scalars_;  // by index into Kernel::scalars
  std::set<const llvm::Instruction*> live_;
  std::set<std::string> names_;  // of blocks
  std::vector<std::pair<llvm::BasicBlock*, llvm::Loop*>> pipelined_;
};

}  // namespace sluice::hlsc
