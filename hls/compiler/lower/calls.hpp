// Calls that stand for a kernel's operations between the passes of lower/.
//
// Purpose: LLVM IR has no streams, ports or predicated accesses. They are calls of functions named "sluice.*" that the
//   passes write and build.cpp reads. All are inaccessible-memory-only, so that LLVM keeps their order and their number
//   but moves nothing else around them. A predicate is the first operand and an i1; true is 'always'.
//     read(i1, ptr stream) -> iW                write(i1, ptr stream, iW)
//     read_nb(i1, ptr stream) -> i(1+W)         write_nb(i1, ptr stream, iW) -> i1      ok in the highest bit
//     empty(i1, ptr stream) -> i1               full(i1, ptr stream) -> i1
//     depth(ptr stream, i32)
//     scalar(i32 scalar) -> iW                  output(i1, i32 output, iW)
//     load(i1, i32 memory, iL linear, iA address) -> iW     linear: the element's index in the array before it was
//     store(i1, i32 memory, iL linear, iA address, iW)      split into banks; only dependences look at it
//     unwritten(i32 output) -> iW               what an output argument held before the kernel wrote it: an error
//     loop(i32 directives)                      in the header of every loop of the source
//     object(i32 directives, ptr)               a pragma about an object, until inlining has shown which
// Ownership: functions belong to the module. Threading: none. Errors: none.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>

#include <cstdint>
#include <optional>

namespace sluice::hlsc {

enum class CallKind : std::uint8_t {
  kRead,
  kWrite,
  kReadNb,
  kWriteNb,
  kEmpty,
  kFull,
  kDepth,
  kScalar,
  kOutput,
  kLoad,
  kStore,
  kUnwritten,
  kLoop,
  kObject,
};

// On calls that move a word: the name of the stream function, for the payload's members.
inline constexpr const char* kPayloadMetadata = "sluice.payload";

// Nothing where the instruction is no such call.
[[nodiscard]] std::optional<CallKind> call_kind(const llvm::Instruction& instruction);

// Whether calls of this kind have a predicate.
[[nodiscard]] bool has_predicate(CallKind kind);

llvm::CallInst* create_call(llvm::IRBuilder<>& builder, CallKind kind, llvm::Type* result,
                            llvm::ArrayRef<llvm::Value*> operands);

}  // namespace sluice::hlsc
