// The text of one process's module while it is made: what the writers of its parts share.
//
// Purpose: ProcessText knows the names of everything that holds a value or a state and how to read it at a moment; the
//   writers (data_path, storage, streams, control) add lines to its sections; emit_process() puts these in order.
// Ownership: refers to the kernel, schedule, options and names, which outlive it. Threading: none. Errors: none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hls/compiler/bind/binding.hpp"
#include "hls/compiler/emit/emit.hpp"
#include "hls/compiler/emit/ports.hpp"
#include "hls/compiler/emit/text.hpp"

namespace sluice::hlsc {

struct BlockNames {
  std::vector<std::string> states;  // one a cycle; one for a pipelined block
  // Of a pipelined block: which of its cycles hold an iteration (a vector), and whether one starts, more shall start,
  // the last one is known, the block is left; the counter of an iteration's distance (ii > 1).
  std::string active, issue, run, exit, leave, slot, valid;
};

// An operation as an expression writes it: the kernel's, or a mutant's.
struct Written {
  const Op& op;
  Moment when;
  std::string base;              // of helping wires' names
  const Patch* patch = nullptr;  // of an operand
};

struct MemoryNames {
  std::string storage;         // the array, or a register file's vector; empty where it is outside
  std::vector<std::string> q;  // of each port that reads: what it read last
};

class ProcessText {
 public:
  ProcessText(const Kernel& kernel, std::size_t process, const Schedule& schedule, const EmitOptions& options,
              const PortNames& ports);

  const Kernel& kernel;
  const Process& process;
  const ProcessSchedule& schedule;
  const EmitOptions& options;
  const PortNames& ports;
  std::size_t number;  // of the process
  Binding binding;
  Signals signals;
  std::vector<BlockNames> blocks;
  std::vector<MemoryNames> memory_names;
  std::string idle_state;
  unsigned state_width = 1;

  // Sections of the module, in this order.
  std::vector<std::string> port_list;
  std::string declarations;
  std::string logic;  // wires and assignments
  std::string data;   // statements of the registers without reset, under the clock enable
  std::string memories;
  std::string control;  // statements of the registers with reset, under the clock enable
  std::string reset;    // statements of the reset
  std::string start;    // statements at the start, beside the first state's

  const Op& op(OpId id) const { return process.ops[index(id)]; }
  Moment moment(OpId id) const;  // when its operands are read

  // Text that reads a value at a moment: whole, or some of its bits.
  std::string value(OpId id, const Moment& when);
  std::string bits(OpId id, const Moment& when, unsigned low, unsigned width);
  std::string widened(OpId id, const Moment& when);  // from its operands at that moment
  std::string operand(const Written& written, std::size_t number);
  // Whether the process is at this moment; whether an access happens there (its predicate holds too).
  std::string at(const Moment& when);
  std::string happens(const Access& access);
  // As above, with the mutants of: an operand of an access or a phi; an access's predicate ("" if it always happens);
  // a branch's condition; an operation's value, of which `original` is the text; a register file's contents.
  std::string patched_operand(OpId id, std::size_t number, const Moment& when);
  std::string patched_bits(OpId id, std::size_t number, const Moment& when, unsigned width);  // the lowest
  std::string predicate(OpId id, const Moment& when);
  std::string condition(OpId id, const Moment& when);
  std::string mutated_value(OpId id, const Moment& when, const std::string& original);
  [[nodiscard]] bool is_joined_otherwise(OpId id) const;  // a mutant changes this concat
  std::string mutated_contents(MemoryId memory, const llvm::APInt& contents);
  std::string mutated_element(OpId load, std::uint64_t element);  // of a register file, at a constant address
  // What the mutants flip in the word of a table at an address; empty: nothing.
  std::string flipped_bits(MemoryId memory, const std::string& address);
  // A multiplexer of `width` bits by conditions of which at most one holds; anything where none does.
  static std::string choose(const std::vector<std::pair<std::string, std::string>>& choices, unsigned width);

  std::string declare_wire(std::string_view wanted, unsigned width, std::string_view text);
  std::string declare_register(std::string_view wanted, unsigned width);
  std::string place_comment(const Location& location) const;  // "// fir.cpp:12: sum += x;", "" for no place
  const std::string& wire(OpId id) const { return wires_[index(id)]; }

  // Registers of scalars, loaded at the start: register, port.
  std::vector<std::pair<std::string, std::string>> latches;

  void declare_values();          // names, registers
  void write_follow_up(OpId id);  // the delay chain and the kept register behind a value
  int num_stages(OpId id) const;  // registers inside the operation, the last of which is its wire

  static constexpr std::string_view kEnable = "ce";

 private:
  // The text of each mutant, by its number.
  using MutantTexts = std::vector<std::pair<std::size_t, std::string>>;
  void declare_value(OpId id);
  std::string widen(OpId id, const Moment& when, bool is_signed);
  template <typename Matches, typename Text>
  MutantTexts texts_of(Matches matches, Text text);
  std::string decisions(MutantPlace place, OpId id, const std::string& original);
  std::string is_chosen(std::size_t mutant);
  std::string choose_mutant(const std::string& base, unsigned width, const std::string& original,
                            const MutantTexts& texts);

  std::vector<std::string> wires_;                // parallel to ops: where it is ready; a phi's register
  std::vector<std::string> kept_;                 // the register loaded when ready
  std::vector<std::vector<std::string>> delays_;  // the chain
  OpId wrong_stage_ = OpId::kNone;                // planted
  OpId no_predicate_ = OpId::kNone;               // planted
};

// Writers of a module's parts, in this order.
void write_loops(ProcessText& text);      // the wires of pipelined blocks' progress
void write_data_path(ProcessText& text);  // operations
void write_streams(ProcessText& text);    // and the clock enable
void write_storage(ProcessText& text);    // memories
void write_control(ProcessText& text);    // states, phis, outputs

// The right side of an operation's wire; may add helping wires to `logic`.
[[nodiscard]] std::string expression(ProcessText& text, const Written& written);

// Of the port ap_mutant_i.
[[nodiscard]] unsigned mutant_bits(const EmitOptions& options);

// What a load gives: of a register file or without latency in the cycle of its address, of a port one cycle later.
[[nodiscard]] std::string loaded(ProcessText& text, OpId id);
void declare_storage(ProcessText& text);  // before the values, which read from it

// The kernel's outputs that the process writes, ascending.
[[nodiscard]] std::vector<int> written_outputs(const Process& process);

[[nodiscard]] std::string emit_process(const Kernel& kernel, std::size_t process, const Schedule& schedule,
                                       const EmitOptions& options, const PortNames& ports);

}  // namespace sluice::hlsc
