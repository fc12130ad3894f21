// What a kernel computes, without time: the reference for lower/ (against the native program) and for emit/.
//
// Purpose: runs the processes one after the other, each until it returns or waits, until all have returned or nobody
// can
//   go on. Whatever ir.hpp calls 'any value' (a skipped load, a read beyond the depth, a memory never written) comes
//   from Input::any_seed: a kernel whose results change with the seed depends on what it must not. Blocking streams
//   make the result independent of the order (a Kahn network); where try_ and empty/full operations are used, it is one
//   of the possible results: an input stream has all its words from the start.
// Ownership: an Interpreter keeps a reference to the kernel and owns the contents of memories, which stay from run to
//   run as in hardware. Threading: none. Errors: the kernel has passed verify(); inputs of a wrong size are a failed
//   check.
#pragma once

#include <llvm/ADT/APInt.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

struct InterpreterInput {
  std::vector<std::vector<llvm::APInt>> streams{};  // parallel to Kernel::streams, of inputs the words; may be shorter
  std::vector<llvm::APInt> scalars{};               // parallel to Kernel::scalars
  std::vector<std::vector<llvm::APInt>> arrays{};   // parallel to Kernel::array_arguments; one absent has any contents
  bool are_depths_bounded = true;                   // internal streams hold their depth; else any number of words
  std::uint64_t max_steps = 100'000'000;            // operations, of all processes together
  std::uint64_t any_seed = 0;                       // 0: any value is 0
  // Whether every memory conflict between operations of a pipelined block is among its dependences.
  bool check_dependences = false;
};

enum class InterpreterEnd : std::uint8_t {
  kFinished,  // every process returned
  kWaiting,   // nobody can go on; the normal end of a kernel that runs again and again (Control::kNone)
  kStepLimit,
};

struct InterpreterResult {
  InterpreterEnd end = InterpreterEnd::kFinished;
  std::vector<std::vector<llvm::APInt>> streams;    // of outputs the words written, of others those left in them
  std::vector<std::optional<llvm::APInt>> outputs;  // the last value written, if any
  std::vector<std::vector<llvm::APInt>> arrays;     // contents afterwards
  std::string waiting;                              // who waits for what, a line a process; empty if kFinished
  std::optional<std::string> uncovered;             // the first conflict that no dependence lists, in words
  std::uint64_t steps = 0;
};

class Interpreter {
 public:
  explicit Interpreter(const Kernel& kernel);
  InterpreterResult run(const InterpreterInput& input);

 private:
  const Kernel& kernel_;
  std::vector<std::vector<std::vector<llvm::APInt>>> memories_;  // [process][memory][word]; empty: never touched
};

// A run from power-up.
[[nodiscard]] InterpreterResult interpret(const Kernel& kernel, const InterpreterInput& input);

}  // namespace sluice::hlsc
