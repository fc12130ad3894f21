// The kernel IR: what a kernel does, without C++, LLVM IR or hardware; docs/hls_design.md explains why it exists.
//
// Purpose: the contract between lower/ (which makes it from LLVM IR) and the back end (schedule/, emit/, report/), the
//   interpreter and the mutator. A kernel is processes that run at the same time, joined by streams. A process is a
//   control-flow graph of blocks of operations in SSA form on integers of any width; a pipelined loop is one block that
//   branches to itself. Memories are typed arrays with ports; what LLVM thinks of as bytes and pointers is gone.
// Ownership: values own everything; ids are indices into the owner's vectors and stay valid (nothing is erased, dead
//   operations leave their block's list). Threading: none. Errors: verify() (verify.hpp) says what is malformed.
#pragma once

#include <llvm/ADT/APInt.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::hlsc {

// A place in the source; line 0 is no place. Files are in Kernel::files.
struct Location {
  int file = 0;
  int line = 0;
  int column = 0;
};

// Indices, each into a vector of the process or kernel; -1 is none.
enum class OpId : int { kNone = -1 };
enum class BlockId : int { kNone = -1 };
enum class MemoryId : int { kNone = -1 };
enum class StreamId : int { kNone = -1 };

template <typename Id>
constexpr std::size_t index(Id id) {
  return static_cast<std::size_t>(id);
}

// Operands in brackets; every result and operand has a width of its own, and the rules of LLVM IR hold (both operands
// of an addition have the result's width).
enum class OpKind : std::uint8_t {
  kConstant,  // [] Op::constant; this and kScalar hold for the whole process and are in no block's list
  kScalar,    // [] the kernel's scalar argument Op::scalar, latched at start
  kPhi,       // [one an incoming block] Op::incoming names the blocks; first in its block
  kAdd,
  kSub,
  kMul,
  kAnd,
  kOr,
  kXor,
  kShl,   // [value, amount] all three of one width; an amount >= width gives 0
  kLShr,  // as kShl
  kAShr,  // as kShl; an amount >= width gives the sign
  kEq,    // comparisons: 1 bit
  kNe,
  kUlt,
  kUle,
  kSlt,
  kSle,
  kSelect,       // [1-bit condition, if true, if false]
  kZExt,         // [value]
  kSExt,         // [value]
  kTrunc,        // [value]
  kConcat,       // [most significant, ..., least significant]
  kExtract,      // [value] bits Op::low .. Op::low + width - 1
  kCtlz,         // [value] leading zeros; of 0 the width of the value; the result is as wide
  kCttz,         // [value]
  kCtpop,        // [value]
  kUDiv,         // [value, divisor] only with a constant divisor other than 0 may reach the scheduler, which
  kURem,         //   sees multiplications instead (lower/ rewrites them); listed for the interpreter's tests
  kLoad,         // [address] from Op::memory; an address beyond the depth reads anything
  kStore,        // [address, data] to Op::memory; width 0; beyond the depth it does nothing
  kStreamRead,   // [] from Op::stream; waits
  kStreamWrite,  // [data] to Op::stream; waits; width 0
  kTryRead,      // [] {1 bit: a word was there, word}; does not wait
  kTryWrite,     // [data] 1 bit: it was written; does not wait
  kStreamEmpty,  // [] 1 bit
  kStreamFull,   // [] 1 bit
  kScalarWrite,  // [data] the kernel's output scalar Op::scalar (a pointer argument or the return value); width 0
};

struct Op {
  OpKind kind = OpKind::kConstant;
  unsigned width = 0;  // bits of the result; 0: no result
  std::string name;    // from the source where it had one, else empty; not unique
  Location location;
  std::vector<OpId> operands;
  // Whether the operation happens: 1 bit; kNone is always. On kLoad, kStore, stream and scalar operations only; a
  // skipped load or read has any value.
  OpId predicate = OpId::kNone;

  llvm::APInt constant{1, 0};     // kConstant, of `width` bits
  std::vector<BlockId> incoming;  // kPhi, parallel to operands
  int scalar = -1;                // kScalar: index into Process::scalar_arguments; kScalarWrite: into Kernel::outputs
  unsigned low = 0;               // kExtract
  MemoryId memory = MemoryId::kNone;
  StreamId stream = StreamId::kNone;
};

enum class TerminatorKind : std::uint8_t { kReturn, kJump, kBranch };

struct Terminator {
  TerminatorKind kind = TerminatorKind::kReturn;
  OpId condition = OpId::kNone;       // kBranch
  BlockId if_true = BlockId::kNone;   // kJump, kBranch
  BlockId if_false = BlockId::kNone;  // kBranch
  Location location;
};

