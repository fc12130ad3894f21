// The passes of lower/, in the order in which lower.cpp runs them; README.md says why in this order.
//
// Purpose: one function a pass; each .cpp's first comment says what it does. `function` is a process: the top, or one
//   of a DATAFLOW region.
// Ownership: they change the module and Lowering. Threading: none. Errors: Lowering::error; the caller stops after a
//   pass that failed.
#pragma once

#include "hls/compiler/lower/context.hpp"

namespace sluice::hlsc {

// Where a process' parameters come from. Parallel to the LLVM function's arguments.
struct ArgumentBinding {
  enum class Kind : std::uint8_t { kStream, kScalar, kOutput, kArray, kResult };
  Kind kind = Kind::kScalar;
  int parameter = -1;             // of Compiled::parameters
  int piece = 0;                  // kScalar: which of Parameter::llvm_arguments
  std::vector<StreamId> streams;  // kStream: one, or those of an array of streams
};

struct ProcessPlan {
  llvm::Function* function = nullptr;
  std::string name;
  llvm::DebugLoc location;
  std::vector<ArgumentBinding> arguments;
};

// Library functions whose calls normalise() drops.
[[nodiscard]] bool is_failed_assertion(const llvm::Function& function);
[[nodiscard]] bool is_output_function(const llvm::Function& function);

// Of the whole module.
void check_subset(Lowering& lowering);
void normalise(Lowering& lowering);
void restore_wide_integers(llvm::Module& module);  // part of normalise
void read_markers(Lowering& lowering);
void expand_streams(Lowering& lowering);
void mark_processes(Lowering& lowering);
void inline_calls(Lowering& lowering);
[[nodiscard]] std::vector<ProcessPlan> plan_processes(Lowering& lowering);

void connect_streams(Lowering& lowering);  // last

// Of a process.
void promote_pointers(llvm::Function& function);                           // part of inline_calls
void note_stream_directions(Lowering& lowering, const ProcessPlan& plan);  // while accesses are as in the source
void rewrite_arguments(Lowering& lowering, const ProcessPlan& plan);
void expand_copies(Lowering& lowering, llvm::Function& function);
void attach_objects(Lowering& lowering, llvm::Function& function);
void optimise_early(llvm::Function& function);
void optimise_between(llvm::Function& function);  // rounds of unrolling
void unroll_loops(Lowering& lowering, llvm::Function& function);
void flatten_loops(Lowering& lowering, llvm::Function& function);
void localise_statics(Lowering& lowering, llvm::Function& function);
void optimise_late(llvm::Function& function);
void optimise_values(llvm::Function& function);  // leaves the control flow as it is
void lower_memories(Lowering& lowering, const ProcessPlan& plan, Process& process);
void if_convert(Lowering& lowering, llvm::Function& function);
void merge_loads(llvm::Function& function);
void linearise_recurrences(llvm::Function& function, const Process& process);
void balance_chains(llvm::Function& function);
void expand_divisions(Lowering& lowering, llvm::Function& function);
void expand_intrinsics(Lowering& lowering, llvm::Function& function);
void merge_blocks(llvm::Function& function);
void build_process(Lowering& lowering, const ProcessPlan& plan, Process& process);
void drop_unused_memories(Process& process);
void lower_switches(llvm::Function& function);

}  // namespace sluice::hlsc
