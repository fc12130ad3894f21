// Which hardware carries what in a scheduled process: registers of values, memory ports, stream ports, states.
//
// Purpose: bind() decides, emit/ only writes it down. A value is a wire in the cycle in which it is ready. Beyond it:
//   - in a pipelined block a chain of delay registers, as long as its last use is away;
//   - elsewhere, and outside of its block, one register that is loaded when the value is ready and kept.
//   A phi is a register. Widening (zext, sext, a concat with constants) is repeated at each use, so that only the
//   narrow value is kept.
// Ownership: values; indices and ids are those of the process that was bound. Threading: none. Errors: a value that is
//   used before it is ready aborts (check_schedule() excludes it).
#pragma once

#include <string>
#include <vector>

#include "hls/compiler/ir/ir.hpp"
#include "hls/compiler/schedule/schedule.hpp"

namespace sluice::hlsc {

struct ValueBinding {
  BlockId block = BlockId::kNone;  // kNone: in no block (a constant, a scalar, dead)
  int ready = 0;                   // the block's cycle in which it is there first
  int update = 0;                  // a phi in a pipelined block: its register takes the next iteration's value after it
  int delays = 0;                  // length of the delay chain
  bool kept = false;               // has a register that is loaded in cycle `ready`
  bool used = false;
};

// Where a value is found in a cycle of a block.
enum class Place : std::uint8_t { kConstant, kScalar, kWire, kPhi, kDelay, kKept, kWidened };
struct Found {
  Place place = Place::kWire;
  int delay = 0;  // kDelay: 1 is the first register of the chain
};

// A point in time in a process: a cycle of a block. `leaving`: the clock edge at the end of its last cycle.
struct Moment {
  BlockId block = BlockId::kNone;
  int cycle = 0;
  bool leaving = false;
};

struct Access {
  OpId op = OpId::kNone;
  Moment when;
};

struct MemoryPortBinding {
  bool reads = false;
  bool writes = false;
  std::vector<Access> accesses;
};

struct MemoryBinding {
  std::vector<MemoryPortBinding> ports;  // empty: a register file, accessed without ports
  std::vector<Access> direct;            // of a register file, and reads that don't wait (latency 0)
};

struct StreamBinding {
  StreamId stream = StreamId::kNone;
  bool input = false;            // the process reads it
  std::vector<Access> accesses;  // reads and writes, also those that don't wait; not the questions empty and full
};

// What happens at the end of a block: a tree, because blocks without work take no cycle and are looked through.
struct Exit {
  enum class Kind : std::uint8_t { kReturn, kGo, kBranch };
  Kind kind = Kind::kReturn;
  BlockId from = BlockId::kNone;  // kGo: the predecessor by which phis of `to` choose
  BlockId to = BlockId::kNone;    // kGo
  OpId condition = OpId::kNone;   // kBranch
  std::vector<Exit> branches;     // kBranch: if true, if false
};

struct BlockBinding {
  bool skipped = false;  // takes no cycle and has no state
  bool pipelined = false;
  int cycles = 1;
  int ii = 1;
  int exit_cycle = 0;         // pipelined: when the loop's condition is known
  bool exit_if_true = false;  // pipelined: which value of the condition leaves
  Exit exit;                  // pipelined: of leaving the loop
  std::vector<Access> gates;  // pipelined: reads in cycle 0, without which no iteration starts
};

struct Binding {
  std::vector<ValueBinding> values;     // parallel to Process::ops
  std::vector<BlockBinding> blocks;     // parallel to Process::blocks
  std::vector<MemoryBinding> memories;  // parallel to Process::memories
  std::vector<StreamBinding> streams;   // those that the process uses, in the kernel's order

  [[nodiscard]] Found find(const Process& process, OpId value_id, const Moment& when) const;
};

[[nodiscard]] Binding bind(const Kernel& kernel, const Process& process, const ProcessSchedule& schedule);

// Which operand a widening adds constant bits or copies of its sign to; -1 of another operation.
[[nodiscard]] int widened_operand(const Process& process, const Op& op);

}  // namespace sluice::hlsc