// That `to` must not overtake `from`, `distance` iterations later (0: in the same one, `from` is before `to` in order).
// Between operations on one memory in one pipelined block; a pair that is not listed is independent (proved, or
// asserted by DEPENDENCE). In other blocks the order of the list of operations holds for all operations on a memory.
enum class DependenceKind : std::uint8_t { kReadAfterWrite, kWriteAfterRead, kWriteAfterWrite };
struct MemoryDependence {
  DependenceKind kind = DependenceKind::kReadAfterWrite;
  OpId from = OpId::kNone;
  OpId to = OpId::kNone;
  int distance = 0;
};

// A loop of the source that became a pipelined block.
struct Pipeline {
  int target_ii = 1;
  bool may_be_larger = false;  // no II is asked for: the smallest that can be had, from target_ii on
  std::vector<MemoryDependence> dependences;
};

struct Block {
  std::string name;  // unique in its process; a loop's label or 'loop_LINE' where it is one
  Location location;
  std::vector<OpId> ops;  // in program order, phis first
  Terminator terminator;
  // Set for a pipelined loop: the terminator is then a kBranch with this block as one of its targets, and all other
  // predecessors are outside of the loop.
  std::optional<Pipeline> pipeline;
  // From constant bounds or LOOP_TRIPCOUNT, for the report; of the loop whose header this block is.
  std::optional<std::uint64_t> min_trips, max_trips;
  int loop_depth = 0;     // 0: in no loop
  std::string loop_name;  // of the innermost loop around; empty: none
};

enum class MemoryKind : std::uint8_t {
  kRegisters,  // any number of accesses a cycle; reads are combinational; free at a constant address
  kLutRam,     // read latency 1, as the two below: synchronous, read-first
  kBlockRam,
  kUltraRam,
  kRom,  // never written; contents given
};

// Access ports of one cycle. The default for memories is one read and one write port (simple dual port).
struct Ports {
  int read = 1;
  int write = 1;
  int read_write = 0;  // each may serve one read or one write
};

struct Memory {
  std::string name;  // unique in its process: array, array_field, array_1 (a bank)
  Location location;
  unsigned width = 0;
  std::uint64_t depth = 0;
  MemoryKind kind = MemoryKind::kBlockRam;
  Ports ports;
  // Value at power-up, `depth` words; absent: anything. A static array keeps its contents from call to call.
  std::optional<std::vector<llvm::APInt>> initial;
  bool is_static = false;  // registers of a static return to `initial` at reset; memories do not
  int external = -1;       // >= 0: an array argument, the memory is outside: index into Kernel::array_arguments
};

struct ScalarArgument {
  std::string name;
  unsigned width = 0;
  bool is_signed = false;
  int parameter = -1;  // which of the source's, counted from 0; -1: none, or not known
};

struct Process {
  std::string name;  // of the function, unique in the kernel
  Location location;
  std::vector<Op> ops;
  std::vector<Block> blocks;  // blocks[0] is the entry; it has no predecessors
  std::vector<Memory> memories;
  std::vector<int> scalar_arguments;  // indices into Kernel::scalars that it uses
};

enum class StreamDirection : std::uint8_t { kInput, kOutput, kInternal };

// A member of a stream's payload, for reports and benches: bits [low, low + width).
struct PayloadField {
  std::string name;  // path in the struct: "data", "tag[2]", "" for a scalar payload
  unsigned low = 0;
  unsigned width = 0;
  bool is_signed = false;
};

struct Stream {
  std::string name;  // unique in the kernel
  Location location;
  StreamDirection direction = StreamDirection::kInput;
  unsigned width = 0;  // sum of the payload's declared widths, first member lowest, no padding
  int depth = 2;       // words between the two processes; only kInternal
  std::vector<PayloadField> payload;
};

// How a dimension of an array argument is spread over banks, and which of them this is.
struct ArrayDimension {
  std::uint64_t count = 0;  // elements
  std::uint64_t banks = 1;
  std::uint64_t per_bank = 0;
  std::uint64_t bank = 0;
  bool is_cyclic = false;  // else blocks of per_bank elements
  bool operator==(const ArrayDimension&) const = default;
};

// An array that the kernel has a port to, or a bank or a member of one.
struct ArrayArgument {
  std::string name;
  unsigned width = 0;
  std::uint64_t depth = 0;
  int parameter = -1;                      // as ScalarArgument::parameter
  unsigned low = 0;                        // where the word is in the parameter's packed element
  std::vector<ArrayDimension> dimensions;  // row-major; none: word i is element i
};

enum class Control : std::uint8_t {
  kHandshake,  // ap_start, ap_done, ap_idle, ap_ready
  kNone,       // runs from reset, again and again
};

struct Kernel {
  std::string name;
  std::vector<std::string> files;  // paths as given to the compiler
  std::vector<Process> processes;  // one, or those of a DATAFLOW region: all start together
  std::vector<Stream> streams;
  std::vector<ScalarArgument> scalars;  // inputs
  std::vector<ScalarArgument> outputs;  // pointer or reference arguments and the return value ('return')
  std::vector<ArrayArgument> array_arguments;
  Control control = Control::kHandshake;
};

}  // namespace sluice::hlsc
